"""Where a parser's complaint comes from: often lines above the one in which it gave up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruamel.yaml.events import ScalarEvent

from attnviz_mkdocs.spec.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.events import Event

    from attnviz_mkdocs.spec.mistakes import Place

_ENDS = re.compile("\r\n|[\n\r\x85]")
_KEY = re.compile(r":(\s|$)")
#: What a line is, that should be "key: value" and isn't → what to do about it.
_NO_KEYS = (
    (r"-[^\s-]", 'put a space after "-"'),
    (r"<!--|//|/\*|;|%|\{#", 'a comment starts with "#"'),
    (r"[\w-]+:\S", 'put a space after ":"'),
    (r"[\w-]+\s*=", 'write ":" and a space for "="'),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a parser has come.

    Attributes:
        lines: What it reads.
        locate: From a line and a column, both counted from 0, to a place.
        last: What it understood last.
    """

    lines: Sequence[str]
    locate: Callable[[int, int], Place]
    last: Event | None = None

    @classmethod
    def of(cls, text: str, locate: Callable[[int, int], Place]) -> Reading:
        """The start of a text."""
        return cls(_ENDS.split(text), locate)

    def comment_after(self, event: Event) -> str:
        """What the rest of a key's line holds in place of a value, if it looks like a text that starts with "#"."""
        mark = event.end_mark
        found = re.match(r"\s*:\s+(#\S.*)", self.lines[mark.line][mark.column :])
        return found[1] if found else ""


def earlier_mistake(error: MarkedYAMLError, reading: Reading) -> Mistake | None:
    """What is wrong above, or in front of, the place that a parser complains about; None where that tells it all."""
    mark = error.problem_mark
    if mark is None or mark.line >= len(reading.lines):
        return None
    problem = error.problem or ""
    if "mapping values are not allowed" in problem:
        return _about_key(mark.line, mark.column, reading)
    if "<document start>" in problem:
        return _about_directive(reading)
    if "found '<scalar>'" in problem:
        return _about_quotes(reading)
    if error.context_mark and re.search("flow (sequence|mapping)", error.context or ""):
        return _about_bracket(error, reading)
    return None


def _about_key(line: int, column: int, reading: Reading) -> Mistake | None:
    """What is wrong with the lines above a key that can't stand where it does."""
    text = reading.lines[line]
    above = next((number for number in range(line - 1, -1, -1) if _says_something(reading.lines[number])), None)
    if above is None or _KEY.search(text[:column]):
        return None  # a colon in a text
    start = _indentation(reading.lines[above])
    beginning = reading.lines[above][start:].removeprefix("- ").lstrip()
    for pattern, mend in _NO_KEYS:
        if re.match(pattern, beginning):
            return Mistake(reading.locate(above, start), f'this line is no "key: value"; {mend}')
    if _KEY.search(beginning):
        mend = "line it up with the keys around it, or put quotes round the whole text if it goes on with the one above"
        return Mistake(
            reading.locate(line, _indentation(text)), f"this line is indented further than the key above; {mend}"
        )
    message = 'this line is no "key: value"; put ":" and a space after the key, or quotes round a text of several lines'
    return Mistake(reading.locate(above, start), message)


def _about_directive(reading: Reading) -> Mistake | None:
    """What is wrong with a line in front that means something to the parser alone."""
    for number, line in enumerate(reading.lines):
        if line.startswith("%"):
            message = 'a line that starts with "%" means something else in YAML; take it out'
            return Mistake(reading.locate(number, 0), message)
    return None


def _about_quotes(reading: Reading) -> Mistake | None:
    """What is wrong with quotes that end lines after they began."""
    match reading.last:
        case ScalarEvent(style="'" | '"') as text if text.start_mark.line < text.end_mark.line:
            end = reading.locate(text.end_mark.line, text.end_mark.column).line
            message = f"the quotation mark here is closed only in line {end}; close it where the text ends"
            return Mistake(reading.locate(text.start_mark.line, text.start_mark.column), message)
    return None


def _about_bracket(error: MarkedYAMLError, reading: Reading) -> Mistake | None:
    """What is wrong with a bracket that is still open where the lines of its neighbours go on."""
    opened, given_up = error.context_mark, error.problem_mark
    if opened.line == given_up.line:
        return None
    goes_on = reading.lines[given_up.line]
    if goes_on.strip() and _indentation(goes_on) > _indentation(reading.lines[opened.line]):
        return None  # what is in the brackets has several lines
    closed = f"not closed before line {reading.locate(given_up.line, 0).line}" if goes_on.strip() else "never closed"
    mend = 'close it, or put quotes round a text that starts with "[" or "{"'
    return Mistake(reading.locate(opened.line, opened.column), f"the bracket here is {closed}; {mend}")


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
