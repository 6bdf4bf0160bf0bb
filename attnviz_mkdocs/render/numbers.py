"""An exhibit's numbers in formats that other tools read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from safetensors.numpy import save

from attnviz_mkdocs.exhibit import SELF

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons, Scores


#: What the numbers of a comparison are called, each with a dot and what they are called in a file of their own.
SIDES = ("first", "second")


def as_safetensors(exhibit: Exhibit, neurons: Neurons | None = None) -> bytes:
    """Decoded numbers as a safetensors file.

    Tensors: ``attention``, float32 ``[layer, head, query, key]``; ``masked``, uint8 of the same
    shape, where some query may not see some key; with neurons also ``queries`` and ``keys``
    ``[layer, head, token, neuron]``, ``scale`` ``[layer]``, and ``softcap``, ``sinks`` and ``bias`` of a
    model that has them (see `attnviz_mkdocs.neurons.Scores`). An encoder-decoder model has each of
    them three times: ``cross.attention``, ``encoder.attention`` and so on.
    """
    return _saved(_tensors(exhibit, neurons), _about(exhibit))


def compared_as_safetensors(first: Exhibit, second: Exhibit, names: tuple[str, str]) -> bytes:
    """Decoded numbers of a comparison: ``first.attention``, ``second.attention``, ``second.masked`` and so on."""
    tensors: dict[str, NDArray[np.generic]] = {}
    for side, exhibit in zip(SIDES, (first, second), strict=True):
        tensors |= {f"{side}.{name}": values for name, values in _tensors(exhibit).items()}
    return _saved(tensors, _about_both(first, second, names, _about))


def as_json(exhibit: Exhibit, neurons: Neurons | None = None) -> str:
    """Everything as JSON: tokens, provenance, and the weights as lists ``[layer][head][query][key]``.

    With neurons each attention also has the parts that `as_safetensors` writes as tensors.
    """
    return json.dumps(_all(exhibit, neurons), ensure_ascii=False, sort_keys=True)


def compared_as_json(first: Exhibit, second: Exhibit, names: tuple[str, str]) -> str:
    """Everything of a comparison as JSON: under ``first`` and ``second`` what `as_json` writes of one exhibit."""
    return json.dumps(_about_both(first, second, names, _all), ensure_ascii=False, sort_keys=True)


def _saved(tensors: dict[str, NDArray[np.generic]], about: dict[str, Any]) -> bytes:
    return save(tensors, metadata={"attnviz": json.dumps(about, sort_keys=True)})


def _tensors(exhibit: Exhibit, neurons: Neurons | None = None) -> dict[str, NDArray[np.generic]]:
    tensors: dict[str, NDArray[np.generic]] = {}
    for name, attention in exhibit.attentions.items():
        prefix = "" if name == SELF else f"{name}."
        tensors[f"{prefix}attention"] = attention.track.weights()
        masked = attention.track.masked()
        if masked.any():
            tensors[f"{prefix}masked"] = masked.astype("uint8")
        if neurons is not None:
            tensors |= {f"{prefix}{part}": values for part, values in _parts(neurons.attentions[name]).items()}
    return tensors


def _all(exhibit: Exhibit, neurons: Neurons | None = None) -> dict[str, Any]:
    about = _about(exhibit)
    for name, attention in exhibit.attentions.items():
        parts: dict[str, NDArray[Any]] = {"weights": attention.track.weights()}
        if neurons is not None:
            parts |= _parts(neurons.attentions[name])
        about["attentions"][name] |= {part: _listed(values) for part, values in parts.items()}
    return about


def _about_both(
    first: Exhibit, second: Exhibit, names: tuple[str, str], of_one: Callable[[Exhibit], dict[str, Any]]
) -> dict[str, Any]:
    return {"names": list(names), **dict(zip(SIDES, map(of_one, (first, second)), strict=True))}


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
