"""What the commands tell their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from attnviz_mkdocs.spec import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attnviz_mkdocs.spec import Figure, Mistake


def mistakes_of(ask: Callable[[Figure], object], figures: Iterable[Figure]) -> Iterator[Mistake]:
    """What can be told of figures when something is asked of each."""
    for figure in figures:
        try:
            ask(figure)
        except SpecError as error:
            yield from error.mistakes


def stop_at(mistakes: Iterable[Mistake]) -> None:
    found = sorted(set(mistakes))
    for mistake in found:
        click.echo(str(mistake), err=True)
    if found:
        fail(f"{count(len(found), 'mistake')} to mend")


def fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
