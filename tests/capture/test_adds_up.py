"""From the bytes that a page carries, queries and keys give the attention that is shown, and that of transformers."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pytest
import tiny
import torch
from transformers import AutoModel, AutoTokenizer
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from attnviz_mkdocs import codec
from attnviz_mkdocs.capture import CaptureError, capture
from attnviz_mkdocs.neurons import digest_of
from attnviz_mkdocs.spec import Text

#: Options that make a part matter in a model of this size.
OPTIONS = {"gemma2": {"attn_logit_softcapping": 1.5}}
ENCODERS = ("bert", "roberta", "distilbert", "modernbert", "mpnet")
DECODERS = ("gpt2", "llama", "qwen2", "qwen3", "mistral", "gemma2", "cohere", "granite", "gpt_oss", "bloom", "mpt")
ENCODER_DECODERS = ("t5", "bart")
OUTPUTS = {
    "self": "attentions",
    "cross": "cross_attentions",
    "encoder": "encoder_attentions",
    "decoder": "decoder_attentions",
}
#: What float32 rounds off in a softmax, here and there.
ROUNDING = 2e-6


def captured(folder, text: Text, **model):
    """An exhibit and its neurons, captured together with a shorter text."""
    requests = tiny.requests(folder, text, text.model_copy(update={"text": tiny.SHORT}), **model)
    wanted = [*requests, *(replace(request, key=f"neurons of {request.key}", what="neurons") for request in requests)]
    results = {request.key: result for request, result in capture(wanted, root=folder, device="cpu")}
    return results["key0"], results["neurons of key0"]


def decoded(folder, text: Text, **model):
    """The same, from their bytes."""
    exhibit, neurons = captured(folder, text, **model)
    assert not isinstance(neurons, CaptureError), neurons
    return codec.decode(codec.encode(exhibit)), codec.decode_neurons(codec.encode_neurons(neurons))


def eager(folder, exhibit):
    """What transformers itself says, for the tokens of an exhibit: name → ``[layer, head, query, key]``."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = ids_of(folder, exhibit)
    with torch.inference_mode():
        output = model(**inputs, output_attentions=True)
    return {name: torch.cat(output[OUTPUTS[name]]).numpy() for name in exhibit.attentions}


def ids_of(folder, exhibit) -> dict[str, torch.Tensor]:
    words = AutoTokenizer.from_pretrained(folder)
    ids = {"input_ids": words(exhibit.text, return_tensors="pt")["input_ids"]}
    if "target" in exhibit.tokens:
        labels = [token.label for token in exhibit.tokens["target"]]
        ids["decoder_input_ids"] = torch.tensor([words.convert_tokens_to_ids(labels)])
    return ids


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Captures a model of a kind once: its folder, exhibit and neurons."""
    known = {}

    def show(kind: str):
        if kind not in known:
            folder = tmp_path_factory.mktemp(kind)
            tiny.save(folder, tiny.config(kind, **OPTIONS.get(kind, {})))
            target = "a dog ran and then it slept" if kind in ENCODER_DECODERS else None
            known[kind] = (folder, *decoded(folder, Text(text=tiny.LONG, target=target)))
        return known[kind]

    return show


@pytest.mark.parametrize("kind", [*ENCODERS, *DECODERS, *ENCODER_DECODERS])
def test_queries_and_keys_add_up_to_the_attention_shown(kind, shown):
    folder, exhibit, neurons = shown(kind)
    assert list(neurons.attentions) == list(exhibit.attentions)
    assert neurons.tokens == digest_of(exhibit.tokens)
    assert len(exhibit.attentions) == (3 if kind in ENCODER_DECODERS else 1)
    own = eager(folder, exhibit)
    for name, attention in exhibit.attentions.items():
        track, scores = attention.track, neurons.attentions[name]
        assert scores.largest_error < 0.005
        masked, weights = track.masked(), track.weights()
        for layer in range(track.shape[0]):
            again = scores.weights(layer, masked[layer])
            assert np.abs(again - weights[layer]).max() <= scores.largest_error + track.largest_error + ROUNDING
            assert np.abs(again - own[name][layer]).max() <= scores.largest_error + ROUNDING
        # Were all weights alike, any numbers would do.
        assert own[name].std(axis=(0, 1)).max() > 0.05


@pytest.mark.parametrize(("kind", "less"), [("gpt_oss", True), ("llama", False), ("bert", False)])
def test_a_note_says_where_the_weights_of_a_token_sum_to_less_than_one(kind, less, shown):
    folder, exhibit, _ = shown(kind)
    assert (eager(folder, exhibit)["self"].sum(-1).min() < 0.95) == less
    note = "The weights of a token may sum to less than 1: the model gives the rest to no token."
    assert (note in exhibit.notes) == less


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["bert", "llama", "bloom"])
def test_half_precision_adds_up_within_what_is_stated(kind, dtype, shown):
    folder, _, _ = shown(kind)
    exhibit, neurons = decoded(folder, Text(text=tiny.LONG), dtype=dtype)
    scores = neurons.attentions["self"]
    for layer, (weights, masked) in enumerate(
        zip(exhibit.attention.weights(), exhibit.attention.masked(), strict=True)
    ):
        difference = np.abs(scores.weights(layer, masked) - weights).max()
        assert difference <= scores.largest_error + exhibit.attention.largest_error + ROUNDING
    assert 1e-5 < scores.largest_error < 8 * torch.finfo(getattr(torch, dtype)).eps


@pytest.mark.parametrize("kind", ["deberta", "deberta-v2", "xlnet"])
def test_a_model_without_a_neuron_view_is_shown_in_the_others(kind, tmp_path):
    exhibit, refused = captured(tiny.save(tmp_path, tiny.config(kind)), Text(text=tiny.LONG))
    assert len(exhibit.attention.shape) == 4
    assert isinstance(refused, CaptureError)
    assert refused.concerns == "view"
    assert "content and position at once" in str(refused)


def without_window(scores, masked):
    later = np.triu(np.ones(masked.shape[-2:], bool), 1)
    return scores, masked & later if masked[..., later].all() else np.zeros_like(masked)


DROPPED = {
    "bias": lambda scores, masked: (replace(scores, bias=None), masked),
    "softcap": lambda scores, masked: (replace(scores, softcap=None), masked),
    "sinks": lambda scores, masked: (replace(scores, sinks=None), masked),
    "window": without_window,
    "scale": lambda scores, masked: (replace(scores, scale=np.full_like(scores.scale, 8**-0.5)), masked),
    "groups": lambda scores, masked: (replace(scores, keys=scores.keys[:, ::-1]), masked),
    "mask": lambda scores, masked: (scores, np.zeros_like(masked)),
}


@pytest.mark.parametrize(
    ("kind", "part", "name"),
    [
        ("t5", "bias", "encoder"),
        ("t5", "bias", "decoder"),
        ("t5", "scale", "cross"),
        ("t5", "mask", "decoder"),
        ("bloom", "bias", "self"),
        ("mpt", "bias", "self"),
        ("mpnet", "bias", "self"),
        ("gemma2", "softcap", "self"),
        ("gemma2", "window", "self"),
        ("gpt_oss", "sinks", "self"),
        ("gpt_oss", "window", "self"),
        ("mistral", "window", "self"),
        ("modernbert", "window", "self"),
        ("granite", "scale", "self"),
        ("llama", "groups", "self"),
        ("gpt2", "mask", "self"),
    ],
)
def test_each_part_is_needed(kind, part, name, shown):
    _, exhibit, neurons = shown(kind)
    track = exhibit.attentions[name].track
    differences = []
    for layer, masked in enumerate(track.masked()):
        scores, hidden = DROPPED[part](neurons.attentions[name], masked)
        differences.append(np.abs(scores.weights(layer, hidden) - track.weights()[layer]).max())
    assert max(differences) > 0.01 + track.largest_error


@pytest.mark.parametrize(
    ("kind", "name", "layout"),
    [
        ("t5", "encoder", "distance"),
        ("t5", "decoder", "distance"),
        ("mpnet", "self", "distance"),
        ("bloom", "self", "key"),
        ("mpt", "self", "key"),
        ("t5", "cross", None),
        ("gpt2", "self", None),
        ("mistral", "self", None),
    ],
)
def test_a_bias_is_written_leanly(kind, name, layout, shown):
    _, _, neurons = shown(kind)
    bias = neurons.attentions[name].bias
    assert (bias and bias.layout) == layout
    if kind == "t5" and bias is not None:
        # All layers of T5 add the buckets of the first.
        assert set(bias.of_layer) == {0}


def test_the_bias_of_bloom_is_alibi(shown):
    _, exhibit, neurons = shown("bloom")
    slopes = 2.0 ** (-8 * np.arange(1, 5) / 4)
    expected = slopes[:, None] * np.arange(len(exhibit.key))
    for row in neurons.attentions["self"].bias.values:
        np.testing.assert_allclose(row, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mistral", "gemma2", "gpt_oss"])
def test_grouped_queries_share_a_key(kind, shown):
    _, _, neurons = shown(kind)
    scores = neurons.attentions["self"]
    assert (scores.queries.shape[1], scores.keys.shape[1]) == (4, 2)


# Queries and keys themselves.


def projected(folder, exhibit, *names: str) -> list[np.ndarray]:
    """What linear layers gave, by forward hooks: for each name ``[layer, head, token, neuron]``."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    given: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    for path, module in model.named_modules():
        for name in names:
            if path.endswith(name):
                module.register_forward_hook(lambda module, arguments, output, name=name: given[name].append(output))
    with torch.inference_mode():
        model(**ids_of(folder, exhibit))
    size = getattr(model.config, "head_dim", None) or model.config.hidden_size // model.config.num_attention_heads
    return [torch.cat(given[name]).unflatten(-1, (-1, size)).transpose(1, 2) for name in names]


def close(stored: np.ndarray, expected: torch.Tensor) -> None:
    assert stored.dtype == np.float16
    np.testing.assert_allclose(stored, expected.numpy(), rtol=2**-10, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "query", "key"),
    [("bert", "self.query", "self.key"), ("roberta", "self.query", "self.key"), ("distilbert", "q_lin", "k_lin")],
)
def test_vectors_are_what_the_linear_layers_gave(kind, query, key, shown):
    folder, exhibit, neurons = shown(kind)
    scores = neurons.attentions["self"]
    for stored, expected in zip((scores.queries, scores.keys), projected(folder, exhibit, query, key), strict=True):
        close(stored, expected)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "mistral"])
def test_vectors_are_those_after_rotary_embedding(kind, shown):
    folder, exhibit, neurons = shown(kind)
    query, key = projected(folder, exhibit, "q_proj", "k_proj")
    model = AutoModel.from_pretrained(folder)
    tokens = query.shape[2]
    cos, sin = model.rotary_emb(query, torch.arange(tokens)[None])
    scores = neurons.attentions["self"]
    for stored, expected in zip((scores.queries, scores.keys), apply_rotary_pos_emb(query, key, cos, sin), strict=True):
        close(stored, expected)


#: What BertViz imports to show itself in a notebook, to download files and to tokenise, which nobody asks it to.
_NOT_NEEDED_BY_BERTVIZ = (
    *("IPython", "IPython.display"),
    *("boto3", "botocore", "botocore.config", "botocore.exceptions"),
    *("sacremoses", "sentencepiece", "six"),
)


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_vectors_are_those_of_bertvizs_neuron_view(kind, shown, monkeypatch):
    """BertViz vendors a model of its own for each of these; both are given the same weights."""
    if importlib.util.find_spec("bertviz") is None:
        pytest.skip("bertviz is not installed: make bench")
    for name in _NOT_NEEDED_BY_BERTVIZ:
        try:
            importlib.import_module(name)
        except ImportError:
            monkeypatch.setitem(sys.modules, name, MagicMock())
    vendored = importlib.import_module(f"bertviz.transformers_neuron_view.modeling_{kind}")
    folder, exhibit, neurons = shown(kind)
    ours = AutoModel.from_pretrained(folder)
    theirs = _vendored(vendored, kind, ours.config)
    missing, unexpected = theirs.load_state_dict(ours.state_dict(), strict=False)
    assert not [name for name in missing if not name.endswith("attn.bias")]
    assert not unexpected
    with torch.inference_mode():
        layers = theirs.eval()(ids_of(folder, exhibit)["input_ids"])[-1]
    scores = neurons.attentions["self"]
    close(scores.queries, torch.cat([layer["queries"] for layer in layers]))
    close(scores.keys, torch.cat([layer["keys"] for layer in layers]))


def _vendored(vendored, kind: str, config):
    if kind == "bert":
        known = vendored.BertConfig(vocab_size_or_config_json_file=config.vocab_size)
        model = vendored.BertModel
    else:
        known = vendored.GPT2Config(vocab_size_or_config_json_file=config.vocab_size)
        model = vendored.GPT2Model
    for name, value in config.to_dict().items():
        if isinstance(value, int | float) and hasattr(known, name):
            try:
                setattr(known, name, value)
            except AttributeError:
                continue
    known.output_attentions = True
    return model(known)
