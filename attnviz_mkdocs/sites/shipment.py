"""Files that lie beside the pages of a site: pictures, and exhibits where pages don't carry them.

They are kept from build to build, and a site's file is the kept one, by a second name, where the disk allows it: a site
has thousands of pictures, and to write them takes longer than to write the pages. A file of the site that something has
changed in its place is another than what was kept, by its size or its time of change, and is made anew.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from attnviz_mkdocs.kept import keep

#: A file, its size and the time of its last change.
Shipped = list[str | int]


class Shipment:
    """The files of one build.

    Args:
        kept: The folder of what is ours, and may have a second name.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = str(kept)
        self._files: dict[str, str] = {}
        self._written: set[str] = set()

    def add(self, name: str, file: str) -> None:
        """A file of the site, by its path there, and where its content is."""
        self._files[name] = file

    def kept(self, name: str, content: bytes) -> Path | None:
        """The file of a picture; None where nothing can be kept."""
        file = Path(self._kept, "pictures", name)
        if name not in self._written:
            self._written.add(name)
            keep(Path(self._kept), f"pictures/{name}", content)
        return file if os.path.isfile(file) else None  # a Path raises where it may not look

    def unload(self, site: Path) -> None:
        """Put all files into the folder of the site."""
        for folder in {name.rpartition("/")[0] for name in self._files}:
            (site / folder).mkdir(parents=True, exist_ok=True)
        for name, file in self._files.items():
            _put(file, f"{site}/{name}", as_link=file.startswith(self._kept))
        self._files.clear()


def shipped(file: Path) -> Shipped:
    """A file as it is now."""
    about = file.stat()
    return [str(file), about.st_size, about.st_mtime_ns]


def is_there(known: Shipped) -> bool:
    """Whether a file is what it was."""
    path, *was = known
    try:
        about = os.stat(str(path))
    except OSError:
        return False
    return was == [about.st_size, about.st_mtime_ns]


def weight(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for name, _, files in os.walk(folder):
        total += sum(os.stat(f"{name}/{file}").st_size for file in files)
    return total


def _put(file: str, target: str, *, as_link: bool) -> None:
    if as_link:
        with suppress(OSError):  # there already, or another disk, or one without links
            os.link(file, target)
            return
    # Of an earlier build that wasn't cleaned away; written into, it would change what is kept.
    with suppress(FileNotFoundError):
        os.unlink(target)
    shutil.copyfile(file, target)
