"""The fence in a page: an extension of Python-Markdown, which all our engines share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from attnviz_mkdocs.fence import Fence, find_fences
from attnviz_mkdocs.links import SCHEME, LinkError, resolve
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.sites.scribe import Page, Scribe
from attnviz_mkdocs.sites.zensical import Rendered
from attnviz_mkdocs.spec import Mistake, Place
from attnviz_mkdocs.spec.characters import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from markdown import Markdown

# After snippets are included and line ends are normalised, before any other extension of fences
# sees ours: `fenced_code` and superfences both run at 25.
_PRIORITY = 27
# After MkDocs, at 0, which would miss the anchors that our links lead to.
_LINKS_PRIORITY = -1


class AttnvizExtension(Extension):
    """``attnviz`` fences for Python-Markdown.

    The options are those of `attnviz_mkdocs.project.Project`; ``root`` is the folder that paths are
    relative to. Where an engine has a plugin of its own, it hands its ``scribe`` over instead, and tells
    which page a converter is at.
    """

    def __init__(
        self,
        scribe: Scribe | None = None,
        page_of: Callable[[Markdown], Page] | None = None,
        root: str = ".",
        **options: Any,
    ) -> None:
        self._scribe = scribe
        self._page_of = page_of
        self._root = root
        # Checked where they are used, in words; Python-Markdown would answer an unknown one with a KeyError.
        self._options = options
        super().__init__()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        fences = _Fences(md, self)
        md.preprocessors.register(fences, "attnviz", _PRIORITY)
        md.treeprocessors.register(_Links(md, fences), "attnviz-links", _LINKS_PRIORITY)

    def begin(self, md: Markdown) -> tuple[Scribe, Page]:
        """Who draws the page that is converted now, and what that is.

        Nothing is read before: engines make converters only to see whether their extensions are there.
        """
        if self._scribe is not None:
            return self._scribe, self._page_of(md) if self._page_of else Page()
        rendered = Rendered.by(md)
        if rendered is not None:
            return rendered.scribe(self._root, self._options), rendered.page()
        self._scribe = Scribe.of(Project.from_options(Path(self._root).resolve(), self._options))
        return self._scribe, Page()


class _Fences(Preprocessor):
    def __init__(self, md: Markdown, extension: AttnvizExtension) -> None:
        super().__init__(md)
        self._extension = extension

    def place_of(self, address: str) -> Place:
        """Where the page's author wrote an address."""
        page = self.drawn.page
        for number, line in enumerate(self._lines, start=1 + page.line_offset):
            if address in line:
                return Place(page.file, number, 1 + line.index(address))
        return Place(page.file, 1, 1)

    def run(self, lines: list[str]) -> list[str]:
        self._lines = lines
        self.scribe, page = self._extension.begin(self.md)
        self.drawn = self.scribe.begin(page)
        result: list[str] = []
        copied = 0
        for fence in find_fences(lines):
            placeholder = self.md.htmlStash.store(self.scribe.draw(fence, self.drawn))
            result += [*lines[copied : fence.first], _blank(fence), fence.prefix + placeholder]
            copied = fence.last + 1
            if copied < len(lines) and lines[copied].strip(" >\t"):
                result.append(_blank(fence))
        return result + lines[copied:]


class _Links(Treeprocessor):
    """Links that drive a view; after them all that is wrong with the page is known."""

    def __init__(self, md: Markdown, fences: _Fences) -> None:
        super().__init__(md)
        self._fences = fences

    def run(self, root: Element) -> None:
        drawn = self._fences.drawn
        for link in root.iter("a"):
            address = link.get("href", "")
            if not address.startswith(SCHEME):
                continue
            try:
                link.set("href", resolve(address, drawn.views))
            except LinkError as error:
                self._fences.scribe.object(drawn, [Mistake(self._fences.place_of(address), str(error))])
                # Its words stay, and say what is wrong with it.
                link.tag = "span"
                link.attrib = {"class": "attnviz-mistake", "title": printable(str(error))}
        if drawn.mistakes and drawn.page.refuse is not None:
            drawn.page.refuse(drawn.mistakes)


def _blank(fence: Fence) -> str:
    """An empty line in the block that holds the fence: quote marks go on, list marks don't."""
    return re.sub(r"[^\s>]", " ", fence.prefix).rstrip()


def makeExtension(**options: Any) -> AttnvizExtension:  # noqa: N802 - Python-Markdown's name
    return AttnvizExtension(**options)
