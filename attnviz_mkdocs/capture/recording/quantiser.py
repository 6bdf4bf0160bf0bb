"""Attention weights → codes, on the device where they are, by the table of `attnviz_mkdocs.quantise`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from attnviz_mkdocs.quantise import CELL_BITS, CODE_BY_CELL, ESCAPE, FIRST_CELL, LEVELS, MASKED

if TYPE_CHECKING:
    from torch import Tensor

_LAST = len(CODE_BY_CELL) - 1
_ROWS = 64
_ESCAPED = float(LEVELS[ESCAPE])


class Quantiser:
    """The table on one device."""

    def __init__(self, device: torch.device) -> None:
        self._codes = torch.from_numpy(np.minimum(CODE_BY_CELL, ESCAPE).astype(np.uint8)).to(device)
        # By code, and so small that it stays near: a table of each cell's level would be looked up twice as slowly.
        self._levels = torch.tensor(LEVELS[: ESCAPE + 1]).to(device)

    def __call__(self, weights: Tensor, hidden: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Quantise.

        Args:
            weights: float32 ``[batch, head, pair]``; overwritten.
            hidden: bool, broadcastable to ``weights``: masked, or not of the text at all.

        Returns:
            codes, uint8, of the shape of ``weights``; and for each of the batch the smallest weight
            and the largest difference between a decoded weight and the weight, NaN if one is; of weights
            near 1, whose code is 255, that is left to whoever looks up what they were.
        """
        if hidden is not None:
            weights.masked_fill_(hidden, 0)
        lowest = weights.amin((1, 2))
        # Clamped on both sides, so that even NaN finds a cell: a failed look-up ends a CUDA process.
        cells = (weights.view(torch.int32) >> CELL_BITS).sub_(FIRST_CELL).clamp_(0, _LAST)
        # A look-up by int64 in several rows runs on several cores; one by int32, or in one row, does not.
        rows = cells.view(math.gcd(cells.numel(), _ROWS), -1).long()
        codes = self._codes.expand(len(rows), -1).gather(1, rows).view_as(weights)
        levels = self._levels.expand(len(rows), -1).gather(1, rows.copy_(codes.view_as(rows))).view_as(weights)
        if hidden is not None:
            codes.masked_fill_(hidden, MASKED)
        return codes, lowest, weights.clamp_(max=_ESCAPED).sub_(levels).abs_().amax((1, 2))
