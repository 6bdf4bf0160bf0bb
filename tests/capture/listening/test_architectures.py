"""What is captured of each architecture, against what transformers itself gives for it."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest
import tiny
import torch
from transformers import AttentionMaskInterface, AutoConfig, AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import CaptureError, capture
from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.listening import hook, listener
from attnviz_mkdocs.capture.listening.watch import watching
from attnviz_mkdocs.capture.subject import Job, prepare
from attnviz_mkdocs.exhibit import Track
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Model, Text

WINDOW = 4
#: Families of which some layers attend within a window of 4 tokens, and which layers those are.
WINDOWED = {
    "mistral": lambda _config, _layer: True,
    "recurrent_gemma": lambda _config, _layer: True,
    "gemma2": lambda config, layer: config.layer_types[layer] == "sliding_attention",
    "gpt_oss": lambda config, layer: config.layer_types[layer] == "sliding_attention",
    "gpt_neo": lambda config, layer: config.attention_layers[layer] == "local",
}
ENCODERS = ("bert", "roberta", "albert", "distilbert", "modernbert")
ENCODERS_OUT_OF_HEARING = ("mpnet", "deberta", "deberta-v2", "rembert", "megatron-bert", "roformer", "convbert")
ENCODERS_OUT_OF_HEARING += ("xlnet", "xlm", "flaubert", "big_bird")
DECODERS = (
    "gpt2",
    "llama",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "mistral",
    "cohere",
    "granite",
    "gpt_oss",
    "diffllama",
)
DECODERS_OUT_OF_HEARING = ("bloom", "mpt", "codegen", "gptj", "gpt_neo", "falcon")
#: Family → the layers that have attention, how many layers there are, and what the others are.
HYBRIDS = {
    "jamba": ((1,), 3, "mamba"),
    "bamba": ((1,), 3, "mamba"),
    "granitemoehybrid": ((1,), 3, "mamba"),
    "falcon_h1": ((0, 1, 2), 3, None),
    "lfm2": ((1,), 3, "convolution"),
    "recurrent_gemma": ((2,), 3, "recurrent"),
    "zamba": ((1, 3), 4, "mamba"),
    "zamba2": ((1, 3), 4, "mamba"),
    "qwen3_next": ((1,), 3, "linear attention"),
    "minimax": ((1,), 3, "linear attention"),
}
ENCODER_DECODERS_HEARD = ("t5", "mt5", "umt5", "switch_transformers", "bart", "mbart", "pegasus", "marian", "m2m_100")
ENCODER_DECODERS_HEARD += ("blenderbot", "blenderbot-small", "plbart")
# The last one's decoder alone goes through the interface.
ENCODER_DECODERS_OUT_OF_HEARING = ("mvp", "fsmt", "bigbird_pegasus")
ENCODER_DECODERS = (*ENCODER_DECODERS_HEARD, *ENCODER_DECODERS_OUT_OF_HEARING)
CAUSAL = (*DECODERS, *DECODERS_OUT_OF_HEARING, *HYBRIDS)
ORDINARY = (*ENCODERS, *ENCODERS_OUT_OF_HEARING, *CAUSAL)
# LED and LongT5 hand out their encoder's attention in windows, ProphetNet scores in place of weights.
OF_OWN_FORM = ("longformer", "led", "longt5", "prophetnet")
TARGET = "a dog ran and then he slept"


def read(kind: str, sentence: str, target: str = TARGET) -> Text:
    both = kind in ENCODER_DECODERS or kind in OF_OWN_FORM[1:]
    return Text(text=sentence, target=target) if both else Text(text=sentence)


def eager(folder, text: Text, dtype: str = "float32", **options) -> dict[str, list[np.ndarray | None]]:
    """The attention of each layer ``[head, query, key]``, by the documented way."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=dtype, **options).eval()
    # With a cache, FSMT's decoder looks ahead, and ProphetNet's fails.
    model.config.use_cache = False
    if model.config.model_type == "big_bird":
        # What it does by itself at the first short text, after which it hands out nothing.
        model.set_attention_type("original_full")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(text.text, return_tensors="pt")
    if text.target is not None:
        # Begun by the start token, and not ended.
        start = torch.tensor([[model.config.decoder_start_token_id]])
        inputs["decoder_input_ids"] = torch.cat([start, tokenizer(text.target, return_tensors="pt").input_ids], 1)[
            :, :-1
        ]
    with torch.inference_mode():
        output = model(**inputs, output_attentions=True)
    names = {"cross": "cross_attentions", "encoder": "encoder_attentions", "decoder": "decoder_attentions"}
    names = names if text.target is not None else {"self": "attentions"}
    return {name: [weights[0].float().numpy() for weights in getattr(output, names[name])] for name in names}


def masked(kind: str, folder, name: str, layers: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray | None:
    """Where a query may not see a key, from what the architecture is known to do."""
    queries, keys = shape[2:]
    behind = np.arange(queries)[:, None] - np.arange(keys)
    hidden = np.zeros((len(layers), 1, queries, keys), bool)
    config = AutoConfig.from_pretrained(folder)
    if kind in WINDOWED:
        for position, layer in enumerate(layers):
            if WINDOWED[kind](config, layer):
                hidden[position] = behind >= WINDOW
    if kind == "modernbert":
        for position, layer in enumerate(layers):
            if config.layer_types[layer] == "sliding_attention":
                hidden[position] = abs(behind) > config.local_attention // 2
    if kind in CAUSAL or name == "decoder":
        hidden |= behind < 0
    return hidden if hidden.any() else None


def captured(folder, *texts: str | Text, **model):
    results = [result for _, result in capture(tiny.requests(folder, *texts, **model), root=folder, device="cpu")]
    assert not [result for result in results if isinstance(result, CaptureError)]
    return results


def refusal(folder, text: str | Text = tiny.LONG) -> str:
    [(_, result)] = capture(tiny.requests(folder, text), root=folder, device="cpu")
    assert isinstance(result, CaptureError)
    return str(result)


@pytest.fixture(scope="module")
def subject(saved):
    @cache
    def make(kind: str):
        spec = Model(source=str(saved(kind)))
        return prepare(locate(spec, saved(kind), download=False), spec, Place(torch.device("cpu")))

    return make


@pytest.mark.parametrize("kind", [*ORDINARY, *ENCODER_DECODERS])
def test_what_is_captured_is_the_models_own_attention(kind, saved):
    folder = saved(kind)
    text = read(kind, tiny.LONG)
    [exhibit] = captured(folder, text)
    own = eager(folder, text)
    assert list(exhibit.attentions) == list(own)
    for name, attention in exhibit.attentions.items():
        # MiniMax hands out the states of its other layers among its attention.
        weights = np.stack([own[name][layer] for layer in attention.layers] if kind == "minimax" else own[name])
        expected = Track.from_weights(weights, masked(kind, folder, name, attention.layers, weights.shape))
        track = attention.track
        assert (track.shape, track.layout) == (expected.shape, expected.layout)
        np.testing.assert_array_equal(track.codes, expected.codes)
        np.testing.assert_array_equal(track.top, expected.top)
        assert track.largest_error == pytest.approx(expected.largest_error, abs=1e-9)
        # Were all weights alike, no mistake of order could show.
        assert weights.std(axis=(0, 1)).max() > 0.02


@pytest.mark.parametrize("kind", [*ORDINARY, *ENCODER_DECODERS, *OF_OWN_FORM])
def test_company_changes_nothing(kind, subject):
    model = subject(kind)
    texts = [
        read(kind, tiny.SHORT, "a dog ran"),
        read(kind, tiny.LONG),
        read(kind, "it was warm ."),
        read(kind, "a", "a"),
    ]
    requests = tiny.requests("tiny", *texts)
    jobs = [Job((request,), model.reader.read(text)) for request, text in zip(requests, texts, strict=True)]
    for (_, together), job in zip(model.capture(jobs), jobs, strict=True):
        [(_, single)] = model.capture([job])
        assert list(together.attentions) == list(single.attentions)
        for name, attention in single.attentions.items():
            track, expected = together.attentions[name].track, attention.track
            assert (track.shape, track.layout) == (expected.shape, expected.layout)
            np.testing.assert_array_equal(track.masked(), expected.masked())
            # Other shapes of a batch are rounded otherwise; a weight at the edge of a level may pass it.
            np.testing.assert_allclose(track.weights(), expected.weights(), atol=0.0041)
            assert (track.codes != expected.codes).sum() <= 1e-3 * track.codes.size + 2


def test_only_a_model_that_takes_padding_in_reads_texts_one_by_one(subject):
    assert [kind for kind in ("bert", "jamba", "t5", "led", "convbert") if subject(kind).listener.alone] == ["convbert"]


@pytest.mark.parametrize("kind", [*ENCODERS, *DECODERS, *HYBRIDS, *ENCODER_DECODERS_HEARD])
def test_what_goes_through_the_interface_is_heard_there(kind, subject):
    found = subject(kind).listener
    assert found.way is listener.listening
    assert found.disagreement == 0


@pytest.mark.parametrize("kind", [*ENCODERS_OUT_OF_HEARING, *DECODERS_OUT_OF_HEARING, *ENCODER_DECODERS_OUT_OF_HEARING])
def test_what_bypasses_the_interface_is_watched(kind, subject):
    found = subject(kind).listener
    assert found.way is watching
    assert found.disagreement == 0
    heard = []
    model = copy.deepcopy(found.model)
    model.set_attn_implementation(hook.NAME)
    ids = torch.tensor([[4, 5, 6]])
    with hook.recording(heard.append):
        model(ids, **({"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}))
    assert len(heard) < sum(len(form.layers) for form in found.forms.values())


@pytest.mark.parametrize("kind", OF_OWN_FORM)
def test_what_hands_out_another_form_is_asked_for_it(kind, subject):
    assert subject(kind).listener.way is None


@pytest.mark.parametrize("kind", HYBRIDS)
def test_layers_of_a_hybrid_keep_their_numbers(kind, saved):
    layers, total, others = HYBRIDS[kind]
    [exhibit] = captured(saved(kind), tiny.SHORT)
    assert exhibit.attentions["self"].layers == layers
    if others is None:
        assert exhibit.notes == ()
        return
    named = f"layer {layers[0]} of {total} has" if len(layers) == 1 else f"layers 1 and 3 of {total} have"
    assert exhibit.notes[0] == f"Only {named} attention; the others are {others} layers."


@pytest.mark.parametrize("kind", ENCODER_DECODERS)
def test_an_encoder_decoder_model_has_three_attentions(kind, saved):
    [exhibit] = captured(saved(kind), read(kind, tiny.LONG))
    assert list(exhibit.tokens) == ["source", "target"]
    sides = {name: (attention.query, attention.key, attention.layers) for name, attention in exhibit.attentions.items()}
    assert sides == {
        "cross": ("target", "source", (0, 1, 2)),
        "encoder": ("source", "source", (0, 1)),
        "decoder": ("target", "target", (0, 1, 2)),
    }
    assert exhibit.target == TARGET


@pytest.mark.parametrize("kind", ["longformer", "led"])
def test_windows_are_those_of_queries_and_keys(kind, saved):
    folder = saved(kind)
    text = read(kind, tiny.LONG)
    [exhibit] = captured(folder, text)
    attention = exhibit.attentions["self" if kind == "longformer" else "encoder"]
    model = AutoModel.from_pretrained(folder).eval()
    kept: dict[str, torch.Tensor] = {}

    def keep(name: str):
        # A copy, because the model scales its queries in place.
        return lambda _module, _inputs, output: kept.update({name: output.clone()})

    for name, module in model.named_modules():
        if name.endswith(("query", "key")):
            module.register_forward_hook(keep(name))
    ids = AutoTokenizer.from_pretrained(folder)(tiny.LONG, return_tensors="pt").input_ids
    with torch.inference_mode():
        model(ids, **({"decoder_input_ids": ids} if kind == "led" else {}))
    tokens, behind = ids.shape[1], np.arange(ids.shape[1])[:, None] - np.arange(ids.shape[1])
    queries = [kept[name] for name in kept if name.endswith("query")]
    keys = [kept[name] for name in kept if name.endswith("key")]
    assert len(queries) == len(attention.layers)
    for layer, (query, key) in enumerate(zip(queries, keys, strict=True)):
        # [batch, token, head, neuron]; a whole number of windows, of which the text is the first part.
        by_head = [side.reshape(-1, 4, 8)[:tokens].numpy() for side in (query, key)]
        window = model.config.attention_window
        reach = (window[layer] if isinstance(window, list) else window) // 2
        scores = np.einsum("qhd,khd->hqk", *by_head) / np.sqrt(8)
        weights = np.where(abs(behind) <= reach, np.exp(scores), 0)
        weights /= weights.sum(-1, keepdims=True)
        np.testing.assert_allclose(attention.track.weights()[layer], weights, atol=attention.track.largest_error + 1e-6)
        np.testing.assert_array_equal(attention.track.masked()[layer, 0], abs(behind) > reach)


def test_blocks_of_longt5_are_parts_of_what_it_would_attend_to_without_them(saved):
    folder = saved("longt5")
    text = read("longt5", tiny.LONG)
    [exhibit] = captured(folder, text)
    track = exhibit.attentions["encoder"].track
    tokens = track.shape[2]
    # One block that holds all the text: [block, head, query, 3 blocks of keys].
    whole = eager(folder, text, local_radius=63)["encoder"][0][0][:, :tokens, 64 : 64 + tokens]
    near = abs(np.arange(tokens)[:, None] - np.arange(tokens)) <= 3
    expected = whole * near / (whole * near).sum(-1, keepdims=True)
    # The first layer only: the inputs of others depend on it.
    np.testing.assert_allclose(track.weights()[0], expected, atol=track.largest_error + 1e-6)
    np.testing.assert_array_equal(track.masked()[0, 0], ~near)


def test_prophetnet_is_asked_for_its_main_stream(saved):
    folder = saved("prophetnet")
    text = read("prophetnet", tiny.LONG)
    [exhibit] = captured(folder, text)
    own = eager(folder, text)
    tokens = len(exhibit.tokens["target"])
    for name, attention in exhibit.attentions.items():
        weights = np.stack(own[name])
        if name != "decoder":
            weights = np.exp(weights[:, :, :tokens] if name == "cross" else weights)
            weights /= weights.sum(-1, keepdims=True)
        track = attention.track
        np.testing.assert_allclose(track.weights(), weights, atol=track.largest_error + 1e-6)
    assert "main stream" in exhibit.notes[0]


def test_a_text_that_big_bird_reads_sparsely_is_refused(saved):
    # (5 + 2 * 1) * 4 tokens are read in full.
    assert captured(saved("big_bird"), "the " * 26)
    assert "has 29 tokens, but to more than 28 BigBirdModel attends sparsely" in refusal(saved("big_bird"), "the " * 27)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["bert", "llama", "t5"])
def test_half_precision(kind, dtype, saved):
    folder = saved(kind)
    text = read(kind, tiny.LONG)
    [exhibit] = captured(folder, text, dtype=dtype)
    assert exhibit.provenance.dtype == dtype
    own = eager(folder, text, dtype)
    for name, attention in exhibit.attentions.items():
        weights = np.stack(own[name])
        expected = Track.from_weights(weights, masked(kind, folder, name, attention.layers, weights.shape))
        np.testing.assert_array_equal(attention.track.codes, expected.codes)


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama", "modernbert", "t5", "bart"])
def test_without_its_mask_a_model_is_refused(kind, saved, monkeypatch):
    monkeypatch.delitem(AttentionMaskInterface._global_mapping, hook.NAME)
    assert "differs from its own attention" in refusal(saved(kind), read(kind, tiny.LONG))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("mamba", "mamba has no attention from each token to each token: it is a state-space model"),
        ("nystromformer", "estimates attention through a few landmarks"),
        ("yoso", "estimates attention by hashing"),
    ],
)
def test_a_model_without_attention_is_refused_in_words(kind, words, saved):
    assert words in refusal(saved(kind))


def test_a_model_none_of_whose_layers_attend_is_refused_in_words(tmp_path):
    config = tiny.config("qwen3_next", layer_types=["linear_attention"] * 3)
    assert "Qwen3NextModel has no attention that could be shown" in refusal(tiny.save(tmp_path, config))
