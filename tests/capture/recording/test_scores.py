"""Queries, keys and biases that were made up → scores, against the formula in numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.hook import Call
from attnviz_mkdocs.capture.recording.scores import ScoresRecorder

if TYPE_CHECKING:
    from attnviz_mkdocs.neurons import Scores

HEADS, NEURONS = 4, 6
LOWEST = torch.finfo(torch.float32).min


def softmax(scores: np.ndarray) -> np.ndarray:
    exponents = np.exp(scores - scores.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def call(queries: int = 5, keys: int = 5, *, batch: int = 1, groups: int = 1, size: float = 1.0, seed: int = 0, **more):
    """A call whose weights are computed in float64, by numpy."""
    generator = torch.Generator().manual_seed(seed)
    query = size * torch.randn(batch, HEADS, queries, NEURONS, generator=generator)
    key = size * torch.randn(batch, HEADS // groups, keys, NEURONS, generator=generator)
    parts = {"scale": 0.3, **more}
    scores = query.double().numpy() @ np.repeat(key.double().numpy(), groups, 1).swapaxes(-1, -2) * parts["scale"]
    if "softcap" in parts:
        scores = parts["softcap"] * np.tanh(scores / parts["softcap"])
    for added in ("mask", "bias"):
        if added in parts:
            values = parts[added].numpy()
            scores = scores + (np.where(values, 0, -np.inf) if values.dtype == bool else values)
    if "sinks" in parts:
        sinks = np.broadcast_to(parts["sinks"].numpy()[:, None, None], (*scores.shape[:3], 1))
        weights = softmax(np.concatenate([scores, sinks], -1))[..., :-1]
    else:
        weights = softmax(scores)
    return Call(torch.from_numpy(weights).float(), query=query, key=key, **parts)


def recorded(*calls: Call, lengths=((5, 5),)) -> list[Scores | CaptureError]:
    queries, keys = zip(*lengths, strict=True)
    recorder = ScoresRecorder(queries, keys, len(calls))
    for position, one in enumerate(calls):
        recorder.record(position, one)
    return [recorder.scores(text) for text in range(len(lengths))]


def causal(tokens: int = 5) -> torch.Tensor:
    return torch.full((1, 1, tokens, tokens), LOWEST).triu(1)


def distances(tokens: int = 5) -> torch.Tensor:
    return torch.arange(tokens) - torch.arange(tokens)[:, None]


BY_KEY = torch.randn(1, HEADS, 1, 5, generator=torch.Generator().manual_seed(1)).expand(1, HEADS, 5, 5)
BY_DISTANCE = torch.randn(HEADS, 9, generator=torch.Generator().manual_seed(2))[:, distances() + 4][None]
BY_PAIR = torch.randn(1, HEADS, 5, 5, generator=torch.Generator().manual_seed(3))
SINKS = torch.tensor([1.0, -2.0, 0.5, 3.0])


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"groups": 2},
        {"groups": 4, "scale": 1.0},
        {"softcap": 0.7},
        {"sinks": SINKS},
        {"mask": causal()},
        {"mask": causal() == 0},
        {"mask": causal() + BY_KEY},
        {"mask": causal(), "bias": BY_DISTANCE, "softcap": 2.0, "sinks": SINKS, "groups": 2},
        {"bias": BY_PAIR},
    ],
)
def test_the_scores_make_the_weights(more):
    ran = call(**more)
    [scores] = recorded(ran)
    mask = more.get("mask", torch.ones(1, 1, 5, 5, dtype=torch.bool))
    masked = ~mask[0].numpy() if mask.dtype == torch.bool else mask[0].numpy() < -1e30
    assert scores.queries.dtype == scores.keys.dtype == np.float16
    again = scores.weights(0, masked)
    error = np.abs(again - ran.weights[0].numpy()).max()
    assert error <= scores.largest_error + 1e-6
    assert scores.largest_error == pytest.approx(error, abs=1e-6)
    assert 0 < scores.largest_error < 0.005


@pytest.mark.parametrize(
    ("bias", "layout", "values"),
    [
        (BY_KEY, "key", BY_KEY[0, :, 0]),
        (BY_DISTANCE, "distance", torch.cat([BY_DISTANCE[0, :, 4, :4], BY_DISTANCE[0, :, 0]], -1)),
        (BY_PAIR, "pair", BY_PAIR[0]),
        # The same of each head.
        (distances()[None, None].float(), "distance", torch.arange(-4.0, 5).expand(HEADS, 9)),
    ],
)
@pytest.mark.parametrize("stands_in", ["bias", "mask"])
def test_a_bias_is_written_in_the_leanest_layout(bias, layout, values, stands_in):
    [scores] = recorded(call(**{stands_in: bias}))
    assert (scores.bias.layout, scores.bias.of_layer) == (layout, (0,))
    np.testing.assert_array_equal(scores.bias.values[0], values)
    np.testing.assert_array_equal(scores.bias.of(0, 5, 5), bias.expand(1, HEADS, 5, 5)[0])


def test_what_is_hidden_does_not_count_for_the_layout():
    """ALiBi as models write it: the lowest number where a key is hidden, whatever the bias there."""
    mask = torch.where(causal() < 0, LOWEST, BY_KEY)
    [scores] = recorded(call(mask=mask))
    assert scores.bias.layout == "key"
    np.testing.assert_array_equal(scores.bias.values[0], BY_KEY[0, :, 0])


def test_the_bias_of_what_nobody_sees_is_zero():
    [scores] = recorded(call(mask=padded([4]), bias=BY_KEY))
    np.testing.assert_array_equal(scores.bias.values[0, :, 4], 0)


def test_a_mask_that_only_hides_is_no_bias():
    [scores] = recorded(call(mask=causal(), bias=torch.zeros(1, HEADS, 5, 5)))
    assert scores.bias is None


def test_layers_share_a_bias():
    [scores] = recorded(call(bias=BY_DISTANCE), call(), call(bias=BY_DISTANCE.clone()), call(bias=2 * BY_DISTANCE))
    assert scores.bias.of_layer == (0, -1, 0, 1)
    assert scores.bias.values.shape == (2, HEADS, 9)
    np.testing.assert_array_equal(scores.bias.of(3, 5, 5), 2 * BY_DISTANCE[0])


def test_layers_whose_layouts_differ_have_a_bias_of_pairs():
    calls = call(bias=BY_KEY), call(bias=BY_DISTANCE), call()
    [scores] = recorded(*calls)
    assert (scores.bias.layout, scores.bias.of_layer) == ("pair", (0, 1, -1))
    for position, one in enumerate(calls):
        again = scores.weights(position, np.zeros((5, 5), bool))
        np.testing.assert_allclose(again, one.weights[0], atol=scores.largest_error + 1e-6)


def test_texts_of_a_batch_are_trimmed_to_their_own_tokens():
    lengths = [(6, 4), (1, 9), (3, 1)]
    mask = padded([keys for _, keys in lengths], 9)
    calls = [call(6, 9, batch=3, groups=2, seed=seed, mask=mask) for seed in range(2)]
    for text, (scores, (queries, keys)) in enumerate(zip(recorded(*calls, lengths=lengths), lengths, strict=True)):
        assert scores.queries.shape == (2, HEADS, queries, NEURONS)
        assert scores.keys.shape == (2, HEADS // 2, keys, NEURONS)
        for position, one in enumerate(calls):
            np.testing.assert_array_equal(scores.queries[position], one.query[text, :, :queries].half())
            np.testing.assert_array_equal(scores.keys[position], one.key[text, :, :keys].half())


def padded(lengths, tokens: int = 5) -> torch.Tensor:
    return torch.where(torch.arange(tokens) < torch.tensor(lengths)[:, None, None, None], 0.0, LOWEST)


def test_company_in_a_batch_counts_for_nothing():
    """Each text has its own mask; what stands in the padding is not looked at."""
    both = call(batch=2, mask=padded([5, 3]))
    both.weights[1, :, 3:] = torch.nan
    both.query[1, :, 3:] = 1e9
    first, second = recorded(both, lengths=[(5, 5), (3, 3)])
    for text, (scores, tokens) in enumerate([(first, 5), (second, 3)]):
        again = scores.weights(0, np.zeros((tokens, tokens), bool))
        np.testing.assert_allclose(again, both.weights[text, :, :tokens, :tokens], atol=scores.largest_error + 1e-6)


@pytest.mark.parametrize(("common", "factor"), [(300, 1), (1e5, 0)])
def test_where_half_precision_is_not_enough_float32_is_stored(common, factor):
    """What all keys have in common changes no weight; but it drowns what they differ in, or float16 can't hold it."""
    ran = call()
    ran.key[..., 0] += common
    ran.query[..., 0] = factor
    ran.weights.copy_((ran.query.double() @ ran.key.double().mT * ran.scale).softmax(-1))
    [scores] = recorded(ran)
    assert scores.queries.dtype == scores.keys.dtype == np.float32
    np.testing.assert_array_equal(scores.keys[0], ran.key[0])


def test_an_overflow_is_seen_even_where_it_is_hidden():
    ran = call(mask=padded([4]))
    ran.key[0, :, 4] = 1e6
    [scores] = recorded(ran)
    assert scores.queries.dtype == np.float32
    assert np.isfinite(scores.keys).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_models_may_be_off_by_their_precision(dtype):
    ran = call(size=3)
    query, key = ran.query.to(dtype), ran.key.to(dtype)
    weights = (query @ key.mT * ran.scale).softmax(-1)
    [scores] = recorded(Call(weights, query=query, key=key, scale=ran.scale))
    assert scores.queries.dtype == np.float16
    again = scores.weights(0, np.zeros((5, 5), bool))
    assert np.abs(again - weights[0].float().numpy()).max() <= scores.largest_error + 1e-6
    assert 1e-4 < scores.largest_error < 8 * torch.finfo(dtype).eps


@pytest.mark.parametrize(
    ("part", "value"),
    [("scale", 0.31), ("softcap", 5.0), ("bias", 0.1 * BY_PAIR), ("mask", causal())],
)
def test_weights_that_are_made_in_another_way_are_refused(part, value):
    right = call()
    wrong = {name: getattr(right, name) for name in ("weights", "query", "key", "scale")} | {part: value}
    [refused] = recorded(Call(**wrong))
    assert isinstance(refused, CaptureError)
    assert refused.concerns == "view"
    assert "no neuron view" in str(refused)
    assert "differs from its own" in str(refused)


def test_weights_that_are_made_with_other_sinks_are_refused():
    [refused] = recorded(replace(call(sinks=SINKS), sinks=SINKS + 1))
    assert isinstance(refused, CaptureError)
    assert "differs from its own" in str(refused)


def test_sinks_that_take_no_part_are_none():
    [scores] = recorded(replace(call(), sinks=SINKS))
    assert scores.sinks is None
    [expected] = recorded(call())
    assert scores.largest_error == expected.largest_error


def test_weights_that_are_no_numbers_are_refused():
    ran = call()
    ran.weights[0, 1, 2, 3] = torch.nan
    [refused] = recorded(ran)
    assert isinstance(refused, CaptureError)


def test_queries_that_are_not_known_are_refused_in_the_words_that_were_given():
    weights = call().weights
    [refused] = recorded(call(), Call(weights, unknown="its scores are odd"))
    assert str(refused) == "this model has no neuron view: its scores are odd; choose another view or model"
    assert refused.concerns == "view"
    [refused] = recorded(Call(weights))
    assert "were not found" in str(refused)


def test_layers_that_lack_or_differ_are_refused():
    recorder = ScoresRecorder([5], [5], 2)
    recorder.record(1, call())
    assert "only 1 of 2 layers" in str(recorder.scores(0))
    recorder.record(0, call(groups=2))
    assert "differ in the number of key heads" in str(recorder.scores(0))


def test_a_model_may_have_softcaps_and_sinks_in_some_layers_only():
    calls = call(softcap=2.0), call(sinks=SINKS), call()
    [scores] = recorded(*calls)
    np.testing.assert_array_equal(scores.softcap, np.float32([2, 0, 0]))
    for position, one in enumerate(calls):
        again = scores.weights(position, np.zeros((5, 5), bool))
        np.testing.assert_allclose(again, one.weights[0], atol=scores.largest_error + 1e-6)
