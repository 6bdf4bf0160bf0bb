"""What nobody names any more is removed from a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attnviz_mkdocs.store.files import in_parallel

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from attnviz_mkdocs.store.store import Store


@dataclass(slots=True)
class Swept:
    """What a store holds that nobody names.

    Attributes:
        removed: Name → bytes of the files that were removed, or would be.
        young: The same of those that are too young for it.
    """

    removed: dict[str, int] = field(default_factory=dict)
    young: dict[str, int] = field(default_factory=dict)


def listed(store: Store) -> dict[str, int]:
    """All files of a store by name, with their bytes."""
    return store.files.sizes("exhibits") | store.files.sizes("models") | store.files.sizes("marks")


def sweep(
    store: Store, files: dict[str, int], keep: Collection[str], *, grace: timedelta, dry_run: bool = False
) -> Swept:
    """Remove the files that nobody names.

    Args:
        store: The store.
        files: What was `listed` before it was found out what is named: what is captured meanwhile is not among them.
        keep: Names of the files that are needed.
        grace: What is younger stays, for another machine may just be capturing it.
        dry_run: Whether all of it stays, and is only told.

    Raises:
        StoreError: The store can't be used.
    """
    swept = Swept()
    now = datetime.now(UTC)

    def judge(name: str) -> None:
        written = store.files.modified(name) if grace else None
        young = written is not None and now - written < grace
        (swept.young if young else swept.removed)[name] = files[name]

    in_parallel(judge, [name for name in files if name not in keep])
    if not dry_run:
        store.files.change({}, sorted(swept.removed))
        store.refresh()
    return swept
