"""What commands print may quote what others made: no terminal obeys it, and no log is given a key."""

from __future__ import annotations

import json
import logging
import re
import traceback
from dataclasses import replace

import pytest
from builders import neurons
from click.testing import CliRunner

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.exhibit import Provenance
from attnviz_mkdocs.store import Store, StoreError

# A title for the window, a link to elsewhere, another line over this one, an empty screen in eight-bit words, and
# what turns the direction of the rest.
ORDERS = "\x1b]0;a\x07\x1b]8;;https://example.org\x07b\x1b]8;;\x07\rc\x9b2Jd\u202ee\x7f\x08\x00"
KEY = "SECRET"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def run(*words: str) -> str:
    said = CliRunner().invoke(main, words)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    assert not OBEYED.search(said.output), repr(said.output)
    return said.output


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    return folder


def test_what_a_store_says_of_itself(here):
    made, _ = neurons()
    origin = Provenance(ORDERS, ORDERS, ORDERS, ORDERS, ORDERS, 0.0, ORDERS, ORDERS, {ORDERS: ORDERS})
    Store("gallery/store", here.root).write("f" * 32, encode(replace(made, text=ORDERS, provenance=origin)))
    assert "]0;a" in run("status")
    row = next(row for row in json.loads(run("status", "--json")) if row["state"] == "unused")
    assert (row["model"], row["text"]) == (ORDERS, ORDERS)


def test_names_of_files(here):
    name = "\x1b[2J\nremoved 1 file\u202e\x9b"
    stray = here.write(f"gallery/store/exhibits/ff/{name}", "")
    listed = run("gc", "--dry-run", "--grace", "0")
    assert stray.exists()
    assert "\nremoved" not in listed
    here.write(f"gallery/{name}.yaml", "a: [")
    for words in (["check"], ["status"], ["capture"]):
        told = run(*words)
        assert "[2J" in told
        assert "\nremoved" not in told


@pytest.mark.parametrize("command", ["status", "capture", "push", "pull", "gc"])
def test_what_a_server_answers(here, command, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(f"{ORDERS} for https://KEY:SECRET@host/a?sig=SIGNED")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.find", refuse)
    here.write("mkdocs.yml", "plugins: [{attnviz: {store: 'memory://attn', remote: 'memory://other'}}]\n")
    told = run(command)
    assert "https://…@host/a?sig=…" in told


def test_what_other_packages_warn_of(here, monkeypatch, capsys):
    def warn(*_):
        logging.getLogger("botocore").warning("%s: no s3://KEY:SECRET@bucket; Authorization: Bearer abcdefgh", ORDERS)
        return []

    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr("attnviz_mkdocs.store.store.Store.records", warn)
    told = run("pull", "memory://attn")
    assert "s3://…@bucket; Authorization: Bearer …" in told


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG", "wrong key wJalrXUtnFEMI/K7MDENG"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", "no user AKIAIOSFODNN7EXAMPLE"),
        ("HF_TOKEN", "hf_abcdefghijkl", "bad token"),
        ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=b", "can't parse AccountName=a;AccountKey=b"),
        ("OTHER", "", "token hf_abcdefghijkl, ghp_abcdefghijkl; Authorization: Bearer abcdefghijkl"),
        ("OTHER", "", "https://host/a#access_token=abcdefghijkl"),
    ],
)
def test_no_answer_repeats_what_opens_a_store(here, monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)

    def refuse(*_, **__):
        raise PermissionError(words)

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.find", refuse)
    told = run("--store", "memory://attn", "status")
    assert "can't be listed" in told
    assert not re.search(r"abcdefghijkl|AKIA|wJalr|AccountKey", told)


@pytest.mark.parametrize("words", ["no bucket USER:PASS%2FWORD@attn", "no PASS%2FWORD", "no PASS/WORD", "no SIGNED"])
def test_no_answer_repeats_a_part_of_the_address(here, monkeypatch, words):
    def refuse(*_, **__):
        raise PermissionError(words)

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.find", refuse)
    told = run("--store", "memory://USER:PASS%2FWORD@attn?sig=SIGNED", "status")
    assert "the store memory://…@attn?sig=… can't be listed: no " in told
    assert not re.search("PASS|WORD|SIGNED", told)


def test_no_trace_shows_an_address(here, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(f"https://KEY:{KEY}@host")

    store = Store("memory://attn", here.root)
    monkeypatch.setattr(store.files._fs, "find", refuse)
    with pytest.raises(StoreError, match="can't be listed") as caught:
        list(store)
    assert "@host" in "".join(traceback.format_exception(caught.value))
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "settings",
    [
        'plugins: [{attnviz: {store: "s3://KEY:SECRET@bucket\\x01"}}]',
        "plugins: [{attnviz: {store: 's3://KEY:SECRET@b'}}]",
        "plugins: [{attnviz: ['s3://KEY:SECRET@bucket']}]",
        "plugins: s3://KEY:SECRET@bucket",
        "plugins: [{attnviz: {store: ['s3://KEY:SECRET@bucket']}}]",
        "plugins: [{attnviz: {galleries: 's3://KEY:SECRET@bucket'}}]",
        "plugins: [{attnviz: {capture: 's3://KEY:SECRET@bucket'}}]",
    ],
)
def test_a_mistake_in_the_configuration_shows_no_key(here, settings):
    here.write("mkdocs.yml", settings)
    told = run("status")
    assert "s3://…@b" in told
    assert "SECRET" not in told
