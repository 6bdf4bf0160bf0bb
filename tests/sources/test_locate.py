from __future__ import annotations

import json
import subprocess
import sys

import pytest

from attnviz_mkdocs.sources import SourceError, locate
from attnviz_mkdocs.spec import Model


def find(folders, source, **options):
    return locate(Model(source=str(source), **options), folders.root, download=False)


def refusal(folders, source, **options) -> str:
    with pytest.raises(SourceError) as caught:
        find(folders, source, **options)
    return str(caught.value)


def names(located) -> list[str]:
    return [path.name for path in located.files]


def test_a_folder_relative_or_absolute(folders):
    folder = folders.model("models/small")
    for source in ("models/small", "./models/small", "models/small/", folder):
        located = find(folders, source)
        assert located.folder == folder
        assert (located.gguf, located.repo, located.revision) == (None, None, None)
        assert names(located) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_what_does_not_decide_the_result_is_left_out(folders):
    deciding = [
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "merges.txt",
        "model.safetensors",
        "special_tokens_map.json",
        "spiece.model",
        "vocab.txt",
    ]
    others = ["README.md", ".gitattributes", "pytorch_model.bin", "training_args.bin", "own.py"]
    folder = folders.model("small", deciding + others)
    (folder / "tokenizer").mkdir()
    assert names(find(folders, "small")) == deciding
    assert "own.py" in names(find(folders, "small", trust_remote_code=True))


def test_weights_in_several_files(folders):
    folder = folders.model("small", ["config.json", "a-1.safetensors", "a-2.safetensors", "other.safetensors"])
    index = folder / "model.safetensors.index.json"
    index.write_text(
        json.dumps({"weight_map": {"x": "a-1.safetensors", "y": "a-2.safetensors", "z": "a-1.safetensors"}})
    )
    assert names(find(folders, "small")) == ["a-1.safetensors", "a-2.safetensors", "config.json", index.name]
    (folder / "a-2.safetensors").unlink()
    assert "not complete: model.safetensors.index.json names a-2.safetensors" in refusal(folders, "small")
    index.write_text("[]")
    assert "model.safetensors.index.json is not an index of weights" in refusal(folders, "small")


def test_a_gguf_file(folders):
    folder = folders.model("models", ["x.gguf", "y.gguf"])
    located = find(folders, "models/x.gguf")
    assert (located.folder, located.gguf, located.files) == (folder, "x.gguf", (folder / "x.gguf",))


def test_a_pickle_only_where_it_is_allowed(folders):
    folders.model("small", ["config.json", "pytorch_model.bin"])
    message = refusal(folders, "small")
    assert "only pytorch_model.bin: a pickle" in message
    assert '"allow_pickle: true"' in message
    assert names(find(folders, "small", allow_pickle=True)) == ["config.json", "pytorch_model.bin"]


def test_safetensors_win_over_a_pickle_that_is_allowed(folders):
    folders.model("small", ["config.json", "pytorch_model.bin", "model.safetensors"])
    assert names(find(folders, "small", allow_pickle=True)) == ["config.json", "model.safetensors"]


def test_a_folder_wins_over_a_hub_model_of_its_name(folders):
    folders.cached("org/small", "a" * 40)
    assert find(folders, "org/small").repo == "org/small"
    folder = folders.model("org/small")
    assert find(folders, "org/small").folder == folder


@pytest.mark.parametrize(
    "source", ["./smal", "models/smal/", "nowhere/x/y", "smal.gguf", "models/smal.gguf", "a b", "~/x"]
)
def test_what_looks_like_a_path_is_never_asked_of_the_hub(source, folders, monkeypatch):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("asked the hub"))
    what = ".gguf file" if source.endswith(".gguf") else "folder"
    assert refusal(folders, source).startswith(f'there is no {what} "{source}"')


def test_the_nearest_name_is_told(folders):
    folders.model("models/small", ["config.json", "model.safetensors", "tiny.gguf"])
    assert refusal(folders, "./models/smal").endswith("did you mean small?")
    assert refusal(folders, "models/smal").endswith("did you mean small?")
    assert refusal(folders, "models/small/tinny.gguf").endswith("did you mean tiny.gguf?")


def test_no_way_out_of_the_project(folders):
    outside = folders.model("outside")
    project = folders.root / "project"
    (project / "inner").mkdir(parents=True)
    (project / "link").symlink_to(outside)
    for source in ("../outside", "inner/../../outside", "link", "link/model.safetensors"):
        with pytest.raises(SourceError, match="leads out of the project"):
            locate(Model(source=source), project, download=False)
    # An absolute path is the author's explicit choice.
    assert locate(Model(source=str(outside)), project, download=False).folder == outside


def test_what_is_no_model_is_told_with_a_mend(folders):
    folders.model("models/small")
    folders.model("texts", ["a.txt"])
    folders.model("adapter", ["config.json", "adapter_config.json"])
    folders.model("bare", ["config.json"])
    assert "has no config.json; did you mean models/small?" in refusal(folders, "models")
    assert "give the folder that holds the model's files" in refusal(folders, "texts")
    assert "it is an adapter" in refusal(folders, "adapter")
    assert "expected weights as safetensors" in refusal(folders, "bare")
    assert "is a file; expected a model's folder" in refusal(folders, "models/small/model.safetensors")


def test_in_a_package(folders):
    package = folders.package("some_model")
    folders.model("site/some_model/model")
    folders.model("site/some_model", ["x.gguf"])
    assert find(folders, "package:some_model/model").folder == package / "model"
    assert find(folders, "package:some_model/x.gguf").gguf == "x.gguf"
    # A revision beside it says which version of the model it is; the package decides.
    assert find(folders, "package:some_model/model", revision="abc").revision is None
    message = refusal(folders, "package:some_model/modle")
    assert message == 'the package some_model has no "modle"; it holds model, x.gguf'


def test_what_is_wrong_with_a_package_is_told(folders):
    folders.package("some_model")
    (folders.root / "site" / "single.py").touch()
    for source in ("package:some_model", "package:some_model/", "package:some-model/x", "package:/x", "package:a.b/x"):
        with pytest.raises(SourceError, match="is not package:NAME/PATH"):
            # A gallery refuses some of these by itself, and tells where they stand.
            locate(Model.model_construct(source=source), folders.root, download=False)
    assert "single is a single Python file" in refusal(folders, "package:single/x")
    assert "leads out of the package" in refusal(folders, "package:some_model/../../small")
    message = refusal(folders, "package:no_such_model_at_all/x")
    assert message == ("the Python package no_such_model_at_all is not installed (pip install no-such-model-at-all)")
    assert refusal(folders, "package:safetensor/x").endswith("did you mean safetensors?")


def test_nothing_heavy_is_imported():
    code = (
        "import sys, pathlib; from attnviz_mkdocs.sources import locate, fingerprint; "
        "from attnviz_mkdocs.spec import Model; "
        "print(fingerprint(locate(Model(source='org/x', revision='a' * 40), pathlib.Path(), download=False))); "
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[1] == "[]"


@pytest.mark.parametrize("name", ["chat_template.jinja", "vocab.txt", "model.safetensors", "additional/default.jinja"])
def test_a_model_in_the_project_borrows_no_file_from_elsewhere(folders, name):
    folders.model("project/small")
    (folders.root / "secret").write_text("aws_secret_access_key = x")
    link = folders.root / "project/small" / name
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(folders.root / "secret")
    with pytest.raises(SourceError, match=f"holds {name}, a link that leads out of the project; put the file itself"):
        locate(Model(source="small"), folders.root / "project", download=False)
    # What is named by an absolute path is the author's own.
    assert locate(Model(source=str(link.parents[name.count("/")])), folders.root / "project", download=False)


def test_a_model_may_link_within_the_project(folders):
    folder = folders.model("project/small")
    folders.model("project/shared", ["weights"])
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folders.root / "project/shared/weights")
    assert "model.safetensors" in names(locate(Model(source="small"), folders.root / "project", download=False))


@pytest.mark.parametrize(
    "shard",
    ["../x.safetensors", "/x.safetensors", "a/x.safetensors", "..\\x.safetensors", "C:x.safetensors", "x.bin", "x", ""],
)
def test_an_index_of_weights_names_nothing_but_weights_beside_it(folders, shard):
    folder = folders.model("small", ["config.json", "x.safetensors", "x.bin", "x"])
    folders.model("", ["x.safetensors"])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    message = refusal(folders, "small")
    assert f'model.safetensors.index.json names "{shard}"; expected a .safetensors file beside it' in message


def test_an_index_of_pickles_names_nothing_but_pickles_beside_it(folders):
    folder = folders.model("small", ["config.json", "x-1.bin"])
    index = folder / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "x-1.bin"}}))
    assert "x-1.bin" in names(find(folders, "small", allow_pickle=True))
    index.write_text(json.dumps({"weight_map": {"a": "../x-1.bin"}}))
    assert 'names "../x-1.bin"; expected a .bin file beside it' in refusal(folders, "small", allow_pickle=True)
