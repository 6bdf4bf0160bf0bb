"""`attnviz push`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.copied import tell, tell_of
from attnviz_mkdocs.cli.say import count, say, stop_at
from attnviz_mkdocs.plan import identity
from attnviz_mkdocs.store import copy, record_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site


@click.command()
@click.argument("url", required=False)
@click.option("--all", "everything", is_flag=True, help="Send all that the store holds, not only what views show.")
@click.option("--replace", "replaces", is_flag=True, help="Send also what the remote has with other bytes, or damaged.")
@click.pass_obj
def push(open_site: Callable[[], Site], url: str | None, *, everything: bool, replaces: bool) -> None:
    """Send what the views of galleries and pages show from the store to URL, a folder or an fsspec URL.

    Without URL it goes to the `remote:` of mkdocs.yml. What is there is not sent again.
    """
    site = open_site()
    supply = site.supply(capture="never")
    remote = site.remote(url)
    wanted = supply.wanted(site.figures)
    absent = [key for key in wanted.requests if key not in supply.store]
    supply.record(request.model for key, request in wanted.requests.items() if key in supply.store)
    copied = copy(
        supply.store,
        remote,
        supply.store if everything else wanted.keys,
        supply.store.records() if everything else [record_name(identity(model)) for model in wanted.models],
        replace=replaces,
    )
    tell(copied, "sent to", remote.url)
    if copied.kept:
        kept = count(len(copied.kept), "exhibit")
        say(f"{kept} not sent: the remote has other bytes; to put yours in their place: --replace")
    if copied.damaged:
        say('Damaged in the store, so not sent; run "attnviz capture" first')
    tell_of(wanted, absent, 'Not in the store, so not sent; run "attnviz capture" first:')
    stop_at([*site.mistakes, *wanted.unknown])
    if absent or copied.damaged:
        raise SystemExit(1)
