"""What is captured of each architecture, against what transformers itself gives for it."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from transformers import AttentionMaskInterface, AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import CaptureError, capture, hook
from attnviz_mkdocs.exhibit import Track

WINDOW = {"mistral": 4, "gemma2": 4}
ENCODERS = ("bert", "roberta", "albert", "distilbert", "modernbert", "mpnet", "deberta-v2")
DECODERS = ("gpt2", "llama", "qwen2", "qwen3", "gemma", "gemma2", "mistral", "bloom")


def eager(folder, text: str, dtype: str = "float32") -> np.ndarray:
    """Attention ``[layer, head, query, key]`` by the documented way."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=dtype).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        return torch.cat(model(**inputs, output_attentions=True).attentions).float().numpy()


def masked(kind: str, folder, shape: tuple[int, ...]) -> np.ndarray | None:
    """Where a query may not see a key, from what the architecture is known to do."""
    layers, _, queries, keys = shape
    behind = np.arange(queries)[:, None] - np.arange(keys)
    windows = np.zeros((layers, 1, queries, keys), bool)
    config = AutoModel.from_pretrained(folder).config
    for layer, layer_kind in enumerate(getattr(config, "layer_types", None) or ["full_attention"] * layers):
        if kind in WINDOW and (kind == "mistral" or layer_kind == "sliding_attention"):
            windows[layer] = behind >= WINDOW[kind]
        elif layer_kind == "sliding_attention":
            windows[layer] = abs(behind) > config.local_attention // 2
    if kind in DECODERS:
        return windows | (behind < 0)
    return windows if windows.any() else None


def captured(folder, *texts: str, **model):
    results = [result for _, result in capture(tiny.requests(folder, *texts, **model), root=folder, device="cpu")]
    assert not [result for result in results if isinstance(result, CaptureError)]
    return results


@pytest.mark.parametrize("kind", [*ENCODERS, *DECODERS])
def test_what_is_captured_is_the_models_own_attention(kind, saved):
    folder = saved(kind)
    [exhibit] = captured(folder, tiny.LONG)
    own = eager(folder, tiny.LONG)
    expected = Track.from_weights(own, masked(kind, folder, own.shape))
    track = exhibit.attention
    assert (track.shape, track.layout) == (expected.shape, expected.layout)
    np.testing.assert_array_equal(track.codes, expected.codes)
    np.testing.assert_array_equal(track.top, expected.top)
    assert track.largest_error == pytest.approx(expected.largest_error, abs=1e-9)
    # Were all weights alike, no mistake of order could show.
    assert own.std(axis=(0, 1)).max() > 0.05


@pytest.mark.parametrize("kind", [*ENCODERS, *DECODERS])
def test_company_in_a_batch_changes_nothing(kind, saved):
    folder = saved(kind)
    texts = (tiny.SHORT, tiny.LONG, "it was warm .", "a")
    together = {exhibit.text: exhibit for exhibit in captured(folder, *texts)}
    assert len(together) == len(texts)
    for text in texts:
        [alone] = captured(folder, text)
        track, expected = together[text].attention, alone.attention
        assert (track.shape, track.layout) == (expected.shape, expected.layout)
        np.testing.assert_array_equal(track.masked(), expected.masked())
        # Other shapes of a batch are rounded otherwise; a weight at the edge of a level may pass it.
        np.testing.assert_allclose(track.weights(), expected.weights(), atol=0.0041)
        assert (track.weights() != expected.weights()).mean() < 1e-3


@pytest.mark.parametrize("kind", ["mpnet", "deberta-v2", "bloom"])
def test_a_model_that_bypasses_the_interface_is_asked_for_its_weights(kind, saved):
    folder = saved(kind)
    assert captured(folder, tiny.SHORT)[0].provenance.disagreement == 0
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    heard = []
    model.set_attn_implementation(hook.NAME)
    with hook.recording(lambda weights, mask: heard.append(weights)):
        model(input_ids=torch.tensor([[4, 5, 6]]))
    assert not heard


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_half_precision(kind, dtype, saved):
    folder = saved(kind)
    [exhibit] = captured(folder, tiny.LONG, dtype=dtype)
    assert exhibit.provenance.dtype == dtype
    own = eager(folder, tiny.LONG, dtype)
    expected = Track.from_weights(own, masked(kind, folder, own.shape))
    np.testing.assert_array_equal(exhibit.attention.codes, expected.codes)


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama", "modernbert"])
def test_without_its_mask_a_model_is_refused(kind, saved, monkeypatch):
    monkeypatch.delitem(AttentionMaskInterface._global_mapping, hook.NAME)
    [(_, result)] = capture(tiny.requests(saved(kind), tiny.LONG), root=saved(kind), device="cpu")
    assert isinstance(result, CaptureError)
    assert "differs from its own attention" in str(result)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("mamba", "has no attention that could be shown"),
        ("jamba", "only 1 of the 3 layers of JambaModel have attention"),
        ("t5", "encoder-decoder models are not supported yet"),
    ],
)
def test_a_model_without_attention_everywhere_is_refused_in_words(kind, words, saved):
    [(_, result)] = capture(tiny.requests(saved(kind), tiny.LONG), root=saved(kind), device="cpu")
    assert isinstance(result, CaptureError)
    assert words in str(result)
