"""A page whose fences are read and drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.fence import find_fences
from attnviz_mkdocs.links import LinkError, resolve
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.sites.page import Page, Span
from attnviz_mkdocs.sites.scribe import Scribe
from attnviz_mkdocs.sites.zensical import Rendered
from attnviz_mkdocs.spec import Mistake, Place
from attnviz_mkdocs.spec.characters import printable

if TYPE_CHECKING:
    from markdown import Markdown


class Written:
    """A page that is being written.

    Args:
        scribe: Who draws it.
        page: What is known of it.

    Attributes:
        drawn: What it has so far.
        spans: Its fences.
        links: Where its links that drive views lead.
    """

    def __init__(self, scribe: Scribe, page: Page) -> None:
        self.drawn = scribe.begin(page)
        self.spans: list[Span] = []
        self.links: dict[str, str] = {}
        self._scribe = scribe
        self._lines: list[str] = []

    def fences(self, lines: list[str]) -> list[Span]:
        """What stands in the place of its fences, in order."""
        self._lines = lines
        for fence in find_fences(lines):
            self.spans.append(Span(fence.first, fence.last, fence.prefix, self._scribe.draw(fence, self.drawn)))
        return self.spans

    def link(self, address: str) -> str:
        """Where a link that drives a view leads in the page.

        Raises:
            ValueError: It leads nowhere; that has been told.
        """
        try:
            self.links[address] = resolve(address, self.drawn.views)
        except LinkError as error:
            self._scribe.object(self.drawn, [Mistake(self._place_of(address), str(error))])
            raise ValueError(printable(str(error))) from error
        return self.links[address]

    def settle(self) -> None:
        """Refuse a page that has mistakes, where that is asked for."""
        if self.drawn.mistakes and self.drawn.page.refuse is not None:
            self.drawn.page.refuse(self.drawn.mistakes)

    def _place_of(self, address: str) -> Place:
        """Where the page's author wrote an address."""
        page = self.drawn.page
        for number, line in enumerate(self._lines, start=1 + page.line_offset):
            if address in line:
                return Place(page.file, number, 1 + line.index(address))
        return Place(page.file, 1, 1)


class Writer:
    """Begins the pages of an engine that has no plugin of ours.

    Args:
        root: The folder that paths are relative to.
        options: Those of `attnviz_mkdocs.project.Project`.
    """

    def __init__(self, root: str, options: dict[str, Any]) -> None:
        self._root = root
        self._options = options
        self._scribe: Scribe | None = None

    def __call__(self, md: Markdown) -> Written:
        """The page that a converter is at."""
        rendered = Rendered.by(md)
        if rendered is not None:
            return Written(rendered.scribe(self._root, self._options), rendered.page())
        if self._scribe is None:
            self._scribe = Scribe.of(Project.from_options(Path(self._root).resolve(), self._options))
        return Written(self._scribe, Page())
