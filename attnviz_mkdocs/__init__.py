"""Interactive attention views of transformers in documentation pages.

::

    capture            codec              store             render, sites
    model + text   →   exhibit ⇄ bytes →  key → bytes   →   page

The names here are those that users may import.
"""

from attnviz_mkdocs.codec import CodecError, decode, encode
from attnviz_mkdocs.exhibit import Exhibit, Provenance, Token, Track
from attnviz_mkdocs.spec import Mistake, SpecError
from attnviz_mkdocs.store import Store, StoreError

__all__ = [
    "CodecError",
    "Exhibit",
    "Mistake",
    "Provenance",
    "SpecError",
    "Store",
    "StoreError",
    "Token",
    "Track",
    "decode",
    "encode",
]
