"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE


def write_whole(path: Path, data: bytes, *, lasts: bool = True) -> None:
    """Write a file so that its name shows either all of it or nothing.

    Args:
        path: The file; its folder is made. One that is there is replaced, and who may read it stays.
        data: Its content.
        lasts: Whether it outlasts a power cut once this is done: its content is on the disk before its name is, and
            its name is when this returns. What can be made again is written sooner without.

    Raises:
        OSError: It can't be written.
    """
    _make_folder(path.parent, lasts=lasts)
    # mkstemp makes files that only their owner can read; what is written here is shared.
    mode = S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if lasts:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if lasts:
        _sync_folder(path.parent)


def bytes_of(path: Path) -> bytes:
    """What a file holds.

    Raises:
        OSError: It can't be read, or is something else, such as a pipe, from which nothing might ever come.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "It is no file", str(path))
    return path.read_bytes()


def _make_folder(folder: Path, *, lasts: bool) -> None:
    """Make a folder and those above it."""
    if not folder.is_dir():
        _make_folder(folder.parent, lasts=lasts)
        folder.mkdir(exist_ok=True)
        if lasts:
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows and some network drives do that in their own time."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
