"""``package:NAME/PATH`` → a path in an installed Python package."""

from __future__ import annotations

import importlib.util
from importlib.metadata import packages_distributions
from pathlib import Path

from attnviz_mkdocs.sources.files import models_in
from attnviz_mkdocs.sources.located import SourceError
from attnviz_mkdocs.sources.words import did_you_mean
from attnviz_mkdocs.spec.mistakes import nearest

PACKAGE = "package:"


def in_package(source: str) -> Path:
    """The path that a source means; the package isn't imported.

    Raises:
        SourceError: There is no such package, or no such path in it.
    """
    name, _, inside = source.removeprefix(PACKAGE).partition("/")
    if not name.isidentifier() or not inside.strip("/"):
        near = nearest(name, packages_distributions())
        mend = did_you_mean(near and f"{PACKAGE}{near}/{inside or 'PATH'}")
        message = f'"{source}" is not {PACKAGE}NAME/PATH, a Python package and a file or folder in it{mend}'
        raise SourceError(message)
    folders = _folders(name)
    path = next((folder / inside for folder in folders if (folder / inside).exists()), folders[0] / inside)
    if not any(path.resolve().is_relative_to(folder.resolve()) for folder in folders):
        message = f'"{source}" leads out of the package {name}; expected a file or folder in it'
        raise SourceError(message)
    if not path.exists():
        held = models_in(folders[0])
        message = f'the package {name} has no "{inside}"; it holds {", ".join(held) or "no model"}'
        raise SourceError(message)
    return path


def _folders(name: str) -> list[Path]:
    # A top-level name is found without running any of the package; a dotted one would import its parents.
    found = importlib.util.find_spec(name)
    if found is None:
        mend = did_you_mean(nearest(name, packages_distributions()))
        message = f"the Python package {name} is not installed (pip install {name.replace('_', '-')}){mend}"
        raise SourceError(message)
    if not found.submodule_search_locations:
        message = f"{name} is a single Python file, expected a package that holds a model's files"
        raise SourceError(message)
    return [Path(folder) for folder in found.submodule_search_locations]
