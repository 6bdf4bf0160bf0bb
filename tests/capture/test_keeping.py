"""What is captured is packed beside the model that reads on, and written as if it had been done one by one."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import builders
import pytest

from attnviz_mkdocs.capture import CaptureError, keeping
from attnviz_mkdocs.capture.keeping import keep
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.store import Store, StoreError


def exhibits(count: int):
    return [builders.exhibit(builders.attention(tokens=4 + number, seed=number)) for number in range(count)]


def named(captured):
    return [(SimpleNamespace(key=f"{number:02}"), one) for number, one in enumerate(captured)]


@pytest.fixture
def store(tmp_path):
    return Store("store", tmp_path)


def test_what_is_written_is_what_one_by_one_would_write_and_in_order(store, monkeypatch):
    first, second, third = exhibits(3)
    _, neurons = builders.neurons()
    captured = named([first, CaptureError("too long"), neurons, second, third])
    written = []
    monkeypatch.setattr(Store, "write", lambda _self, key, data: written.append((key, data)))
    assert list(keep(store, captured)) == captured
    expected = [encode(first, "00"), encode_neurons(neurons, "02"), encode(second, "03"), encode(third, "04")]
    assert written == list(zip(["00", "02", "03", "04"], expected, strict=True))


def test_each_is_handed_on_when_the_store_has_it(store):
    for request, one in keep(store, named(exhibits(5))):
        assert store.read(request.key) == encode(one, request.key)


def test_the_model_reads_on_while_the_first_is_packed(store, monkeypatch):
    read_on = threading.Event()

    def patient(exhibit, key):
        assert read_on.wait(60), "the model waits for the packing"
        return encode(exhibit, key)

    def model():
        yield from named(exhibits(3))
        read_on.set()

    monkeypatch.setattr(keeping, "encode", patient)
    assert len(list(keep(store, model()))) == 3


def test_what_waits_is_bounded(store, monkeypatch):
    monkeypatch.setattr(keeping, "UNDER_WAY", 0)

    def model():
        for request, one in named(exhibits(3)):
            assert all(f"{number:02}" in store for number in range(int(request.key)))
            yield request, one

    assert len(list(keep(store, model()))) == 3


def test_a_store_that_fails_ends_it_and_what_it_has_stays(store, monkeypatch):
    write = Store.write

    def full(self, key, data):
        if key == "02":
            raise StoreError("the disk is full")
        write(self, key, data)

    monkeypatch.setattr(Store, "write", full)
    with pytest.raises(StoreError, match="the disk is full"):
        list(keep(store, named(exhibits(5))))
    assert list(store) == ["00", "01"]
