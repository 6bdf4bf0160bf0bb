"""From queries and keys to attention, for one head, and which neurons tell keys apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attnviz_mkdocs.neurons import Scores

    Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class HeadScores:
    """What one head makes its attention of.

    Attributes:
        queries: After rotary embedding, ``[query, neuron]``.
        keys: Likewise, ``[key, neuron]``.
        scale: What each dot product is multiplied by.
        capped: ``scale · q·k`` within the soft cap, ``[query, key]``.
        scores: With the bias; -inf for a masked key.
        weights: The softmax.
    """

    queries: Numbers
    keys: Numbers
    scale: float
    capped: Numbers
    scores: Numbers
    weights: Numbers

    @classmethod
    def of(cls, numbers: Scores, layer: int, head: int, masked: NDArray[np.bool_]) -> HeadScores:
        """The scores of one head.

        Args:
            numbers: Of the exhibit's neurons.
            layer: Position of the layer, from 0.
            head: Its number.
            masked: Where a query may not see a key, ``[query, key]``.
        """
        shared = len(numbers.queries[layer]) // len(numbers.keys[layer])
        queries = numbers.queries[layer, head].astype(np.float64)
        keys = numbers.keys[layer, head // shared].astype(np.float64)
        scale = float(numbers.scale[layer])
        capped = scale * queries @ keys.T
        if numbers.softcap is not None and numbers.softcap[layer]:
            capped = numbers.softcap[layer] * np.tanh(capped / numbers.softcap[layer])
        bias = 0 if numbers.bias is None else numbers.bias.of(layer, *capped.shape)[head]
        weights = numbers.weights(layer, masked)[head].astype(np.float64)
        return cls(queries, keys, scale, capped, np.where(masked, -np.inf, capped + bias), weights)

    def shares(self, queries: list[int] | None = None) -> Numbers:
        """How much of what tells keys apart each neuron brings, to some queries or to all.

        With ``c_jd = scale·q_d·k_jd`` and ``s_j = Σ_d c_jd``, over the keys ``j`` that a query sees:
        ``share_d = cov_j(c_jd, s_j) / var_j(s_j)``. Covariances add up, so shares sum to 1; one that works against the
        others is negative. Over several queries, covariances and variances are summed before they are divided.
        All are 0 where no query tells any keys apart. The soft cap and the bias come after the sum and have no part.
        """
        covariance, variance = np.zeros(self.queries.shape[1]), 0.0
        for query in range(len(self.queries)) if queries is None else queries:
            seen = np.isfinite(self.scores[query])
            brought = self.scale * self.queries[query] * self.keys[seen]
            spread = brought.sum(axis=1) - brought.sum(axis=1).mean() if seen.any() else np.zeros(0)
            covariance += spread @ brought / max(1, len(spread))
            variance += float(spread @ spread) / max(1, len(spread))
        return covariance / variance if variance else covariance
