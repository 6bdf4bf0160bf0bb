"""Which pages there are: an index, a page a gallery, a page an exhibit; what they are called and where they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from attnviz_mkdocs.spec.mistakes import short

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from attnviz_mkdocs.spec import Arrays, Figure, Galleries, Gallery, Model, Text

    #: What views of one exhibit have in common.
    _Shown: TypeAlias = Arrays | tuple[tuple[Model, Text], ...]

_LONGEST_TITLE = 60
#: Names of what lies beside the pages of a gallery's exhibits.
_TAKEN = frozenset({"index", "readme", "embed"})


@dataclass(frozen=True, eq=False)
class ExhibitPage:
    """The page of one exhibit.

    Attributes:
        gallery: The gallery whose views it shows.
        figures: Its views, in their author's order.
        slug: What it is called in addresses.
        title: What readers see as its name.
    """

    gallery: Gallery
    figures: tuple[Figure, ...]
    slug: str
    title: str

    @property
    def ids(self) -> list[str]:
        """The ids of its views."""
        return [figure.name.partition("/")[2] for figure in self.figures]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The names of the models that it shows."""
        return self.figures[0].model_names

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """What its views are about."""
        return tuple(dict.fromkeys(tag for view_id in self.ids for tag in self.gallery.tags_of(view_id)))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What the models read."""
        texts = dict.fromkeys(subject.text for subject in self.figures[0].subjects)
        return tuple(said for text in texts for said in (text.shown, text.pair, text.target) if said is not None)


class Catalogue:
    """All pages of a site that show galleries.

    Args:
        galleries: The galleries; those without views have no page.
        folder: Where the pages are, such as ``gallery``.
    """

    def __init__(self, galleries: Galleries, folder: str) -> None:
        self.folder = folder
        self.mistakes = galleries.mistakes
        self.galleries = [gallery for gallery in galleries.values() if gallery.views]
        self._pages = {gallery.name: _pages_of(gallery) for gallery in self.galleries}
        self._alone = {
            f"{gallery.name}/{view_id}": slug
            for gallery in self.galleries
            for view_id, slug in zip(gallery.views, _slugs(gallery.views, taken=()), strict=True)
        }
        self._by_view = {
            figure.name: page for pages in self._pages.values() for page in pages for figure in page.figures
        }

    @property
    def index(self) -> str:
        """Where the page of all galleries is, as a file among the site's sources."""
        return f"{self.folder}/index.md"

    @property
    def paths(self) -> list[str]:
        """Where all pages are, as files among the site's sources."""
        return [
            self.index,
            *map(self.path_of, self.galleries),
            *(self.path_of(page) for pages in self._pages.values() for page in pages),
        ]

    @property
    def standalones(self) -> list[str]:
        """Where the pages of all views that need nothing beside them are, in the site."""
        return [self.standalone(figure) for pages in self._pages.values() for page in pages for figure in page.figures]

    def exhibits(self, gallery: Gallery) -> list[ExhibitPage]:
        """The pages of a gallery's exhibits, in their author's order."""
        return self._pages[gallery.name]

    def page_of(self, view: str) -> ExhibitPage:
        """The page of the view ``gallery/id``."""
        return self._by_view[view]

    def path_of(self, shown: Gallery | ExhibitPage) -> str:
        """Where a page is, as a file among the site's sources."""
        if isinstance(shown, ExhibitPage):
            return f"{self.folder}/{shown.gallery.name}/{shown.slug}.md"
        return f"{self.folder}/{shown.name}/index.md"

    def standalone(self, figure: Figure) -> str:
        """Where the page of one view that needs nothing beside it is, in the site."""
        gallery = figure.name.partition("/")[0]
        return f"{self.folder}/{gallery}/embed/{self._alone[figure.name]}.html"


def _pages_of(gallery: Gallery) -> list[ExhibitPage]:
    grouped: dict[Hashable, list[Figure]] = {}
    for view_id in gallery.views:
        figure = gallery.figure(view_id)
        grouped.setdefault(_shown(figure), []).append(figure)
    groups = list(grouped.values())
    slugs = _slugs([group[0].name.partition("/")[2] for group in groups], taken=_TAKEN)
    titles = _titles(groups, gallery)
    return [
        ExhibitPage(gallery, tuple(group), slug, title)
        for group, slug, title in zip(groups, slugs, titles, strict=True)
    ]


def _shown(figure: Figure) -> _Shown:
    return figure.arrays or tuple((subject.model, subject.text) for subject in figure.subjects)


def _slugs(ids: Iterable[str], taken: Iterable[str]) -> list[str]:
    """What is called as a view, each by a name of its own: not every file system tells large letters from small."""
    slugs: list[str] = []
    used = set(taken)
    for view_id in ids:
        slug, number = view_id, 1
        while slug.lower() in used:
            number += 1
            slug = f"{view_id}-{number}"
        used.add(slug.lower())
        slugs.append(slug)
    return slugs


def _titles(groups: list[list[Figure]], gallery: Gallery) -> list[str]:
    """What its author calls the first view, or else what is read; with the models where that alone is not enough."""
    own = [gallery.views[group[0].name.partition("/")[2]].title for group in groups]
    read = [_read(group[0]) for group in groups]
    often = Counter(what for what, title in zip(read, own, strict=True) if title is None)
    return [
        title or (f"{what} ({' and '.join(group[0].model_names)})" if often[what] > 1 else what)
        for group, title, what in zip(groups, own, read, strict=True)
    ]


def _read(figure: Figure) -> str:
    if figure.arrays is not None:
        return figure.arrays.name
    if figure.compares == "text" and figure.names is not None:
        return " and ".join(figure.names)
    return short(figure.subjects[0].text.shown, _LONGEST_TITLE)
