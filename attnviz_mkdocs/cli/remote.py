"""Where exhibits are pushed to and pulled from, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import count, say
from attnviz_mkdocs.spec.size import readable
from attnviz_mkdocs.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.project import Project
    from attnviz_mkdocs.store import Copied
    from attnviz_mkdocs.supply import Wanted


def remote_of(project: Project, url: str | None = None) -> Store:
    """The store that was named, or else the project's remote."""
    if url is not None:
        return Store(url, Path.cwd())
    if project.remote is None:
        raise click.UsageError(
            'there is no remote: write "remote: s3://bucket/folder", a folder or any other fsspec URL, under '
            '"plugins: attnviz:" in mkdocs.yml, or name one here'
        )
    return Store(project.remote, project.root)


def tell(copied: Copied, done: str, place: str) -> None:
    """Say what a copy did."""
    sent = [*copied.sent, *copied.replaced]
    there = f"; {copied.there} {'was' if copied.there == 1 else 'were'} there" if copied.there else ""
    say(f"{count(len(sent), 'exhibit')}, {readable(copied.bytes)} {done} {place}{there}")
    for message in copied.damaged.values():
        say(message)


def tell_of(wanted: Wanted, keys: Iterable[str], what: str) -> None:
    """List exhibits under a line that says what is with them, if there are any."""
    lines = [f"  {wanted.places[key]}: {wanted.requests[key].title}" for key in keys if key in wanted.requests]
    if lines:
        say("\n".join([what, *lines]))
