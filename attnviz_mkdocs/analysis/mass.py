"""The strongest keys of each query, and what is hidden with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weights that are kept as float32 sum up to a share only within their rounding.
_ROUNDING = 1e-6


def strongest(weights: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Of each query, the fewest keys that together make up ``share`` of all that it gives.

    With the keys in the order of their weight, a key is among them as long as those before it make up less than
    ``share``. Of equal keys, the earlier one counts first.

    Args:
        weights: Attention, ``[…, query, key]``; masked is 0.
        share: Above 0, up to 1.
    """
    order = np.argsort(-weights, axis=-1, kind="stable")
    ordered = np.take_along_axis(weights, order, axis=-1).astype(np.float64)
    before = np.cumsum(ordered, axis=-1) - ordered
    # However small the share is, the strongest key is among them.
    kept = (before < share * ordered.sum(axis=-1, keepdims=True) - _ROUNDING) | ((before == 0) & (ordered > 0))
    chosen = np.zeros(weights.shape, bool)
    np.put_along_axis(chosen, order, kept, axis=-1)
    return chosen


def hidden_share(weights: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much of what each query gives is not shown, ``[…, query]``, from 0 to 1; 0 for one that gives nothing."""
    total = weights.sum(axis=-1, dtype=np.float64)
    hidden = weights.sum(axis=-1, where=~shown, dtype=np.float64)
    share: NDArray[np.float64] = hidden / np.where(total > 0, total, 1)
    return share
