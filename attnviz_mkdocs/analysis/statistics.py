"""What one head does, as one number. ``A_ij`` is the attention of query ``i`` on key ``j``.

=============  ================================================================  ======================
name           definition                                                        source
=============  ================================================================  ======================
``entropy``    ``mean_i -sum_j A_ij ln A_ij``, in nats, with ``0 ln 0 = 0``       Clark et al. 2019
``distance``   ``mean_i sum_j A_ij |i - j|``, in tokens                          Vig 2019
``previous``   ``mean_{i>=1} A[i, i-1]``                                         Clark et al. 2019
``next``       ``mean_{i<n-1} A[i, i+1]``                                        Clark et al. 2019
``self``       ``mean_i A[i, i]``                                                Clark et al. 2019
``first``      ``mean_i A[i, 0]``                                                TransformerLens
``special``    ``mean_i sum_{j special} A_ij``                                   Clark et al. 2019
=============  ================================================================  ======================

Queries that see nothing enter no mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


#: Statistics that ask where a key stands from its query: there are none where those are different texts.
OF_POSITIONS = frozenset({"distance", "previous", "next", "self"})


def statistic(
    name: str, weights: NDArray[np.float32], masked: NDArray[np.bool_], special: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """A statistic of each head, ``[…]``; 0 where there is no query to ask.

    Args:
        name: One of `STATISTICS`.
        weights: Attention, ``[…, query, key]``; masked is 0.
        masked: Where a query may not see a key, of the same shape.
        special: Which keys are marks of the model's own, ``[key]``.

    Raises:
        ValueError: It asks for positions, and queries and keys are not the same tokens.
    """
    if name in OF_POSITIONS and weights.shape[-1] != weights.shape[-2]:
        raise ValueError(f"{name} asks where a key stands from its query; these are of different texts")
    per_query, asked = STATISTICS[name](weights.astype(np.float64), special)
    counts = asked & ~masked.all(axis=-1)
    count = counts.sum(axis=-1)
    mean: NDArray[np.float64] = np.where(counts, per_query, 0).sum(axis=-1) / np.maximum(count, 1)
    return mean


def entropy(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Entropy of each query's attention in nats, ``[…, query]``."""
    logarithms = np.log(np.where(weights > 0, weights, 1), dtype=np.float64)
    spread: NDArray[np.float64] = -(weights * logarithms).sum(axis=-1)
    return spread


def _at_offset(weights: NDArray[np.float64], offset: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The weight of the key that stands so far after its query, and which queries have one."""
    keys = np.arange(weights.shape[-1]) + offset
    there = (keys >= 0) & (keys < weights.shape[-1])
    rows = np.arange(weights.shape[-2])
    return weights[..., rows, np.where(there, keys, 0)], there


def _of_all(per_query: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return per_query, np.ones(per_query.shape[-1], bool)


def _distance(weights: NDArray[np.float64], _: object) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    places = np.arange(weights.shape[-1])
    return _of_all((weights * np.abs(places[:, None] - places)).sum(axis=-1))


#: Name → the number of each query, ``[…, query]``, and which queries are asked, ``[query]``.
STATISTICS: dict[
    str,
    Callable[[NDArray[np.float64], NDArray[np.bool_]], tuple[NDArray[np.float64], NDArray[np.bool_]]],
] = {
    "entropy": lambda weights, _: _of_all(entropy(weights)),
    "distance": _distance,
    "previous": lambda weights, _: _at_offset(weights, -1),
    "next": lambda weights, _: _at_offset(weights, 1),
    "self": lambda weights, _: _at_offset(weights, 0),
    "first": lambda weights, _: _of_all(weights[..., 0]),
    "special": lambda weights, special: _of_all(weights[..., special].sum(axis=-1)),
}
