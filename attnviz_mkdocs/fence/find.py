"""Where our fences stand in a page.

A page is read line by line, as CommonMark does it: which containers (list items, quotes, admonitions …) go on in
this line, which begin in it, and what is left. Where Python-Markdown is more generous than CommonMark with the
indentation in a list, both are let pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TAB = 4

_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"( {0,3})([-*+:]|[0-9]{1,9}[.)])( +|$)")
_BLOCK = re.compile(r"""( {0,3})(!!! |\?\?\?\+? |===[!+]? "|\[\^[^\]]+\]:)""")
_FENCE = re.compile(r"( *)(?P<marks>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_OURS = re.compile(r"attnviz(?=\s|\{|$)\s*|(?=\{\s*\.?attnviz\b)")
_WORD = "attnviz"
# A word that goes on behind a hyphen is another.
_LETTERS = re.compile(rf"(?!{_WORD}[-_])[A-Za-z_-]+")
#: No language that is highlighted has a name that is as near to ours.
_NEAR = 0.8
_CODE_SPAN = re.compile(r"(`+).+?\1")


@dataclass(frozen=True)
class Fence:
    """A fence of ours in a page.

    Attributes:
        first: Index of its opening line.
        last: Index of its closing line, or of the last line that belongs to it where it is not closed.
        prefix: What stands in front of the opening line's marks: indentation, quote and list marks.
        column: Where its marks stand in the opening line, from 1.
        argument: What follows ``attnviz``.
        argument_column: Where that stands, from 1.
        body: The lines between, without what their containers put in front of them.
        inside: The same lines as they stand in the page.
        is_closed: Whether there is a closing line.
        misspelt: The word in place of ``attnviz``, where it is nearly that; the argument is all that follows the marks.
    """

    first: int
    last: int
    prefix: str
    column: int
    argument: str
    argument_column: int
    body: str
    inside: tuple[str, ...]
    is_closed: bool
    misspelt: str = ""

    @property
    def line(self) -> int:
        """Number of the opening line, from 1."""
        return self.first + 1

    def column_in_page(self, line: int, column: int) -> int:
        """The column in the page, from 1, of a line and a column of the body, both from 0."""
        if line >= len(self.inside):
            return self.column  # the end of the body is that of the fence
        in_page = self.inside[line]
        wanted = column + len(in_page.expandtabs(TAB)) - len(self.body.split("\n")[line])
        if "\t" not in in_page:
            return 1 + min(wanted, len(in_page))
        reached = 0
        for place, character in enumerate(in_page, start=1):
            if reached >= wanted:
                return place
            reached += TAB - reached % TAB if character == "\t" else 1
        return 1 + len(in_page)


@dataclass(frozen=True)
class Code:
    """A fence of any language in a page.

    Attributes:
        first: Index of its opening line.
        last: Index of its closing line, or of the last line that belongs to it where it is not closed.
        is_closed: Whether there is a closing line.
    """

    first: int
    last: int
    is_closed: bool


@dataclass(frozen=True)
class _Container:
    """A block that holds other blocks.

    Attributes:
        column: Where its content starts; for a quote, where its mark stands.
        deepest: Last column in which a fence may start in it.
        is_quote: Whether each of its lines starts with ``>``.
    """

    column: int
    deepest: int
    is_quote: bool = False


@dataclass
class _AnyFence:
    """A fence, ours or not, as far as it has been read; columns count from 0."""

    first: int
    column: int
    marks: str
    info: str
    body: list[str]
    last: int = -1
    is_closed: bool = False


def find_fences(lines: Sequence[str]) -> list[Fence]:
    """All fences of ours, in order; those inside other fences, indented code and comments are examples.

    Args:
        lines: The page's lines, without their ends. Tabs stand for the columns up to the next fourth.
    """
    return [fence for found in _Page(lines).fences() if (fence := _ours(found, lines))]


def find_code(lines: Sequence[str]) -> list[Code]:
    """All fences, ours or not, in order.

    Args:
        lines: The page's lines, without their ends.
    """
    return [Code(found.first, found.last, found.is_closed) for found in _Page(lines).fences()]


def _ours(found: _AnyFence, lines: Sequence[str]) -> Fence | None:
    ours = _OURS.match(found.info)
    misspelt = "" if ours else _nearly_ours(found.info)
    if not ours and not misspelt:
        return None
    opening = lines[found.first]
    prefix = opening[: opening.index(found.marks)]
    argument = found.info[ours.end() :] if ours else found.info
    return Fence(
        first=found.first,
        last=found.last,
        prefix=prefix,
        column=len(prefix) + 1,
        argument=argument,
        argument_column=len(opening.rstrip()) - len(argument) + 1,
        body="\n".join(found.body),
        inside=tuple(lines[found.first + 1 : found.first + 1 + len(found.body)]),
        is_closed=found.is_closed,
        misspelt=misspelt,
    )


def _nearly_ours(info: str) -> str:
    """The first word behind the marks, if it was most likely meant to be ours."""
    word = (info.split() or [""])[0]
    letters = _LETTERS.match(word)
    return word if letters and get_close_matches(letters[0].lower(), [_WORD], cutoff=_NEAR) else ""


class _Page:
    """What has been understood of a page, line after line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = [line.expandtabs(TAB) for line in lines]
        self._last_comment_end = max((i for i, line in enumerate(self._lines) if "-->" in line), default=-1)
        self._containers: list[_Container] = []
        self._in_comment = False
        self._in_paragraph = False

    def fences(self) -> Iterator[_AnyFence]:
        """All fences, in order."""
        fence: _AnyFence | None = None
        for index, line in enumerate(self._lines):
            if self._in_comment:
                self._in_comment = "-->" not in line
                continue
            depth, start = self._going_on(line)
            is_inside = depth == len(self._containers)
            if fence and is_inside and not _closes(line, fence, start):
                fence.body.append(_dedented(line, fence, start))
                continue
            if fence:
                fence.last, fence.is_closed = (index, True) if is_inside else (index - 1, False)
                yield fence
            is_closing_line = fence is not None and is_inside
            fence = None if is_closing_line else self._read(index, line, depth, start)
        if fence:
            fence.last = len(self._lines) - 1
            yield fence

    def _going_on(self, line: str) -> tuple[int, int]:
        """How many of the containers go on in this line, and the column at which their content starts."""
        start = 0
        for depth, container in enumerate(self._containers):
            if container.is_quote:
                mark = _QUOTE.match(line, start)
                if not mark:
                    return depth, start
                start = mark.end()
            elif line[start : container.column].strip():
                return depth, start
            else:
                start = max(start, container.column)
        return len(self._containers), start

    def _read(self, index: int, line: str, depth: int, start: int) -> _AnyFence | None:
        """Read a line that is in no fence; the fence that it opens."""
        begun, start, deepest = self._begun(line, start, depth)
        fence = _FENCE.match(line, start)
        if fence and fence.start("marks") > deepest:
            fence = None
        if begun or fence or not self._in_paragraph:
            self._containers[depth:] = begun  # a line of plain text goes on with the paragraph above it
        self._in_paragraph = bool(line[start:].strip()) and not fence
        if fence:
            return _AnyFence(index, fence.start("marks"), fence["marks"], fence["info"].strip(), [])
        text = _CODE_SPAN.sub("", line)
        self._in_comment = text.rfind("<!--") > text.rfind("-->") and self._last_comment_end > index
        return None

    def _begun(self, line: str, start: int, depth: int) -> tuple[list[_Container], int, int]:
        """The containers that begin in this line, where the rest starts, and where a fence may start at most."""
        begun: list[_Container] = []
        deepest = max(self._containers[depth - 1].deepest if depth else 0, start + TAB - 1)
        while True:
            if quote := _QUOTE.match(line, start):
                begun.append(_Container(quote.start(), quote.end() + TAB - 1, is_quote=True))
                start = quote.end()
            elif item := _ITEM.match(line, start):
                marker, spaces = item.start(2), len(item[3])
                start = item.end() if 0 < spaces <= TAB else item.end(2) + 1
                begun.append(_Container(start, max(start, marker + TAB) + TAB - 1))
            elif block := _BLOCK.match(line, start):
                column = block.end(1) + TAB
                begun.append(_Container(column, column + TAB - 1))
                return begun, len(line), deepest
            else:
                return begun, start, begun[-1].deepest if begun else deepest


def _closes(line: str, fence: _AnyFence, start: int) -> bool:
    marks = line[start:].strip()
    is_long_enough = len(marks) >= len(fence.marks) and not marks.strip(fence.marks[0])
    return is_long_enough and line.index(marks, start) < fence.column + TAB


def _dedented(line: str, fence: _AnyFence, start: int) -> str:
    """The line without what its containers put in front of it, and not more than the fence's own indentation."""
    text = line[start:]
    indentation = len(text) - len(text.lstrip(" "))
    return text[min(indentation, max(fence.column - start, 0)) :]
