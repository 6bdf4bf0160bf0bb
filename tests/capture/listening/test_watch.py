"""Attention that is computed without transformers' interface → its queries, keys, scale and bias."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModel

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.watch import watching
from attnviz_mkdocs.capture.recording.scores import ScoresRecorder

if TYPE_CHECKING:
    from attnviz_mkdocs.capture.listening.hook import Call

BATCH, HEADS, QUERIES, KEYS, NEURONS = 2, 3, 5, 6, 8
LOWEST = torch.finfo(torch.float32).min
_GENERATOR = torch.Generator().manual_seed(0)
QUERY = torch.randn(BATCH, HEADS, QUERIES, NEURONS, generator=_GENERATOR)
KEY = torch.randn(BATCH, HEADS, KEYS, NEURONS, generator=_GENERATOR)
RAW = QUERY @ KEY.mT
SLOPES = torch.tensor([0.5, 0.25, -1.0])[:, None, None]
ALIBI = (SLOPES * torch.arange(KEYS)).expand(BATCH, HEADS, 1, KEYS)
DISTANCE = SLOPES * (torch.arange(KEYS) - torch.arange(QUERIES)[:, None]).abs() ** 1.5


def heard(compute) -> list[Call]:
    calls: list[Call] = []
    with watching(calls.append, BATCH):
        compute()
    return calls


def in_place():
    scores = torch.matmul(QUERY, KEY.transpose(-1, -2))
    scores /= math.sqrt(NEURONS)
    scores += ALIBI
    functional.softmax(scores, dim=-1)


def batch_and_head_in_one():
    scores = torch.bmm(QUERY.flatten(0, 1), KEY.flatten(0, 1).mT) * NEURONS**-0.5
    (scores.view(BATCH, HEADS, QUERIES, KEYS) + ALIBI).view(-1, QUERIES, KEYS).softmax(-1)


def added_to_a_bias():
    alibi = ALIBI.expand(-1, -1, QUERIES, -1).flatten(0, 1)
    scores = alibi.baddbmm(batch1=QUERY.flatten(0, 1), batch2=KEY.flatten(0, 1).mT, beta=1.0, alpha=NEURONS**-0.5)
    functional.softmax(scores.view(BATCH, HEADS, QUERIES, KEYS), dim=-1, dtype=torch.float32)


def by_letters():
    scores = torch.einsum("ibnd,jbnd->bnij", QUERY.permute(2, 0, 1, 3), KEY.permute(2, 0, 1, 3))
    nn.Softmax(dim=-1)(scores * torch.tensor(NEURONS**-0.5) + ALIBI)


def with_operators():
    torch.softmax(NEURONS**-0.5 * (QUERY @ KEY.mT) + ALIBI, -1)


def scaled_twice():
    scores = (QUERY @ KEY.mT + 2 * ALIBI).div(2.0)
    torch.softmax(scores.mul(2 * NEURONS**-0.5) + ALIBI * (1 - 2 * NEURONS**-0.5), dim=-1)


@pytest.mark.parametrize(
    "compute", [in_place, batch_and_head_in_one, added_to_a_bias, by_letters, with_operators, scaled_twice]
)
def test_however_it_is_written_its_parts_are_found(compute):
    [call] = heard(compute)
    assert torch.equal(call.query, QUERY)
    assert torch.equal(call.key, KEY)
    assert call.scale == pytest.approx(NEURONS**-0.5)
    assert call.bias.shape[-2] == 1
    torch.testing.assert_close(call.bias, ALIBI, atol=1e-5, rtol=0)
    torch.testing.assert_close(call.weights, (RAW * NEURONS**-0.5 + ALIBI).softmax(-1))


def test_queries_that_were_scaled_before_have_a_scale_of_one():
    [call] = heard(lambda: ((QUERY / 3) @ KEY.mT).softmax(-1))
    assert call.scale == 1
    assert call.bias is None
    assert torch.equal(call.query, QUERY / 3)


def test_one_key_for_all_heads():
    [call] = heard(lambda: (QUERY @ KEY[:, :1].mT).softmax(-1))
    assert torch.equal(call.key, KEY[:, :1])


@pytest.mark.parametrize("lowest", [LOWEST, -1e4, -torch.inf])
@pytest.mark.parametrize("way", ["added", "filled", "chosen"])
def test_what_is_hidden_is_no_bias(lowest, way):
    seen = torch.ones(BATCH, 1, QUERIES, KEYS, dtype=torch.bool).tril()
    seen[1, ..., 3:] = False

    def compute():
        scores = QUERY @ KEY.mT
        if way == "added":
            scores = scores + torch.where(seen, 0.0, lowest)
        elif way == "filled":
            scores = scores.masked_fill(~seen, lowest)
        else:
            scores = torch.where(seen, scores, torch.tensor(lowest))
        (scores + DISTANCE).softmax(-1)

    [call] = heard(compute)
    assert torch.equal(call.mask, seen)
    assert call.bias is not None
    shown = seen.expand_as(call.weights)
    torch.testing.assert_close(call.bias[shown], DISTANCE.expand_as(RAW)[shown], atol=1e-5, rtol=0)


def test_heads_may_hide_different_keys():
    seen = torch.ones(BATCH, HEADS, QUERIES, KEYS, dtype=torch.bool)
    seen[:, 1, :, 2] = False
    [call] = heard(lambda: (QUERY @ KEY.mT).masked_fill(~seen, LOWEST).softmax(-1))
    assert torch.equal(call.mask, seen)


@pytest.mark.parametrize(
    "added",
    [
        # A second product, as in disentangled attention; a bias of its own for each pair; a soft cap.
        lambda scores: scores + QUERY @ torch.randn(NEURONS, KEYS, generator=torch.Generator().manual_seed(1)),
        lambda scores: scores + torch.randn(QUERIES, KEYS, generator=torch.Generator().manual_seed(1)),
        lambda scores: scores + scores.tanh(),
    ],
)
def test_scores_that_the_parts_do_not_explain_are_told_of_without_them(added):
    [call] = heard(lambda: added(QUERY @ KEY.mT).softmax(-1))
    assert call.query is None
    assert call.key is None
    assert "content and position at once" in call.unknown
    torch.testing.assert_close(call.weights, added(RAW).softmax(-1))


def test_a_softmax_of_something_else_is_not_told_of():
    values = torch.randn(BATCH, HEADS, KEYS, NEURONS)

    def compute():
        torch.randn(BATCH, 7).softmax(-1)
        mixed = RAW.softmax(-1) @ values
        functional.linear(mixed.transpose(1, 2).flatten(2), torch.eye(HEADS * NEURONS)).softmax(-1)
        torch.randn(4, 4).matmul(torch.randn(4)).softmax(-1)
        torch.einsum("bnij->ijbn", RAW).softmax(-1)
        torch.einsum("bhid,bhjd->bij", QUERY, KEY).softmax(-1)

    assert heard(compute) == []


def test_calls_come_in_order_and_end_with_the_watch():
    calls = heard(lambda: [(QUERY * factor @ KEY.mT).softmax(-1) for factor in (1, 2, 3)])
    assert [float(call.query[0, 0, 0, 0] / QUERY[0, 0, 0, 0]) for call in calls] == [1, 2, 3]
    (QUERY @ KEY.mT).softmax(-1)
    assert len(calls) == 3


EXPLAINED = ("bloom", "codegen", "falcon", "flaubert", "gpt_neo", "gptj", "mpnet", "mpt", "rembert", "roformer", "xlm")
EXPLAINED += ("convbert", "megatron-bert")
TOKENS = torch.tensor([[4, 9, 5, 13, 7, 11, 4, 8, 6], [5, 5, 7, 12, 4, 0, 0, 0, 0]])
LENGTHS = (9, 5)


def of_model(kind: str, folder):
    """Calls of a model that match its own attention, in the order of layers."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = {"input_ids": TOKENS, "attention_mask": (TOKENS != 0).long()}
    calls: list[Call] = []
    with torch.inference_mode():
        own = model(**inputs, output_attentions=True).attentions
        with watching(calls.append, len(TOKENS)):
            model(**inputs)
    layers = []
    for weights in own:
        equal = [
            call
            for call in calls
            if call.weights.shape == weights.shape and (call.weights - weights)[0].abs().max() < 1e-5
        ]
        layers.append(equal[0])
    return model, inputs, own, layers


@pytest.mark.parametrize("kind", EXPLAINED)
def test_models_that_bypass_the_interface_add_up(kind, saved):
    _, _, own, layers = of_model(kind, saved(kind))
    recorder = ScoresRecorder(LENGTHS, LENGTHS, len(layers))
    for position, call in enumerate(layers):
        recorder.record(position, call)
    for text, tokens in enumerate(LENGTHS):
        scores = recorder.scores(text)
        assert not isinstance(scores, CaptureError)
        for position, weights in enumerate(own):
            expected = weights[text, :, :tokens, :tokens].numpy()
            again = scores.weights(position, expected == 0)
            assert np.abs(again - expected).max() <= scores.largest_error + 1e-6
            assert expected.std(0).max() > 0.05


@pytest.mark.parametrize(
    ("kind", "query", "key"),
    [
        ("mpnet", "attention.attn.q", "attention.attn.k"),
        ("rembert", "attention.self.query", "attention.self.key"),
        ("megatron-bert", "attention.self.query", "attention.self.key"),
        ("gpt_neo", "attn.attention.q_proj", "attn.attention.k_proj"),
    ],
)
def test_queries_and_keys_are_what_the_projections_gave(kind, query, key, saved):
    model, inputs, _, layers = of_model(kind, saved(kind))
    for part, name in (("query", query), ("key", key)):
        given: list[torch.Tensor] = []
        hooks = [
            module.register_forward_hook(lambda module, arguments, output, given=given: given.append(output))
            for path, module in model.named_modules()
            if path.endswith(name)
        ]
        with torch.inference_mode():
            model(**inputs)
        for hook in hooks:
            hook.remove()
        assert len(given) == len(layers)
        for call, vectors in zip(layers, given, strict=True):
            heads = call.weights.shape[1]
            expected = vectors.unflatten(-1, (heads, -1)).transpose(1, 2)
            torch.testing.assert_close(getattr(call, part), expected, atol=0, rtol=0)


@pytest.mark.parametrize("kind", ["deberta", "deberta-v2", "xlnet"])
def test_disentangled_attention_is_told_of_in_words(kind, saved):
    _, _, own, layers = of_model(kind, saved(kind))
    assert len(layers) == len(own)
    recorder = ScoresRecorder(LENGTHS, LENGTHS, len(layers))
    for position, call in enumerate(layers):
        recorder.record(position, call)
    refused = recorder.scores(0)
    assert isinstance(refused, CaptureError)
    assert "content and position at once" in str(refused)


def test_a_window_is_seen_in_the_mask(saved):
    config = AutoModel.from_pretrained(saved("gpt_neo")).config
    _, _, _, layers = of_model("gpt_neo", saved("gpt_neo"))
    behind = np.arange(9)[:, None] - np.arange(9)
    for kind, call in zip(config.attention_layers, layers, strict=True):
        expected = (behind >= 0) & ((behind < config.window_size) | (kind == "global"))
        np.testing.assert_array_equal(call.mask[0, 0], expected)
    assert {"global", "local"} == set(config.attention_layers)
    assert config.window_size < 9
