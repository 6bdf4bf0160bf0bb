"""Where our blocks stand in a README, and how they are put there; all else keeps its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.card.wish import Wish, read_wish, wrong_in
from attnviz_mkdocs.fence import Code, find_code
from attnviz_mkdocs.spec import Mistake, Place, SpecError
from attnviz_mkdocs.spec.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

END = "<!-- /attnviz -->"
_OPENING = re.compile(r" {0,3}<!--\s*attnviz:(?P<words>(?:(?!-->).)*)-->\s*")
_CLOSING = re.compile(r" {0,3}<!--\s*/attnviz\s*-->\s*")
# What is meant for a marker, but isn't one, such as one with text beside it.
_MEANT = re.compile(r" {0,3}<!--\s*/?\s*attnviz\b", re.IGNORECASE)


class CardError(Exception):
    """A README can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of ours in a README.

    Attributes:
        wish: What it shows.
        place: Of its opening marker.
        start: Index of its first character.
        end: Index after its last one; the end of its last line is not part of it.
    """

    wish: Wish
    place: Place
    start: int
    end: int


def read_card(file: Path) -> str:
    """The text of a README: its very bytes, whatever ends its lines, and with its byte order mark.

    Raises:
        CardError: It can't be read, or is not UTF-8.
    """
    if not file.is_file():
        raise CardError(f"{file} is no file, such as README.md")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CardError(f"{file} can't be read: {error.strerror}") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = Place(str(file), before.count("\n") + 1, len(before) - before.rfind("\n"))
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8, as a model card is; save the file as UTF-8"
        raise CardError(str(Mistake(place, wrong))) from error


def find_blocks(text: str, file: str) -> list[Block]:
    """All blocks, in order; markers in code are examples.

    Args:
        text: The README.
        file: Its path as shown to people.

    Raises:
        SpecError: Markers are broken, or a view has two blocks.
    """
    finder = _Finder(file)
    for number, start, line in _shown_lines(text):
        finder.read(number, start, line)
    return finder.blocks()


class _Finder:
    """The blocks of a README so far, and what is wrong with them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._blocks: list[Block] = []
        self._opened: Block | None = None
        self._mistakes: list[Mistake] = []

    def read(self, number: int, start: int, line: str) -> None:
        """Read a line, by its number and the index of its first character."""
        indentation = len(line) - len(line.lstrip())
        place = Place(self._file, number, indentation + 1)
        end = start + len(line.rstrip())
        if opening := _OPENING.fullmatch(line):
            self._open(opening["words"].split(), place, start + indentation, end)
        elif _CLOSING.fullmatch(line):
            self._close(place, end)
        elif _MEANT.match(line):
            form = f"<!-- attnviz: gallery/view --> or {END}, alone in its line"
            self._mistakes.append(Mistake(place, f"this marker can't be read; write {form}"))

    def blocks(self) -> list[Block]:
        """All that were found.

        Raises:
            SpecError: Something is wrong with them.
        """
        if self._opened is not None:
            self._mistakes.append(Mistake(self._opened.place, f"this block is never closed; close it with {END}"))
        first: dict[str, Block] = {}
        for block in self._blocks:
            before = first.setdefault(block.wish.view, block)
            if before is not block:
                has_one = f"{quoted(block.wish.view)} has a block in line {before.place.line}"
                message = f"{has_one}; a view has one, so take one out"
                self._mistakes.append(Mistake(block.place, message))
        if self._mistakes:
            raise SpecError(self._mistakes)
        return self._blocks

    def _open(self, words: list[str], place: Place, start: int, end: int) -> None:
        if self._opened is not None:
            line = self._opened.place.line
            self._mistakes.append(Mistake(place, f"the block of line {line} is still open; close it with {END}"))
        wrong = [Mistake(place, message) for message in wrong_in(words)]
        self._mistakes += wrong
        self._opened = Block(Wish("") if wrong else read_wish(words), place, start, end)

    def _close(self, place: Place, end: int) -> None:
        if self._opened is None:
            self._mistakes.append(
                Mistake(place, "this closes no block; take it out, or write the opening marker above")
            )
        elif self._opened.wish.view:
            self._blocks.append(replace(self._opened, end=end))
        self._opened = None


def put(text: str, blocks: Iterable[tuple[Block | None, str]], file: str) -> str:
    r"""A README with other blocks.

    Args:
        text: The README.
        blocks: A block and what takes its place, or None and what is put at the end; lines end in ``\n``.
        file: Its path as shown to people.

    Raises:
        SpecError: The README ends in code, where nothing would be seen.
    """
    ending = _ending(text)
    new = [(block, content.replace("\n", ending)) for block, content in blocks]
    there = [(block, content) for block, content in new if block is not None]
    # From the last to the first, so that places stay what they were.
    for block, content in sorted(there, key=lambda one: -one[0].start):
        # A block in a list stays in it only if all its lines are indented.
        indentation = " " * (block.place.column - 1)
        text = text[: block.start] + content.replace(ending, ending + indentation) + text[block.end :]
    for content in (content for block, content in new if block is None):
        text = _with_last(text, content, ending, file)
    return text


def has_front_matter(text: str) -> bool:
    """Whether a README begins with metadata, as model cards on the Hugging Face Hub do."""
    return _metadata(_lines(text)) > 0


def _metadata(lines: list[str]) -> int:
    """How many lines of metadata a README begins with."""
    rules = [index for index, line in enumerate(lines) if line.removeprefix("\ufeff").rstrip() == "---"]
    return rules[1] + 1 if rules[:1] == [0] and len(rules) > 1 else 0


def _code(text: str) -> list[Code]:
    """All fences; what looks like one in the metadata is none."""
    lines = _lines(text)
    metadata = _metadata(lines)
    return find_code([*[""] * metadata, *lines[metadata:]])


def _with_last(text: str, content: str, ending: str, file: str) -> str:
    """A README with a block at its end, and an empty line before it."""
    last = text.count("\n")
    for code in _code(text):
        if code.last == last and not code.is_closed:
            message = "this code is never closed, so that the end of the file is in it; close it with the same marks"
            raise SpecError([Mistake(Place(file, code.first + 1), message)])
    if not text.strip("\ufeff"):
        return text + content + ending
    is_ended = text.endswith("\n")
    between = "" if text.endswith(2 * ending) else ending if is_ended else 2 * ending
    return text + between + content + (ending if is_ended else "")


def _ending(text: str) -> str:
    """What ends the lines of a text."""
    return "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"


def _lines(text: str) -> list[str]:
    # Not `splitlines`, which takes U+2028 and form feeds for ends of lines; Markdown does not.
    return [line.removesuffix("\r") for line in text.split("\n")]


def _shown_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines that are not code: number, index of their first character, and what stands in them."""
    code = {index for found in _code(text) for index in range(found.first, found.last + 1)}
    start = 0
    for index, (line, whole) in enumerate(zip(_lines(text), text.split("\n"), strict=True)):
        if index not in code:
            mark = line.startswith("\ufeff") and index == 0
            yield index + 1, start + mark, line[mark:]
        start += len(whole) + 1
