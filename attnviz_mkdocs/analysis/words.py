"""Pieces → words, as Clark et al. 2019 do it (arXiv 1906.04341, section 4.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Token


def word_starts(tokens: Sequence[Token]) -> list[int]:
    """The first piece of each word. Special tokens are words of their own."""
    starts = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        goes_on = token.continues and not token.special
        if not before or not goes_on or before.special or before.segment != token.segment:
            starts.append(index)
    return starts


def parts_of_characters(tokens: Sequence[Token]) -> list[tuple[int, int] | None]:
    """Of each token, which of how many pieces of one character it is, from 1; None for whole characters."""
    parts: list[tuple[int, int] | None] = [None] * len(tokens)
    first = 0
    for index in range(1, len(tokens) + 1):
        start, end = tokens[first].start, tokens[first].end
        if index < len(tokens) and (tokens[index].start, tokens[index].end) == (start, end):
            continue
        if index - first > 1 and start not in (-1, end):
            parts[first:index] = [(number, index - first) for number in range(1, index - first + 1)]
        first = index
    return parts


def join_tokens(tokens: Sequence[Token], starts: Sequence[int]) -> tuple[Token, ...]:
    """The words that start at ``starts``, as tokens."""
    parts = parts_of_characters(tokens)
    words = []
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        pieces = range(start, end)
        # The pieces of one character carry the whole of it, each.
        label = "".join(tokens[piece].label for piece in pieces if (parts[piece] or (1, 1))[0] == 1)
        last, generated = tokens[end - 1], any(tokens[piece].generated for piece in pieces)
        word = replace(tokens[start], label=label, end=last.end, generated=generated, continues=False)
        words.append(tokens[start] if len(pieces) == 1 else word)
    return tuple(words)


def join_weights(
    weights: NDArray[np.float32],
    masked: NDArray[np.bool_],
    query_starts: Sequence[int],
    key_starts: Sequence[int],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Attention from words to words, and where it is masked.

    What the pieces of a key get is summed, what the pieces of a query give is averaged, over those that see
    anything: ``W_ij = mean_{q in i} sum_{k in j} A_qk``. So a word's row sums to 1 again. A word is masked where
    all of its pieces are.

    Args:
        weights: Attention, ``[…, query, key]``; masked is 0.
        masked: Where a query may not see a key, of the same shape.
        query_starts: The first piece of each word that looks.
        key_starts: The first piece of each word that is looked at.
    """
    sums = np.add.reduceat(np.add.reduceat(weights, key_starts, axis=-1), query_starts, axis=-2)
    seeing = np.add.reduceat(~masked.all(axis=-1), query_starts, axis=-1, dtype=np.int64)
    unseen = np.logical_and.reduceat(np.logical_and.reduceat(masked, key_starts, axis=-1), query_starts, axis=-2)
    return (sums / np.maximum(seeing, 1)[..., None]).astype(np.float32), unseen
