"""An exhibit's numbers in formats that other tools read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from safetensors.numpy import save

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit


def as_safetensors(exhibit: Exhibit) -> bytes:
    """Decoded attention, float32 ``[layer, head, query, key]``, and masks, as a safetensors file.

    The tensor ``masked`` (uint8, same shape) is there where some query may not see some key.
    """
    tensors = {"attention": exhibit.attention.weights()}
    masked = exhibit.attention.masked()
    if masked.any():
        tensors["masked"] = masked.astype("uint8")
    return save(tensors, metadata={"attnviz": json.dumps(_about(exhibit), sort_keys=True)})


def as_json(exhibit: Exhibit) -> str:
    """Everything as JSON: tokens, provenance, and attention as lists ``[layer][head][query][key]``."""
    # Six digits are more than the stored codes hold.
    attention = [
        [[[float(f"{weight:.6g}") for weight in row] for row in head] for head in layer]
        for layer in exhibit.attention.weights()
    ]
    return json.dumps({**_about(exhibit), "attention": attention}, ensure_ascii=False, sort_keys=True)


def _about(exhibit: Exhibit) -> dict[str, object]:
    return {
        "axes": ["layer", "head", "query", "key"],
        "text": exhibit.text,
        "pair": exhibit.pair,
        "tokens": {
            "query": [asdict(token) for token in exhibit.query],
            "key": [asdict(token) for token in exhibit.key],
        },
        "largest_error": exhibit.attention.largest_error,
        "provenance": asdict(exhibit.provenance),
    }
