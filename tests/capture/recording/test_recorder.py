"""Attention that was made up, layer by layer → tracks, against `Track.from_weights` on the whole of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.hook import Call
from attnviz_mkdocs.capture.recording import recorder as recorders
from attnviz_mkdocs.capture.recording.quantiser import Quantiser
from attnviz_mkdocs.capture.recording.recorder import TrackRecorder
from attnviz_mkdocs.exhibit import Track

CPU = torch.device("cpu")
LAYERS, HEADS = 3, 4
LOWEST = torch.finfo(torch.float32).min


class Recorder(TrackRecorder):
    """Takes layers in order."""

    def __init__(self, queries, keys=None, *, causal: bool, adds_up: bool = True) -> None:
        form = {"layers": LAYERS, "heads": HEADS, "causal": causal, "adds_up": adds_up}
        super().__init__(queries, keys or queries, Quantiser(CPU), CPU, **form)
        self._position = 0

    def __call__(self, weights: torch.Tensor, mask: torch.Tensor | None = None) -> None:
        self.record(self._position, Call(weights, mask))
        self._position += 1


def additive(seen: torch.Tensor, lengths) -> torch.Tensor:
    """The mask of a padded batch, as a model adds it to its scores: ``[batch, 1, query, key]``."""
    keys = torch.arange(seen.shape[-1]) < torch.tensor(lengths)[:, None]
    return torch.where(seen & keys[:, None], 0.0, LOWEST)[:, None]


def attention(mask: torch.Tensor, sharpness: float) -> list[torch.Tensor]:
    torch.manual_seed(0)
    shape = (mask.shape[0], HEADS, *mask.shape[-2:])
    return [torch.softmax(torch.randn(shape) * sharpness + mask, -1) for _ in range(LAYERS)]


@pytest.mark.parametrize("lengths", [(7,), (1,), (5, 5), (2, 9, 1, 6)])
@pytest.mark.parametrize("part", [1 << 18, 1])
@pytest.mark.parametrize("sees", ["all", "before", "near", "near before"])
def test_equals_a_track_of_all_weights(lengths, part, sees, monkeypatch):
    monkeypatch.setattr(recorders, "_PART", part)
    tokens = max(lengths)
    causal = "before" in sees
    seen = torch.ones(tokens, tokens, dtype=torch.bool)
    seen = seen.tril() if causal else seen
    seen = seen & (seen.tril(2) & seen.triu(-2)) if "near" in sees else seen
    mask = additive(seen, lengths)
    # Sharp enough for weights that escape into `top`, and for weights below every level.
    layers = attention(mask, 8)
    record = Recorder(lengths, causal=causal)
    before = [weights.clone() for weights in layers]
    for weights in layers:
        record(weights, mask)
    escapes = 0
    for text, (length, track) in enumerate(zip(lengths, record.tracks(), strict=True)):
        own = torch.stack([weights[text, :, :length, :length] for weights in layers]).numpy()
        hidden = ~seen[:length, :length].numpy()
        expected = Track.from_weights(own, hidden if hidden.any() else None)
        assert (track.shape, track.layout) == (expected.shape, expected.layout)
        np.testing.assert_array_equal(track.codes, expected.codes)
        np.testing.assert_array_equal(track.top, expected.top)
        assert track.largest_error == expected.largest_error
        assert track.codes.flags.c_contiguous
        escapes += len(track.top)
    assert escapes > 0
    for weights, untouched in zip(layers, before, strict=True):
        assert torch.equal(weights, untouched)


@pytest.mark.parametrize(("queries", "keys"), [((4,), (6,)), ((3, 7, 1), (5, 2, 8)), ((2, 2), (2, 3))])
def test_queries_and_keys_of_different_numbers(queries, keys):
    mask = torch.where(torch.arange(max(keys)) < torch.tensor(keys)[:, None], 0.0, LOWEST)[:, None, None]
    torch.manual_seed(0)
    shape = (len(keys), HEADS, max(queries), max(keys))
    layers = [torch.softmax(torch.randn(shape) * 8 + mask, -1) for _ in range(LAYERS)]
    record = Recorder(queries, keys, causal=False)
    for weights in layers:
        record(weights, mask)
    for text, track in enumerate(record.tracks()):
        own = torch.stack([weights[text, :, : queries[text], : keys[text]] for weights in layers]).numpy()
        expected = Track.from_weights(own)
        assert (track.shape, track.layout) == (expected.shape, expected.layout)
        np.testing.assert_array_equal(track.codes, expected.codes)
        np.testing.assert_array_equal(track.top, expected.top)


def test_layers_may_come_in_any_order():
    layers = attention(torch.zeros(1, 1, 4, 4), 3)
    straight, turned = Recorder([4], causal=False), Recorder([4], causal=False)
    for position, weights in enumerate(layers):
        straight.record(position, Call(weights))
    for position in (2, 0, 1):
        turned.record(position, Call(layers[position]))
    np.testing.assert_array_equal(straight.tracks()[0].codes, turned.tracks()[0].codes)


def test_half_precision_is_quantised_as_float32():
    weights = [layer.bfloat16() for layer in attention(torch.zeros(1, 1, 6, 6), 3)]
    record = Recorder([6], causal=False)
    for layer in weights:
        record(layer, None)
    [track] = record.tracks()
    expected = Track.from_weights(torch.cat(weights).float().numpy())
    np.testing.assert_array_equal(track.codes, expected.codes)
    assert track.largest_error == expected.largest_error


def test_masks_differ_from_layer_to_layer_and_head_to_head():
    masks = [torch.zeros(1, 1, 5, 5), torch.zeros(1, HEADS, 5, 5), torch.ones(1, 1, 1, 5, dtype=torch.bool)]
    masks[0][..., 3] = -1e4
    masks[1][:, 2, :, 0] = float("-inf")
    masks[2][..., 1] = False
    record = Recorder([5], causal=False)
    for mask in masks:
        record(torch.full((1, HEADS, 5, 5), 0.2), mask)
    hidden = record.tracks()[0].masked()
    expected = np.zeros((LAYERS, HEADS, 5, 5), bool)
    expected[0, :, :, 3] = expected[1, 2, :, 0] = expected[2, :, :, 1] = True
    np.testing.assert_array_equal(hidden, expected)


@pytest.mark.parametrize(
    ("value", "words"),
    [(float("nan"), "NaN or infinite"), (float("inf"), "NaN or infinite"), (1.5, "to 1.5"), (-0.5, "from -0.5")],
)
@pytest.mark.parametrize("causal", [False, True])
def test_what_is_no_weight_is_told_of_the_text_that_has_it(value, words, causal):
    mask = additive(torch.ones(4, 4, dtype=torch.bool).tril(), (4, 3))
    layers = attention(mask, 1)
    # In the first text, and where the second is padding.
    layers[1][0, 2, 3, 1] = layers[1][1, 2, 3, 1] = value
    record = Recorder((4, 3), causal=causal)
    for weights in layers:
        record(weights, mask)
    bad, good = record.tracks()
    assert isinstance(bad, CaptureError)
    assert words in str(bad)
    assert isinstance(good, Track)


@pytest.mark.parametrize("adds_up", [False, True])
@pytest.mark.parametrize(("factor", "told"), [(3, "3"), (1.2, "1.2"), (0.5, "0.5"), (1.01, None), (0.99, None)])
def test_a_token_whose_weights_do_not_sum_to_one_is_told_of_its_text(factor, told, adds_up):
    mask = additive(torch.ones(4, 4, dtype=torch.bool), (4, 3))
    layers = attention(mask, 0)
    # One token of the first text; and of the second one that is padding.
    layers[2][0, 1, 3] *= factor
    layers[2][1, 1, 3] *= factor
    record = Recorder((4, 3), causal=False, adds_up=adds_up)
    for weights in layers:
        record(weights, mask)
    first, second = record.tracks()
    assert isinstance(second, Track)
    if told is None or (factor < 1 and not adds_up):
        assert isinstance(first, Track)
    else:
        assert str(first) == f"the model's attention must sum to 1 for each token, but that of one sums to {told}"


def test_layers_that_lack_or_are_of_another_shape():
    record = Recorder([3], causal=False)
    third = torch.full((1, HEADS, 3, 3), 1 / 3)
    for _ in range(LAYERS - 1):
        record(third, None)
    with pytest.raises(CaptureError, match="2 layers gave attention, expected 3"):
        record.tracks()
    with pytest.raises(CaptureError, match="shape"):
        record(third[..., :2], None)


def test_a_text_that_sees_ahead_where_the_model_should_not_is_refused():
    record = Recorder([3], causal=True)
    with pytest.raises(CaptureError, match="seeing later ones"):
        record(torch.full((1, HEADS, 3, 3), 1 / 3), torch.zeros(1, 1, 3, 3))
