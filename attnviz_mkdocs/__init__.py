"""Interactive attention views of transformers in documentation pages.

::

    capture            codec              store             render, sites
    model + text   →   exhibit ⇄ bytes →  key → bytes   →   page

The names here are those that users may import.
"""

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
