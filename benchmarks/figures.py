"""What a benchmark says of its machine, and where it writes its figures."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent


def machine(*packages: str) -> dict[str, Any]:
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {package: version(package) for package in ("attnviz-mkdocs", *packages)},
    }


def where(machine: dict[str, Any]) -> str:
    """A machine and its packages, in a line."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return f"Python {machine['python']} on {machine['system']} {machine['machine']}; {versions}."


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown; whole numbers get commas."""
    heads = list(heads)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in (heads, ["---"] * len(heads), *rows))


def _cell(content: object) -> str:
    return f"{content:,}" if isinstance(content, int) else str(content)


def publish(name: str, text: str) -> None:
    """Put a text between the markers of that name in the pages that show figures."""
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    for page in (ROOT / "README.md", *sorted((ROOT / "docs/explanation").glob("*.md"))):
        before, there, rest = page.read_text(encoding="utf-8").partition(start)
        if not there:
            continue
        _, _, after = rest.partition(end)
        page.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")
