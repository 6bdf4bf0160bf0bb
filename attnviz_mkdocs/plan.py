"""Views → the exhibits they need: each once, under a key made of all that decides its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.codec import FORMAT
from attnviz_mkdocs.sources import SourceError, fingerprint, locate, published

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure, Model, Text
    from attnviz_mkdocs.store import Store

#: Raised when the same model and text would be captured differently, so that stores are filled anew.
CAPTURE_VERSION = 1

_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Request:
    """One exhibit that is needed.

    Attributes:
        key: Where it is kept; the same for all views that can share it.
        model_name: The model's name in its gallery.
        model: How to load the model.
        text: What the model reads.
        fingerprint: SHA-256 over the model's and the tokenizer's files.
    """

    key: str
    model_name: str
    model: Model
    text: Text
    fingerprint: str


class Planner:
    """Figures → requests.

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
        self._remembered: set[Model] = set()

    def request(self, figure: Figure) -> Request:
        """What a figure needs.

        Raises:
            SourceError: The model's files are not there, and the store never saw them.
        """
        known = self._fingerprint(figure.model)
        return Request(
            exhibit_key(figure.model, known, figure.text), figure.model_name, figure.model, figure.text, known
        )

    def unpinned(self, model: Model) -> str | None:
        """The commit that a hub model without a revision stands at: what its author should pin."""
        return self._unpinned.get(model)

    def remember(self, model: Model) -> None:
        """Record in the store what a model's files are, for builds that don't have them."""
        if model not in self._remembered:
            self._store.remember_model(
                _identity(model), {"source": published(model.source), "fingerprint": self._fingerprint(model)}
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
        except SourceError:
            record = self._store.model(_identity(model))
            if record is not None:
                return str(record["fingerprint"])
            if not self._download:
                raise
            located = locate(model, self._root, download=True)
        if located.revision is not None and model.revision is None:
            self._unpinned[model] = located.revision
        return fingerprint(located)


def exhibit_key(model: Model, fingerprint: str, text: Text) -> str:
    """The key of an exhibit: a digest of all that decides its content, and of nothing else."""
    what = {
        "capture": CAPTURE_VERSION,
        "format": FORMAT,
        "model": fingerprint,
        "dtype": model.dtype,
        "text": text.model_dump(mode="json", exclude_none=True),
    }
    text_of_it = json.dumps(what, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text_of_it.encode()).hexdigest()[:_KEY_LENGTH]


def _identity(model: Model) -> str:
    return json.dumps([model.source, model.revision])
