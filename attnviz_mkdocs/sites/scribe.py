"""Fences → HTML: what all engines share that show views in pages."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from attnviz_mkdocs.codec import CodecError
from attnviz_mkdocs.fence import read_fence
from attnviz_mkdocs.pictures import Album
from attnviz_mkdocs.render import Payload, Still, draw_figure, draw_mistakes
from attnviz_mkdocs.spec import Mistake, SpecError
from attnviz_mkdocs.supply import MissingError, Supply
from attnviz_mkdocs.views import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attnviz_mkdocs.fence import Fence
    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.project import Project
    from attnviz_mkdocs.spec import Figure, Galleries, Place
    from attnviz_mkdocs.supply import Encoded, Supplied

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")

# Where pictures are kept from build to build.
_KEPT = ".cache/attnviz"


@dataclass(slots=True)
class Page:
    """The page that is being converted.

    Attributes:
        file: Its source, as its author knows it.
        line_offset: Lines of its source that stand before its Markdown, such as front matter.
        link: An exhibit's key and bytes → where the browser finds it, relative to the page; None
            where the page carries its data itself.
        place: A picture → where the browser finds it, relative to the page; None where the page carries it itself.
        refuse: What is done about mistakes beyond telling them; MkDocs counts what is told.
    """

    file: str = "page"
    line_offset: int = 0
    link: Callable[[str, bytes], str] | None = None
    place: Callable[[Svg], str] | None = None
    refuse: Callable[[Sequence[Mistake]], None] | None = None


@dataclass(slots=True)
class Drawn:
    """What a page has so far.

    Attributes:
        page: The page.
        carried: Keys of the exhibits and neurons that it carries.
        views: Its views that have a name, by that.
        ids: Where fences gave a view its name.
        mistakes: What is wrong with it.
    """

    page: Page
    carried: set[str] = field(default_factory=set)
    views: dict[str, Shown] = field(default_factory=dict)
    ids: dict[str, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


@dataclass(slots=True)
class Scribe:
    """Fences → HTML. An engine may render several pages at once, and they share what is captured."""

    galleries: Galleries
    supply: Supply
    _lock: Lock = field(init=False, default_factory=Lock)
    _told: set[Mistake] = field(init=False, default_factory=set)
    _album: Album = field(init=False)

    def __post_init__(self) -> None:
        self._album = Album(self.supply.project.root / _KEPT)

    @classmethod
    def of(cls, project: Project) -> Scribe:
        """A scribe that knows a project's galleries, and has told what is wrong with them.

        Raises:
            ProjectError: What an author named as galleries is not there.
            StoreError: The store can't be opened.
        """
        scribe = cls(project.load(), Supply(project))
        scribe.tell(scribe.galleries.mistakes)
        return scribe

    def begin(self, page: Page) -> Drawn:
        """A page with nothing on it; what is wrong with it is told anew where it is rendered again."""
        with self._lock:
            self._told = {mistake for mistake in self._told if mistake.place.file != page.file}
        return Drawn(page)

    def draw(self, fence: Fence, drawn: Drawn) -> str:
        """The HTML of one fence: a view, or a panel that says what is to be mended.

        Args:
            fence: The fence.
            drawn: What the page has already; what the fence brings is added.
        """
        page = drawn.page
        try:
            figure = read_fence(fence, self.galleries, page.file, page.line_offset, drawn.ids)
            supplied = self._supplied(figure)
            still = self._still(figure, supplied, page)
        except SpecError as error:
            self.tell(error.mistakes)
            drawn.mistakes += error.mistakes
            return draw_mistakes(error.mistakes)
        if figure.name:
            drawn.views.setdefault(figure.name, Shown(figure, supplied.header, supplied.second_header))
        exhibit = _payload(supplied.exhibit, drawn)
        neurons = None if supplied.neurons is None else _payload(supplied.neurons, drawn)
        second = None if supplied.second is None else _payload(supplied.second, drawn)
        return draw_figure(figure, exhibit, neurons, second, still)

    def tell(self, mistakes: Sequence[Mistake]) -> None:
        """Tell each mistake once: what is wrong in a gallery shows in each fence that names it."""
        with self._lock:
            for mistake in mistakes:
                if mistake not in self._told:
                    log.warning("%s", mistake)
            self._told.update(mistakes)

    def _supplied(self, figure: Figure) -> Supplied:
        try:
            with self._lock:
                return self.supply.get(figure)
        except MissingError as error:
            raise SpecError([Mistake(figure.place, str(error))]) from error

    def _still(self, figure: Figure, supplied: Supplied, page: Page) -> Still:
        try:
            picture = self._album.picture(figure, supplied.exhibit, supplied.neurons, supplied.second)
        except CodecError as error:
            raise SpecError([Mistake(figure.place, str(error))]) from error
        place = page.place
        return Still.carried(picture) if place is None else Still(picture, place(picture.wide), place(picture.narrow))


def _payload(encoded: Encoded, drawn: Drawn) -> Payload:
    if drawn.page.link is not None:
        return Payload(encoded.key, source=drawn.page.link(encoded.key, encoded.data))
    if encoded.key in drawn.carried:
        return Payload(encoded.key)
    drawn.carried.add(encoded.key)
    return Payload(encoded.key, data=encoded.data)
