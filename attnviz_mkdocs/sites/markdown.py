"""The fence in a page: an extension of Python-Markdown, which all our engines share."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from attnviz_mkdocs.budget import Part
from attnviz_mkdocs.fence import Fence, find_fences, read_fence
from attnviz_mkdocs.links import SCHEME, LinkError, resolve
from attnviz_mkdocs.pictures import Album
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.render import Payload, Still, draw_figure, draw_mistakes
from attnviz_mkdocs.spec import Mistake, Place, SpecError
from attnviz_mkdocs.supply import Supply
from attnviz_mkdocs.views import Shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from markdown import Markdown

    from attnviz_mkdocs.budget import What
    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.spec import Figure, Galleries
    from attnviz_mkdocs.supply import Encoded, Supplied

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")

# After snippets are included and line ends are normalised, before any other extension of fences
# sees ours: `fenced_code` and superfences both run at 25.
_PRIORITY = 27
# Where pictures are kept from build to build.
_KEPT = ".cache/attnviz"
# After MkDocs, at 0, which would miss the anchors that our links lead to.
_LINKS_PRIORITY = -1


@dataclass(slots=True)
class Page:
    """The page that is being converted.

    Attributes:
        file: Its source, as its author knows it.
        line_offset: Lines of its source that stand before its Markdown, such as front matter.
        link: An exhibit's key and bytes → where the browser finds it, relative to the page; None
            where the page carries its data itself.
        place: A picture → where the browser finds it, relative to the page; None where the page carries it itself.
        parts: What its views bring to the site; added to while it is converted.
    """

    file: str = "page"
    line_offset: int = 0
    link: Callable[[str, bytes], str] | None = None
    place: Callable[[Svg], str] | None = None
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Drawn:
    """What a page has so far.

    Attributes:
        carried: Keys of the exhibits and neurons that it carries.
        views: Its views that have a name, by that.
        ids: Where fences gave a view its name.
    """

    carried: set[str] = field(default_factory=set)
    views: dict[str, Shown] = field(default_factory=dict)
    ids: dict[str, Place] = field(default_factory=dict)


@dataclass(slots=True)
class Scribe:
    """Fences → HTML, for one page after another."""

    galleries: Galleries
    supply: Supply
    page: Page = field(default_factory=Page)
    _told: set[Mistake] = field(init=False, default_factory=set)
    _album: Album = field(init=False)

    def __post_init__(self) -> None:
        self._album = Album(self.supply.project.root / _KEPT)

    def draw(self, fence: Fence, drawn: Drawn) -> str:
        """The HTML of one fence: a view, or a panel that says what is to be mended.

        Args:
            fence: The fence.
            drawn: What the page has already; what the fence brings is added.
        """
        page = self.page
        try:
            figure = read_fence(fence, self.galleries, page.file, page.line_offset, drawn.ids)
            supplied = self.supply.get(figure)
        except SpecError as error:
            # What is wrong in a gallery shows in each fence that names it, and is told once.
            for mistake in error.mistakes:
                if mistake not in self._told:
                    log.warning("%s", mistake)
            self._told.update(error.mistakes)
            return draw_mistakes(error.mistakes)
        if figure.name:
            drawn.views.setdefault(figure.name, Shown(figure, supplied.header, supplied.second_header))
        exhibit = self._payload(figure, supplied.exhibit, drawn.carried)
        neurons = None
        if supplied.neurons is not None:
            neurons = self._payload(figure, supplied.neurons, drawn.carried, "queries and keys")
        second = None if supplied.second is None else self._payload(figure, supplied.second, drawn.carried)
        return draw_figure(figure, exhibit, neurons, second, self._still(figure, supplied))

    def _still(self, figure: Figure, supplied: Supplied) -> Still:
        picture = self._album.picture(figure, supplied.exhibit, supplied.neurons, supplied.second)
        place = self.page.place
        if place is None:
            still = Still.carried(picture)
            self._weigh("pictures", figure, len(still.wide), still.wide)
            return still
        wide, narrow = place(picture.wide), place(picture.narrow)
        for drawing, address in ((picture.wide, wide), (picture.narrow, narrow)):
            name = address.rpartition("/")[2]
            self._weigh("pictures", figure, len(drawing.content.encode()), name, carried=False)
        return Still(picture, wide, narrow)

    def _payload(self, figure: Figure, encoded: Encoded, carried: set[str], what: What = "attention") -> Payload:
        if self.page.link is not None:
            self._weigh(what, figure, len(encoded.data), encoded.key, carried=False)
            return Payload(encoded.key, source=self.page.link(encoded.key, encoded.data))
        if encoded.key in carried:
            return Payload(encoded.key)
        carried.add(encoded.key)
        payload = Payload(encoded.key, data=encoded.data)
        self._weigh(what, figure, payload.carried, encoded.key)
        return payload

    def _weigh(self, what: What, figure: Figure, size: int, key: str, *, carried: bool = True) -> None:
        self.page.parts.append(Part(what, figure, size, key, carried))


class AttnvizExtension(Extension):
    """``attnviz`` fences for Python-Markdown.

    The options are those of `attnviz_mkdocs.project.Project`; ``root`` is the folder that paths are
    relative to. Where an engine has a plugin of its own, it hands its ``scribe`` over instead.
    """

    def __init__(self, scribe: Scribe | None = None, **options: Any) -> None:
        self.config = {
            "root": [".", "The folder that all other paths are relative to"],
            "galleries": ["gallery/", "A folder, a file or a glob of gallery files; or several"],
            "store": ["gallery/store", "A folder or an fsspec URL"],
            "remote": ["", "A folder or an fsspec URL, for push and pull"],
            "capture": ["auto", "auto, never or always"],
            "device": ["auto", "auto, cpu, cuda, cuda:1, mps"],
        }
        self._scribe = scribe
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        if self._scribe is None:
            self._scribe = self._own_scribe()
        fences = _Fences(md, self._scribe)
        md.preprocessors.register(fences, "attnviz", _PRIORITY)
        md.treeprocessors.register(_Links(md, fences), "attnviz-links", _LINKS_PRIORITY)

    def _own_scribe(self) -> Scribe:
        options = self.getConfigs()
        # Python-Markdown takes an option that is None by default for one of yes or no.
        options["remote"] = options["remote"] or None
        project = Project.from_options(Path(options.pop("root")).resolve(), options)
        galleries = project.load()
        for mistake in galleries.mistakes:
            log.warning("%s", mistake)
        return Scribe(galleries, Supply(project))


class _Fences(Preprocessor):
    def __init__(self, md: Markdown, scribe: Scribe) -> None:
        super().__init__(md)
        self._scribe = scribe
        self._lines: list[str] = []
        self.drawn = Drawn()

    def place_of(self, address: str) -> Place:
        """Where the page's author wrote an address."""
        page = self._scribe.page
        for number, line in enumerate(self._lines, start=1 + page.line_offset):
            if address in line:
                return Place(page.file, number, 1 + line.index(address))
        return Place(page.file, 1, 1)

    def run(self, lines: list[str]) -> list[str]:
        self._lines, self.drawn = lines, Drawn()
        result: list[str] = []
        copied = 0
        for fence in find_fences(lines):
            placeholder = self.md.htmlStash.store(self._scribe.draw(fence, self.drawn))
            result += [*lines[copied : fence.first], _blank(fence), fence.prefix + placeholder]
            copied = fence.last + 1
            if copied < len(lines) and lines[copied].strip(" >\t"):
                result.append(_blank(fence))
        return result + lines[copied:]


class _Links(Treeprocessor):
    """Links that drive a view."""

    def __init__(self, md: Markdown, fences: _Fences) -> None:
        super().__init__(md)
        self._fences = fences

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            address = link.get("href", "")
            if not address.startswith(SCHEME):
                continue
            try:
                link.set("href", resolve(address, self._fences.drawn.views))
            except LinkError as error:
                log.warning("%s", Mistake(self._fences.place_of(address), str(error)))
                # Its words stay, and say what is wrong with it.
                link.tag = "span"
                link.attrib = {"class": "attnviz-mistake", "title": str(error)}


def _blank(fence: Fence) -> str:
    """An empty line in the block that holds the fence: quote marks go on, list marks don't."""
    return re.sub(r"[^\s>]", " ", fence.prefix).rstrip()


def makeExtension(**options: Any) -> AttnvizExtension:  # noqa: N802 - Python-Markdown's name
    return AttnvizExtension(**options)
