"""Programs of this environment, and what they take.

A program is started by this file, run as a small process of its own: what a program is said to have held at most counts
what held the process that started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_HERE = Path(sys.executable).parent


def took(folder: Path, program: str, *words: str, environment: dict[str, str] | None = None) -> dict[str, float]:
    """Seconds of the processor and megabytes of memory, at most, that a program takes in a folder."""
    command = [sys.executable, __file__, _HERE / program, *words]
    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, check=False
    )
    if ran.returncode:
        sys.exit(f"{program} {' '.join(words)} failed")
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _run(command: list[str]) -> int:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    print(json.dumps({"seconds": usage.ru_utime + usage.ru_stime, "megabytes": usage.ru_maxrss / 1024}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
