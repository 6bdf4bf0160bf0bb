"""Many heads, or many layers, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Where the layers and the heads are in ``[layer, head, query, key]``.
AXES: dict[str, int | tuple[int, int]] = {"layers": 0, "heads": 1, "all": (0, 1)}


def reduced(
    weights: NDArray[np.float32],
    masked: NDArray[np.bool_],
    over: Literal["heads", "layers", "all"],
    by: Literal["mean", "max"],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The mean or the largest of the weights over heads, layers or both, whose axes keep the length 1.

    Masked weights count as 0, so that the rows of a mean sum to 1 as those of its heads do. A pair is masked only where
    it is in all of them.

    Args:
        weights: Attention, ``[layer, head, query, key]``; masked is 0.
        masked: Where a query may not see a key, of the same shape.
        over: What becomes one.
        by: How it does.
    """
    axes = AXES[over]
    one: NDArray[np.float32] = (weights.mean if by == "mean" else weights.max)(axis=axes, keepdims=True)
    unseen: NDArray[np.bool_] = np.all(masked, axis=axes, keepdims=True)
    return one, unseen
