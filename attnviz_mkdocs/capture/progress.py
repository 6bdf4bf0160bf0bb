"""How far a capture is, for a person at a terminal or for the log of a build."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tqdm import tqdm

#: Seconds between two lines in a log.
_PAUSE = 10.0


class Progress:
    """A bar on a terminal; in a log plain lines, few of them.

    Args:
        exhibits: How many there are to capture.
        stream: Where to write; stderr by default.
        clock: Seconds, from any start.
    """

    def __init__(
        self, exhibits: int, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._exhibits = exhibits
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._bar = _bar(exhibits, self._stream) if self._stream.isatty() else None
        self._done = self._failed = self._tokens = self._models = 0
        self._written_at = clock()

    def loading(self, model: str) -> None:
        """A model is about to be loaded."""
        self._models += 1
        self._say(f"loading {model}")

    def news(self, what: str) -> None:
        """Something happened that explains what goes on, or what does not."""
        self._say(what)

    def took(self, tokens: int | None) -> None:
        """An exhibit of so many tokens is done; None where it can't be captured."""
        if tokens is None:
            self._failed += 1
        self._tokens += tokens or 0
        self._advance()

    def close(self) -> None:
        """Nothing more will be captured."""
        self._say(self._state())
        if self._bar is not None:
            self._bar.close()

    def _advance(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self._tokens:,} tokens", refresh=False)
            self._bar.update()
        elif self._clock() - self._written_at >= _PAUSE and self._done < self._exhibits:
            self._say(self._state())

    def _say(self, line: str) -> None:
        self._written_at = self._clock()
        if self._bar is not None:
            self._bar.set_description_str(line)
        else:
            print(f"attnviz: {line}", file=self._stream, flush=True)

    def _state(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        models = f"{self._models} model{'' if self._models == 1 else 's'} loaded"
        captured = self._done - self._failed
        return f"captured {captured} of {self._exhibits} exhibits, {self._tokens:,} tokens{failed}; {models}"


def _bar(exhibits: int, stream: TextIO) -> tqdm[NoReturn]:
    # Comes with torch: without it there is nothing to show, but this module can still be imported.
    from tqdm import tqdm  # noqa: PLC0415

    return tqdm(total=exhibits, file=stream, unit="exhibit")
