"""A disk that is full, a store that can't be reached: what was captured stays, and the last lines say what is missing."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket

import numpy as np
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from safetensors.numpy import save_file

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


def read_only(*_arguments, **_options):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_build_tells_the_same_and_fails(three, captured, monkeypatch, caplog):
    write = Store.write

    def full_after_two(store, key, data):
        if len(store.files.sizes("exhibits")) == 2:
            monkeypatch.setattr(os, "replace", read_only)
        write(store, key, data)

    monkeypatch.setattr(Store, "write", full_after_two)
    with pytest.raises(Abort):
        build(load_config(str(three.root / "mkdocs.yml")))
    what, why = caplog.records[-1].getMessage().splitlines()
    assert (
        what == "2 exhibits captured and kept, 1 missing; mend this and run the command again, it goes on from there:"
    )
    assert why.endswith("can't be written: Read-only file system")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_run_that_is_stopped_tells_what_is_kept(name, run, three, captured, monkeypatch):
    write = Store.write

    def stopped_after_two(store, key, data):
        write(store, key, data)
        if len(store.files.sizes("exhibits")) == 2:
            signal.raise_signal(signal.Signals[name])

    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(Store, "write", stopped_after_two)
    said = run("capture")
    assert (said.exit_code, said.exception.__class__) == (1, SystemExit)
    told = said.stderr.splitlines()[-1]
    assert re.fullmatch(
        r"stopped: [12] exhibits? captured and kept, 1 missing; run the command again, it goes on from there", told
    )
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    monkeypatch.setattr(Store, "write", write)
    assert run("capture").stderr.startswith("1 exhibit captured, 3 in the store")


def test_what_was_there_is_not_called_missing_when_it_is_captured_again(run, three, captured, monkeypatch):
    run("capture")
    monkeypatch.setattr(os, "replace", read_only)
    said = run("capture", "--again").stderr
    assert said.startswith("0 exhibits captured and kept, 3 to capture again; mend this")


def test_a_store_that_can_only_be_read_is_enough_for_a_build(run, three, captured, monkeypatch):
    """An author's own arrays are made anew, and nothing else is written."""
    save_file({"attention": np.full((1, 1, 2, 2), 0.5, np.float32)}, three.root / "own.safetensors")
    three.write(
        "docs/index.md", "```attnviz small/a\n```\n\n```attnviz\narrays: own.safetensors\ntokens: [a, b]\n```\n"
    )
    (three.root / "gallery/small.yaml").write_text(GALLERY)
    run("capture")
    (arrays,) = (file for file in (three.root / "gallery/store").rglob("*.gz") if not is_captured(file, captured))
    arrays.unlink()
    before = {file: file.read_bytes() for file in (three.root / "gallery/store").rglob("*.*")}
    monkeypatch.setattr("attnviz_mkdocs.store.files.write_whole", read_only)
    build(load_config(str(three.root / "mkdocs.yml"), strict=True))
    assert (three.root / "site/index.html").read_text("utf-8").count("<attn-view") == 2
    assert {file: file.read_bytes() for file in (three.root / "gallery/store").rglob("*.*")} == before


def is_captured(file, captured) -> bool:
    return file.name.startswith(tuple(request.key for request in captured.requests))


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
