"""A disk that is full, a store that can't be reached: what was captured stays, and the last lines say what is missing."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from attnviz_mkdocs.store import Store

GALLERY = """\
models:
  tiny: {source: models/tiny}
texts: {a: The first, b: The second, c: The third}
views:
  - {id: a, model: tiny, text: a}
  - {id: b, model: tiny, text: b}
  - {id: c, model: tiny, text: c}
"""


@pytest.fixture
def three(folder):
    folder.write("gallery/small.yaml", GALLERY)
    folder.write("docs/index.md", "# Small\n")
    return folder


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("kept", [0, 1, 2])
def test_what_was_captured_before_the_disk_was_full_stays_and_is_gone_on_with(
    call, kept, run, three, captured, monkeypatch
):
    room = {"left": kept}
    write = Store.write

    def counted(store, key, data):
        write(store, key, data)
        room["left"] -= 1

    def full(*_arguments, **_options):
        if room["left"] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return actual(*_arguments, **_options)

    actual = getattr(os, call)
    with monkeypatch.context() as patched:
        patched.setattr(Store, "write", counted)
        patched.setattr(os, call, full)
        said = run("capture")
    assert said.exit_code == 1
    what, why = said.stderr.splitlines()
    there = f"{kept} exhibit{'' if kept == 1 else 's'} captured and kept, {3 - kept} missing"
    assert what == f"{there}; mend this and run the command again, it goes on from there:"
    assert why.endswith("can't be written: No space left on device")
    assert len(list(Store("gallery/store", three.root))) == kept
    assert not list((three.root / "gallery/store").rglob("*.part"))
    before = len(captured.requests)
    assert run("capture").exit_code == 0
    assert len(captured.requests) - before == 3 - kept


def test_a_store_that_can_not_be_reached_is_told_in_words(run, three, captured, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    said = run("--store", "s3://bucket/attention", "capture")
    assert said.exit_code == 1
    assert "the store s3://bucket/attention can't be listed: " in said.stderr
    assert "secret" not in said.stderr
    assert "Traceback" not in said.output
    assert not captured.requests
