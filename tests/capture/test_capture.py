"""From requests to exhibits: the whole way, and what happens to the rest when a part fails."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from attnviz_mkdocs.capture import CaptureError, capture
from attnviz_mkdocs.capture.subject import Subject
from attnviz_mkdocs.codec import decode, encode
from attnviz_mkdocs.exhibit import Exhibit
from attnviz_mkdocs.neurons import digest_of
from attnviz_mkdocs.spec import Text


class Watcher:
    """Takes the place of `Progress`."""

    def __init__(self):
        self.said = []

    def loading(self, model):
        self.said.append(("loading", model))

    def took(self, tokens):
        self.said.append("failed" if tokens is None else ("captured", tokens))

    def close(self):
        self.said.append("closed")


def results(requests, root, **options):
    return {request.key: result for request, result in capture(requests, root=root, device="cpu", **options)}


def only(requests, root):
    [result] = results(requests, root).values()
    return result


def words(requests, root) -> str:
    result = only(requests, root)
    assert isinstance(result, CaptureError)
    return str(result)


@pytest.fixture
def bert(tmp_path):
    return tiny.save(tmp_path / "bert", tiny.config("bert"))


def test_an_exhibit_says_where_it_came_from(saved):
    folder = saved("bert")
    [request] = tiny.requests(folder, Text(text="the cat", pair="a dog"))
    exhibit = only([request], folder)
    assert (exhibit.text, exhibit.pair) == ("the cat", "a dog")
    assert exhibit.query == exhibit.key
    about = exhibit.provenance
    assert (about.model, about.source, about.fingerprint) == ("tiny", folder.name, "f" * 64)
    assert (about.architecture, about.dtype, about.revision) == ("BertModel", "float32", None)
    # By which a store tells what has become stale.
    assert about.asked == request.asked
    assert about.versions["torch"] == torch.__version__
    assert {"transformers", "tokenizers"} <= set(about.versions)
    decoded = decode(encode(exhibit))
    assert decoded.provenance == about
    np.testing.assert_array_equal(decoded.attention.weights(), exhibit.attention.weights())


def both(folder, *texts) -> list:
    """A request for the exhibit of each text, and one for its neurons."""
    exhibits = tiny.requests(folder, *texts)
    return [*exhibits, *[replace(request, key=f"{request.key} neurons", what="neurons") for request in exhibits]]


@pytest.mark.parametrize(
    ("kind", "names"), [("llama", ["self"]), ("t5", ["cross", "encoder", "decoder"]), ("bloom", ["self"])]
)
def test_neurons_are_of_the_exhibit_and_add_up_to_it(kind, names, saved):
    target = "a dog ran" if kind == "t5" else None
    found = results(both(saved(kind), Text(text=tiny.LONG, target=target)), saved(kind))
    exhibit, neurons = found["key0"], found["key0 neurons"]
    assert neurons.tokens == digest_of(exhibit.tokens)
    # Both say what they were asked for, and agree in all else.
    assert neurons.provenance.asked != exhibit.provenance.asked
    assert replace(neurons.provenance, asked=exhibit.provenance.asked) == exhibit.provenance
    assert list(neurons.attentions) == list(exhibit.attentions) == names
    for name, attention in exhibit.attentions.items():
        scores, track = neurons.attentions[name], attention.track
        for position in range(len(attention.layers)):
            weights = scores.weights(position, track.masked()[position])
            tolerance = scores.largest_error + track.largest_error + 1e-6
            np.testing.assert_allclose(track.weights()[position], weights, atol=tolerance)


def test_an_exhibit_and_its_neurons_are_captured_in_one_pass(saved, monkeypatch):
    batches = []
    run = Subject.run
    monkeypatch.setattr(Subject, "run", lambda self, batch: batches.append(len(batch)) or run(self, batch))
    wanted = both(saved("bert"), tiny.SHORT, "a dog ran")
    assert len(results(wanted, saved("bert"))) == 4
    assert batches == [2]
    # Apart from texts of which no neurons are wanted.
    batches.clear()
    assert len(results(wanted[:3], saved("bert"))) == 3
    assert batches == [1, 1]


def test_a_model_without_a_neuron_view_still_has_the_others(saved):
    found = results(both(saved("deberta-v2"), tiny.SHORT), saved("deberta-v2"))
    assert isinstance(found["key0"], Exhibit)
    assert "this model has no neuron view" in str(found["key0 neurons"])
    assert (found["key0 neurons"].concerns, type(found["key0 neurons"])) == ("view", CaptureError)


def test_a_text_that_cannot_be_read_fails_for_both(saved):
    found = results(both(saved("bert"), "the cat " * 60), saved("bert"))
    assert {str(error).partition(",")[0] for error in found.values()} == {"the text has 122 tokens"}


def test_a_relative_folder_is_relative_to_the_root(saved):
    folder = saved("bert")
    assert isinstance(only(tiny.requests(folder.name, tiny.SHORT), folder.parent), Exhibit)


def test_an_exhibit_counts_as_captured_when_who_asked_for_it_has_kept_it(bert, tmp_path):
    watcher = Watcher()
    asked = tiny.requests(bert, tiny.SHORT, tiny.LONG)
    counted = [len(watcher.said) for _ in capture(asked, root=tmp_path, device="cpu", progress=watcher)]
    assert counted == [1, 2]  # loading, and what came before
    assert len(watcher.said) == 4


def test_models_are_loaded_once_each_and_one_failure_leaves_the_rest(saved, tmp_path):
    watcher = Watcher()
    good = tiny.requests(saved("bert"), tiny.SHORT, "the cat " * 60, tiny.LONG)
    lost = [replace(request, key=f"lost{request.key}") for request in tiny.requests(tmp_path / "none", tiny.SHORT)]
    other = [replace(request, key=f"other{request.key}") for request in tiny.requests(saved("gpt2"), tiny.SHORT)]
    found = results([good[0], *lost, *other, *good[1:]], tmp_path, progress=watcher)
    assert {key for key, result in found.items() if isinstance(result, CaptureError)} == {"key1", "lostkey0"}
    assert len(found) == 5
    assert watcher.said.count(("loading", "tiny")) == 3
    assert watcher.said.count("failed") == 2
    lengths = [len(result.query) for result in found.values() if isinstance(result, Exhibit)]
    assert sorted(said[1] for said in watcher.said if said[0] == "captured") == sorted(lengths)
    assert watcher.said[-1] == "closed"


def test_exhibits_come_as_soon_as_they_are_there(saved):
    asked = capture(tiny.requests(saved("bert"), *[tiny.LONG] * 40), root=saved("bert"), device="cpu")
    assert isinstance(next(asked)[1], Exhibit)
    asked.close()


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("bert", Text(text="the cat " * 60), "the text has 122 tokens, but the model has positions for at most 64"),
        # 66 positions, of which RoBERTa leaves the first.
        ("roberta", Text(text="the cat " * 32), "the text has 66 tokens, but the model has positions for at most 65"),
        ("bloom", Text(text="the cat " * 600), "the text has 1,200 tokens, but a page can show at most 1,024"),
        ("bert", Text(text="the cat", target="a dog"), '"target" is for encoder-decoder models'),
        ("gpt2", Text(text="the cat", pair="a dog"), "this model was not trained on pairs of texts"),
        ("t5", Text(text="the cat"), 'an encoder-decoder model needs "target"'),
    ],
)
def test_a_text_that_a_model_cannot_read_is_refused_in_words(kind, text, expected, saved):
    assert expected in words(tiny.requests(saved(kind), text), saved(kind))


def test_a_text_as_long_as_the_model_allows_is_read(saved):
    assert len(only(tiny.requests(saved("roberta"), "the " * 63), saved("roberta")).query) == 65
    assert len(only(tiny.requests(saved("bert"), "the " * 62), saved("bert")).query) == 64


def test_the_tokenizers_own_limit_counts(tmp_path):
    folder = tiny.save(tmp_path, tiny.config("bert"), tiny.tokenizer(model_max_length=16))
    assert "has 32 tokens, but its tokenizer allows at most 16" in words(tiny.requests(folder, "the " * 30), tmp_path)


def test_weights_that_are_not_numbers_are_told_in_words(bert):
    tensors = load_file(bert / "model.safetensors")
    # The embedding of one word only: the check at load doesn't meet it, and other texts are well.
    tensors["embeddings.word_embeddings.weight"][4 + tiny.WORDS.index("dog")] = float("nan")
    save_file(tensors, bert / "model.safetensors", {"format": "pt"})
    found = results(tiny.requests(bert, "a dog ran", "the cat ran"), bert)
    assert "NaN or infinite" in str(found["key0"])
    assert isinstance(found["key1"], Exhibit)


def test_weights_that_lack_are_not_made_up(bert):
    tensors = load_file(bert / "model.safetensors")
    del tensors["encoder.layer.1.attention.self.query.weight"]
    save_file(tensors, bert / "model.safetensors", {"format": "pt"})
    message = words(tiny.requests(bert, tiny.SHORT), bert)
    assert "1 weights are missing, such as encoder.layer.1.attention.self.query.weight" in message


def test_a_pooler_may_lack(bert):
    tensors = load_file(bert / "model.safetensors")
    tensors = {name: tensor for name, tensor in tensors.items() if "pooler" not in name}
    save_file(tensors, bert / "model.safetensors", {"format": "pt"})
    assert isinstance(only(tiny.requests(bert, tiny.SHORT), bert), Exhibit)


def test_a_pickle_is_read_only_where_it_is_allowed(bert):
    expected = only(tiny.requests(bert, tiny.SHORT), bert)
    torch.save(load_file(bert / "model.safetensors"), bert / "pytorch_model.bin")
    (bert / "model.safetensors").unlink()
    assert '"allow_pickle: true"' in words(tiny.requests(bert, tiny.SHORT), bert)
    allowed = only(tiny.requests(bert, tiny.SHORT, allow_pickle=True), bert)
    np.testing.assert_array_equal(allowed.attention.codes, expected.attention.codes)


class _Trap:
    def __reduce__(self):
        return (open, ("trap-was-sprung", "w"))


def test_even_an_allowed_pickle_runs_nothing(bert, monkeypatch):
    monkeypatch.chdir(bert)
    (bert / "model.safetensors").unlink()
    (bert / "pytorch_model.bin").write_bytes(pickle.dumps(_Trap()))
    said = words(tiny.requests(bert, tiny.SHORT, allow_pickle=True), bert)
    assert "one that holds more than weights, which is not run; convert them to safetensors" in said
    assert not (bert / "trap-was-sprung").exists()


def test_code_that_comes_with_a_model_runs_only_where_it_is_allowed(bert):
    config = json.loads((bert / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}}
    (bert / "config.json").write_text(json.dumps(config))
    (bert / "own.py").write_text(
        "from pathlib import Path\n"
        f"Path({str(bert / 'ran')!r}).touch()\n"
        "from transformers import BertConfig, BertModel\n"
        "class OwnConfig(BertConfig):\n    model_type = 'own'\n"
        "class OwnModel(BertModel):\n    config_class = OwnConfig\n"
    )
    assert '"trust_remote_code: true"' in words(tiny.requests(bert, tiny.SHORT), bert)
    assert not (bert / "ran").exists()
    exhibit = only(tiny.requests(bert, tiny.SHORT, trust_remote_code=True), bert)
    assert exhibit.provenance.architecture == "OwnModel"


DAMAGED = r"the model's weights are damaged or not complete \(.*\); copy or download its files again"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("config.json", "the model can't be loaded: .*'bert/config.json' is not a valid JSON file."),
        ("model.safetensors", DAMAGED),
        ("tokenizer.json", "the model can't be loaded: .*"),
    ],
)
def test_a_broken_file_is_told_in_words_without_the_machines_paths(broken, told, bert):
    (bert / broken).write_bytes(b"not what it should be")
    said = words(tiny.requests(bert, tiny.SHORT), bert)
    assert re.fullmatch(told, said)
    assert str(bert.parent) not in said


def test_weights_of_which_a_part_is_lost_are_told_in_words(bert):
    file = bert / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert re.fullmatch(DAMAGED, words(tiny.requests(bert, tiny.SHORT), bert))


def test_weights_of_other_shapes_are_told_in_words(bert):
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | {"hidden_size": 10**9}))
    assert "the model's weights have other shapes than config.json says" in words(tiny.requests(bert, tiny.SHORT), bert)


def test_a_folder_without_a_tokenizer(bert):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (bert / name).unlink()
    assert "the tokenizer knows no words; expected tokenizer.json" in words(tiny.requests(bert, tiny.SHORT), bert)


def test_a_model_of_the_hub_runs_from_the_local_cache(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    cache, commit = tmp_path / "hub" / "models--org--small", "1" * 40
    for folder in (cache / "blobs", cache / "refs", cache / "snapshots" / commit):
        folder.mkdir(parents=True)
    (cache / "refs" / "main").write_text(commit)
    for file in saved("bert").iterdir():
        shutil.copy(file, cache / "blobs" / file.name)
        (cache / "snapshots" / commit / file.name).symlink_to(cache / "blobs" / file.name)
    exhibit = only(tiny.requests("org/small", tiny.SHORT), tmp_path)
    assert (exhibit.provenance.source, exhibit.provenance.revision) == ("org/small", commit)
    folder = only(tiny.requests(saved("bert"), tiny.SHORT), tmp_path)
    np.testing.assert_array_equal(exhibit.attention.codes, folder.attention.codes)


def test_no_such_device(tmp_path):
    with pytest.raises(CaptureError, match=r'there is no device "tpu" on this machine; expected auto, .*cpu'):
        capture([], root=tmp_path, device="tpu")


def test_without_torch_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(CaptureError, match=r'torch must be installed .* pip install "attnviz-mkdocs\[capture\]"'):
        capture([], root=tmp_path)


@pytest.mark.parametrize("kind", ["bert", "bloom", "big_bird"])
def test_nothing_is_written_to_the_log(kind, saved, capfd):
    folder = saved(kind)
    capfd.readouterr()
    only(tiny.requests(folder, tiny.SHORT), folder)
    assert capfd.readouterr() == ("", "")
