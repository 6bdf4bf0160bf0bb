"""The fence in a page: an extension of Python-Markdown, which all our engines share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import SubElement

from markdown import Extension
from markdown.blockprocessors import BlockProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER, AtomicString

from attnviz_mkdocs.terms import SCHEME

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from markdown import Markdown

    from attnviz_mkdocs.sites.page import Converted

# After snippets are included and line ends are normalised, before any other extension of fences
# sees ours: `fenced_code` and superfences both run at 25.
_PRIORITY = 27
# After MkDocs, at 0, which would miss the anchors that our links lead to.
_LINKS_PRIORITY = -1
# Before those of Python-Markdown, from 100 on, and after those of extensions that know such a mark.
_BLOCKS_PRIORITY = 101
_ALONE = re.compile(HTML_PLACEHOLDER % r"\d+")


class AttnvizExtension(Extension):
    """``attnviz`` fences for Python-Markdown.

    The options are those of `attnviz_mkdocs.project.Project`; ``root`` is the folder that paths are
    relative to. Where an engine has a plugin of its own, that tells by ``begin`` how the page becomes HTML that a
    converter is at.
    """

    def __init__(self, begin: Callable[[Markdown], Converted] | None = None, root: str = ".", **options: Any) -> None:
        self._begin = begin
        self._root = root
        # Checked where they are used, in words; Python-Markdown would answer an unknown one with a KeyError.
        self._options = options
        super().__init__()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        fences = _Fences(md, self)
        md.parser.blockprocessors.register(_Marks(md.parser), "attnviz", _BLOCKS_PRIORITY)
        md.preprocessors.register(fences, "attnviz", _PRIORITY)
        md.treeprocessors.register(_Links(md, fences), "attnviz-links", _LINKS_PRIORITY)

    def begin(self, md: Markdown) -> Converted:
        """The page that is converted now.

        Nothing is read before: engines make converters only to see whether their extensions are there.
        """
        if self._begin is None:
            # A plugin may not need any of it.
            from attnviz_mkdocs.sites.written import Writer  # noqa: PLC0415

            self._begin = Writer(self._root, self._options)
        return self._begin(md)


class _Fences(Preprocessor):
    page: Converted

    def __init__(self, md: Markdown, extension: AttnvizExtension) -> None:
        super().__init__(md)
        self._extension = extension

    def run(self, lines: list[str]) -> list[str]:
        self.page = self._extension.begin(self.md)
        result: list[str] = []
        copied = 0
        for first, last, prefix, html in self.page.fences(lines):
            # An empty line in the block that holds the fence: quote marks go on, list marks don't.
            blank = re.sub(r"[^\s>]", " ", prefix).rstrip()
            result += [*lines[copied:first], blank, prefix + self.md.htmlStash.store(html)]
            copied = last + 1
            if copied < len(lines) and lines[copied].strip(" >\t"):
                result.append(blank)
        return result + lines[copied:]


class _Marks(BlockProcessor):
    """What stands in the place of a fence, by itself in a block: a paragraph in which there is nothing to look for.

    Python-Markdown would make the same of it, and try all that may stand in a line on each.
    """

    def test(self, parent: Element, block: str) -> bool:
        # In a list without empty lines it is no paragraph.
        return _ALONE.fullmatch(block) is not None and not self.parser.state.isstate("list")

    def run(self, parent: Element, blocks: list[str]) -> None:
        SubElement(parent, "p").text = AtomicString(blocks.pop(0))


class _Links(Treeprocessor):
    """Links that drive a view; after them all that is wrong with the page is known."""

    def __init__(self, md: Markdown, fences: _Fences) -> None:
        super().__init__(md)
        self._fences = fences

    def run(self, root: Element) -> None:
        page = self._fences.page
        for link in root.iter("a"):
            address = link.get("href", "")
            if not address.startswith(SCHEME):
                continue
            try:
                link.set("href", page.link(address))
            except ValueError as error:
                # Its words stay, and say what is wrong with it.
                link.tag = "span"
                link.attrib = {"class": "attnviz-mistake", "title": str(error)}
        page.settle()


def makeExtension(**options: Any) -> AttnvizExtension:  # noqa: N802 - Python-Markdown's name
    return AttnvizExtension(**options)
