from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest

from attnviz_mkdocs.store import DamagedError, Store, StoreError, record_name

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path) -> Store:
    url = "store" if request.param == "folder" else f"memory://{tmp_path.name}"
    return Store(url, tmp_path)


def test_what_is_written_is_read(store):
    assert KEY not in store
    store.write(KEY, b"bytes")
    assert (store.read(KEY), store.size(KEY), list(store)) == (b"bytes", 5, [KEY])


def test_another_store_at_the_same_place_sees_it(store, tmp_path):
    store.write(KEY, b"bytes")
    assert Store(store.url, tmp_path).read(KEY) == b"bytes"


def test_new_bytes_take_the_place_of_the_old(store, tmp_path):
    store.write(KEY, b"old")
    store.write(KEY, b"new")
    again = Store(store.url, tmp_path)
    assert (again.read(KEY), list(again)) == (b"new", [KEY])


def test_a_listing_is_refreshed_when_asked_for(store, tmp_path):
    assert KEY not in store
    Store(store.url, tmp_path).write(KEY, b"bytes")
    store.refresh()
    assert KEY in store


def test_every_flipped_bit_is_told(tmp_path):
    store = Store("store", tmp_path)
    store.write(KEY, bytes(range(64)))
    (file,) = (tmp_path / "store").rglob("*.gz")
    for position in range(64):
        damaged = bytearray(range(64))
        damaged[position] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match="damaged"):
            store.read(KEY)


def test_a_write_that_fails_leaves_the_old_bytes_and_nothing_else(tmp_path, monkeypatch):
    store = Store("store", tmp_path)
    store.write(KEY, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        store.write(KEY, b"new")
    assert store.read(KEY) == b"old"
    assert len(list((tmp_path / "store").rglob("*.*"))) == 1


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the names of open files are not told here")
def test_content_is_on_the_disk_before_its_name_and_the_name_before_it_is_told_of(tmp_path, monkeypatch):
    sync, rename, done = os.fsync, os.replace, []

    def synced(descriptor):
        done.append(("sync", Path(f"/proc/self/fd/{descriptor}").resolve()))
        sync(descriptor)

    def renamed(temporary, path):
        done.append(("rename", Path(temporary)))
        rename(temporary, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    store = Store("store", tmp_path)
    store.write(KEY, b"bytes")
    folder = tmp_path / "store/exhibits" / KEY[:2]
    *above, content, name, shown = done
    assert [kind for kind, _ in (content, name, shown)] == ["sync", "rename", "sync"]
    assert content[1] == name[1]
    assert shown[1] == folder
    # The folders that are new, each by the one above it.
    assert above == [("sync", tmp_path), ("sync", tmp_path / "store"), ("sync", tmp_path / "store/exhibits")]


def test_half_written_files_are_not_seen(tmp_path):
    folder = tmp_path / "store" / "exhibits" / KEY[:2]
    folder.mkdir(parents=True)
    (folder / ".abc.part").write_bytes(b"half")
    assert list(Store("store", tmp_path)) == []


def test_models_are_remembered(store, tmp_path):
    assert store.model("org/name") is None
    store.remember_model("org/name", {"fingerprint": "f"})
    assert Store(store.url, tmp_path).model("org/name") == {"fingerprint": "f"}


def test_a_flipped_bit_in_any_byte_of_a_record_is_found_and_its_file_is_named(tmp_path):
    store = Store("store", tmp_path)
    record = {"source": "org/name", "fingerprint": "9f86d081"}
    store.remember_model("org/name", record)
    (file,) = (tmp_path / "store/models").iterdir()
    data = file.read_bytes()
    found = []
    for position, bit in product(range(len(data)), range(8)):
        file.write_bytes(data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :])
        try:
            found.append(store.model("org/name"))
        except DamagedError as error:
            found.append(str(error))
    told = [one for one in found if str(one).startswith(f"store/models/{file.name} is damaged: ")]
    # White space between words may become other white space.
    assert all(one == record for one in found if one not in told)
    assert len(told) > 0.97 * len(found)
    file.write_bytes(b"[" * 100_000)
    with pytest.raises(DamagedError, match="it is no JSON"):
        store.model("org/name")
    store.remember_model("org/name", record)
    assert file.read_bytes() == data


def test_a_record_that_does_not_say_its_checksum_is_read(tmp_path):
    store = Store("store", tmp_path)
    store.files.change({record_name("org/name"): b'{"source": "org/name", "fingerprint": "f"}'})
    assert store.model("org/name") == {"source": "org/name", "fingerprint": "f"}


def test_an_unknown_kind_of_store_is_told(tmp_path):
    with pytest.raises(StoreError, match="nowhere://x can't be opened"):
        Store("nowhere://x", tmp_path)


def test_a_mark_tells_a_store_from_others_while_it_lasts(tmp_path):
    store, other = Store("here", tmp_path), Store("there", tmp_path)
    with store.marked() as mark:
        assert Store("here", tmp_path).has_mark(mark)
        assert not other.has_mark(mark)
        assert list(store) == []
    assert not store.has_mark(mark)
