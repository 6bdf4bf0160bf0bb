"""How wide text is, without its font: a picture is drawn where nobody knows which one its reader has."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Thousandths of the font's size, as in Helvetica, whose widths most fonts of the web resemble.
_WIDTHS = {
    222: "'ijl",
    278: " !,./:;I[\\]ft·",
    333: "()-`r",
    389: '*"',
    500: "Jckvxyz",
    556: "#$0123456789?_Labdeghnopqu",
    584: "+<=>~≤±",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    944: "W%",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OF_A_LETTER, _OF_A_WIDE_ONE, _BOLD = 600, 1050, 1.06
_ELLIPSIS = "…"


@lru_cache(4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is, in pixels.

    Args:
        text: A line.
        size: Of its font, in pixels.
        bold: Whether it is bold.
    """
    return sum(map(_width, text)) * size / 1000 * (_BOLD if bold else 1)


def clip(text: str, room: float, size: float) -> str:
    """A text that is cut where it is wider than there is room."""
    if width(text, size) <= room:
        return text
    left = room - width(_ELLIPSIS, size)
    for end, character in enumerate(text):
        left -= _width(character) * size / 1000
        if left < 0:
            return text[: max(1, end)] + _ELLIPSIS
    return text


def wrap(text: str, room: float, size: float) -> list[str]:
    """A text in lines that are no wider than there is room, broken at its spaces."""
    lines: list[list[str]] = []
    end = 0.0
    # Not at spaces that join what belongs together, such as those before a percent sign.
    for word in re.findall(r"[^ \n\t]+", text):
        end += width(f" {word}", size)
        if lines and end <= room:
            lines[-1].append(word)
        else:
            lines.append([clip(word, room, size)])
            end = width(word, size)
    return [" ".join(line) for line in lines]


@lru_cache(4096)
def _width(character: str) -> int:
    known = _WIDTH_OF.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return _OF_A_WIDE_ONE if unicodedata.east_asian_width(character) in "WF" else _OF_A_LETTER
