from __future__ import annotations

import json
import os
import shutil

import pytest

from attnviz_mkdocs.sources import digest, fingerprint, locate
from attnviz_mkdocs.spec import Model


@pytest.fixture
def small(folders):
    digest._remembered.clear()
    return folders.model("small")


@pytest.fixture
def hashed(monkeypatch):
    """Names of the files that are read."""
    read = []
    sha256 = digest._sha256
    monkeypatch.setattr(digest, "_sha256", lambda path: read.append(path.name) or sha256(path))
    return read


def of(folders, source="small", **options) -> str:
    return fingerprint(locate(Model(source=str(source), **options), folders.root, download=False))


def memory(folders):
    return folders.root / "cache" / "attnviz-mkdocs" / "sha256.json"


def enlarge(small):
    (small / "model.safetensors").write_bytes(b"x" * digest.BIG)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_every_file_that_decides_the_result_decides_the_fingerprint(name, small, folders):
    before = of(folders)
    (small / name).write_text("other content")
    assert of(folders) != before


def test_nothing_else_does(small, folders):
    before = of(folders)
    (small / "README.md").write_text("a new file")
    os.utime(small / "config.json", (0, 0))
    assert of(folders) == before
    shutil.copytree(small, folders.root / "elsewhere")
    assert of(folders, "elsewhere") == before


def test_names_and_contents_do_not_run_together(folders):
    first = folders.model("first", ["config.json", "model.safetensors", "vocab.txt"])
    second = folders.model("second", ["config.json", "model.safetensors", "vocab.txt"])
    (first / "vocab.txt").write_text("content of model.safetensors")
    (second / "model.safetensors").write_text("content of vocab.txt")
    assert of(folders, "first") != of(folders, "second")


def test_a_hub_models_depends_on_its_id_and_commit(folders):
    seen = {
        of(folders, "org/a", revision="1" * 40),
        of(folders, "org/a", revision="2" * 40),
        of(folders, "org/b", revision="1" * 40),
        of(folders, "org/a/x.gguf", revision="1" * 40),
    }
    assert len(seen) == 4


def test_a_big_file_is_read_once(small, folders, hashed):
    enlarge(small)
    first = of(folders)
    assert "model.safetensors" in hashed
    hashed.clear()
    assert of(folders) == first
    assert "model.safetensors" not in hashed
    digest._remembered.clear()
    assert of(folders) == first
    assert "model.safetensors" not in hashed


def test_a_big_file_of_the_same_size_and_date_that_took_its_place_is_read(small, folders):
    enlarge(small)
    weights = small / "model.safetensors"
    about = weights.stat()
    first = of(folders)
    weights.write_bytes(b"y" * digest.BIG)
    os.utime(weights, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert of(folders) != first


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"x": 1}', '{"x": [1, 2]}'])
def test_a_damaged_memory_is_forgotten(content, small, folders):
    enlarge(small)
    first = of(folders)
    memory(folders).write_text(content)
    digest._remembered.clear()
    assert of(folders) == first


def test_what_is_gone_is_forgotten(small, folders):
    enlarge(small)
    of(folders)
    shutil.copytree(small, folders.root / "elsewhere")
    shutil.rmtree(small)
    of(folders, "elsewhere")
    assert list(json.loads(memory(folders).read_text())) == [str(folders.root / "elsewhere" / "model.safetensors")]


def test_a_memory_that_can_not_be_written_costs_only_time(small, folders):
    enlarge(small)
    (folders.root / "cache").write_text("a file where the folder should be")
    assert of(folders) == of(folders)
