"""Many heads rest on the first token; without it the rest can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def without_first_key(
    weights: NDArray[np.float32], masked: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The first key taken away, and each row divided by what is left of it: ``A_ij / sum_{k>0} A_ik``.

    A row with nothing left is all masked.

    Args:
        weights: Attention, ``[…, query, key]``; masked is 0.
        masked: Where a query may not see a key, of the same shape.
    """
    left, unseen = weights.copy(), masked.copy()
    left[..., 0] = 0
    unseen[..., 0] = True
    rest = left.sum(axis=-1, keepdims=True)
    unseen |= rest == 0
    left /= np.where(rest > 0, rest, np.float32(1))
    return left, unseen
