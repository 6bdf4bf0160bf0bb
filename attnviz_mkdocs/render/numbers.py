"""An exhibit's numbers in formats that other tools read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from safetensors.numpy import save

from attnviz_mkdocs.exhibit import SELF

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons, Scores


def as_safetensors(exhibit: Exhibit, neurons: Neurons | None = None) -> bytes:
    """Decoded numbers as a safetensors file.

    Tensors: ``attention``, float32 ``[layer, head, query, key]``; ``masked``, uint8 of the same
    shape, where some query may not see some key; with neurons also ``queries`` and ``keys``
    ``[layer, head, token, neuron]``, ``scale`` ``[layer]``, and ``softcap``, ``sinks`` and ``bias`` of a
    model that has them (see `attnviz_mkdocs.neurons.Scores`). An encoder-decoder model has each of
    them three times: ``cross.attention``, ``encoder.attention`` and so on.
    """
    tensors: dict[str, NDArray[np.generic]] = {}
    for name, attention in exhibit.attentions.items():
        prefix = "" if name == SELF else f"{name}."
        tensors[f"{prefix}attention"] = attention.track.weights()
        masked = attention.track.masked()
        if masked.any():
            tensors[f"{prefix}masked"] = masked.astype("uint8")
        if neurons is not None:
            tensors |= {f"{prefix}{part}": values for part, values in _parts(neurons.attentions[name]).items()}
    return save(tensors, metadata={"attnviz": json.dumps(_about(exhibit), sort_keys=True)})


def as_json(exhibit: Exhibit, neurons: Neurons | None = None) -> str:
    """Everything as JSON: tokens, provenance, and the weights as lists ``[layer][head][query][key]``.

    With neurons each attention also has the parts that `as_safetensors` writes as tensors.
    """
    about = _about(exhibit)
    for name, attention in exhibit.attentions.items():
        parts: dict[str, NDArray[Any]] = {"weights": attention.track.weights()}
        if neurons is not None:
            parts |= _parts(neurons.attentions[name])
        about["attentions"][name] |= {part: _listed(values) for part, values in parts.items()}
    return json.dumps(about, ensure_ascii=False, sort_keys=True)


def _listed(values: NDArray[Any]) -> Any:
    """Nested lists of numbers, with six digits: more than the stored codes and float16 hold."""
    if values.ndim:
        return [_listed(part) for part in values]
    return float(f"{values:.6g}")


def _parts(scores: Scores) -> dict[str, NDArray[np.generic]]:
    there = {part: getattr(scores, part) for part in ("queries", "keys", "scale", "softcap", "sinks")}
    queries, keys = scores.queries.shape[2], scores.keys.shape[2]
    if scores.bias is not None:
        bias = scores.bias
        there |= {f"bias.{layer}": bias.of(layer, queries, keys).copy() for layer in range(len(bias.of_layer))}
    return {part: values for part, values in there.items() if values is not None}


def _about(exhibit: Exhibit) -> dict[str, Any]:
    return {
        "axes": ["layer", "head", "query", "key"],
        "text": exhibit.text,
        "pair": exhibit.pair,
        "target": exhibit.target,
        "notes": list(exhibit.notes),
        "tokens": {name: [asdict(token) for token in tokens] for name, tokens in exhibit.tokens.items()},
        "attentions": {
            name: {
                "query": attention.query,
                "key": attention.key,
                "layers": list(attention.layers),
                "largest_error": attention.track.largest_error,
            }
            for name, attention in exhibit.attentions.items()
        },
        "provenance": asdict(exhibit.provenance),
    }
