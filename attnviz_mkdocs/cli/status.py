"""`attnviz status`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from attnviz_mkdocs.cli.say import count, mistakes_of, stop_at
from attnviz_mkdocs.cli.site import requests, supply_of
from attnviz_mkdocs.codec import CodecError, peek_header
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import titled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supply


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(open_site: Callable[[], Site], *, as_data: bool) -> None:
    """Tell of each exhibit whether it is present, missing or stale, and its size in bytes.

    Stale: the store holds this text of this model, but captured from other files of the model, or
    by a version of attnviz that captured differently.
    """
    site = open_site()
    supply = supply_of(replace(site.project, capture="never"))
    rows = list(_states(supply, site.figures))
    if as_data:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            size = "-" if row["bytes"] is None else f"{row['bytes']:,}"
            title = titled(row["model"], row["text"], row["what"])
            click.echo(f"{row['state']:8} {size:>10}  {row['key']}  {title}")
        total = sum(row["bytes"] or 0 for row in rows)
        click.echo(f"{count(len(rows), 'exhibit')}, {total:,} bytes", err=True)
    stop_at([*site.mistakes, *mistakes_of(supply.needed, site.figures)])


def _states(supply: Supply, figures: Iterable[Figure]) -> Iterator[dict[str, Any]]:
    needed = requests(supply, figures)
    unused = {_asked_for(supply, key) for key in supply.store if key not in needed}
    for key, request in needed.items():
        present = key in supply.store
        yield {
            "key": key,
            "state": "present" if present else "stale" if request.asked in unused else "missing",
            "bytes": supply.store.size(key) if present else None,
            "what": request.what,
            "model": request.model_name,
            "text": request.text.shown,
        }


def _asked_for(supply: Supply, key: str) -> str | None:
    try:
        return str(peek_header(supply.store.read(key))["provenance"]["asked"])
    except (CodecError, StoreError):
        return None
