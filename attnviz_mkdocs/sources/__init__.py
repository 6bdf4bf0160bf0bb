"""Where a model's files are, and what they are: a source as its author wrote it → files → a fingerprint.

Nothing here loads a model, and no package that holds one is imported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attnviz_mkdocs.sources.digest import fingerprint
from attnviz_mkdocs.sources.files import GGUF, at
from attnviz_mkdocs.sources.hub import from_hub, is_hub_source
from attnviz_mkdocs.sources.located import Located, SourceError
from attnviz_mkdocs.sources.packages import PACKAGE, in_package
from attnviz_mkdocs.sources.words import did_you_mean, nearest_entry
from attnviz_mkdocs.spec.mistakes import quoted

if TYPE_CHECKING:
    from attnviz_mkdocs.sources.located import ModelSource

__all__ = ["Located", "SourceError", "fingerprint", "locate", "published"]


def published(source: str) -> str:
    """A source as it may be read by others: of an absolute path only the last part, for the rest is this machine's."""
    return Path(source).name if Path(source).is_absolute() else source


def locate(model: ModelSource, root: Path, *, download: bool) -> Located:
    """Find a model's files.

    An existing folder wins over a hub model of the same name.

    Args:
        model: The model, as its author wrote it.
        root: What a relative folder is relative to.
        download: Whether a hub model that is not in the local cache may be fetched.

    Raises:
        SourceError: There is no such model, or it has no weights that may be read.
    """
    source = model.source.strip()
    try:
        return _located(source, model, root, download=download)
    except OSError as error:
        why = f"can't be looked up ({(error.strerror or str(error)).lower()})"
        raise SourceError(f"{quoted(source)} {why}; expected a folder that you may read") from error


def _located(source: str, model: ModelSource, root: Path, *, download: bool) -> Located:
    if source.startswith(PACKAGE):
        return at(in_package(source), source, model)
    path = _below(root, source)
    if path.exists() or not is_hub_source(source):
        found = at(path, source, model)
        if not Path(source).is_absolute():
            _check_links(found.folder, source, root)
        return found
    return from_hub(model, source, download=download, hint=did_you_mean(nearest_entry(path)))


def _below(root: Path, source: str) -> Path:
    """The path that a source means; a relative one must stay below ``root``, links followed."""
    path = Path(source)
    if path.is_absolute():
        return path
    path = Path(os.path.normpath(root / path))
    if not path.resolve().is_relative_to(root.resolve()):
        message = f'"{source}" leads out of the project; expected a folder or a {GGUF} file in it, or an absolute path'
        raise SourceError(message)
    return path


def _check_links(folder: Path, source: str, root: Path) -> None:
    """Refuse a folder that borrows from elsewhere: a library that loads a model reads more of it than we name."""
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            name = path.relative_to(folder).as_posix()
            message = f'"{source}" holds {name}, a link that leads out of the project; put the file itself there'
            raise SourceError(message)
