"""What an author writes: the directive of a view, and the role of a link that drives one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from attnviz_mkdocs.fence import read_fence, read_part
from attnviz_mkdocs.sites.sphinx.domain import Views
from attnviz_mkdocs.sites.sphinx.nodes import HOLDER, View
from attnviz_mkdocs.sites.sphinx.written import Written
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.terms import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from attnviz_mkdocs.sites.sphinx.domain import Site
    from attnviz_mkdocs.spec import Figure, Place


#: What the directive is called, and the fence.
NAME = "attnviz"


class ViewDirective(SphinxDirective):
    """A view: the name of a gallery's as the argument, and YAML under it, as in a fence."""

    # Neither arguments nor options as docutils has them: both would take lines of YAML for theirs.
    has_content = True

    def run(self) -> list[Node]:
        views = Views.of(self.env)
        written = Written(self)
        try:
            figures = self._figures(written, views.site)
        except SpecError as error:
            views.tell(error.mistakes)
            return [View.mistaken(error.mistakes)]
        holders = [self._holder(figure, written.options.get("class", "")) for figure in figures]
        self.options = {name: value for name, value in written.options.items() if name != "class"}
        self.add_name(holders[0])
        return [*holders]

    def _figures(self, written: Written, site: Site) -> list[Figure]:
        """One view, or those of a part of a gallery."""
        file = site.shown(written.file)
        part = read_part(written.fence, site.galleries, file)
        if part is not None:
            # Any gallery may come to have more of it.
            self._depend(site.project.gallery_files())
            return part
        ids = cast("dict[str, Place]", self.env.temp_data.setdefault("attnviz_ids", {}))
        figure = read_fence(written.fence, site.galleries, file, ids=ids)
        self._depend(site.files_of(figure, written.fence.argument))
        return [figure]

    def _depend(self, files: Iterable[Path]) -> None:
        for file in files:
            self.env.note_dependency(str(file))

    def _holder(self, figure: Figure, classes: str) -> nodes.figure:
        holder = nodes.figure("", View.of(figure), classes=[HOLDER, *classes.split()])
        self.set_source_info(holder)
        if figure.caption:
            caption = nodes.caption(figure.caption, "", nodes.Text(figure.caption))
            self.set_source_info(caption)
            holder += caption
        return holder


class Link(ReferenceRole):
    """A link that drives a view of its page: ``she?head=5.10``."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        link = nodes.reference(self.rawtext, self.title, refuri=SCHEME + self.target.removeprefix(SCHEME))
        self.set_source_info(link)
        return [link], []


def know_fence(app: Sphinx, config: Config) -> None:
    """Sphinx's event ``config-inited``: a fence as it stands in other engines is a directive for MyST, too."""
    if "myst_fence_as_directive" in config:
        config.myst_fence_as_directive = {*config.myst_fence_as_directive, NAME}
