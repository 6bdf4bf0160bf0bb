"""Key → encoded exhibit, on any fsspec file system.

A store is a folder::

    exhibits/4f/4f0c….<checksum>.safetensors.gz     one file an exhibit, never changed once written
    models/9a31….json                               what a model's files were when it was captured

The name of an exhibit's file carries its key (what was asked for) and a checksum of its bytes (what
is there). So one listing tells all that is present, a damaged file is known when it is read, two
writers need no lock, and a file appears under its name only when it is whole. What it holds says its
key once more, so that a file which was given another name is known too.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attnviz_mkdocs.codec import SUFFIX, CodecError, peek_header
from attnviz_mkdocs.store.files import CHECKSUM_LENGTH, Files, StoreError, checksum
from attnviz_mkdocs.store.records import pack_record, unpack_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Whoever fills a bucket may call things there as he likes; what is copied from it has a name like these.
_EXHIBIT = re.compile(rf"(?P<key>[0-9a-z]+)\.[0-9a-f]{{{CHECKSUM_LENGTH}}}{re.escape(SUFFIX)}")
_RECORD = re.compile(rf"models/[0-9a-f]{{{CHECKSUM_LENGTH}}}\.json")


class DamagedError(StoreError):
    """An exhibit's file, or a model's record, is not what was written, or not where it was."""


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

    def path(self, key: str) -> Path | None:
        """The file that an exhibit is in, where the store is a folder of this machine; None where there is none."""
        name = self.name(key)
        return None if name is None or self.files.folder is None else self.files.folder / name

    def size(self, key: str) -> int:
        """Bytes of an encoded exhibit."""
        return self._sizes[self._index()[key]]

    def read(self, key: str) -> bytes:
        """The bytes of an encoded exhibit.

        Raises:
            KeyError: The store has no such exhibit.
            DamagedError: The bytes are not those that were written, are those of another exhibit, or are gone.
            StoreError: The store can't be used.
        """
        name = self._index()[key]
        data = self.files.read(name)
        if data is None:
            # Another process may have put other bytes in its place since the store was listed.
            self.refresh()
            name = self._index().get(key, name)
            data = self.files.read(name)
        return self._checked(key, name, data)

    def write(self, key: str, data: bytes) -> None:
        """Keep an encoded exhibit; whole or not at all.

        Where another process has captured it meanwhile, the first of both names counts, as on every machine, and the
        other goes.

        Raises:
            StoreError: The bytes can't be written.
        """
        self.take({key: data})
        names = [name for name in self.files.sizes(f"exhibits/{key[:2]}") if _key_of(name) == key]
        if len(names) > 1:
            self._settle(key, names)

    def take(self, exhibits: Mapping[str, bytes], records: Mapping[str, bytes] | None = None) -> None:
        """Keep several encoded exhibits, and models' records by their names, each whole or not at all.

        Raises:
            StoreError: They can't be written.
        """
        index = self._index()
        names = {key: f"exhibits/{key[:2]}/{key}.{checksum(data)}{SUFFIX}" for key, data in exhibits.items()}
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
        """What was recorded of a model when it was captured; None where nothing was.

        Raises:
            DamagedError: It is not what was written.
            StoreError: The store can't be used.
        """
        data = self.record(record_name(identity))
        return None if data is None else unpack_record(data)

    def record(self, name: str) -> bytes | None:
        """The bytes of a model's record; None where there is none of that name.

        Raises:
            DamagedError: They are not what was written.
            StoreError: The store can't be used.
        """
        data = self.files.read(name)
        if data is not None:
            try:
                unpack_record(data)
            except ValueError as error:
                raise DamagedError(f"{self.url}/{name} is damaged: {error}") from error
        return data

    def remember_model(self, identity: str, record: dict[str, Any]) -> None:
        """Record what a model's files were, for builds that don't have them."""
        with suppress(DamagedError):
            if self.model(identity) == record:
                return
        self.files.change({record_name(identity): pack_record(record)})

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

    def _settle(self, key: str, names: list[str]) -> None:
        """Keep the first of several files of an exhibit that is whole."""
        for name in names:
            # A listing may be old, and name what is gone.
            with suppress(DamagedError):
                data = self._checked(key, name, self.files.read(name))
                self._index()[key], self._sizes[name] = name, len(data)
                self.files.change({}, [other for other in names if other != name])
                return

    def _checked(self, key: str, name: str, data: bytes | None) -> bytes:
        """What was read of an exhibit's file, if it is what was written there."""
        if data is None:
            raise DamagedError(f"{self.url}/{name} is listed, but is not there")
        if checksum(data) != name.split(".")[1]:
            raise DamagedError(f"{self.url}/{name} is damaged: its checksum does not match")
        if _key_in(data) not in (None, key):
            raise DamagedError(f"{self.url}/{name} holds another exhibit, whose key is {_key_in(data)}")
        return data

    def _index(self) -> dict[str, str]:
        if self._names is None:
            self._sizes = self.files.sizes("exhibits")
            # Two machines may have written one exhibit at once; the first name counts on all of them.
            self._names = {}
            for name in self._sizes:
                if key := _key_of(name):
                    self._names.setdefault(key, name)
        return self._names


def _key_of(name: str) -> str | None:
    """The key that a file's name tells; None where it is no exhibit's."""
    found = _EXHIBIT.fullmatch(PurePosixPath(name).name)
    return found["key"] if found else None


def record_name(identity: str) -> str:
    """The name of the file with a model's record."""
    return f"models/{checksum(identity.encode())}.json"


def _key_in(data: bytes) -> str | None:
    """The key that an exhibit was written under, as it says itself."""
    # Who decodes what is none of ours, or of another version, is told so there.
    with suppress(CodecError):
        key: str | None = peek_header(data).get("key")
        return key
    return None
