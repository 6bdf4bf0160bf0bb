"""Characters that no text may hold: what neither YAML nor XML can write, and a terminal takes for a command."""

from __future__ import annotations

import re

#: Control characters but for the tab and the ends of lines, halves of surrogate pairs, and what is no character.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
#: Signs that turn the direction of all that follows.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What leads to a file from the root of a disk; in quotes it may hold spaces.
_QUOTED_FOLDERS = re.compile(r"""(['"])(?:[A-Za-z]:)?[\\/](?:[^'"\\/\n]+[\\/]+)+(?=[^'"\\/\n]+\1)""")
_FOLDERS = re.compile(r"""(?<![\w.:/\\<~-])(?:[A-Za-z]:)?[\\/](?:[^\s'"\\/]+[\\/]+)+""")
_PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def printable(text: str) -> str:
    """The text with a sign that stands for each of them."""
    # Python's own test is many times faster, and most texts pass it.
    return text if text.isprintable() else CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def in_order(text: str) -> str:
    """The same for a message: what it quotes must not turn the words behind it, nor be written over those before it."""
    shown = printable(text).replace("\r", "\N{REPLACEMENT CHARACTER}")
    return _TURNS.sub(lambda found: f"U+{ord(found[0]):04X}", shown)


def in_line(text: str) -> str:
    """The same for a name in a message, which is one line: another could be taken for a message of ours."""
    return in_order(text).replace("\n", "\N{REPLACEMENT CHARACTER}")


def without_paths(text: str) -> str:
    """The words, in which only the last part of each path of this machine is left."""
    return _FOLDERS.sub("", _QUOTED_FOLDERS.sub(r"\1", text))


def in_json(text: str) -> str:
    """JSON in which each of all these signs is written as JSON can write it."""
    return _TURNS.sub(_escape, CONTROL.sub(_escape, text))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def whole(text: str) -> str:
    """The text with both halves of a surrogate pair as the character that JSON means by them."""
    return _PAIRS.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
