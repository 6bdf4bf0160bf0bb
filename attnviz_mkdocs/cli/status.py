"""`attnviz status`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from attnviz_mkdocs.cli.say import count, mistakes_of, say, show, stop_at
from attnviz_mkdocs.codec import CodecError, peek_header
from attnviz_mkdocs.plan import titled
from attnviz_mkdocs.spec.characters import in_json
from attnviz_mkdocs.spec.size import readable
from attnviz_mkdocs.store import DamagedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.plan import What
    from attnviz_mkdocs.store import Store
    from attnviz_mkdocs.supply import Wanted


State = Literal["present", "missing", "stale", "damaged", "unused"]


@dataclass(slots=True)
class Row:
    """What is told of one exhibit, or of its queries and keys."""

    key: str
    state: State
    what: What | Literal["arrays"]
    model: str
    text: str | None = None
    bytes: int | None = None
    remote: bool | None = None

    @property
    def title(self) -> str:
        if self.what == "arrays":
            return f"arrays: {self.model}"
        return titled(self.model, self.text or "", self.what)


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print JSON.")
@click.option("--remote", "with_remote", is_flag=True, help="Tell also what of it is at the remote.")
@click.option(
    "--check",
    "checks",
    is_flag=True,
    help="Read all; exit with 1 where something is missing or damaged.",
)
@click.pass_obj
def status(open_site: Callable[[], Site], *, as_data: bool, with_remote: bool, checks: bool) -> None:
    """Tell of each exhibit whether it is present, missing, stale or unused, and its size in bytes.

    Stale: the store holds this text of this model, but captured from other files of the model, or
    by a version of attnviz that captured differently. Unused: no gallery and no page names it; `gc` removes it.
    Damaged: it is not what was written, which only --check finds.
    """
    site = open_site()
    supply = site.supply(capture="never")
    remote = site.remote() if with_remote else None
    rows = list(_rows(supply.store, supply.wanted(site.figures), remote))
    if checks:
        _look_at(supply.store, rows)
    if as_data:
        click.echo(in_json(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False)))
    else:
        _print(rows, remote)
    stop_at([*site.mistakes, *mistakes_of(supply.needed, site.figures)])
    if checks and any(row.state in {"missing", "stale", "damaged"} or _is_not_pushed(row) for row in rows):
        raise SystemExit(1)


def _look_at(store: Store, rows: Iterable[Row]) -> None:
    """Tell what is not as it was written; only its bytes say so."""
    for row in rows:
        if row.state == "present":
            try:
                store.read(row.key)
            except DamagedError as error:
                row.state = "damaged"
                click.echo(str(error), err=True)


def _rows(store: Store, wanted: Wanted, remote: Store | None) -> Iterator[Row]:
    for row in _states(store, wanted):
        row.bytes = store.size(row.key) if row.key in store else None
        row.remote = None if remote is None else row.key in remote
        yield row


def _states(store: Store, wanted: Wanted) -> Iterator[Row]:
    others = {key: _header(store, key) for key in store if key not in wanted.keys}
    # What is in the store in place of what is needed now.
    outdated = {header["provenance"]["asked"] for header in others.values() if header}
    for key, request in wanted.requests.items():
        state: State = "present" if key in store else "stale" if request.asked in outdated else "missing"
        yield Row(key, state, request.what, request.model_name, request.text.shown)
    for key, arrays in wanted.arrays.items():
        # What is not there is no loss: it is made of the arrays when a page is built.
        if key in store:
            yield Row(key, "present", "arrays", arrays.arrays.name)
    for key, header in others.items():
        if header is None:
            yield Row(key, "unused", "attention", "can't be read")
        else:
            yield Row(key, "unused", header["kind"], header["provenance"]["model"], header.get("text"))


def _print(rows: list[Row], remote: Store | None) -> None:
    for row in rows:
        size = "-" if row.bytes is None else f"{row.bytes:,}"
        there = "" if remote is None else f"{'at remote' if row.remote else '-':>9}  "
        show(f"{row.state:8} {size:>10}  {there}{row.key}  {row.title}")
    used, unused = ([row for row in rows if (row.state == "unused") is kind] for kind in (False, True))
    parts = [f"{count(len(used), 'exhibit')}, {_weight(used)}"]
    if unused:
        parts.append(f"{len(unused)} unused, {_weight(unused)}")
    if remote is not None:
        parts.append(f"{sum(row.remote or False for row in used)} of {len(used)} at {remote.url}")
    say("; ".join(parts))


def _weight(rows: list[Row]) -> str:
    return readable(sum(row.bytes or 0 for row in rows))


def _is_not_pushed(row: Row) -> bool:
    return row.remote is False and row.state != "unused" and row.what != "arrays"


def _header(store: Store, key: str) -> dict[str, Any] | None:
    try:
        return peek_header(store.read(key))
    except (CodecError, StoreError):
        return None
