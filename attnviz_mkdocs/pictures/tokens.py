"""Tokens by what a reader calls them, by their direction, and as runs of one speaker."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures.format import format_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.exhibit import Token

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Label:
    """A token as a drawing writes it.

    Attributes:
        text: Its label, with a small fraction for one of several pieces of one character.
        token: The token.
        before: What stands in the text between it and the token before it: white space, mostly.
    """

    text: str
    token: Token
    before: str = ""

    @property
    def name(self) -> str:
        """Its name in a line, which would lose punctuation without quotes."""
        return _isolated(self.text if any(sign.isalnum() for sign in self.text) else f"“{self.text}”")

    @property
    def quoted(self) -> str:
        """Its name in a sentence; marks of the model's own, such as [SEP], need no quotes."""
        return self.text if self.token.special else _isolated(f"“{self.text}”")


def label_of(token: Token, part: tuple[int, int] | None, before: str) -> Label:
    """What a drawing writes for a token that is a part of a character, or none."""
    return Label(format_token(token.label) + fraction(part), token, before)


def fraction(part: tuple[int, int] | None) -> str:
    """A small fraction: which of how many pieces of one character; empty for a whole one."""
    if part is None:
        return ""
    number, of = map(str, part)
    return f"{number.translate(_SUPERSCRIPTS)}⁄{of.translate(_SUBSCRIPTS)}"


def before_each(tokens: Sequence[Token], texts: Sequence[str | None]) -> list[str]:
    """What stands between each token and the one before it in its text; a space where no text says it.

    Args:
        tokens: Of a text, or of a text and its pair.
        texts: The text, and its pair.
    """
    ends = [0] * len(texts)
    between = []
    for place, token in enumerate(tokens):
        text = (texts[token.segment] or "") if token.segment < len(texts) else ""
        if token.start >= 0 and text[token.start : token.end] == token.label:
            between.append(text[ends[token.segment] : token.start])
            ends[token.segment] = max(ends[token.segment], token.end)
        else:
            between.append(" " if place and not token.special and not token.continues else "")
    return between


def is_word(token: Token) -> bool:
    """Whether a token says something by itself."""
    return not token.special and any(character.isalnum() for character in token.label)


def is_right_to_left(tokens: Sequence[Token]) -> bool:
    """Whether most letters of the tokens are of scripts that run from right to left."""
    plain = (sign for token in tokens if not token.special for sign in token.label if sign.isalpha())
    sides = list(map(_runs_from_right, plain))
    return sum(sides) > len(sides) / 2


def _isolated(name: str) -> str:
    """A word that runs from right to left must not turn what follows."""
    return f"\u2068{name}\u2069" if any(map(_runs_from_right, name)) else name


def _runs_from_right(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring rows of one speaker, from the first to the last."""

    role: str
    first: int
    last: int


def runs_of(labels: Sequence[Label]) -> Iterator[Run]:
    """Runs of tokens that the same one says."""
    first = 0
    for row in range(1, len(labels) + 1):
        role = labels[first].token.role
        if row < len(labels) and labels[row].token.role == role:
            continue
        if role is not None:
            yield Run(role, first, row - 1)
        first = row
