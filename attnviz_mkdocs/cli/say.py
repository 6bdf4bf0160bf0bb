"""What the commands tell their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from attnviz_mkdocs.disk import write_whole
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.spec.characters import in_line, in_order
from attnviz_mkdocs.spec.secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

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
        say(str(mistake))
    if found:
        fail(f"{count(len(found), 'mistake')} to mend")


def fail(message: str) -> NoReturn:
    say(message)
    raise SystemExit(1)


def write(path: Path, data: bytes) -> None:
    """Write a file that was asked for. One that is there is lost only when the other is whole."""
    try:
        # Where it is a link, what it leads to.
        write_whole(path.resolve(), data)
    except OSError as error:
        fail(f"{path} can't be written: {error.strerror}")


def say(message: str) -> None:
    """Tell people something."""
    click.echo(told(message), err=True)


def show(line: str) -> None:
    """A line of a list that was asked for."""
    click.echo(in_line(line))


def told(words: str) -> str:
    """Words as a terminal, or a public log, may have them: names and texts in them may be anyone's."""
    return in_order(without_secrets(words))


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
