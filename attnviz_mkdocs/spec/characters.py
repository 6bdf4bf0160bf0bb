"""Characters that no text may hold: what neither YAML nor XML can write, and a terminal takes for a command."""

from __future__ import annotations

import re

#: Control characters but for the tab and the ends of lines, halves of surrogate pairs, and what is no character.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """The text with a sign that stands for each of them."""
    # Python's own test is many times faster, and most texts pass it.
    return text if text.isprintable() else CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
