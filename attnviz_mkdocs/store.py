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
import os
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from attnviz_mkdocs.codec import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECKSUM_LENGTH = 16


# Where an address has a user and a password; and what stands behind ``?``, which may be a signature.
_USER = re.compile(r"""(?<=://)([^/@\s'"]*|[^@\s'"]*:[^\s'"]*)(?=@)""")
_QUERY = re.compile(r"""(?<=[?&])([^=&\s'"]+)=[^&\s'"]+""")


def without_secrets(words: str) -> str:
    """The words, of which no address holds what opens it any more."""
    return _QUERY.sub(r"\1=…", _USER.sub("…", words))


class StoreError(Exception):
    """The store can't be used, or what it holds is damaged.

    The message may reach a public log: addresses in it lose what opens them.
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class Store:
    """Encoded exhibits under their keys.

    Args:
        url: A folder, or an fsspec URL such as ``s3://bucket/attention``.
        root: What a relative folder is relative to.

    Attributes:
        url: The same for people, without what opens it.
    """

    def __init__(self, url: str, root: Path) -> None:
        self.url = without_secrets(url)
        try:
            address = url if "://" in url or "::" in url else str((root / url).resolve())
            self._fs, self._base = url_to_fs(address)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise StoreError(f"the store {self.url} can't be opened: {error}") from error
        self._names: dict[str, str] | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._index()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._index()))

    def refresh(self) -> None:
        """Forget the listing, so that what others wrote is seen."""
        self._names = None

    def size(self, key: str) -> int:
        """Bytes of an encoded exhibit."""
        return int(self._fs.size(self._path(self._index()[key])))

    def read(self, key: str) -> bytes:
        """The bytes of an encoded exhibit.

        Raises:
            KeyError: The store has no such exhibit.
            StoreError: The bytes are not those that were written.
        """
        name = self._index()[key]
        try:
            data: bytes = self._fs.cat_file(self._path(name))
        except OSError as error:
            raise StoreError(f"{self.url}/{name} can't be read: {error}") from error
        if _checksum(data) != name.split(".")[1]:
            raise StoreError(f"{self.url}/{name} is damaged: its checksum does not match; delete it and capture again")
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep an encoded exhibit; whole or not at all.

        Raises:
            StoreError: The bytes can't be written.
        """
        name = f"exhibits/{key[:2]}/{key}.{_checksum(data)}{SUFFIX}"
        index = self._index()
        old = index.get(key)
        self._put(name, data)
        index[key] = name
        if old is not None and old != name:
            self._remove(old)

    def discard(self, key: str) -> None:
        """Drop an exhibit, if it is there."""
        name = self._index().pop(key, None)
        if name is not None:
            self._remove(name)

    def model(self, identity: str) -> dict[str, Any] | None:
        """What was recorded of a model when it was captured."""
        try:
            record: dict[str, Any] = json.loads(self._fs.cat_file(self._path(_model_name(identity))))
        except (OSError, ValueError):
            return None
        return record

    def remember_model(self, identity: str, record: dict[str, Any]) -> None:
        """Record what a model's files were, for builds that don't have them."""
        if self.model(identity) != record:
            self._put(_model_name(identity), (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())

    def _index(self) -> dict[str, str]:
        if self._names is None:
            try:
                found = self._fs.find(self._path("exhibits"))
            except OSError as error:
                raise StoreError(f"the store {self.url} can't be listed: {error}") from error
            names = [f"exhibits/{path.parent.name}/{path.name}" for path in map(PurePosixPath, sorted(found))]
            # Two machines may have written one exhibit at once; the first name counts on all of them.
            self._names = {}
            for name in names:
                if name.endswith(SUFFIX) and not PurePosixPath(name).name.startswith("."):
                    self._names.setdefault(PurePosixPath(name).name.split(".")[0], name)
        return self._names

    def _path(self, name: str) -> str:
        return f"{self._base.rstrip('/')}/{name}"

    def _remove(self, name: str) -> None:
        try:
            self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            return  # another build was faster
        except OSError as error:
            raise StoreError(f"{self.url}/{name} can't be removed: {error}") from error

    def _put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        try:
            if isinstance(self._fs, LocalFileSystem):
                write_whole(Path(path), data)
            else:
                # Object stores show an object when it is complete.
                self._fs.pipe_file(path, data)
        except OSError as error:
            raise StoreError(f"{self.url}/{name} can't be written: {error}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that its name shows either all of it or nothing, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner can read; a store is shared.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_CHECKSUM_LENGTH]


def _model_name(identity: str) -> str:
    return f"models/{hashlib.sha256(identity.encode()).hexdigest()[:_CHECKSUM_LENGTH]}.json"
