"""Two sequences of tokens, the same beside the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.exhibit import Token

    #: A token of the first and its counterpart in the second, by their places; None where there is none.
    Pair = tuple[int | None, int | None]


def align(first: Sequence[Token], second: Sequence[Token]) -> list[Pair]:
    """Pairs of equal tokens, as many as can be without crossing: a longest common subsequence.

    What stands between two such pairs is paired one to one if it is as many tokens on either side: the one is
    written for the other. The rest has no counterpart. Each token comes once, in order.
    """
    pairs: list[Pair] = []
    one, other = 0, 0
    for a, b in [*_equals(first, second), (len(first), len(second))]:
        replaced = a - one == b - other
        pairs += [(one + at, other + at if replaced else None) for at in range(a - one)]
        pairs += [] if replaced else [(None, at) for at in range(other, b)]
        if a < len(first):
            pairs.append((a, b))
        one, other = a + 1, b + 1
    return pairs


def _equals(first: Sequence[Token], second: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The pairs of a longest common subsequence; of several, that whose tokens of the first come latest."""
    ones, others = ([(token.label, token.special, token.segment) for token in tokens] for tokens in (first, second))
    # How many pairs there are from a place in the first and one in the second on.
    lengths = np.zeros((len(ones) + 1, len(others) + 1), np.int32)
    same = np.array([[one == other for other in others] for one in ones], bool).reshape(len(ones), len(others))
    for row in range(len(ones) - 1, -1, -1):
        # The best of what is below, and of what is to the right, which is a running maximum from there.
        candidates = np.where(same[row], lengths[row + 1, 1:] + 1, lengths[row + 1, :-1])
        lengths[row, :-1] = np.maximum.accumulate(candidates[::-1])[::-1]
    row, column = 0, 0
    while row < len(ones) and column < len(others):
        if same[row, column]:
            yield row, column
            row, column = row + 1, column + 1
        elif lengths[row + 1, column] >= lengths[row, column + 1]:
            row += 1
        else:
            column += 1
