"""Where tokens stand in their text → what a reader sees of each.

A tokenizer's own word for a token (``Ġthe``, ``##ing``, ``<0xE6>``) is no text, and where it says
that the token stands needs mending: a piece of a character has the place of that character, or of
all the bytes around it; a space before a word is counted as part of it, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import regex

from attnviz_mkdocs.exhibit import Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Where a token starts and ends in its text, in code points.
Span = tuple[int, int]
#: The span of what doesn't stand in the text.
NOWHERE: Span = (-1, -1)

#: What SentencePiece writes for a space.
_SPACE = "▁"
_BYTE = regex.compile(r"<0x([0-9A-F]{2})>")
#: What is one character to a reader: a letter and its marks, an emoji of several parts.
_CHARACTER = regex.compile(r"\X")
# Scripts without spaces between words: there, no letter is known to belong to the word before it.
_UNSPACED = r"\p{Han}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Where kana of one kind end, so does the word: of a loan and the particle after it, say.
_KANA = "|".join(rf"\p{{{script}}}[\p{{{script}}}ー\p{{M}}]*" for script in ("Hiragana", "Katakana"))
_SPACED = rf"[[\p{{L}}\p{{M}}\p{{N}}\u200c\u200d]--[{_UNSPACED}\p{{Hiragana}}\p{{Katakana}}]]+"
_WORD = regex.compile(rf"[{_UNSPACED}]\p{{M}}*|{_KANA}|{_SPACED}|\X", regex.VERSION1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A token as its tokenizer has it.

    Attributes:
        name: Its own name in the vocabulary.
        start: Where its tokenizer says that it starts in the text; -1 for what doesn't stand there.
        end: Where it ends, exclusive; -1 likewise.
        special: Whether it is no text but a sign to the model.
    """

    name: str
    start: int = -1
    end: int = -1
    special: bool = False


def label(text: str, pieces: Sequence[Piece]) -> tuple[Token, ...]:
    """What a reader sees of the tokens of a text.

    The label of a token is what stands in the text from its start to its end, without space around
    it. Neighbours with the same start and end are pieces of one character, or of one stretch of
    text that can't be told apart further.
    """
    spans = _whole_characters(_without_overlaps(_places(text, pieces)), text)
    words = _numbered(_WORD, text)
    tokens: list[Token] = []
    for index, (piece, (start, end)) in enumerate(zip(pieces, spans, strict=True)):
        if (start, end) == NOWHERE:
            shown = piece.name if piece.special else piece.name.replace(_SPACE, " ").strip() or " "
            tokens.append(Token(shown, special=piece.special))
            continue
        before = spans[index - 1] if index else NOWHERE
        continues = (
            before != NOWHERE
            and not (piece.special or pieces[index - 1].special)
            and (before == (start, end) or words[before[1] - 1] == words[start])
        )
        tokens.append(Token(text[start:end], start, end, piece.special, continues=continues))
    return tuple(tokens)


def in_segment(tokens: Iterable[Token], segment: int) -> Iterator[Token]:
    """The same tokens, as those of a text (0) or of its pair (1)."""
    return (replace(token, segment=segment) for token in tokens)


def _places(text: str, pieces: Sequence[Piece]) -> list[Span]:
    """Where each token stands, as far as it can be known, without space around it."""
    spans: list[Span] = []
    for _, run in groupby(pieces, lambda piece: (piece.start, piece.end, _byte(piece) is not None)):
        same = list(run)
        spans += _places_of_bytes(text, same) or [_place(text, piece) for piece in same]
    return spans


def _place(text: str, piece: Piece) -> Span:
    own = text[piece.start : piece.end] if piece.start >= 0 else ""
    if not own:
        return NOWHERE
    stripped = own.strip()
    if not stripped:
        return piece.start, piece.end
    if not piece.name.strip(_SPACE) and stripped != piece.name:
        # The space that SentencePiece puts before a text is said to stand where the text begins.
        return NOWHERE
    start = piece.start + len(own) - len(own.lstrip())
    return start, start + len(stripped)


def _places_of_bytes(text: str, run: Sequence[Piece]) -> list[Span] | None:
    """Where bytes stand that all claim the same stretch of text; None where they don't spell it."""
    values = [_byte(piece) for piece in run]
    start = run[0].start
    known = bytes(value for value in values if value is not None)
    if start < 0 or len(known) != len(values) or known != text[start : run[0].end].encode():
        return None
    return [
        (start + index, start + index + 1)
        for index, character in enumerate(text[start : run[0].end])
        for _ in character.encode()
    ]


def _byte(piece: Piece) -> int | None:
    match = _BYTE.fullmatch(piece.name)
    return int(match[1], 16) if match else None


def _without_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Neighbours that share a character, each having a piece of it, share one span."""
    groups: list[tuple[Span, int]] = []
    for start, end in spans:
        (first, last), count = groups[-1] if groups else (NOWHERE, 0)
        if first <= start < last and start >= 0:
            groups[-1] = (first, max(last, end)), count + 1
        else:
            groups.append(((start, end), 1))
    return [span for span, count in groups for _ in range(count)]


def _whole_characters(spans: Sequence[Span], text: str) -> list[Span]:
    """Tokens with parts of a reader's character get all of it, if it is theirs alone.

    It is theirs if no token with more than this character has a part of it, or if one token has
    all that any of them has: a tokenizer may have dropped the rest, such as an accent.
    """
    characters = [match.span() for match in _CHARACTER.finditer(text) for _ in match[0]]
    having: dict[Span, set[Span]] = {}
    for span in spans:
        for character in characters[span[0] : span[1]] if span != NOWHERE else ():
            having.setdefault(character, set()).add(span)

    def is_theirs(character: Span) -> bool:
        first, last = character
        within = all(first <= start and end <= last for start, end in having[character])
        return (within or len(having[character]) == 1) and not text[first].isspace()

    def whole(start: int, end: int) -> Span:
        first, last = characters[start], characters[end - 1]
        return (first[0] if is_theirs(first) else start), (last[1] if is_theirs(last) else end)

    return [span if span == NOWHERE else whole(*span) for span in spans]


def _numbered(pattern: regex.Pattern[str], text: str) -> list[int]:
    """For each character of the text, the number of the match that it is in."""
    return [number for number, match in enumerate(pattern.finditer(text)) for _ in match[0]]
