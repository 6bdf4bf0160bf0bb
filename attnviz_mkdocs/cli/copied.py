"""What is told of exhibits that are pushed and pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.cli.say import count, say
from attnviz_mkdocs.spec.size import readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.store import Copied
    from attnviz_mkdocs.supply import Wanted


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
