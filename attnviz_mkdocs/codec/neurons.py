"""Neurons ⇄ bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from attnviz_mkdocs.codec.files import CodecError, load, pack, stated
from attnviz_mkdocs.exhibit import Provenance
from attnviz_mkdocs.neurons import Bias, Neurons, Scores

if TYPE_CHECKING:
    from attnviz_mkdocs.codec.files import Tensors

_NEEDED = ("queries", "keys", "scale")
_OPTIONAL = ("softcap", "sinks")


def encode_neurons(neurons: Neurons, key: str | None = None) -> bytes:
    """Encode the neurons of an exhibit; the same neurons give the same bytes.

    Args:
        neurons: The neurons.
        key: What a store keeps them under; None where none does.
    """
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for name, scores in neurons.attentions.items():
        there = {part: getattr(scores, part) for part in (*_NEEDED, *_OPTIONAL)}
        there["bias"] = None if scores.bias is None else scores.bias.values
        for part, values in there.items():
            if values is not None:
                tensors[f"{name}.{part}"] = np.ascontiguousarray(values)
    content = {
        "key": key,
        "tokens": neurons.tokens,
        "attentions": [_about(name, scores) for name, scores in neurons.attentions.items()],
        "provenance": asdict(neurons.provenance),
    }
    return pack("neurons", tensors, content)


def decode_neurons(data: bytes) -> Neurons:
    """Decode what `encode_neurons` made.

    Raises:
        CodecError: The bytes are damaged, are no neurons, or are of another format.
    """
    tensors, header = load(data, "neurons")
    try:
        return Neurons(
            tokens=header["tokens"],
            attentions={about["name"]: _scores(about, tensors) for about in header["attentions"]},
            provenance=Provenance(**header["provenance"]),
        )
    except (KeyError, TypeError) as error:
        raise CodecError(f"the bytes are not neurons: {error}") from error


def _about(name: str, scores: Scores) -> dict[str, Any]:
    bias = None if scores.bias is None else {"layout": scores.bias.layout, "of_layer": list(scores.bias.of_layer)}
    return {"name": name, "bias": bias, "error": stated(scores.largest_error)}


def _scores(about: dict[str, Any], tensors: Tensors) -> Scores:
    name = about["name"]
    bias = about["bias"]
    parts: dict[str, Any] = {part: tensors[f"{name}.{part}"] for part in _NEEDED}
    parts |= {part: tensors.get(f"{name}.{part}") for part in _OPTIONAL}
    scores = Scores(
        **parts,
        bias=None if bias is None else Bias(bias["layout"], tensors[f"{name}.bias"], tuple(bias["of_layer"])),
        largest_error=about["error"],
    )
    if not _fit(scores):
        raise CodecError(f"the numbers of attention {name!r} don't fit one another")
    return scores


def _fit(scores: Scores) -> bool:
    """Whether the shapes are those that `Scores` tells of."""
    if scores.queries.ndim != 4 or scores.keys.ndim != 4:  # noqa: PLR2004 - layer, head, token, neuron
        return False
    layers, heads, queries, size = scores.queries.shape
    key_layers, key_heads, keys, key_size = scores.keys.shape
    shapes = {"scale": (layers,), "softcap": (layers,), "sinks": (layers, heads)}
    parts = {name: part for name in shapes if (part := getattr(scores, name)) is not None}
    bias = scores.bias
    if bias is not None:
        each = {"distance": (queries + keys - 1,), "key": (keys,), "pair": (queries, keys)}[bias.layout]
        rows = bias.values.shape[0] if bias.values.ndim else 0
        parts["bias"], shapes["bias"] = bias.values, (rows, heads, *each)
        if len(bias.of_layer) != layers or max(bias.of_layer) >= rows:
            return False
    numbers = (scores.queries, scores.keys, *parts.values())
    return (
        (key_layers, key_size) == (layers, size)
        and min(scores.queries.shape + scores.keys.shape) > 0
        and heads % key_heads == 0
        and all(part.shape == shapes[name] for name, part in parts.items())
        and all(part.dtype.kind == "f" and np.isfinite(part).all() for part in numbers)
    )
