"""A model of the Hugging Face hub → its files in the local cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attnviz_mkdocs.sources.files import CODE, CONFIG, GENERATION, GGUF, TOKENIZER, at, model_files, needs_pickle
from attnviz_mkdocs.sources.located import Located, SourceError

if TYPE_CHECKING:
    from attnviz_mkdocs.sources.located import ModelSource

_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = r"\w[\w.-]*"
_REPO = re.compile(rf"{_NAME}(?:/{_NAME})?")
_REPO_FILE = re.compile(rf"({_NAME}/{_NAME})/((?:{_NAME}/)*{_NAME}\.gguf)")


def is_hub_source(source: str) -> bool:
    """Whether a source can mean a hub model: ``org/name``, ``name`` or ``org/name/file.gguf``."""
    return bool(_REPO_FILE.fullmatch(source) if source.endswith(GGUF) else _REPO.fullmatch(source))


def from_hub(model: ModelSource, source: str, *, download: bool, hint: str) -> Located:
    """A hub model: as the local cache has it, else fetched where that is allowed.

    A model that is pinned to a commit needs no files to be told from others, so that it is found
    even where it is neither cached nor allowed to be fetched.

    Args:
        model: The model, as its author wrote it.
        source: Its source, for which `is_hub_source` holds.
        download: Whether it may be fetched.
        hint: What to add to the message where there is no such model.

    Raises:
        SourceError: There is no such model, or it has no weights that may be read.
    """
    as_file = _REPO_FILE.fullmatch(source)
    repo, gguf = (as_file[1], as_file[2]) if as_file else (source, None)
    located = _snapshot(model, repo, gguf, fetch=False) or (download and _snapshot(model, repo, gguf, fetch=True))
    if located:
        return located
    if model.revision is not None and _COMMIT.fullmatch(model.revision) and not download:
        return Located(Path(repo), gguf, (), repo, model.revision)
    message = (
        f'there is no folder "{source}", and the local cache has no hub model of this name '
        f"(to fetch one: hf download {repo}){hint}"
    )
    raise SourceError(message)


def _snapshot(model: ModelSource, repo: str, gguf: str | None, *, fetch: bool) -> Located | None:
    """A hub model's files in the local cache; None if it doesn't hold them all and they may not be fetched."""
    try:
        # A build that finds its exhibits in the store needs no hub, and may not have its library.
        from huggingface_hub import snapshot_download  # noqa: PLC0415
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415
    except ImportError:
        return None
    wanted, unwanted = ([gguf], None) if gguf else (_wanted(model), "*/*")
    try:
        found = snapshot_download(
            repo,
            revision=model.revision,
            local_files_only=not fetch,
            allow_patterns=wanted,
            ignore_patterns=unwanted,
        )
    except LocalEntryNotFoundError as error:
        if not fetch:
            return None
        message = f'there is no folder "{repo}", and the hub can\'t be reached to fetch the model of this name'
        raise SourceError(message) from error
    except (HFValidationError, OSError) as error:
        message = f'there is no folder "{repo}", and the hub gave no model of this name: {_first_line(error)}'
        raise SourceError(message) from error
    folder = Path(found)
    path = folder / (gguf or CONFIG)
    if not fetch and not path.exists():
        return None
    if gguf:
        there = at(path, f"{repo}/{gguf}", model)
        return Located(there.folder, there.gguf, there.files, repo, folder.name)
    try:
        return Located(folder, None, model_files(folder, repo, model), repo, folder.name)
    except SourceError:
        # A cache may hold a part of a model, such as its tokenizer: what lacks is to be fetched.
        if fetch or needs_pickle(folder, model):
            raise
        return None


def _wanted(model: ModelSource) -> list[str]:
    weights = ["model*.safetensors", "model.safetensors.index.json"]
    pickles = ["pytorch_model*"] if model.allow_pickle else []
    code = [CODE] if model.trust_remote_code else []
    return [CONFIG, GENERATION, *weights, *TOKENIZER, *pickles, *code]


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
