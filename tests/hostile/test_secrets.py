"""Nothing of the machine, of its user or of a store's keys gets into what is published or told."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from mkdocs.commands.build import build
from mkdocs.config import load_config

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.spec import Model
from attnviz_mkdocs.store import Store, StoreError, without_secrets

PACKAGE = Path(str(files("attnviz_mkdocs")))
SECRETS = ("KEY", "SE/CRET+=", "SIGNED", "TOKEN")
ADDRESSES = {
    "none://KEY:SE/CRET+=@bucket/attn": "none://…@bucket/attn",
    "none://KEY@bucket/attn": "none://…@bucket/attn",
    "none://bucket/attn?token=TOKEN": "none://bucket/attn?token=…",
    "none://bucket/attn?v=TOKEN&sig=SIGNED#a": "none://bucket/attn?v=…&sig=…",
    "simplecache::none://KEY:SE/CRET+=@bucket/attn": "simplecache::none://…@bucket/attn",
    "none://datasets/me/attn@main": "none://datasets/me/attn@main",
    "none://bucket/attn": "none://bucket/attn",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_store_that_can_t_be_opened_is_named_without_what_opens_it(address, folder, monkeypatch):
    with pytest.raises(StoreError) as error:
        Store(address, folder.root)
    assert ADDRESSES[address] in str(error.value)
    monkeypatch.chdir(folder.root)
    for command in (["status"], ["capture"], ["export", "small/lines", "-o", "x.html"]):
        said = CliRunner().invoke(main, ["--store", address, *command])
        assert said.exit_code == 1
        assert not [secret for secret in SECRETS if secret in said.output]


def test_a_store_that_fails_is_named_without_what_opens_it(tmp_path, monkeypatch):
    store = Store("memory://KEY:SE/CRET+=@attn?token=TOKEN", tmp_path)
    assert store.url == "memory://…@attn?token=…"

    def refuse(*_, **__):
        raise PermissionError("403 for https://KEY:SE/CRET+=@host/attn?X-Amz-Signature=SIGNED, see 'https://a?b=TOKEN'")

    for method in ("find", "pipe_file", "cat_file", "rm_file"):
        monkeypatch.setattr(store.files._fs, method, refuse)
    for ask in (lambda: "a" in store, lambda: store.write("a" * 32, b"")):
        with pytest.raises(StoreError) as error:
            ask()
        assert "403 for https://…@host/attn?X-Amz-Signature=…" in str(error.value)
        assert not [secret for secret in SECRETS if secret in str(error.value)]


@pytest.mark.parametrize(
    "words", ["no address", "a@b.c", "12:30 @ noon", "a?b", "https://example.org/a?b#c", "C://a b@c"]
)
def test_other_words_stay_as_they_are(words):
    assert without_secrets(words) == words


def test_what_is_published_holds_nothing_of_the_machine(folder, captured, monkeypatch):
    marks = {
        "HOME": "/home/someone-secret",
        "USER": "someone-secret",
        "LOGNAME": "someone-secret",
        "HF_TOKEN": "hf_secret",
    }
    for name, value in marks.items():
        monkeypatch.setenv(name, value)
    model = folder.root / "models/tiny"
    gallery = (folder.root / "gallery/small.yaml").read_text("utf-8").replace("models/tiny", str(model))
    folder.write("gallery/small.yaml", gallery)
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {delivery: linked}}]\n")
    folder.write("docs/inline.md", "```attnviz small/grid\n```\n\n```attnviz small/lines\nview: neuron\n```\n")
    build(load_config(str(folder.root / "mkdocs.yml"), strict=True))
    monkeypatch.chdir(folder.root)
    for name in ("x.html", "x.svg", "x.json", "x.safetensors"):
        assert CliRunner().invoke(main, ["export", "small/lines", "-o", name]).exit_code == 0

    written = [
        *(folder.root / "site").rglob("*"),
        *(folder.root / "gallery/store").rglob("*"),
        *folder.root.glob("x.*"),
    ]
    written = [file for file in written if file.is_file()]
    assert len([file for file in written if file.suffix == ".gz" and "exhibits" in file.parts]) == 4
    for file in written:
        content = file.read_bytes()
        content = gzip.decompress(content) if file.suffix == ".gz" else content
        for mark in (str(folder.root), folder.root.name, *marks.values()):
            assert mark.encode() not in content, (file, mark)
    records = [json.loads(file.read_text("utf-8")) for file in (folder.root / "gallery/store/models").iterdir()]
    assert [record["source"] for record in records] == ["tiny"]


def test_no_code_of_ours_reads_a_pickle_or_runs_a_text():
    others = "pickle|marshal|shelve|dill|joblib|cloudpickle"
    imports = rf"^ *(import|from) ({others})(?= import|$)"
    runs = re.compile(rf"{imports}|torch\.load|np\.load\(|(?<![.\w])(eval|exec)\(", re.MULTILINE)
    found = [file.name for file in PACKAGE.rglob("*.py") if runs.search(file.read_text("utf-8"))]
    assert len(list(PACKAGE.rglob("*.py"))) > 100
    assert not found


def test_code_and_pickles_of_a_model_are_refused_unless_its_author_allows_them():
    model = Model(source="a/b")
    assert (model.trust_remote_code, model.allow_pickle) == (False, False)
