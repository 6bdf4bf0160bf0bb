"""Several processes on one store at once, and file systems that promise little: no exhibit twice, and none torn."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from fsspec.implementations.local import LocalFileSystem

from attnviz_mkdocs.store import DamagedError, Store
from attnviz_mkdocs.store.files import Files

KEYS = [f"{number:032x}" for number in range(8)]
#: Writes every exhibit again and again; the same bytes each time, as two builds of one site do.
WRITER = """\
import sys
from pathlib import Path
from attnviz_mkdocs.store import Store
for turn in range(20):
    store = Store("store", Path(sys.argv[1]))
    for key in sys.argv[2:]:
        store.write(key, key.encode() * 5000)
"""


def content(key: str) -> bytes:
    return key.encode() * 5000


def test_what_is_read_beside_two_writers_is_whole(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), *KEYS]) for _ in range(2)]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        store = Store("store", tmp_path)
        for key in store:
            assert store.read(key) == content(key)
            seen.add(key)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen
    files = [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
    assert sorted(file.name.split(".")[0] for file in files) == KEYS


class Stale(LocalFileSystem):
    """A network drive whose listings are as old as the first one, and that knows no locks."""

    protocol = "stale"
    cachable = False

    def __init__(self, **options):
        super().__init__(**options)
        self._listings: dict[str, dict] = {}

    def find(self, path, **options):
        """Of a folder, or of one within the first that was listed."""
        for folder, listing in self._listings.items():
            if path.startswith(f"{folder}/"):
                return {name: about for name, about in listing.items() if name.startswith(f"{path}/")}
        return self._listings.setdefault(path, super().find(path, **options))


@pytest.fixture
def drives(tmp_path, monkeypatch):
    """Two machines' stores on one network drive, each with listings of its own."""

    def mounted() -> Store:
        store = Store("store", tmp_path)
        monkeypatch.setattr(store.files, "_fs", Stale())
        return store

    return mounted


def test_a_listing_that_is_stale_costs_a_capture_and_nothing_else(drives, tmp_path):
    here, there = drives(), drives()
    assert (list(here), list(there)) == ([], [])
    here.write(KEYS[0], b"the same")
    # It doesn't see that, captures it again, and gets the same bytes and so the same name.
    assert KEYS[0] not in there
    there.write(KEYS[0], b"the same")
    fresh = Store("store", tmp_path)
    assert list(fresh) == [KEYS[0]]
    assert len(list((tmp_path / "store").rglob("*.gz"))) == 1
    assert there.read(KEYS[0]) == here.read(KEYS[0]) == b"the same"


def test_of_two_captures_that_differ_all_read_the_same_one(drives, tmp_path):
    here, there = drives(), drives()
    assert (list(here), list(there)) == ([], [])
    here.write(KEYS[0], b"here")
    there.write(KEYS[0], b"there")
    [first, _] = sorted(file.name for file in (tmp_path / "store").rglob("*.gz"))
    readers = [Store("store", tmp_path) for _ in range(2)]
    assert {reader.name(KEYS[0]) for reader in readers} == {f"exhibits/00/{first}"}
    digest = hashlib.sha256(readers[0].read(KEYS[0])).hexdigest()
    assert first.split(".")[1] == digest[:16]


@pytest.mark.parametrize("first", [b"here", b"there"])
def test_of_two_captures_that_differ_one_file_is_left(first, tmp_path):
    here, there = (Store("store", tmp_path) for _ in range(2))
    assert (list(here), list(there)) == ([], [])
    here.write(KEYS[0], first)
    there.write(KEYS[0], b"herethere".replace(first, b"", 1))
    [file] = (tmp_path / "store").rglob("*.gz")
    assert file.name.split(".")[1] == min(hashlib.sha256(data).hexdigest()[:16] for data in (b"here", b"there"))
    assert here.read(KEYS[0]) == there.read(KEYS[0]) == file.read_bytes()
    assert there.size(KEYS[0]) == len(file.read_bytes())


def test_a_damaged_file_of_the_same_exhibit_gives_way(tmp_path):
    store = Store("store", tmp_path)
    assert list(store) == []
    folder = tmp_path / "store/exhibits/00"
    folder.mkdir(parents=True)
    (folder / f"{KEYS[0]}.{0:016x}.safetensors.gz").write_bytes(b"half")
    store.write(KEYS[0], b"whole")
    assert [file.read_bytes() for file in folder.iterdir()] == [b"whole"]
    assert store.read(KEYS[0]) == b"whole"


def test_what_a_stale_listing_still_names_takes_the_place_of_nothing(drives, tmp_path):
    here = drives()
    Store("store", tmp_path).write(KEYS[0], b"gone soon")
    assert list(here) == [KEYS[0]]
    Store("store", tmp_path).discard(KEYS[0])
    here.write(KEYS[0], b"new")
    assert Store("store", tmp_path).read(KEYS[0]) == here.read(KEYS[0]) == b"new"


def test_a_file_that_a_stale_listing_still_names_is_told(drives, tmp_path):
    here = drives()
    Store("store", tmp_path).write(KEYS[0], b"gone soon")
    assert list(here) == [KEYS[0]]
    Store("store", tmp_path).discard(KEYS[0])
    with pytest.raises(DamagedError, match="is listed, but is not there"):
        here.read(KEYS[0])


def test_a_write_that_is_slow_and_not_whole_is_never_read_as_whole(tmp_path):
    """Some servers show a file while it is written: sftp, ftp."""
    store = Store("store", tmp_path)
    store.write(KEYS[0], content(KEYS[0]))
    file = tmp_path / "store" / str(store.name(KEYS[0]))
    for length in (0, 1, 1000, len(content(KEYS[0])) - 1):
        file.write_bytes(content(KEYS[0])[:length])
        with pytest.raises(DamagedError, match="is damaged"):
            Store("store", tmp_path).read(KEYS[0])


def test_many_threads_write_one_file(tmp_path):
    files = Files("store", tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: files.change({"models/one.json": b"the same"}), range(50)))
    assert files.sizes("models") == {"models/one.json": 8}
