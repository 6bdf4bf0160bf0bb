"""What an author got wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.characters import in_line, in_order, without_paths
from attnviz_mkdocs.spec.secrets import closed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A character in a file.

    Attributes:
        file: Path as shown to people.
        line: Counts from 1.
        column: In characters (code points); counts from 1.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{in_line(self.file)}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """Something that its author must mend.

    Attributes:
        place: Where it stands.
        message: What is wrong, what was expected, and what to do; in one line.
        details: Lines below that.
    """

    place: Place
    message: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        # What it quotes may come from a file that others made, and may reach a terminal.
        first = in_order(" ".join(f"{self.place}: {self.message}".splitlines()))
        return closed("\n".join([first, *map(in_line, self.details)]))

    @property
    def published(self) -> str:
        """The same for all who read the page: messages of other packages name files of this machine."""
        return without_paths(str(self))


class SpecError(Exception):
    """All mistakes that were found, in the order in which an author meets them.

    Attributes:
        mistakes: Sorted by place; never empty.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of ``words`` that ``word`` was most likely meant to be, if any is near."""
    by_lower_case = {known.lower(): known for known in words}
    found = get_close_matches(word.lower(), by_lower_case, n=1)
    return by_lower_case[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a message about an unknown ``word``: the nearest of ``words``, or nothing."""
    near = nearest(word, words)
    return f'; did you mean "{near}"?' if near else "."


def quoted(written: str, longest: int = 60) -> str:
    """What an author wrote, in quotes, on one line and cut where it is long."""
    # Cut in the middle, what opens an address is not told from the rest of it.
    return f'"{short(closed(written), longest)}"'


def short(text: str, longest: int = 60) -> str:
    """A text in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def some(words: Sequence[str], most: int = 12) -> str:
    """The words for a message, cut where they are many."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
