"""What an author writes: the directive of a view, and the role of a link that drives one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from attnviz_mkdocs.fence import read_fence
from attnviz_mkdocs.links import SCHEME
from attnviz_mkdocs.sites.sphinx.domain import Views
from attnviz_mkdocs.sites.sphinx.nodes import HOLDER, View
from attnviz_mkdocs.sites.sphinx.written import Written
from attnviz_mkdocs.spec import SpecError

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message

    from attnviz_mkdocs.spec import Figure, Place


class ViewDirective(SphinxDirective):
    """A view: the name of a gallery's as the argument, and YAML under it, as in a fence."""

    # Neither arguments nor options as docutils has them: both would take lines of YAML for theirs.
    has_content = True

    def run(self) -> list[Node]:
        views = Views.of(self.env)
        written = Written(self)
        ids = cast("dict[str, Place]", self.env.temp_data.setdefault("attnviz_ids", {}))
        try:
            figure = read_fence(written.fence, views.site.galleries, views.site.shown(written.file), ids=ids)
        except SpecError as error:
            views.tell(error.mistakes)
            return [View.mistaken(error.mistakes)]
        for file in views.site.files_of(figure, written.fence.argument):
            self.env.note_dependency(str(file))
        return [self._holder(figure, written.options)]

    def _holder(self, figure: Figure, options: dict[str, str]) -> nodes.figure:
        holder = nodes.figure("", View.of(figure), classes=[HOLDER, *options.pop("class", "").split()])
        self.set_source_info(holder)
        if figure.caption:
            caption = nodes.caption(figure.caption, "", nodes.Text(figure.caption))
            self.set_source_info(caption)
            holder += caption
        self.options = options
        self.add_name(holder)
        return holder


class Link(ReferenceRole):
    """A link that drives a view of its page: ``she?head=5.10``."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        link = nodes.reference(self.rawtext, self.title, refuri=SCHEME + self.target.removeprefix(SCHEME))
        self.set_source_info(link)
        return [link], []
