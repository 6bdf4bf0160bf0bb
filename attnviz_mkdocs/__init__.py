"""Interactive attention views of transformers in documentation pages.

::

    capture            codec              store             render, sites
    model + text   →   exhibit ⇄ bytes →  key → bytes   →   page

The names here are those that users may import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attnviz_mkdocs.codec import CodecError, decode, decode_neurons, encode, encode_neurons
    from attnviz_mkdocs.exhibit import Attention, Exhibit, Provenance, Token, Track
    from attnviz_mkdocs.neurons import Neurons, Scores
    from attnviz_mkdocs.spec import Mistake, SpecError
    from attnviz_mkdocs.store import Store, StoreError

__all__ = [
    "Attention",
    "CodecError",
    "Exhibit",
    "Mistake",
    "Neurons",
    "Provenance",
    "Scores",
    "SpecError",
    "Store",
    "StoreError",
    "Token",
    "Track",
    "decode",
    "decode_neurons",
    "encode",
    "encode_neurons",
]

_ROOMS = {
    "codec": ("CodecError", "decode", "decode_neurons", "encode", "encode_neurons"),
    "exhibit": ("Attention", "Exhibit", "Provenance", "Token", "Track"),
    "neurons": ("Neurons", "Scores"),
    "spec": ("Mistake", "SpecError"),
    "store": ("Store", "StoreError"),
}


def __getattr__(name: str) -> object:
    """Imported when it is asked for: who builds a site in which nothing is new needs none of it."""
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"attnviz_mkdocs.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
