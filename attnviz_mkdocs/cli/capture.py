"""`attnviz capture`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import count, fail, mistakes_of, stop_at
from attnviz_mkdocs.cli.site import requests, supply_of
from attnviz_mkdocs.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site


@click.command()
@click.option("--device", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--again", is_flag=True, help="Capture everything anew, also what is in the store.")
@click.pass_obj
def capture(open_site: Callable[[], Site], device: str | None, *, again: bool) -> None:
    """Run the models and fill the store with what is missing."""
    site = open_site()
    project = replace(site.project, capture="always" if again else "auto", device=device or site.project.device)
    supply = supply_of(project)
    figures = site.figures
    try:
        done = supply.ensure(figures)
    except StoreError as error:
        fail(str(error))
    mistakes = [*site.mistakes, *mistakes_of(supply.get, figures)]
    there = sum(key in supply.store for key in requests(supply, figures))
    click.echo(f"{count(done, 'exhibit')} captured, {there} in the store {supply.store.url}", err=True)
    stop_at(mistakes)
