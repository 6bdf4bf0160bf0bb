from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest

from attnviz_mkdocs.store import Store, listed, sweep
from attnviz_mkdocs.store.store import record_name

pytestmark = pytest.mark.network

OLD, NEEDED, NEW = (digit * 32 for digit in "0ab")
NO_GRACE, AN_HOUR = timedelta(0), timedelta(hours=1)


@pytest.fixture(params=["folder", "memory", "s3", "hf"])
def store(request, tmp_path) -> Store:
    if request.param == "hf":
        request.getfixturevalue("hub")
    url = {
        "folder": "store",
        "memory": f"memory://{tmp_path.name}",
        "s3": request.getfixturevalue("s3") if request.param == "s3" else "",
        "hf": "hf://datasets/me/attn",
    }[request.param]
    store = Store(url, tmp_path)
    for key in (OLD, NEEDED):
        store.write(key, key.encode())
    for model in ("gone", "needed"):
        store.remember_model(model, {"fingerprint": model})
    return store


def test_what_nobody_names_is_removed(store, tmp_path):
    keep = {store.name(NEEDED), record_name("needed")}
    swept = sweep(store, listed(store), keep, grace=NO_GRACE)
    assert set(swept.removed) == {f"exhibits/00/{OLD}.{_sum(OLD)}.safetensors.gz", record_name("gone")}
    assert swept.removed[f"exhibits/00/{OLD}.{_sum(OLD)}.safetensors.gz"] == 32
    assert OLD not in store
    assert set(listed(Store(store.url, tmp_path))) == keep


def test_a_dry_run_removes_nothing(store):
    before = listed(store)
    swept = sweep(store, before, {store.name(NEEDED)}, grace=NO_GRACE, dry_run=True)
    assert len(swept.removed) == 3
    assert listed(store) == before


def test_what_was_captured_after_the_listing_stays(store, tmp_path):
    files = listed(store)
    Store(store.url, tmp_path).write(NEW, b"new")
    sweep(store, files, (), grace=NO_GRACE)
    assert list(Store(store.url, tmp_path)) == [NEW]


def test_what_is_young_stays(tmp_path):
    store = Store("store", tmp_path)
    for key in (OLD, NEW):
        store.write(key, key.encode())
    two_hours_ago = time.time() - 7200
    os.utime(tmp_path / "store" / store.name(OLD), (two_hours_ago, two_hours_ago))
    young = store.name(NEW)
    swept = sweep(store, listed(store), (), grace=AN_HOUR)
    assert set(swept.young) == {young}
    assert list(Store("store", tmp_path)) == [NEW]


@pytest.mark.parametrize("place", ["memory", "s3"])
def test_object_stores_tell_what_is_young(place, tmp_path, request):
    url = f"memory://{tmp_path.name}" if place == "memory" else request.getfixturevalue("s3")
    store = Store(url, tmp_path)
    store.write(NEW, b"new")
    assert not sweep(store, listed(store), (), grace=AN_HOUR).removed
    assert sweep(store, listed(store), (), grace=NO_GRACE).removed


def test_the_loser_of_two_captures_and_what_a_crash_left_are_removed(tmp_path):
    store = Store("store", tmp_path)
    store.write(NEEDED, b"one")
    Store("other", tmp_path).write(NEEDED, b"two")
    folder = tmp_path / "store/exhibits" / NEEDED[:2]
    (other,) = (tmp_path / "other").rglob("*.gz")
    other.rename(folder / other.name)
    (folder / ".abc.part").write_bytes(b"half")
    store.files.change({"marks/0123": b"", "models/.def.part": b"half"})
    again = Store("store", tmp_path)
    assert (list(again), again.records()) == ([NEEDED], [])
    winner = again.name(NEEDED)
    swept = sweep(again, listed(again), {winner}, grace=NO_GRACE)
    assert len(swept.removed) == 4
    assert set(listed(again)) == {winner}


def _sum(key: str) -> str:
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()[:16]
