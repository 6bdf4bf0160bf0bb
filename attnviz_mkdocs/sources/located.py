"""The types that the rest of this room hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class SourceError(Exception):
    """A model's files can't be had: what was wrong, what was expected, what to do."""


class ModelSource(Protocol):
    """What is read of a gallery's model (`attnviz_mkdocs.spec.Model`)."""

    @property
    def source(self) -> str: ...
    @property
    def revision(self) -> str | None: ...
    @property
    def trust_remote_code(self) -> bool: ...
    @property
    def allow_pickle(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Located:
    """A model's files.

    Attributes:
        folder: Where they are.
        gguf: The file in the folder, for a model that is one GGUF file.
        files: Weights, configuration, tokenizer: all that decides the result. Empty where a hub
            model, pinned to a commit, is not in the local cache; ``folder`` isn't there then.
        repo: The hub's id, for a model from the hub.
        revision: The commit, for a model from the hub.
    """

    folder: Path
    gguf: str | None
    files: tuple[Path, ...]
    repo: str | None = None
    revision: str | None = None
