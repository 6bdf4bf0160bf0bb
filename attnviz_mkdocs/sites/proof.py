"""Links of pages that drive views, checked without an engine and without a model."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from markdown import Markdown
from mkdocs.utils.meta import get_data

from attnviz_mkdocs.fence.folder import pages_of
from attnviz_mkdocs.sites.markdown import AttnvizExtension
from attnviz_mkdocs.sites.page import Page
from attnviz_mkdocs.sites.scribe import Scribe
from attnviz_mkdocs.sites.written import Written
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.terms import SCHEME

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.fence import Fence
    from attnviz_mkdocs.sites.scribe import Drawn
    from attnviz_mkdocs.spec import Galleries, Mistake
    from attnviz_mkdocs.supply import Supply

# Blocks in which authors put links. What another extension reads as its own, these may take for code, and code for no
# link: a link may be missed, and none is found that isn't there.
_BLOCKS = ["admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"]
_MORE_BLOCKS = ["pymdownx.details", "pymdownx.superfences", "pymdownx.tabbed"]


class Proof(Scribe):
    """Reads fences, draws nothing, and tells nothing: what is wrong with a fence is told by those who read specs."""

    def draw(self, fence: Fence, drawn: Drawn) -> str:
        with suppress(SpecError):
            figures, _ = self.read(fence, drawn)
            for figure in figures:
                with suppress(SpecError):
                    self.show(figure, drawn)
        return ""

    def tell(self, mistakes: object) -> None:
        pass


def wrong_links(docs: Path, galleries: Galleries, supply: Supply) -> list[Mistake]:
    """What is wrong with the links in all pages of a folder; of exhibits that the store lacks, only names are checked.

    Args:
        docs: The folder.
        galleries: What the links may refer to.
        supply: Where exhibits come from; one that captures nothing.
    """
    found: list[Mistake] = []
    proof = Proof(galleries, supply)
    page = Page()
    extension = AttnvizExtension(lambda _: Written(proof, page))
    blocks = [*_BLOCKS, *(_MORE_BLOCKS if find_spec("pymdownx") else ["fenced_code"])]
    md = Markdown(extensions=[*blocks, extension])
    # What can't be read is told with the fences.
    for name, source in pages_of(docs, supply.project.root, []):
        if SCHEME not in source:
            continue
        text, _ = get_data(source)
        page = Page(name, source.count("\n") - text.count("\n"), refuse=found.extend, is_preview=True)
        md.reset()
        md.convert(text)
    return found
