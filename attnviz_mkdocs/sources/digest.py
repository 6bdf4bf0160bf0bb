"""A model's files → a fingerprint, without reading big files twice."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.sources.located import Located

#: From this size on, in bytes, the digest of a file is remembered: hashing less takes no time.
BIG = 1 << 20

#: Size, time of change of the content and of the file, digest.
_ENTRY = 4

_remembered: dict[Path, dict[str, list[int | str]]] = {}


def fingerprint(located: Located) -> str:
    """SHA-256, in hex, of all that decides what a model computes.

    Of a hub model it is derived from its id and commit alone, which needs no files; of any other
    from the names and contents of its files, wherever they lie.
    """
    if located.repo is not None and located.revision is not None:
        return _sha256_of_parts(["hub", located.repo, located.revision, located.gguf or ""])
    digests = _digests(located.files)
    return _sha256_of_parts(part for name in sorted(digests) for part in (name, digests[name]))


def _sha256_of_parts(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


def _digests(files: Iterable[Path]) -> dict[str, str]:
    """Name → SHA-256 of content."""
    memory = user_cache_path("attnviz-mkdocs") / "sha256.json"
    if memory not in _remembered:
        _remembered[memory] = _load(memory)
    known = _remembered[memory]
    digests = {}
    fresh = False
    for path in files:
        about = path.stat()
        # The change time tells a file from one of the same size and date that took its place.
        mark = [about.st_size, about.st_mtime_ns, about.st_ctime_ns]
        *marked, digest = known.get(str(path.resolve()), [""])
        if marked != mark:
            digest = _sha256(path)
            if about.st_size >= BIG:
                known[str(path.resolve())] = [*mark, digest]
                fresh = True
        digests[path.name] = str(digest)
    if fresh:
        _save(memory, known)
    return digests


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(memory: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {path: entry for path, entry in known.items() if isinstance(entry, list) and len(entry) == _ENTRY}


def _save(memory: Path, known: dict[str, list[int | str]]) -> None:
    there = {path: entry for path, entry in known.items() if Path(path).exists()}
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=memory.parent, suffix=".tmp", delete=False) as file:
            json.dump(there, file)
        Path(file.name).replace(memory)
    except OSError:
        # Without it, the next build hashes again: half a second, and nothing is lost.
        return
