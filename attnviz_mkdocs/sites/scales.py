"""What a site weighs as built, held against its budgets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.budget import Budget, heavy_gallery, heavy_page, heavy_site
from attnviz_mkdocs.sites.shipment import weight
from attnviz_mkdocs.spec import Mistake, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attnviz_mkdocs.budget import Part
    from attnviz_mkdocs.sites.page import Built
    from attnviz_mkdocs.spec import Galleries


@dataclass(slots=True)
class Scales:
    """Weighs a site when it is built.

    Args:
        budget: What it may weigh.
        galleries: Its galleries, some of which say what they may weigh.
        pages: Its pages.
        beside: What views bring beside the pages.
    """

    budget: Budget
    galleries: Galleries
    pages: Sequence[Built]
    beside: Sequence[Part]

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
        yield from heavy_site(Place(config_file), weight(site), self.budget.site, parts)

    def _page(self, built: Built) -> Iterator[Mistake]:
        try:
            limit = self.budget.of_page(built.front_matter)
        except ValueError as error:
            yield Mistake(_place_of("attnviz", built), str(error))
            limit = self.budget.page
        page = built.page
        # Where its author finds it; of a page that nobody wrote, its first view.
        place = page.parts[0].place if page.is_made and page.parts else Place(page.file)
        subject = f"its page {page.file}" if page.is_made else "the page"
        yield from heavy_page(place, built.size, limit, page.parts, subject=subject)


def _place_of(key: str, built: Built) -> Place:
    """Where the front matter has a key; the page's start where it has none."""
    for number, line in enumerate(built.source.splitlines(), start=1):
        found = re.search(rf"\b{key}\b", line)
        if found:
            return Place(built.page.file, number, found.start() + 1)
    return Place(built.page.file)
