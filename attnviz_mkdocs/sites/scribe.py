"""Fences → HTML: what all engines share that show views in pages."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from attnviz_mkdocs.codec import CodecError
from attnviz_mkdocs.fence import read_fence, read_part
from attnviz_mkdocs.kept import KEPT
from attnviz_mkdocs.pictures import Album
from attnviz_mkdocs.render import Card, carried, draw_cards, draw_mistakes
from attnviz_mkdocs.sites.supplied import draw_supplied
from attnviz_mkdocs.spec import Mistake, SpecError
from attnviz_mkdocs.supply import MissingError, Supply
from attnviz_mkdocs.views import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attnviz_mkdocs.fence import Fence
    from attnviz_mkdocs.pages import Catalogue, ExhibitPage
    from attnviz_mkdocs.pictures import Picture
    from attnviz_mkdocs.project import Project
    from attnviz_mkdocs.sites.page import Page
    from attnviz_mkdocs.spec import Figure, Galleries, Place
    from attnviz_mkdocs.supply import Supplied

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")


@dataclass(slots=True)
class Drawn:
    """What a page has so far.

    Attributes:
        page: The page.
        carried: Keys of the exhibits and neurons that it carries.
        views: Its views that have a name, by that; None for one that can't be shown.
        ids: Where fences gave a view its name.
        mistakes: What is wrong with it.
        figures: What its views show.
        shows_parts: Whether it leads to the pages of exhibits.
    """

    page: Page
    carried: set[str] = field(default_factory=set)
    views: dict[str, Shown | None] = field(default_factory=dict)
    ids: dict[str, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    shows_parts: bool = False


@dataclass(slots=True)
class Scribe:
    """Fences → HTML. An engine may render several pages at once, and they share what is captured.

    Attributes:
        galleries: What they may refer to.
        supply: Where exhibits come from.
        catalogue: The pages of the site that show galleries, where it has some.
    """

    galleries: Galleries
    supply: Supply
    catalogue: Catalogue | None = None
    _lock: Lock = field(init=False, default_factory=Lock)
    _told: set[Mistake] = field(init=False, default_factory=set)
    _album: Album = field(init=False)

    def __post_init__(self) -> None:
        self._album = Album(self.supply.project.root / KEPT)

    @classmethod
    def of(cls, project: Project) -> Scribe:
        """A scribe that knows a project's galleries, and has told what is wrong with them.

        Raises:
            ProjectError: What an author named as galleries is not there, or the store can't be opened.
        """
        scribe = cls(project.load(), Supply(project))
        scribe.tell(scribe.galleries.mistakes)
        return scribe

    def begin(self, page: Page) -> Drawn:
        """A page with nothing on it; what is wrong with it is told anew where it is rendered again."""
        if not page.is_copy:
            with self._lock:
                self._told = {mistake for mistake in self._told if mistake.place.file != page.file}
        return Drawn(page)

    def draw(self, fence: Fence, drawn: Drawn) -> str:
        """The HTML of one fence: a view, a part of a gallery, or a panel that says what is to be mended.

        Args:
            fence: The fence.
            drawn: What the page has already; what the fence brings is added.

        Raises:
            MissingError: An exhibit is missing, and the project's option is ``capture: never``.
        """
        try:
            figures, is_part = self.read(fence, drawn)
        except SpecError as error:
            return self._panel(error, drawn)
        if is_part and self.catalogue is not None and drawn.page.lead is not None:
            drawn.shows_parts = True
            return self._cards(figures, self.catalogue, drawn.page.lead, drawn)
        return "\n".join(self._view(figure, drawn) for figure in figures)

    def read(self, fence: Fence, drawn: Drawn) -> tuple[list[Figure], bool]:
        """The figures that a fence asks for, and whether it asks for a part of a gallery.

        Raises:
            SpecError: All that is wrong with the fence.
        """
        page = drawn.page
        part = read_part(fence, self.galleries, page.file, page.line_offset)
        if part is not None:
            return part, True
        figure = read_fence(fence, self.galleries, page.file, page.line_offset, drawn.ids)
        if page.is_made and figure.base:
            gallery, _, view_id = figure.base.partition("/")
            figure = replace(figure, place=self.galleries[gallery].place("views", view_id))
        return [figure], False

    def show(self, figure: Figure, drawn: Drawn) -> Supplied:
        """What there is of a figure; links of the page can lead there from now on.

        Raises:
            SpecError: It can't be shown.
            MissingError: An exhibit is missing, and the project's option is ``capture: never``.
        """
        shown = drawn.views.setdefault(figure.name, None) if figure.name else None
        supplied = self._supplied(figure, drawn.page)
        if figure.name and shown is None:
            drawn.views[figure.name] = Shown(figure, supplied.header, supplied.second_header)
        return supplied

    def picture(self, figure: Figure, supplied: Supplied) -> Picture:
        """What a view shows first.

        Raises:
            SpecError: What is stored of it can't be drawn.
        """
        try:
            return self._album.picture(figure, supplied.exhibit, supplied.neurons, supplied.second)
        except CodecError as error:
            raise SpecError([Mistake(figure.place, str(error))]) from error

    def _view(self, figure: Figure, drawn: Drawn) -> str:
        try:
            supplied = self.show(figure, drawn)
            picture = self.picture(figure, supplied)
        except SpecError as error:
            return self._panel(error, drawn)
        page = drawn.page
        drawn.figures.append(figure)
        return draw_supplied(
            figure, supplied, picture, drawn.carried, link=page.link, place=page.place, parts=page.parts
        )

    def _cards(
        self, part: Sequence[Figure], catalogue: Catalogue, lead: Callable[[ExhibitPage], str], drawn: Drawn
    ) -> str:
        """Each exhibit once, with the first of its views that are asked for."""
        first: dict[ExhibitPage, Figure] = {}
        for figure in part:
            first.setdefault(catalogue.page_of(figure.name), figure)
        return draw_cards(self._card(page, figure, lead(page), drawn) for page, figure in first.items())

    def _card(self, page: ExhibitPage, figure: Figure, link: str, drawn: Drawn) -> Card:
        about = Card(page.title, link, page.models, page.tags, "\n".join(page.texts), figure.caption, len(page.figures))
        try:
            picture = self.picture(figure, self._supplied(figure, drawn.page)).narrow
        except SpecError as error:
            self.object(drawn, error.mistakes)
            return replace(about, mistakes=error.mistakes)
        place = drawn.page.place
        return replace(about, picture=picture, source=carried(picture) if place is None else place(picture))

    def _panel(self, error: SpecError, drawn: Drawn) -> str:
        self.object(drawn, error.mistakes)
        return draw_mistakes(error.mistakes)

    def object(self, drawn: Drawn, mistakes: Sequence[Mistake]) -> None:
        """Note what is wrong with a page, and tell it."""
        drawn.mistakes += mistakes
        if not drawn.page.is_copy:
            self.tell(mistakes)

    def tell(self, mistakes: Sequence[Mistake]) -> None:
        """Tell each mistake once: what is wrong in a gallery shows in each fence that names it."""
        with self._lock:
            for mistake in mistakes:
                if mistake not in self._told:
                    log.warning("%s", mistake)
            self._told.update(mistakes)

    def _supplied(self, figure: Figure, page: Page) -> Supplied:
        try:
            with self._lock:
                return self.supply.get(figure)
        except MissingError as error:
            if not page.is_preview:
                raise
            raise SpecError([Mistake(figure.place, str(error))]) from error
