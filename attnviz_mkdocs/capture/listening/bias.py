"""What a bias depends on: its leanest layout, of those that `attnviz_mkdocs.neurons.Bias` knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from attnviz_mkdocs.neurons import BiasLayout


@dataclass(frozen=True, slots=True)
class LeanBias:
    """A bias that isn't zero everywhere.

    Attributes:
        layout: See `attnviz_mkdocs.neurons.Bias`.
        values: float32 ``[…, key]``, ``[…, query + key - 1]`` or ``[…, query, key]``, as ``layout`` says.
    """

    layout: BiasLayout
    values: Tensor

    def expand(self, queries: int) -> Tensor:
        """The bias of each pair, ``[…, query or 1, key]``."""
        if self.layout == "key":
            return self.values[..., None, :]
        if self.layout == "distance":
            keys = self.values.shape[-1] - queries + 1
            return self.values[..., _distances(queries, keys, self.values.device)]
        return self.values


def lean(bias: Tensor, seen: Tensor, tolerance: float = 0.0) -> LeanBias | None:
    """The leanest layout in which all that is seen of a bias can be written; None where it is zero.

    Args:
        bias: float32 ``[…, query, key]``.
        seen: bool, broadcastable to ``bias``: what the layout must get right; the rest counts for nothing.
        tolerance: How far a value may be from the one that is written.
    """
    if not bool((bias.abs() > tolerance).logical_and(seen).any()):
        return None
    queries, keys = bias.shape[-2:]
    low = bias.masked_fill(~seen, torch.inf)
    high = bias.masked_fill(~seen, -torch.inf)
    by_key = _middle(low.amin(-2), high.amax(-2), tolerance)
    if by_key is not None:
        return LeanBias("key", by_key)
    index = _distances(queries, keys, bias.device).expand(bias.shape).flatten(-2)
    empty = low.new_empty(*bias.shape[:-2], queries + keys - 1)
    by_distance = _middle(
        empty.scatter_reduce(-1, index, low.flatten(-2), "amin", include_self=False),
        empty.scatter_reduce(-1, index, high.flatten(-2), "amax", include_self=False),
        tolerance,
    )
    if by_distance is not None:
        return LeanBias("distance", by_distance)
    return LeanBias("pair", bias.masked_fill(~seen, 0))


def _middle(low: Tensor, high: Tensor, tolerance: float) -> Tensor | None:
    """Between the smallest and the largest of what is to be one value; None where they are too far apart.

    Of equal values the middle is that value exactly, which can't be said of their mean.
    """
    nothing_seen = low > high
    # Written so that NaN fails.
    if not bool((high - low <= 2 * tolerance).logical_or(nothing_seen).all()):
        return None
    return ((low + high) / 2).masked_fill(nothing_seen, 0)


def _distances(queries: int, keys: int, device: torch.device) -> Tensor:
    """Of each pair, its place among the values of the layout ``distance``: ``[query, key]``."""
    return torch.arange(keys, device=device) - torch.arange(queries, device=device)[:, None] + queries - 1
