"""From one store to another: what is there is not sent again, and what is sent is what was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from attnviz_mkdocs.store.files import StoreError, in_parallel
from attnviz_mkdocs.store.store import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attnviz_mkdocs.store.store import Store

#: Bytes that are on their way at once, in memory; on a hub this much is one commit.
BATCH = 256_000_000


@dataclass(slots=True)
class Copied:
    """What became of the exhibits that were to be copied.

    Attributes:
        sent: Keys of those that are new at the target.
        replaced: Keys of those that took the place of other bytes there.
        kept: Keys of those in whose place the target keeps other bytes.
        there: How many were there already.
        bytes: How many were sent, of exhibits.
        damaged: Key, or name of a record → what is wrong, of those that can't be read at the source.
    """

    sent: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    there: int = 0
    bytes: int = 0
    damaged: dict[str, str] = field(default_factory=dict)


def copy(source: Store, target: Store, keys: Iterable[str], records: Iterable[str] = (), *, replace: bool) -> Copied:
    """Copy exhibits and models' records; what the source doesn't have is left out.

    A copy that is broken off leaves no half file, and goes on where it was when it is run again.

    Args:
        source: Where they are.
        target: Where they shall be.
        keys: Of the exhibits.
        records: Names of the models' records; those of the source count.
        replace: What becomes of an exhibit that both have with different bytes, as two machines may capture it:
            whether the source's takes the place of the target's. If so, what the target has is also read, and what
            is damaged there gives way; else no more is asked of it than its names and sizes.

    Raises:
        StoreError: One of the stores can't be used.
    """
    done = Copied()
    batches = list(_batches(source, _to_send(source, target, keys, done, replace=replace)))
    changed = _changed(source, target, records, done)
    for position, batch in enumerate(batches or [[]]):
        exhibits: dict[str, bytes] = {}
        in_parallel(partial(_read, source, exhibits, done), batch)
        # Last, for a record without its exhibits would promise what is not there.
        last = position == max(len(batches) - 1, 0)
        target.take(exhibits, changed if last else None)
        done.bytes += sum(map(len, exhibits.values()))
    done.sent = [key for key in done.sent if key not in done.damaged]
    done.replaced = [key for key in done.replaced if key not in done.damaged]
    return done


def _to_send(source: Store, target: Store, keys: Iterable[str], done: Copied, *, replace: bool) -> Iterator[str]:
    keys = [key for key in keys if key in source]
    same = [key for key in keys if target.name(key) == source.name(key)]
    broken = {key for key in same if target.size(key) != source.size(key)}
    if replace:
        in_parallel(partial(_look_at, target, broken), same)
    for key in keys:
        if key not in target:
            done.sent.append(key)
        elif target.name(key) == source.name(key):
            if key not in broken:
                done.there += 1
                continue
            done.replaced.append(key)
        elif replace:
            done.replaced.append(key)
        else:
            done.kept.append(key)
            continue
        yield key


def _look_at(target: Store, broken: set[str], key: str) -> None:
    """Tell what was broken after it was written, by something else than us."""
    try:
        target.read(key)
    except DamagedError:
        broken.add(key)


def _batches(source: Store, keys: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    weight = 0
    for key in keys:
        if batch and weight + source.size(key) > BATCH:
            yield batch
            batch, weight = [], 0
        batch.append(key)
        weight += source.size(key)
    if batch:
        yield batch


def _changed(source: Store, target: Store, records: Iterable[str], done: Copied) -> dict[str, bytes]:
    """The records that the target doesn't have, or has otherwise."""
    found: dict[str, bytes | None] = {}
    for name in records:
        try:
            found[name] = source.record(name)
        except DamagedError as error:
            done.damaged[name] = str(error)
    return {name: data for name, data in found.items() if data is not None and data != target.files.read(name)}


def _read(source: Store, into: dict[str, bytes], done: Copied, key: str) -> None:
    try:
        into[key] = source.read(key)
    except StoreError as error:
        done.damaged[key] = str(error)
