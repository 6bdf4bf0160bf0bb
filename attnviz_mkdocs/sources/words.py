"""What messages have in common."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that is most like ``name``, if one is."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def nearest_entry(path: Path) -> str | None:
    """The entry of its folder that is most like a path that isn't there."""
    if not path.parent.is_dir():
        return None
    return nearest(path.name, (entry.name for entry in path.parent.iterdir()))


def did_you_mean(near: str | None) -> str:
    """The end of a message."""
    return f"; did you mean {near}?" if near else ""
