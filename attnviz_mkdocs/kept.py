"""What is kept from build to build, so that the next is faster. It is ours, and may be thrown away."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from stat import S_ISDIR
from typing import TYPE_CHECKING

from attnviz_mkdocs.disk import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Where it is kept, seen from a project's root.
KEPT = ".cache/attnviz"

#: Size, and the times of the last change of the content and of the file; of a folder, the times alone; nothing of what
#: is not there.
Mark = list[int]


_SEAL = len(b"00000000\n")


def keep(folder: Path, name: str, data: bytes) -> None:
    """Keep a file in a folder, whole or not at all; where it can't be written, nothing is kept.

    A link to an earlier file of that name still leads to that. A file that has this content stays as it is: to replace
    one takes a disk longer than to read it.
    """
    path = folder / name
    with suppress(OSError):
        if path.is_file() and path.read_bytes() == data:
            return
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            (folder / ".gitignore").write_bytes(b"*\n")
        write_whole(path, data, lasts=False)


def sealed(data: bytes) -> bytes:
    """Bytes that say whether they are whole."""
    return b"%08x\n" % zlib.crc32(data) + data


def unsealed(data: bytes) -> memoryview:
    """What was sealed.

    Raises:
        ValueError: It isn't whole, or was never sealed.
    """
    content = memoryview(data)[_SEAL:]
    if data[:_SEAL] != b"%08x\n" % zlib.crc32(content):
        raise ValueError("the file is damaged")
    return content


def marks(paths: Iterable[Path]) -> dict[str, Mark]:
    """What tells whether files and folders have changed."""
    return {str(path): mark(path) for path in paths}


def mark(path: Path | str) -> Mark:
    """What tells whether a file or a folder has changed."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return []
    times = [about.st_mtime_ns, about.st_ctime_ns]
    return times if S_ISDIR(about.st_mode) else [about.st_size, *times]
