"""The fence in a page: an extension of Python-Markdown, which all our engines share."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown import Extension
from markdown.preprocessors import Preprocessor

from attnviz_mkdocs.fence import Fence, find_fences, read_fence
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.render import Payload, draw_figure, draw_mistakes
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown import Markdown

    from attnviz_mkdocs.spec import Galleries, Mistake
    from attnviz_mkdocs.supply import Encoded

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")

# After snippets are included and line ends are normalised, before any other extension of fences
# sees ours: `fenced_code` and superfences both run at 25.
_PRIORITY = 27


@dataclass(slots=True)
class Page:
    """The page that is being converted.

    Attributes:
        file: Its source, as its author knows it.
        line_offset: Lines of its source that stand before its Markdown, such as front matter.
        link: An exhibit's key and bytes → where the browser finds it, relative to the page; None
            where the page carries its data itself.
        drawn: How many views it has so far.
    """

    file: str = "page"
    line_offset: int = 0
    link: Callable[[str, bytes], str] | None = None
    drawn: int = 0


@dataclass(slots=True)
class Scribe:
    """Fences → HTML, for one page after another."""

    galleries: Galleries
    supply: Supply
    page: Page = field(default_factory=Page)
    _told: set[Mistake] = field(init=False, default_factory=set)

    def draw(self, fence: Fence, carried: set[str]) -> str:
        """The HTML of one fence: a view, or a panel that says what is to be mended.

        Args:
            fence: The fence.
            carried: Keys of what the page carries already; what the fence needs is added.
        """
        page = self.page
        try:
            figure = read_fence(fence, self.galleries, page.file, page.line_offset)
            supplied = self.supply.get(figure)
        except SpecError as error:
            # What is wrong in a gallery shows in each fence that names it, and is told once.
            for mistake in error.mistakes:
                if mistake not in self._told:
                    log.warning("%s", mistake)
            self._told.update(error.mistakes)
            return draw_mistakes(error.mistakes)
        page.drawn += 1
        neurons = None if supplied.neurons is None else self._payload(supplied.neurons, carried)
        return draw_figure(figure, self._payload(supplied.exhibit, carried), neurons)

    def _payload(self, encoded: Encoded, carried: set[str]) -> Payload:
        if self.page.link is not None:
            return Payload(encoded.key, source=self.page.link(encoded.key, encoded.data))
        if encoded.key in carried:
            return Payload(encoded.key)
        carried.add(encoded.key)
        return Payload(encoded.key, data=encoded.data)


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
            "capture": ["auto", "auto, never or always"],
            "device": ["auto", "auto, cpu, cuda, cuda:1, mps"],
        }
        self._scribe = scribe
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        if self._scribe is None:
            self._scribe = self._own_scribe()
        md.preprocessors.register(_Fences(md, self._scribe), "attnviz", _PRIORITY)

    def _own_scribe(self) -> Scribe:
        options = self.getConfigs()
        project = Project.from_options(Path(options.pop("root")).resolve(), options)
        galleries = project.load()
        for mistake in galleries.mistakes:
            log.warning("%s", mistake)
        return Scribe(galleries, Supply(project))


class _Fences(Preprocessor):
    def __init__(self, md: Markdown, scribe: Scribe) -> None:
        super().__init__(md)
        self._scribe = scribe

    def run(self, lines: list[str]) -> list[str]:
        carried: set[str] = set()
        result: list[str] = []
        copied = 0
        for fence in find_fences(lines):
            placeholder = self.md.htmlStash.store(self._scribe.draw(fence, carried))
            result += [*lines[copied : fence.first], _blank(fence), fence.prefix + placeholder]
            copied = fence.last + 1
            if copied < len(lines) and lines[copied].strip(" >\t"):
                result.append(_blank(fence))
        return result + lines[copied:]


def _blank(fence: Fence) -> str:
    """An empty line in the block that holds the fence: quote marks go on, list marks don't."""
    return re.sub(r"[^\s>]", " ", fence.prefix).rstrip()


def makeExtension(**options: Any) -> AttnvizExtension:  # noqa: N802 - Python-Markdown's name
    return AttnvizExtension(**options)
