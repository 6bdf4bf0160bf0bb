"""A process that is ready to capture, and makes copies of itself that do: so that many runs take little time.

Run as a script, with the configuration of a project. For each line on its stdin, the seconds after which a run is
killed, it starts ``attnviz capture`` and prints how that ended: ``-9``, or the exit status.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Self

from attnviz_mkdocs.cli import main

if TYPE_CHECKING:
    from pathlib import Path


class Forks:
    """Runs of ``attnviz capture`` of one project, each in a process of its own.

    Attributes:
        seconds: How long a run takes that captures all.
    """

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.seconds = float(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def capture(self, kill_after: float = 600) -> int:
        """Run it, and kill it with ``SIGKILL`` after so many seconds; the exit status, or -9."""
        assert self._process.stdin is not None
        print(kill_after, file=self._process.stdin, flush=True)
        return int(self._line())

    def _line(self) -> str:
        lines: IO[str] | None = self._process.stdout
        assert lines is not None
        return lines.readline()


def serve(words: list[str]) -> None:
    import torch

    # A copy of a process has only the thread that made it.
    torch.set_num_threads(1)
    reference = ["--store", "reference"]
    for _ in range(2):  # the first also imports
        started = time.monotonic()
        run([*words, *reference, "capture", "--again"])
        seconds = time.monotonic() - started
    tell(seconds)
    for line in sys.stdin:
        tell(killed(words, float(line)))


def tell(number: float) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def run(words: list[str]) -> int:
    try:
        main(words)
    except SystemExit as done:
        return int(done.code or 0)
    return 0


def killed(words: list[str], after: float) -> int:
    child = os.fork()
    if not child:
        os._exit(run([*words, "capture"]))
    timer = threading.Timer(after, os.kill, (child, signal.SIGKILL))
    timer.start()
    _, status = os.waitpid(child, 0)
    timer.cancel()
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    serve(["-f", sys.argv[1]])
