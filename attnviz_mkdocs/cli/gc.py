"""`attnviz gc`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import count, fail, mistakes_of, say, show, stop_at
from attnviz_mkdocs.plan import identity
from attnviz_mkdocs.spec.size import readable
from attnviz_mkdocs.store import listed, record_name, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@click.option(
    "--grace",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    metavar="MINUTES",
    help="Keep what is younger: another machine may just be capturing it.",
)
@click.option("--remote", "of_remote", is_flag=True, help="Clear the remote instead of the store.")
@click.pass_obj
def gc(open_site: Callable[[], Site], grace: int, *, dry_run: bool, of_remote: bool) -> None:
    """Remove from the store what no gallery and no page names.

    These are exhibits that became stale, and those whose views are gone. Nothing is removed while a gallery or a page
    has mistakes, for it might name them.
    """
    site = open_site()
    store = site.remote() if of_remote else site.supply().store
    files = listed(store)
    # Read again after the listing: what a gallery that was saved meanwhile names is not yet in the list.
    site = open_site()
    supply = site.supply(capture="never")
    stop_at([*site.mistakes, *mistakes_of(supply.needed, site.figures)])
    if not site.settings.docs.is_dir() or not site.figures:
        where = (
            f"there are no pages at {site.settings.docs}"
            if not site.settings.docs.is_dir()
            else "no gallery and no page has a view"
        )
        fail(f"{where}, so all of {store.url} would be removed; is this the right folder?")
    wanted = supply.wanted(site.figures)
    named = [store.name(key) for key in wanted.keys]
    records = [record_name(identity(model)) for model in wanted.models]
    swept = sweep(store, files, {*filter(None, named), *records}, grace=timedelta(minutes=grace), dry_run=dry_run)
    for name, size in sorted(swept.removed.items()):
        show(f"{size:>10,}  {name}")
    gone = f"{count(len(swept.removed), 'file')}, {readable(sum(swept.removed.values()))}"
    say(f"{gone} {'would be removed' if dry_run else 'removed'} from {store.url}")
    if swept.young:
        young = f"{count(len(swept.young), 'file')}, {readable(sum(swept.young.values()))}"
        say(f"{young}: younger than {grace} minutes, kept; to remove them too: --grace 0")
