"""`attnviz capture`."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.capture.cluster import Cluster, ClusterError
from attnviz_mkdocs.cli.say import count, fail, mistakes_of, say, stop_at
from attnviz_mkdocs.cli.shard import SHARD, Shard
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MEND, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supply


@click.command()
@click.option("--device", help="auto, cpu, cuda, cuda:1, mps, or balanced: over all GPUs, for models that fill them.")
@click.option("--again", is_flag=True, help="Capture everything anew, also what is in the store.")
@click.option("--shard", type=SHARD, metavar="I/N", help="Capture the Ith of N shares, counted from 1.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="Here, or on a Ray cluster.")
@click.option("--address", help="The cluster: auto, HOST:6379 or ray://HOST:10001.  [default: one of this machine]")
@click.option("--workers", type=click.IntRange(1), help="Replicas of models on the cluster.  [default: all that fit]")
@click.pass_obj
def capture(
    open_site: Callable[[], Site],
    *,
    device: str | None,
    again: bool,
    shard: Shard | None,
    engine: str,
    address: str | None,
    workers: int | None,
) -> None:
    """Run the models and fill the store with what is missing."""
    if engine == "local" and (address, workers) != (None, None):
        raise click.UsageError("--address and --workers are of a cluster; expected --engine ray with them")
    site = open_site()
    supply = site.supply(
        Cluster(address, workers) if engine == "ray" else None,
        capture="always" if again else "auto",
        device=device or site.project.device,
    )
    figures = site.figures
    needed = supply.wanted(figures).requests
    mine = None if shard is None else shard.keys(needed.values())
    try:
        # Ray tells of its nodes on stdout.
        with redirect_stdout(sys.stderr), _interrupted_when_ended():
            supply.ensure(figures, mine)
    except (StoreError, MissingError) as error:
        fail(str(error))
    except ClusterError as error:
        fail(f"{_kept(supply, figures, mine)}; {MEND}:\n{error}")
    except KeyboardInterrupt:
        fail(f"stopped: {_kept(supply, figures, mine)}; run the command again, it goes on from there")
    if mine is not None:
        figures = [figure for figure in figures if _is_ours(supply, figure, mine)]
    mistakes = [*site.mistakes, *mistakes_of(supply.get, figures)]
    there = sum(key in supply.store for key in needed)
    say(f"{count(supply.captured, 'exhibit')} captured, {there} in the store {supply.store.url}")
    stop_at(mistakes)


def _kept(supply: Supply, figures: Sequence[Figure], mine: Collection[str] | None) -> str:
    return supply.kept_of(request for request in supply.missing(figures) if mine is None or request.key in mine)


@contextmanager
def _interrupted_when_ended() -> Iterator[None]:
    """While this lasts, the signal with which a scheduler ends a process does what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _is_ours(supply: Supply, figure: Figure, mine: Collection[str]) -> bool:
    """Whether a shard is to check a figure: it needs something of the shard's, or nothing that is captured."""
    keys = supply.wanted([figure]).requests.keys()
    return not supply.missing([figure]) and (not keys or not keys.isdisjoint(mine))
