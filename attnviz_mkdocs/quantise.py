"""Attention weights ⇄ 8-bit codes, within a stated error.

An attention weight ``p`` is a probability. What a reader sees of it is a shade, a line and three
digits, so it is stored as the index of a *level*. Levels are spaced linearly where weights are
large and logarithmically where they are small, so that both promises hold:

* ``|decoded - p| <= 0.002`` everywhere, and
* ``|decoded - p| <= 0.1 * p`` for every ``p >= 0.001``.

Weights below 0.001 share one level, which decodes to 0. A key that the query may not see has a code
of its own, because masked is not the same as zero.

=========  ==========================================================================
code       meaning
=========  ==========================================================================
0          masked: this query may not see this key (decodes to 0)
1          a weight below 0.001 (decodes to 0)
2 … 254    ``LEVELS[code]``
255        a weight near 1: ``LEVELS[255 + t]``, ``t`` the next entry of the track's ``top``
=========  ==========================================================================

Both promises together need 262 levels, six more than a byte holds. The largest ones are rare, so
they escape into ``top``, a list that is read in the order of the codes.

The code of a weight is looked up by the leading bits of the weight as float32, its *cell*. Every
level is a run of whole cells, so the look-up is exact, and equal on every device: no logarithm is
computed anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest absolute error of a decoded weight.
ABSOLUTE_ERROR = 0.002
#: Largest relative error of a decoded weight that is at least ``FLOOR``.
RELATIVE_ERROR = 0.1
#: Weights below this decode to 0.
FLOOR = 0.001

#: Code of a key that the query may not see.
MASKED = 0
#: Code that says: look into ``top``.
ESCAPE = 255

# A cell is the set of float32 numbers that share all but their last bits. There are 2**14 cells in
# each octave, the narrowest of them a hundredth of a level: fine enough, and the table stays small.
CELL_BITS = 9
_ONE = int(np.float32(1).view(np.uint32)) >> CELL_BITS
#: The last cell below ``FLOOR``; all smaller weights count as this one.
FIRST_CELL = (int(np.float32(FLOOR).view(np.uint32)) >> CELL_BITS) - 1


def _cell_starts() -> NDArray[np.float64]:
    """The smallest weight of each cell from ``FIRST_CELL`` to the one that starts at 1."""
    bits = np.arange(FIRST_CELL, _ONE + 1, dtype=np.uint32) << np.uint32(CELL_BITS)
    return bits.view(np.float32).astype(np.float64)


def _levels_and_codes() -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Levels by index, and the level index of each cell from ``FIRST_CELL`` on."""
    starts = _cell_starts()
    # A level is stored as float32; the slack keeps its rounding within the promises.
    relative, absolute = RELATIVE_ERROR - 1e-6, ABSOLUTE_ERROR - 1e-6
    levels = [0.0, 0.0]
    codes = np.empty(len(starts), np.uint16)
    codes[0] = 1
    first = 1
    while first < len(starts):
        level = min(starts[first] * (1 + relative), starts[first] + absolute, 1.0)
        end = min(level / (1 - relative), level + absolute)
        # Whole cells only: the last one whose successor starts within reach, and never none.
        last = max(int(np.searchsorted(starts, end, side="right")) - 1, first + 1)
        if end > 1:
            last = len(starts)
        codes[first:last] = len(levels)
        levels.append(level)
        first = last
    return np.array(levels, np.float32), codes


#: Level by index.
LEVELS, CODE_BY_CELL = _levels_and_codes()
LEVELS.setflags(write=False)
CODE_BY_CELL.setflags(write=False)


def quantise(
    weights: NDArray[np.floating], masked: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Turn weights into codes.

    Args:
        weights: Attention weights in ``[0, 1]``, any shape.
        masked: Where a query may not see a key; broadcast to the shape of ``weights``.

    Returns:
        ``codes`` of the same shape, and ``top``, one entry for each code 255 in C order.

    Raises:
        ValueError: A weight is not a number, or lies outside ``[0, 1]`` by more than rounding.
    """
    if not np.isfinite(weights).all():
        raise ValueError("attention weights hold NaN or infinite values")
    if weights.size and (weights.min() < 0 or weights.max() > 1 + 1e-3):
        raise ValueError(f"attention weights must lie in [0, 1], found {weights.min():g} to {weights.max():g}")
    # Less than nothing is there only as -0, of which the sign is a bit like others.
    cells = np.abs(np.minimum(weights, 1)).astype(np.float32).view(np.uint32) >> np.uint32(CELL_BITS)
    indices = CODE_BY_CELL[np.maximum(cells, FIRST_CELL) - FIRST_CELL]
    if masked is not None:
        indices = np.where(masked, np.uint16(MASKED), indices)
    top = (indices[indices >= ESCAPE] - ESCAPE).astype(np.uint8)
    return np.minimum(indices, ESCAPE).astype(np.uint8), top


def dequantise(
    codes: NDArray[np.uint8], top: NDArray[np.uint8], levels: NDArray[np.float32] = LEVELS
) -> NDArray[np.float32]:
    """Turn codes back into weights: float32, the shape of ``codes``; masked decodes to 0.

    Raises:
        ValueError: ``top`` does not hold one entry for each code 255, or names no level.
    """
    escaped = codes == ESCAPE
    if int(escaped.sum()) != top.size:
        raise ValueError(f"{int(escaped.sum())} codes look into `top`, which holds {top.size}")
    largest = ESCAPE + int(top.max()) if top.size else int(codes.max(initial=0))
    if largest >= len(levels):
        raise ValueError(f"a code names level {largest}, but there are {len(levels)}")
    weights = levels[codes]
    weights[escaped] = levels[ESCAPE + top.astype(np.intp)]
    return weights
