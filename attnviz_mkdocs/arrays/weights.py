"""Tensors of a file → attention that can be shown, or what is wrong with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.arrays.file import ArraysError
from attnviz_mkdocs.quantise import RELATIVE_ERROR
from attnviz_mkdocs.spec.types import MOST_HEADS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attnviz_mkdocs.arrays.file import Tensor

#: Tokens on one side, at most.
MOST_TOKENS = 1024
#: How far a row's sum may be from 1 for the sake of rounding, as in bfloat16.
SLACK = 1e-2
#: How far a weight may lie above 1 for the same reason.
_ABOVE_ONE = 1e-3

_AXES = ("layer", "head", "query", "key")
_DIMENSIONS = f"expected [{', '.join(_AXES)}]"


def read_weights(tensor: Tensor) -> NDArray[np.float32]:
    """Attention, float32 ``[layer, head, query, key]``, in ``[0, 1]``.

    Raises:
        ArraysError: It isn't.
    """
    numbers = tensor.numbers()
    _check_shape(tensor)
    problems = (
        (~np.isfinite(numbers), "a weight is a number from 0 to 1"),
        (numbers < 0, "weights are what a softmax gives, and can't be less than 0"),
        (numbers > 1 + _ABOVE_ONE, "weights are what a softmax gives, and can't be more than 1"),
    )
    for wrong, why in problems:
        if wrong.any():
            first = _first(wrong)
            raise ArraysError(f'"{tensor.name}" is {numbers[first]:.6g} at {_named(first)}; {why}')
    weights: NDArray[np.float32] = np.minimum(numbers, 1).astype(np.float32)
    return weights


def read_mask(tensor: Tensor, weights: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a query may not see a key, bool ``[layer, head, query, key]``.

    Raises:
        ArraysError: The mask doesn't fit the weights.
    """
    try:
        masked = np.broadcast_to(tensor.truths(), weights.shape)
    except ValueError as error:
        if isinstance(error, ArraysError):
            raise
        shapes = f"{list(tensor.shape)}, and the weights {list(weights.shape)}"
        message = (
            f'"{tensor.name}" has the shape {shapes}; write a mask of that shape, or one that numpy broadcasts to it'
        )
        raise ArraysError(message) from error
    seen = masked & (weights > 0)
    if seen.any():
        first = _first(seen)
        message = f'"{tensor.name}" is set at {_named(first)}, but the weight there is {weights[first]:.6g}'
        raise ArraysError(f"{message}; a mask is 1 where a query may not see a key, and 0 elsewhere")
    return masked


def assumed_mask(weights: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """The mask of causal attention, where no weight falls on a later key; else None."""
    queries, keys = weights.shape[-2:]
    later = np.triu(np.ones((queries, keys), bool), 1)
    return later if queries == keys and queries > 1 and not weights[..., later].any() else None


def check_rows(name: str, weights: NDArray[np.float32], *, decoded: bool) -> None:
    """Refuse rows that sum to more than 1.

    Args:
        name: What the file calls the weights.
        weights: float32 ``[layer, head, query, key]``.
        decoded: Whether they were decoded from codes, so that each may be larger than it was.

    Raises:
        ArraysError: A row does.
    """
    sums = weights.sum(-1, dtype=np.float64)
    wrong = sums > 1 + (RELATIVE_ERROR if decoded else SLACK)
    if wrong.any():
        first = _first(wrong)
        message = f'the weights in "{name}" sum to {sums[first]:.6g} at {_named(first)}, over all keys'
        raise ArraysError(f"{message}; they can't be more than 1. Keys are the last axis: {_DIMENSIONS}")


def notes_of_rows(rows: str, weights: NDArray[np.float32], masked: NDArray[np.bool_] | None) -> list[str]:
    """What a reader must know where rows sum to less than 1; a query that sees nothing is none of them.

    Args:
        rows: What the note calls the rows.
        weights: float32 ``[layer, head, query, key]``.
        masked: Where a query may not see a key, broadcastable to the weights.
    """
    sums = weights.sum(-1, dtype=np.float64)
    sees = np.ones_like(sums, bool) if masked is None else ~np.broadcast_to(masked, weights.shape).all(-1)
    less = sees & (sums < 1 - SLACK)
    if not less.any():
        return []
    return [f"{rows} sum to less than 1: {less.sum()} of {sees.sum()}, the least to {sums[less].min():.2g}."]


def _check_shape(tensor: Tensor) -> None:
    shape = f'"{tensor.name}" has the shape {list(tensor.shape)} ({tensor.dtype_name})'
    if len(tensor.shape) != len(_AXES):
        raise ArraysError(f"{shape}; {_DIMENSIONS}")
    for axis, size in zip(_AXES, tensor.shape, strict=True):
        if size == 0:
            raise ArraysError(f"{shape}, so it has no {axis}; {_DIMENSIONS}, at least one of each")
    if max(tensor.shape[2:]) > MOST_TOKENS:
        raise ArraysError(f"{shape}; a view shows at most {MOST_TOKENS} tokens on a side. {_DIMENSIONS.capitalize()}")
    if math.prod(tensor.shape[:2]) > MOST_HEADS:
        raise ArraysError(
            f"{shape}; a view shows at most {MOST_HEADS:,} heads in all layers. {_DIMENSIONS.capitalize()}"
        )


def _first(wrong: NDArray[np.bool_]) -> tuple[np.intp, ...]:
    return np.unravel_index(int(wrong.argmax()), wrong.shape)


def _named(index: tuple[np.intp, ...]) -> str:
    return ", ".join(f"{axis} {position}" for axis, position in zip(_AXES, index, strict=False))
