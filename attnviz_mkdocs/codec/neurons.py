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


def encode_neurons(neurons: Neurons) -> bytes:
    """Encode the neurons of an exhibit; the same neurons give the same bytes."""
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for name, scores in neurons.attentions.items():
        there = {part: getattr(scores, part) for part in (*_NEEDED, *_OPTIONAL)}
        there["bias"] = None if scores.bias is None else scores.bias.values
        for part, values in there.items():
            if values is not None:
                tensors[f"{name}.{part}"] = np.ascontiguousarray(values)
    content = {
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
    except (KeyError, TypeError, ValueError) as error:
        raise CodecError(f"the bytes are not neurons: {error}") from error


def _about(name: str, scores: Scores) -> dict[str, Any]:
    bias = None if scores.bias is None else {"layout": scores.bias.layout, "of_layer": list(scores.bias.of_layer)}
    return {"name": name, "bias": bias, "error": stated(scores.largest_error)}


def _scores(about: dict[str, Any], tensors: Tensors) -> Scores:
    name = about["name"]
    bias = about["bias"]
    parts: dict[str, Any] = {part: tensors[f"{name}.{part}"] for part in _NEEDED}
    parts |= {part: tensors.get(f"{name}.{part}") for part in _OPTIONAL}
    return Scores(
        **parts,
        bias=None if bias is None else Bias(bias["layout"], tensors[f"{name}.bias"], tuple(bias["of_layer"])),
        largest_error=about["error"],
    )
