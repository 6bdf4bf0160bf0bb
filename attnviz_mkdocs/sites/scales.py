"""What a site weighs as built, held against its budgets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attnviz_mkdocs.budget import Budget, heavy_gallery, heavy_page, heavy_site
from attnviz_mkdocs.spec import Mistake, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from attnviz_mkdocs.budget import Part
    from attnviz_mkdocs.sites.scribe import Page
    from attnviz_mkdocs.spec import Galleries


@dataclass(frozen=True, slots=True)
class Built:
    """A page of the site.

    Attributes:
        page: What the extension knows of it.
        source: Its text, front matter and all.
        front_matter: What that says.
        file: Where it is built.
    """

    page: Page
    source: str
    front_matter: Mapping[str, object]
    file: Path

    @property
    def place(self) -> Place:
        """Where its author finds it; of a page that nobody wrote, its first view."""
        is_of_views = self.page.is_made and self.page.parts
        return self.page.parts[0].figure.place if is_of_views else Place(self.page.file)

    @property
    def subject(self) -> str:
        """What it is called at that place."""
        return f"its page {self.page.file}" if self.page.is_made else "the page"

    def place_of(self, key: str) -> Place:
        """Where the front matter has a key; the page's start where it has none."""
        for number, line in enumerate(self.source.splitlines(), start=1):
            found = re.search(rf"\b{key}\b", line)
            if found:
                return Place(self.page.file, number, found.start() + 1)
        return Place(self.page.file)


@dataclass(slots=True)
class Scales:
    """Weighs a site when it is built.

    Args:
        budget: What it may weigh.
        galleries: Its galleries, some of which say what they may weigh.
        pages: Its pages; added to while they are built.
        beside: What views bring beside the pages.
    """

    budget: Budget
    galleries: Galleries
    pages: list[Built] = field(default_factory=list)
    beside: list[Part] = field(default_factory=list)

    def read(self, site: Path, config_file: str) -> Iterator[Mistake]:
        """All that is too heavy.

        Args:
            site: The folder of the built site.
            config_file: Where the site's budget stands, as people are told.
        """
        for built in self.pages:
            yield from self._page(built)
        parts = [*(part for built in self.pages for part in built.page.parts), *self.beside]
        for name, gallery in self.galleries.items():
            limit = self.budget.gallery if gallery.budget is None else gallery.budget
            of_gallery = (part for part in parts if part.gallery == name)
            yield from heavy_gallery(gallery.place("budget"), limit, of_gallery)
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
        yield from heavy_site(Place(config_file), size, self.budget.site, parts)

    def _page(self, built: Built) -> Iterator[Mistake]:
        try:
            limit = self.budget.of_page(built.front_matter)
        except ValueError as error:
            yield Mistake(built.place_of("attnviz"), str(error))
            limit = self.budget.page
        size = built.file.stat().st_size if built.file.is_file() else 0
        yield from heavy_page(built.place, size, limit, built.page.parts, subject=built.subject)
