"""Against a cache laid out as the hub's library has it; the network is never asked."""

from __future__ import annotations

import shutil
import sys

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from attnviz_mkdocs.sources import SourceError, fingerprint, locate
from attnviz_mkdocs.spec import Model

COMMIT, OTHER = "1" * 40, "2" * 40


def find(folders, source, *, download=False, **options):
    return locate(Model(source=source, **options), folders.root, download=download)


@pytest.mark.parametrize("download", [False, True])
@pytest.mark.parametrize("repo", ["org/small", "small"])
def test_a_model_without_a_revision_tells_which_to_pin(repo, download, folders):
    snapshot = folders.cached(repo, COMMIT)
    located = find(folders, repo, download=download)
    assert (located.folder, located.repo, located.revision) == (snapshot, repo, COMMIT)
    assert [path.name for path in located.files] == ["config.json", "model.safetensors", "tokenizer.json"]


def test_a_revision_is_a_commit_or_a_branch_or_a_tag(folders):
    folders.cached("org/small", COMMIT)
    other = folders.cached("org/small", OTHER, refs=("v1",))
    assert find(folders, "org/small", revision="v1").folder == other
    assert find(folders, "org/small", revision=OTHER).folder == other
    assert find(folders, "org/small", revision="main").revision == COMMIT


def test_a_gguf_file_of_a_model(folders):
    snapshot = folders.cached("org/small", COMMIT, ["a.gguf", "b.gguf"])
    located = find(folders, "org/small/b.gguf")
    assert (located.folder, located.gguf, located.files) == (snapshot, "b.gguf", (snapshot / "b.gguf",))
    assert (located.repo, located.revision) == ("org/small", COMMIT)


def test_a_pinned_model_is_told_from_others_without_its_files(folders):
    snapshot = folders.cached("org/small", COMMIT)
    there = find(folders, "org/small", revision=COMMIT)
    shutil.rmtree(snapshot)
    gone = find(folders, "org/small", revision=COMMIT)
    assert gone.files == ()
    assert fingerprint(gone) == fingerprint(there)


def test_a_pinned_model_is_told_from_others_without_the_hubs_library(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert find(folders, "org/small", revision=COMMIT).revision == COMMIT
    with pytest.raises(SourceError, match="the local cache has no hub model of this name"):
        find(folders, "org/small")


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_what_can_neither_be_found_nor_fetched(revision, folders):
    with pytest.raises(SourceError, match='no folder "org/none", and the hub can\'t be reached'):
        find(folders, "org/none", download=True, revision=revision)


def test_a_model_that_is_not_cached_names_the_command(folders):
    with pytest.raises(SourceError, match=r'no folder "org/none", and the local cache .* hf download org/none'):
        find(folders, "org/none")


def test_a_cache_that_holds_a_part_only_is_not_taken_for_the_model(folders):
    folders.cached("org/small", COMMIT, ["config.json", "tokenizer.json"])
    with pytest.raises(SourceError, match="the local cache has no hub model"):
        find(folders, "org/small")


def test_a_pickle_in_the_cache_only_where_it_is_allowed(folders):
    folders.cached("org/small", COMMIT, ["config.json", "pytorch_model.bin"])
    with pytest.raises(SourceError, match='"allow_pickle: true"'):
        find(folders, "org/small")
    assert find(folders, "org/small", allow_pickle=True).revision == COMMIT


def test_only_what_is_needed_is_fetched(folders, monkeypatch):
    asked = []

    def fetch(repo, *, local_files_only, allow_patterns, **_):
        if local_files_only:
            raise LocalEntryNotFoundError("not there")
        asked.append(allow_patterns)
        return str(folders.cached(repo, COMMIT))

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    find(folders, "org/a", download=True)
    find(folders, "org/b", download=True, allow_pickle=True, trust_remote_code=True)
    assert {"chat_template.jinja", "generation_config.json"} <= set(asked[0])
    assert "*.py" not in asked[0]
    assert "pytorch_model*" not in asked[0]
    assert {"*.py", "pytorch_model*"} <= set(asked[1])


def test_an_id_that_the_hub_can_not_have(folders):
    with pytest.raises(SourceError, match="gave no model of this name"):
        find(folders, "org/a..b", download=True)
