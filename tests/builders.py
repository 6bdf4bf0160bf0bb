"""Small exhibits, made of random numbers."""

from __future__ import annotations

import numpy as np

from attnviz_mkdocs.exhibit import Exhibit, Provenance, Token, Track


def attention(layers: int = 2, heads: int = 3, tokens: int = 5, *, causal: bool = False, seed: int = 0) -> np.ndarray:
    """Random attention, float32 `[layer, head, query, key]`; rows sum to 1."""
    scores = np.random.default_rng(seed).normal(0, 3, (layers, heads, tokens, tokens))
    if causal:
        scores = np.where(later(tokens), -np.inf, scores)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def later(tokens: int) -> np.ndarray:
    """Where a key stands after its query."""
    return np.triu(np.ones((tokens, tokens), bool), 1)


def exhibit(weights: np.ndarray, *, masked: np.ndarray | None = None, labels: tuple[str, ...] = ()) -> Exhibit:
    count = weights.shape[-1]
    labels = labels or tuple(f"token{index}" for index in range(count))
    tokens = tuple(Token(label, 7 * index, 7 * index + 6) for index, label in enumerate(labels))
    return Exhibit(
        text=" ".join(labels),
        query=tokens,
        key=tokens,
        tracks={"attention": Track.from_weights(weights, masked)},
        provenance=Provenance(
            model="small",
            source="models/small",
            fingerprint="f" * 64,
            architecture="SmallModel",
            dtype="float32",
            disagreement=0.0,
            versions={"transformers": "5"},
        ),
    )
