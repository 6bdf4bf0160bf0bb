"""Whole files in a folder of any fsspec file system, and what goes wrong there in plain words."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fsspec.asyn import AsyncFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.registry import known_implementations
from fsspec.spec import AbstractFileSystem

from attnviz_mkdocs.disk import bytes_of, write_whole
from attnviz_mkdocs.spec.characters import in_order
from attnviz_mkdocs.spec.secrets import secrets_in, without_secrets
from attnviz_mkdocs.store import hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Of the checksum in a name, in hexadecimal digits.
CHECKSUM_LENGTH = 16

#: How many files are under way at once: enough to hide what a server takes to answer.
_AT_ONCE = 16


class StoreError(Exception):
    """The store can't be used, or what it holds is damaged.

    The message may reach a public log: addresses in it lose what opens them, and what a server says no command for
    a terminal.
    """

    def __init__(self, message: str) -> None:
        super().__init__(in_order(without_secrets(message)))


class Files:
    """The files below one folder, by their names relative to it.

    Args:
        url: A folder, or an fsspec URL.
        root: What a relative folder is relative to.

    Attributes:
        url: The same for people, without what opens it.

    Raises:
        StoreError: The URL is empty or none, or the package for its protocol is missing.
    """

    def __init__(self, url: str, root: Path) -> None:
        if not url.strip():
            raise StoreError("a store has no name; expected a folder, or an fsspec URL such as s3://bucket/attention")
        if "://" in url and re.search(r"\s", url):
            # Nobody knows what of it opens something.
            raise StoreError("the address of a store holds a space, which no address can; write %20 in its place")
        self.url = without_secrets(url)
        self._secrets = secrets_in(url)
        address = url if "://" in url or "::" in url else str((root / url).resolve())
        cant = f"the store {self.url} can't be opened"
        try:
            self._fs, base = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise StoreError(f"{cant}: {self._hidden(_how_to_open(url, error))}") from None
        except Exception as error:  # noqa: BLE001 - other people's code
            raise StoreError(f"{cant}: {self._hidden(_reason(error))}") from None
        self._base = base.rstrip("/")

    @property
    def folder(self) -> Path | None:
        """The folder, where it is one of this machine."""
        return Path(self._base) if isinstance(self._fs, LocalFileSystem) else None

    def sizes(self, folder: str) -> dict[str, int]:
        """The names of all files below a folder, hidden ones too, sorted, each with its bytes."""
        with self._told(f"the store {self.url} can't be listed"):
            # Another machine may have written since.
            self._fs.invalidate_cache()
            found = self._fs.find(self._path(folder), detail=True, **self._how_to_walk)
        start = f"/{folder}/"
        return {
            path[path.rindex(start) + 1 :]: int(about["size"]) for path, about in sorted(found.items()) if start in path
        }

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where there is no such file."""
        with self._told(f"{self.url}/{name} can't be read"):
            try:
                data: bytes = (
                    self._fs.cat_file(self._path(name)) if self.folder is None else bytes_of(self.folder / name)
                )
            except FileNotFoundError:
                return None
        return data

    def modified(self, name: str) -> datetime | None:
        """When a file was written; None where that is not known, or the file is gone."""
        with self._told(f"{self.url}/{name} can't be looked at"):
            try:
                written: datetime = self._fs.modified(self._path(name))
            except (FileNotFoundError, NotImplementedError):
                return None
        return written if written.tzinfo else written.replace(tzinfo=UTC)

    def change(self, put: Mapping[str, bytes], remove: Iterable[str] = ()) -> None:
        """Write files, each whole or not at all, and then remove others; all at once where a hub makes commits."""
        remove = list(remove)
        with self._told(f"{self.url} can't be written"):
            if self._fs.protocol == hub.PROTOCOL:
                files = {self._path(name): data for name, data in put.items()}
                hub.change(self._fs, files, [self._path(name) for name in remove])
                return
            in_parallel(lambda name: self._put(name, put[name]), put)
        in_parallel(self._remove, remove)

    def _put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        with self._told(f"{self.url}/{name} can't be written"):
            if isinstance(self._fs, LocalFileSystem):
                write_whole(Path(path), data)
            else:
                # Object stores show an object when it is complete.
                self._fs.pipe_file(path, data)

    def _remove(self, name: str) -> None:
        with self._told(f"{self.url}/{name} can't be removed"):
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                return  # another build was faster

    @property
    def _how_to_walk(self) -> dict[str, object]:
        """What folders are listed with, where that is fsspec's own walk: what can't be read must not pass for empty."""
        kind = type(self._fs)
        if issubclass(kind, AsyncFileSystem):
            is_walked = kind._find is AsyncFileSystem._find  # noqa: SLF001 - nothing public tells
        else:
            is_walked = kind.find is AbstractFileSystem.find
        return {"on_error": _raise_but_gone} if is_walked else {}

    def _path(self, name: str) -> str:
        return f"{self._base}/{name}"

    def _hidden(self, words: str) -> str:
        """Words without what opens this address."""
        for secret in self._secrets:
            words = words.replace(secret, "…")
        return words

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - other people's code
            # Whoever prints where an error came from, as engines do, would print the address as it is.
            raise StoreError(f"{what}: {self._hidden(_reason(error))}") from None


def _raise_but_gone(error: OSError) -> None:
    # Another process may have removed it since its folder was read.
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def checksum(data: bytes) -> str:
    """What tells bytes from others, for a name: the start of their SHA-256."""
    return hashlib.sha256(data).hexdigest()[:CHECKSUM_LENGTH]


def in_parallel(do: Callable[[str], object], names: Iterable[str]) -> None:
    """Do the same for many files; the first failure is raised when all that was begun is done."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(do, name) for name in names]:
            done.result()


def _how_to_open(url: str, error: Exception) -> str:
    """What to do where a URL's file system is not there."""
    protocol = url.partition("://")[0].rpartition("::")[2]
    known = known_implementations.get(protocol)
    if known is None:
        return f"{error}; expected a folder, or an fsspec URL such as s3://bucket/attention"
    if not isinstance(error, ImportError):
        return str(error)
    package = known["class"].partition(".")[0]
    if package == "fsspec":
        return f"{known.get('err') or error}"
    return f"the package for {protocol}:// is not installed; run: pip install {package}"


def _reason(error: BaseException) -> str:
    """What went wrong, in one line: the system's own words, or the package's."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(words).split())
