"""What messages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.mistakes import nearest

if TYPE_CHECKING:
    from pathlib import Path


def nearest_entry(path: Path) -> str | None:
    """The entry of its folder that is most like a path that isn't there."""
    if not path.parent.is_dir():
        return None
    return nearest(path.name, (entry.name for entry in path.parent.iterdir()))


def did_you_mean(near: str | None) -> str:
    """The end of a message."""
    return f"; did you mean {near}?" if near else ""
