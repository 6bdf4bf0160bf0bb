"""What the neuron view shows: queries, keys and all else of which a softmax makes attention."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Exhibit, Provenance, Token

#: What a bias depends on: the distance from query to key, the key alone, or both as they come.
BiasLayout = Literal["distance", "key", "pair"]


@dataclass(frozen=True, eq=False, slots=True)
class Bias:
    """What a model adds to its scores for the sake of positions, such as T5's buckets or ALiBi.

    Attributes:
        layout: ``"distance"``: ``values`` is ``[row, head, query + key - 1]``, and the entry of a pair
            is ``key - query + queries - 1``; ``"key"``: ``[row, head, key]``; ``"pair"``:
            ``[row, head, query, key]``.
        values: float32, a row for each bias that differs; layers often share one.
        of_layer: For each layer its row, -1 for none.
    """

    layout: BiasLayout
    values: NDArray[np.float32]
    of_layer: tuple[int, ...]

    def of(self, layer: int, queries: int, keys: int) -> NDArray[np.float32]:
        """The bias of the layer at position ``layer``, float32 ``[head, query, key]``."""
        row = self.of_layer[layer]
        heads = self.values.shape[1]
        if row < 0:
            return np.zeros((heads, queries, keys), np.float32)
        values: NDArray[np.float32] = self.values[row]
        if self.layout == "key":
            return np.broadcast_to(values[:, None], (heads, queries, keys))
        if self.layout == "distance":
            return values[:, np.arange(keys) - np.arange(queries)[:, None] + queries - 1]
        return values

    def of_layers(self, positions: Sequence[int]) -> Bias:
        """That of some layers, by their positions."""
        of_layer = [self.of_layer[position] for position in positions]
        rows = sorted({row for row in of_layer if row >= 0})
        return Bias(self.layout, self.values[rows], tuple(rows.index(row) if row >= 0 else -1 for row in of_layer))


@dataclass(frozen=True, eq=False, slots=True)
class Scores:
    """Of one attention, what its scores are made of.

    The weights are ``softmax(cap(scale * q·k) + bias)`` over the keys that a query may see, with
    ``cap(s) = softcap * tanh(s / softcap)`` (Gemma 2). A sink is one more score in the softmax, whose
    weight no token gets (gpt-oss). Queries and keys are those after rotary embedding.

    Attributes:
        queries: float16 or float32 ``[layer, head, query, neuron]``.
        keys: The same type, ``[layer, key head, key, neuron]``; head ``h`` reads key head
            ``h * key heads // heads`` (grouped queries).
        scale: float32 ``[layer]``.
        largest_error: Largest absolute difference between the weights that come of these numbers and
            those that were captured.
        softcap: float32 ``[layer]``, 0 for none; None where no layer has one.
        sinks: float32 ``[layer, head]``; None where the model has none.
        bias: What is added for positions; None for nothing.
    """

    queries: NDArray[np.floating]
    keys: NDArray[np.floating]
    scale: NDArray[np.float32]
    largest_error: float
    softcap: NDArray[np.float32] | None = None
    sinks: NDArray[np.float32] | None = None
    bias: Bias | None = None

    def weights(self, layer: int, masked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Attention as it comes of these numbers, float32 ``[head, query, key]``.

        Args:
            layer: Position of the layer, from 0.
            masked: Where a query may not see a key, broadcastable to the result.
        """
        queries = self.queries[layer].astype(np.float32)
        keys = self.keys[layer].astype(np.float32)
        keys = np.repeat(keys, len(queries) // len(keys), axis=0)
        scores = queries @ keys.swapaxes(-1, -2) * self.scale[layer]
        if self.softcap is not None and self.softcap[layer]:
            scores = self.softcap[layer] * np.tanh(scores / self.softcap[layer])
        if self.bias is not None:
            scores = scores + self.bias.of(layer, *scores.shape[1:])
        scores = np.where(masked, -np.inf, scores)
        largest = scores.max(-1, keepdims=True)
        if self.sinks is not None:
            largest = np.maximum(largest, self.sinks[layer, :, None, None])
        # A query that may see nothing has no largest score.
        largest = np.where(np.isfinite(largest), largest, 0)
        weights = np.exp(scores - largest)
        total = weights.sum(-1, keepdims=True)
        if self.sinks is not None:
            total = total + np.exp(self.sinks[layer, :, None, None] - largest)
        result: NDArray[np.float32] = (weights / np.where(total > 0, total, 1)).astype(np.float32)
        return result

    def of_layers(self, positions: Sequence[int]) -> Scores:
        """Those of some layers, by their positions."""
        chosen = list(positions)
        return replace(
            self,
            queries=self.queries[chosen],
            keys=self.keys[chosen],
            scale=self.scale[chosen],
            softcap=None if self.softcap is None else self.softcap[chosen],
            sinks=None if self.sinks is None else self.sinks[chosen],
            bias=None if self.bias is None else self.bias.of_layers(chosen),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Neurons:
    """The neurons of one exhibit.

    Attributes:
        tokens: `digest_of` the exhibit's tokens: what belongs to other tokens must not be shown with them.
        attentions: Name → scores, the names of the exhibit's attentions.
        provenance: Where the numbers came from.
    """

    tokens: str
    attentions: Mapping[str, Scores]
    provenance: Provenance

    def fit(self, exhibit: Exhibit) -> bool:
        """Whether they are of as many layers, heads and tokens as the exhibit has, for each of its attentions."""
        shapes = {name: attention.track.shape for name, attention in exhibit.attentions.items()}
        return shapes == {
            name: (*scores.queries.shape[:3], scores.keys.shape[2]) for name, scores in self.attentions.items()
        }


def digest_of(tokens: Mapping[str, tuple[Token, ...]]) -> str:
    """A digest of what tokens there are: equal for two captures of the same input."""
    return digest_of_labels({name: [token.label for token in sequence] for name, sequence in tokens.items()})


def digest_of_labels(labels: Mapping[str, list[str]]) -> str:
    """The same, of what the tokens are called."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]
