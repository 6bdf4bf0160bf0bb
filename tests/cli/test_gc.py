from __future__ import annotations

import importlib
import json

import numpy as np
import pytest
from safetensors.numpy import save_file


@pytest.fixture
def store(run, folder, captured):
    """A store with all that a project names and more: an exhibit, its queries and keys, and those of a model."""
    save_file({"attention": np.full((1, 1, 2, 2), 0.5, "f4")}, folder.root / "own.safetensors")
    for file in (folder.root / "models/tiny").iterdir():
        folder.write(f"models/other/{file.name}", f"{file.read_text()} ")
    gallery = (folder.root / "gallery/small.yaml").read_text()
    arrays = "  - {id: own, arrays: own.safetensors, tokens: [a, b]}\n"
    two = "  - {id: two, model: tiny, compare: [cat, both]}\n"
    folder.write("gallery/small.yaml", gallery + arrays + two)
    more = (
        "models: {other: {source: models/other}}\ntexts: {dog: A dog ran}\n"
        "views: [{id: dog, view: neuron, model: other, text: dog}]\n"
    )
    folder.write("gallery/more.yaml", more)
    assert run("capture").exit_code == 0
    return folder.root / "gallery/store"


def files(store) -> set[str]:
    return {path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()}


def test_all_that_is_named_stays(run, store):
    before = files(store)
    assert len(before) == 7  # three exhibits, one of arrays, queries and keys, two models
    result = run("gc", "--grace", "0")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 files, 0 bytes removed" in result.stderr
    assert files(store) == before
    assert [row["state"] for row in json.loads(run("status", "--json").stdout)] == ["present"] * 5


def test_what_no_view_names_goes(run, store, folder):
    before = files(store)
    (folder.root / "gallery/more.yaml").unlink()
    states = {row["key"]: row for row in json.loads(run("status", "--json").stdout)}
    unused = {key: row["bytes"] for key, row in states.items() if row["state"] == "unused"}
    assert len(unused) == 2
    dry = run("gc", "--grace", "0", "--dry-run")
    assert files(store) == before
    assert "would be removed from gallery/store" in dry.stderr
    done = run("gc", "--grace", "0")
    assert done.stdout == dry.stdout
    gone = before - files(store)
    assert {name.split("/")[-1].split(".")[0] for name in gone if name.startswith("exhibits/")} == set(unused)
    assert sum(name.startswith("models/") for name in gone) == 1
    assert len(gone) == 3
    told = [line.split() for line in done.stdout.splitlines()]
    assert {name: int(size.replace(",", "")) for size, name in told}.items() >= {
        name: unused[name.split("/")[-1].split(".")[0]] for name in gone if name.startswith("exhibits/")
    }.items()


def test_what_became_stale_goes_and_its_model_is_still_known(run, store, folder):
    folder.write("models/other/model.safetensors", "trained further")
    states = [row["state"] for row in json.loads(run("status", "--json").stdout)]
    assert sorted(states) == ["present"] * 3 + ["stale"] * 2 + ["unused"] * 2
    assert run("gc", "--grace", "0").stderr.startswith("2 files, ")
    assert (
        sorted(row["state"] for row in json.loads(run("status", "--json").stdout)) == ["missing"] * 2 + ["present"] * 3
    )


def test_what_is_young_stays_and_it_is_told_how_to_remove_it(run, store, folder):
    before = files(store)
    (folder.root / "gallery/more.yaml").unlink()
    result = run("gc")
    assert files(store) == before
    assert "3 files, " in result.stderr
    assert "younger than 60 minutes, kept; to remove them too: --grace 0" in result.stderr


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("gallery/broken.yaml", "models: 3\n", "gallery/broken.yaml:1:9"),
        ("docs/page.md", "```attnviz small/nothing\n```\n", "docs/page.md:1:12"),
        (
            "gallery/gone.yaml",
            "models: {m: {source: models/gone}}\ntexts: {a: b}\nviews: [{id: v, model: m, text: a}]\n",
            "gallery/gone.yaml:1:22",
        ),
        ("gallery/arrays.yaml", "views: [{id: v, arrays: nowhere.safetensors}]\n", "gallery/arrays.yaml:1:25"),
    ],
)
def test_nothing_goes_while_something_might_name_it(run, store, folder, file, content, told):
    (folder.root / "gallery/more.yaml").unlink()
    folder.write(file, content)
    before = files(store)
    result = run("gc", "--grace", "0")
    assert (result.exit_code, told in result.stderr) == (1, True), result.stderr
    assert files(store) == before


@pytest.mark.parametrize(
    ("gone", "told"),
    [("docs", "there are no pages at "), ("gallery/*.yaml docs/*.md", "no gallery and no page has a view")],
)
def test_nothing_goes_where_nothing_is_found_that_could_name_it(run, store, folder, gone, told):
    for pattern in gone.split():
        for path in folder.root.glob(pattern):
            path.rename(folder.root / f"away-{path.name}")
    before = files(store)
    result = run("gc", "--grace", "0")
    assert (result.exit_code, told in result.stderr) == (1, True), result.stderr
    assert files(store) == before


def test_what_is_captured_after_the_galleries_were_first_read_stays(run, store, folder, monkeypatch):
    """An author saves a page and captures it just before gc lists the store."""
    module = importlib.import_module("attnviz_mkdocs.cli.gc")
    listed = module.listed

    def after_someone_captured(of_store):
        folder.write("docs/new.md", "```attnviz\nmodel: tiny\ntext: Just now\n```\n")
        assert run("capture").exit_code == 0
        return listed(of_store)

    monkeypatch.setattr(module, "listed", after_someone_captured)
    before = files(store)
    assert run("gc", "--grace", "0").exit_code == 0
    assert before < files(store)
    assert run("status", "--check").exit_code == 0


def test_the_remote_is_cleared_by_name_only(run, store, folder):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {remote: shared}}]\n")
    run("push")
    (folder.root / "gallery/more.yaml").unlink()
    before = files(store)
    assert "3 files" in run("gc", "--remote", "--grace", "0").stderr
    assert files(store) == before
    assert files(folder.root / "shared") < before
    run("gc", "--grace", "0")
    assert files(folder.root / "shared") == files(store)
