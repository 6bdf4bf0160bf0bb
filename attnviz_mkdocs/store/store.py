"""Key → encoded exhibit, on any fsspec file system.

A store is a folder::

    exhibits/4f/4f0c….<checksum>.safetensors.gz     one file an exhibit, never changed once written
    models/9a31….json                               what a model's files were when it was captured

The name of an exhibit's file carries its key (what was asked for) and a checksum of its bytes (what
is there). So one listing tells all that is present, a damaged file is known when it is read, two
writers need no lock, and a file appears under its name only when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attnviz_mkdocs.codec import SUFFIX
from attnviz_mkdocs.store.files import Files, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHECKSUM_LENGTH = 16
# Whoever fills a bucket may call things there as he likes; what is copied from it has a name like these.
_EXHIBIT = re.compile(rf"(?P<key>[0-9a-z]+)\.[0-9a-f]{{{_CHECKSUM_LENGTH}}}{re.escape(SUFFIX)}")
_RECORD = re.compile(rf"models/[0-9a-f]{{{_CHECKSUM_LENGTH}}}\.json")


class DamagedError(StoreError):
    """An exhibit's file is not what was written."""


class Store:
    """Encoded exhibits under their keys.

    Args:
        url: A folder, or an fsspec URL such as ``s3://bucket/attention``.
        root: What a relative folder is relative to.
    """

    def __init__(self, url: str, root: Path) -> None:
        self.files = Files(url, root)
        self.url = self.files.url
        self._names: dict[str, str] | None = None
        self._sizes: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._index()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._index()))

    def refresh(self) -> None:
        """Forget the listing, so that what others wrote is seen."""
        self._names = None

    def name(self, key: str) -> str | None:
        """The name of the file that an exhibit is in, with the checksum of its bytes; None where there is none."""
        return self._index().get(key)

    def size(self, key: str) -> int:
        """Bytes of an encoded exhibit."""
        return self._sizes[self._index()[key]]

    def read(self, key: str) -> bytes:
        """The bytes of an encoded exhibit.

        Raises:
            KeyError: The store has no such exhibit.
            DamagedError: The bytes are not those that were written, or are gone.
            StoreError: The store can't be used.
        """
        name = self._index()[key]
        data = self.files.read(name)
        if data is None:
            # Another process may have put other bytes in its place since the store was listed.
            self.refresh()
            name = self._index().get(key, name)
            data = self.files.read(name)
        if data is None:
            raise DamagedError(f"{self.url}/{name} is listed, but is not there")
        if _checksum(data) != name.split(".")[1]:
            raise DamagedError(f"{self.url}/{name} is damaged: its checksum does not match")
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep an encoded exhibit; whole or not at all.

        Raises:
            StoreError: The bytes can't be written.
        """
        self.take({key: data})

    def take(self, exhibits: Mapping[str, bytes], records: Mapping[str, bytes] | None = None) -> None:
        """Keep several encoded exhibits, and models' records by their names, each whole or not at all.

        Raises:
            StoreError: They can't be written.
        """
        index = self._index()
        names = {key: f"exhibits/{key[:2]}/{key}.{_checksum(data)}{SUFFIX}" for key, data in exhibits.items()}
        replaced = [index[key] for key, name in names.items() if index.get(key, name) != name]
        content = {names[key]: data for key, data in exhibits.items()}
        self.files.change(content | dict(records or {}), replaced)
        index.update(names)
        self._sizes.update((name, len(data)) for name, data in content.items())

    def discard(self, key: str) -> None:
        """Drop an exhibit, if it is there."""
        name = self._index().pop(key, None)
        if name is not None:
            self.files.change({}, [name])

    def model(self, identity: str) -> dict[str, Any] | None:
        """What was recorded of a model when it was captured; None where there is no record, or one that is none."""
        data = self.files.read(record_name(identity))
        try:
            record = None if data is None else json.loads(data)
        except (ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) and isinstance(record.get("fingerprint"), str) else None

    def remember_model(self, identity: str, record: dict[str, Any]) -> None:
        """Record what a model's files were, for builds that don't have them."""
        if self.model(identity) != record:
            data = (json.dumps(record, indent=1, sort_keys=True) + "\n").encode()
            self.files.change({record_name(identity): data})

    def records(self) -> list[str]:
        """The names of all models' records."""
        return [name for name in self.files.sizes("models") if _RECORD.fullmatch(name)]

    @contextmanager
    def marked(self) -> Iterator[str]:
        """While this lasts, the store holds a mark, by which another process can tell that it looks at the same one.

        Raises:
            StoreError: The mark can't be written.
        """
        name = f"marks/{uuid4().hex}"
        self.files.change({name: b""})
        try:
            yield name
        finally:
            self.files.change({}, [name])

    def has_mark(self, name: str) -> bool:
        """Whether this is the store that was marked with that name."""
        return self.files.read(name) is not None

    def _index(self) -> dict[str, str]:
        if self._names is None:
            self._sizes = self.files.sizes("exhibits")
            # Two machines may have written one exhibit at once; the first name counts on all of them.
            self._names = {}
            for name in self._sizes:
                if found := _EXHIBIT.fullmatch(PurePosixPath(name).name):
                    self._names.setdefault(found["key"], name)
        return self._names


def record_name(identity: str) -> str:
    """The name of the file with a model's record."""
    return f"models/{hashlib.sha256(identity.encode()).hexdigest()[:_CHECKSUM_LENGTH]}.json"


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_CHECKSUM_LENGTH]
