"""Small exhibits and neurons, made of random numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.exhibit import SELF, TEXT, Attention, Exhibit, Provenance, Token, Track
from attnviz_mkdocs.neurons import Neurons, Scores, digest_of

if TYPE_CHECKING:
    from attnviz_mkdocs.plan import Request

PROVENANCE = Provenance(
    model="small",
    source="models/small",
    fingerprint="f" * 64,
    architecture="SmallModel",
    dtype="float32",
    disagreement=0.0,
    versions={"transformers": "5"},
)


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


def sequence(labels: tuple[str, ...]) -> tuple[Token, ...]:
    return tuple(Token(label, 7 * index, 7 * index + 6) for index, label in enumerate(labels))


def exhibit(weights: np.ndarray, *, masked: np.ndarray | None = None, labels: tuple[str, ...] = ()) -> Exhibit:
    labels = labels or tuple(f"token{index}" for index in range(weights.shape[-1]))
    track = Track.from_weights(weights, masked)
    return Exhibit(
        text=" ".join(labels),
        tokens={TEXT: sequence(labels)},
        attentions={SELF: Attention(TEXT, TEXT, tuple(range(len(weights))), track)},
        provenance=PROVENANCE,
    )


def translation(source: int = 4, target: int = 3, layers: tuple[int, int] = (2, 3), heads: int = 2) -> Exhibit:
    """An exhibit of an encoder-decoder model: `layers` of its encoder and of its decoder."""
    encoder, decoder = layers
    square = attention(encoder, heads, source)
    causal = attention(decoder, heads, target, causal=True)
    cross = attention(decoder, heads, max(source, target), seed=1)[:, :, :target, :source]
    cross /= cross.sum(-1, keepdims=True)
    made = {
        "cross": Attention("target", "source", tuple(range(decoder)), Track.from_weights(cross)),
        "encoder": Attention("source", "source", tuple(range(encoder)), Track.from_weights(square)),
        "decoder": Attention("target", "target", tuple(range(decoder)), Track.from_weights(causal, later(target))),
    }
    tokens = {
        "source": sequence(tuple(f"word{index}" for index in range(source))),
        "target": sequence(tuple(f"Wort{index}" for index in range(target))),
    }
    return Exhibit("a text", tokens, made, PROVENANCE, target="ein Text")


def neurons(
    layers: int = 2,
    heads: int = 4,
    key_heads: int = 2,
    tokens: int = 5,
    size: int = 8,
    *,
    causal: bool = False,
    labels: tuple[str, ...] = (),
) -> tuple[Exhibit, Neurons]:
    """Random queries and keys, and the exhibit of the attention that they make."""
    random = np.random.default_rng(0)
    queries = random.normal(0, 1.5, (layers, heads, tokens, size)).astype(np.float16)
    keys = random.normal(0, 1.5, (layers, key_heads, tokens, size)).astype(np.float16)
    scores = Scores(queries, keys, np.full(layers, size**-0.5, np.float32), largest_error=1e-6)
    masked = later(tokens) if causal else np.zeros((tokens, tokens), bool)
    weights = np.stack([scores.weights(layer, masked) for layer in range(layers)])
    made = exhibit(weights, masked=masked if causal else None, labels=labels)
    return made, Neurons(digest_of(made.tokens), {SELF: scores}, PROVENANCE)


def at_random(request: Request) -> Exhibit | Neurons:
    """What a model might have made of a request: random numbers, a token a word."""
    labels = ("[CLS]", *f"{request.text.shown} {request.text.pair or ''}".split(), "[SEP]")
    made, own = neurons(heads=3, key_heads=3, tokens=len(labels), labels=labels)
    wanted = made if request.what == "attention" else own
    return replace(wanted, provenance=replace(wanted.provenance, asked=request.asked))
