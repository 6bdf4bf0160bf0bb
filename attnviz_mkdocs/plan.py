"""Models on texts → the exhibits that are needed, each under a key made of all that decides its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from attnviz_mkdocs.arrays import find_arrays
from attnviz_mkdocs.codec import FORMAT
from attnviz_mkdocs.sources import SourceError, fingerprint, locate, published
from attnviz_mkdocs.spec.mistakes import short
from attnviz_mkdocs.store import DamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from attnviz_mkdocs.spec import Arrays, Model, Subject, Text
    from attnviz_mkdocs.store import Store

#: Raised when the same model and text would be captured differently, so that stores are filled anew.
CAPTURE_VERSION = 2

#: What is captured: an exhibit, or the queries and keys of the same model on the same text.
What = Literal["attention", "neurons"]

_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be captured of one model on one text.

    Attributes:
        key: Where it is kept; the same for all views that can share it.
        model_name: The model's name in its gallery.
        model: How to load the model.
        text: What the model reads.
        fingerprint: SHA-256 over the model's and the tokenizer's files.
        what: The exhibit, or its neurons.
    """

    key: str
    model_name: str
    model: Model
    text: Text
    fingerprint: str
    what: What = "attention"

    @property
    def title(self) -> str:
        """What a line of a list calls it."""
        return titled(self.model_name, self.text.shown, self.what)

    @property
    def asked(self) -> str:
        """A digest of what the author asked for: the same when the model's files have changed, or our version."""
        return _digest(
            {
                "source": published(self.model.source),
                "dtype": self.model.dtype,
                "text": self.text.model_dump(mode="json", exclude_none=True),
                "what": self.what,
            }
        )


@dataclass(frozen=True, slots=True)
class ArraysRequest:
    """An exhibit that is made of an author's own arrays.

    Attributes:
        key: Where it is kept.
        arrays: What the author wrote.
        file: The file of the arrays.
    """

    key: str
    arrays: Arrays
    file: Path


@dataclass(frozen=True, slots=True)
class Needed:
    """What a figure needs.

    Attributes:
        exhibit: Its exhibit.
        neurons: For a neuron view, the exhibit's queries and keys.
        second: For a comparison, the other exhibit.
    """

    exhibit: Request | ArraysRequest
    neurons: Request | None = None
    second: Request | None = None

    @property
    def parts(self) -> list[Request | ArraysRequest]:
        """All of it."""
        return [part for part in (self.exhibit, self.neurons, self.second) if part is not None]

    @property
    def requests(self) -> list[Request]:
        """What must be captured of it; arrays need no capture."""
        return [part for part in self.parts if isinstance(part, Request)]


class Planner:
    """Models on texts, and arrays → requests.

    Args:
        store: Where exhibits are kept; it also tells what a model's files were, for builds that
            don't have them.
        root: What a model's relative folder is relative to.
        download: Whether a hub model may be fetched to learn what it is.
    """

    def __init__(self, store: Store, root: Path, *, download: bool) -> None:
        self._store = store
        self._root = root
        self._download = download
        self._fingerprints: dict[Model, str | SourceError] = {}
        self._unpinned: dict[Model, str] = {}
        self._files: dict[Model, list[Path]] = {}
        self._remembered: set[Model] = set()
        self._arrays: dict[Arrays, ArraysRequest] = {}

    def request(self, subject: Subject, what: What = "attention") -> Request:
        """What is to be captured of a model on a text.

        Raises:
            SourceError: The model's files are not there, and the store never saw them.
        """
        model, text = subject.model, subject.text
        known = self._fingerprint(model)
        return Request(exhibit_key(model, known, text, what), subject.model_name, model, text, known, what)

    def arrays(self, arrays: Arrays) -> ArraysRequest:
        """What is to be made of an author's own arrays.

        Raises:
            ArraysError: Their file is not there, or is none that may be read.
        """
        # Found once: to know the key is to read the whole file.
        if arrays not in self._arrays:
            self._arrays[arrays] = _of_arrays(arrays, self._root)
        return self._arrays[arrays]

    def files(self, model: Model) -> list[Path] | None:
        """The files and folders that tell what a model is: none of one that its name alone tells.

        None where they can't be known: the model isn't here, or is whatever its author publishes next.
        """
        return self._files.get(model)

    def unpinned(self, model: Model) -> str | None:
        """The commit that a hub model without a revision stands at: what its author should pin."""
        return self._unpinned.get(model)

    def remember(self, model: Model) -> None:
        """Record in the store what a model's files are, for builds that don't have them."""
        if model not in self._remembered:
            self._store.remember_model(
                identity(model), {"source": published(model.source), "fingerprint": self._fingerprint(model)}
            )
            self._remembered.add(model)

    def _fingerprint(self, model: Model) -> str:
        if model not in self._fingerprints:
            try:
                self._fingerprints[model] = self._look_up(model)
            except SourceError as error:
                self._fingerprints[model] = error
        known = self._fingerprints[model]
        if isinstance(known, SourceError):
            raise known
        return known

    def _look_up(self, model: Model) -> str:
        try:
            located = locate(model, self._root, download=False)
        except SourceError as error:
            unknown = "the store has no record of the model"
            try:
                record = self._store.model(identity(model))
            except DamagedError as damage:
                record, unknown = None, str(damage)
            if record is not None:
                return str(record["fingerprint"])
            if not self._download:
                raise SourceError(f"{error}; and {unknown}") from error
            located = locate(model, self._root, download=True)
        if located.revision is None:
            self._files[model] = [located.folder, *located.files]
        elif located.revision == model.revision:
            self._files[model] = []
        elif model.revision is None:
            self._unpinned[model] = located.revision
        return fingerprint(located)


def titled(model: str, text: str, what: What) -> str:
    """What a line of a list calls an exhibit, or its neurons."""
    return f"{model}: {short(text)}{' (queries and keys)' if what == 'neurons' else ''}"


def identity(model: Model) -> str:
    """What a model's record is kept under: how its author named it."""
    return json.dumps([model.source, model.revision])


def exhibit_key(model: Model, fingerprint: str, text: Text, what: What = "attention") -> str:
    """The key of an exhibit or its neurons: a digest of all that decides its content, and of nothing else."""
    decides = {
        "capture": CAPTURE_VERSION,
        "format": FORMAT,
        "what": what,
        "model": fingerprint,
        "dtype": model.dtype,
        "text": text.model_dump(mode="json", exclude_none=True),
    }
    return _digest(decides)


def _of_arrays(arrays: Arrays, root: Path) -> ArraysRequest:
    file = find_arrays(arrays.file, root)
    decides = {
        "capture": CAPTURE_VERSION,
        "format": FORMAT,
        "arrays": hashlib.sha256(file.read_bytes()).hexdigest(),
        "source": arrays.file,
        "query": arrays.query,
        "key": arrays.key,
    }
    return ArraysRequest(_digest(decides), arrays, file)


def _digest(decides: Mapping[str, object]) -> str:
    text = json.dumps(decides, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]
