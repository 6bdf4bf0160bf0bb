"""`attnviz pull`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.copied import tell, tell_of
from attnviz_mkdocs.cli.say import count, fail, say, stop_at
from attnviz_mkdocs.plan import identity
from attnviz_mkdocs.store import copy, record_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site


@click.command()
@click.argument("url", required=False)
@click.option("--all", "everything", is_flag=True, help="Get all that is there, not only what views show.")
@click.pass_obj
def pull(open_site: Callable[[], Site], url: str | None, *, everything: bool) -> None:
    """Get what the views of galleries and pages show from URL, a folder or an fsspec URL, into the store.

    Without URL it comes from the `remote:` of mkdocs.yml. What is here is not fetched again.
    """
    site = open_site()
    remote = site.remote(url)
    if not remote.records():
        fail(f'there is nothing at {remote.url}; is that the right place? If so, fill it with "attnviz push"')
    models = {subject.model for figure in site.figures for subject in figure.subjects}
    # First what the models are, for the keys of exhibits are made of it.
    records = remote.records() if everything else [record_name(identity(model)) for model in models]
    first = copy(remote, site.supply().store, (), records, replace=True)
    supply = site.supply(capture="never")
    wanted = supply.wanted(site.figures)
    copied = copy(remote, supply.store, remote if everything else wanted.keys, replace=True)
    copied.damaged |= first.damaged
    tell(copied, "fetched from", remote.url)
    if copied.damaged:
        say('Damaged at the remote; run "attnviz push --replace" where the store is whole')
    if copied.replaced:
        say(f"{count(len(copied.replaced), 'exhibit')} of the store gave way to the remote's")
    absent = [key for key in wanted.requests if key not in supply.store and key not in copied.damaged]
    tell_of(wanted, absent, f'Not at {remote.url}; run "attnviz capture" where a model can run, and "attnviz push":')
    stop_at([*site.mistakes, *wanted.unknown])
    if absent or copied.damaged:
        raise SystemExit(1)
