"""A store that someone else filled: what can't be shown is told in its place, and nothing else is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace

import markdown
import numpy as np
import pytest
from builders import exhibit, neurons
from click.testing import CliRunner

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.exhibit import Provenance
from attnviz_mkdocs.store import Store

PAGE = "```attnviz small/lines\n```\n\n```attnviz small/lines\nview: neuron\n```\n\n```attnviz\nmodel: tiny\ntext: Another\n```\n"


def convert(folder) -> str:
    options = {"root": str(folder.root)}
    return markdown.markdown(PAGE, extensions=["attnviz"], extension_configs={"attnviz": options})


@pytest.fixture
def filled(folder, captured):
    """A page whose exhibits are all in the store, and a way to put other bytes in the place of each."""
    assert convert(folder).count("<attn-view") == 3
    requests = {(request.what, request.text.shown): request.key for request in captured.requests}

    def put(what: str, data: bytes) -> str:
        Store("gallery/store", folder.root).write(requests[what, "The cat sat"], data)
        shutil.rmtree(folder.root / ".cache")  # the pictures that were drawn of the others
        return convert(folder)

    return put


MADE, OWN = neurons(heads=3, key_heads=3, labels=("[CLS]", "The", "cat", "sat", "[SEP]"))
FEWER, OF_FEWER = neurons(layers=1, heads=3, key_heads=3, labels=("[CLS]", "The", "cat", "sat", "[SEP]"))


WEIGHTS = MADE.attention.weights()
NO_EXHIBITS = [
    b"",
    b"hello",
    encode(exhibit(WEIGHTS))[:-8],
    encode_neurons(OWN),
    encode(exhibit(np.minimum(WEIGHTS * 3, 1))),
]


@pytest.mark.parametrize("data", NO_EXHIBITS)
def test_an_exhibit_that_is_none_is_told_in_each_place(filled, data, caplog):
    html = filled("attention", data)
    assert (html.count("<attn-view"), html.count("attnviz-error-title")) == (1, 2)
    assert "page:1:1: " in caplog.text


@pytest.mark.parametrize("data", [encode_neurons(OF_FEWER), encode(MADE), b"hello"])
def test_neurons_of_something_else_are_told_in_their_place(filled, data, caplog):
    html = filled("neurons", data)
    assert (html.count("<attn-view"), html.count("attnviz-error-title")) == (2, 1)
    assert "page:4:1: the " in caplog.text


def test_what_an_exhibit_says_of_itself_is_only_text(filled):
    payload = '"><img src=x onerror=hit()>'
    origin = Provenance(payload, payload, payload, payload, payload, 0.0, payload, payload, {payload: payload})
    made = replace(MADE, text=payload, pair=payload, target=payload, notes=(payload,), provenance=origin)
    html = filled("attention", encode(made))
    assert html.count("<attn-view") == 3
    assert "<img src=x" not in html


def test_status_doesn_t_fail_over_it(folder, captured, monkeypatch):
    monkeypatch.chdir(folder.root)
    Store("gallery/store", folder.root).write("f" * 32, b"hello")
    said = CliRunner().invoke(main, ["status"])
    assert said.exit_code == 0, said.output
    assert "missing" in said.output


NO_RECORDS = [
    b"",
    b"[]",
    b"null",
    b"5",
    b"{}",
    b'{"fingerprint": 5}',
    b"[" * 100_000,
    b"\xff",
    b'{"fingerprint": {"a": 1}}',
]


@pytest.mark.parametrize("record", NO_RECORDS)
def test_a_record_of_a_model_that_is_none_is_as_good_as_none(folder, captured, monkeypatch, record):
    monkeypatch.chdir(folder.root)
    assert CliRunner().invoke(main, ["capture"]).exit_code == 0
    shutil.rmtree(folder.root / "models")
    assert "present" in CliRunner().invoke(main, ["status", "--check"]).output
    [file] = (folder.root / "gallery/store/models").iterdir()
    file.write_bytes(record)
    said = CliRunner().invoke(main, ["status", "--check"])
    assert (said.exit_code, type(said.exception)) == (1, SystemExit)
    assert 'there is no folder "models/tiny"' in said.output
