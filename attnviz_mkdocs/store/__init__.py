"""Key → encoded exhibit, on any fsspec file system; and from one such place to another."""

from attnviz_mkdocs.store.copying import Copied, copy
from attnviz_mkdocs.store.files import StoreError
from attnviz_mkdocs.store.store import DamagedError, Store, record_name
from attnviz_mkdocs.store.sweeping import Swept, listed, sweep

__all__ = [
    "Copied",
    "DamagedError",
    "Store",
    "StoreError",
    "Swept",
    "copy",
    "listed",
    "record_name",
    "sweep",
]
