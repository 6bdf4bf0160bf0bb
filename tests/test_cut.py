from __future__ import annotations

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons, translation

from attnviz_mkdocs.codec import decode, decode_neurons, encode, encode_neurons
from attnviz_mkdocs.cut import cut_exhibit, cut_neurons
from attnviz_mkdocs.exhibit import SELF
from attnviz_mkdocs.neurons import Bias, Neurons, Scores


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("layers", [(3,), (0, 2), (5, 1, 3), tuple(range(6))])
def test_what_is_left_is_what_was_there(causal, layers):
    whole = exhibit(attention(6, causal=causal), masked=later(5) if causal else None)
    cut = decode(encode(cut_exhibit(whole, layers)))
    kept = sorted(layers)
    assert cut.attentions[SELF].layers == tuple(kept)
    np.testing.assert_array_equal(cut.attention.weights(), whole.attention.weights()[kept])
    np.testing.assert_array_equal(cut.attention.masked(), whole.attention.masked()[kept])
    assert cut.query == whole.query


def test_layers_go_by_the_models_own_numbers_in_every_attention():
    whole = translation(layers=(2, 3))
    cut = cut_exhibit(whole, [1, 2])
    assert {name: part.layers for name, part in cut.attentions.items()} == {
        "cross": (1, 2),
        "encoder": (1,),
        "decoder": (1, 2),
    }
    for name, positions in (("cross", [1, 2]), ("encoder", [1]), ("decoder", [1, 2])):
        expected = whole.attentions[name].track.weights()[positions]
        np.testing.assert_array_equal(cut.attentions[name].track.weights(), expected)


@pytest.mark.parametrize(
    ("layers", "note"),
    [([2], "Only layer 2 of this exhibit is here."), ([2, 0], "Only layers 0, 2 of this exhibit are here.")],
)
def test_readers_are_told(layers, note):
    assert cut_exhibit(exhibit(attention(3)), layers).notes == (note,)


def test_neurons_of_the_layers_that_are_left_give_their_attention():
    whole, numbers = neurons(layers=4)
    layers = [1, 3]
    cut = cut_exhibit(whole, layers)
    kept = decode_neurons(encode_neurons(cut_neurons(numbers, whole, layers)))
    assert kept.tokens == numbers.tokens
    masked = np.zeros((5, 5), bool)
    for position, layer in enumerate(layers):
        again = kept.attentions[SELF].weights(position, masked)
        np.testing.assert_array_equal(again, numbers.attentions[SELF].weights(layer, masked))
        assert np.abs(again - cut.attention.weights()[position]).max() <= 0.002


def test_all_that_belongs_to_a_layer_goes_with_it():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2, 4, 3, 5, 8)).astype("f4")
    bias = Bias("key", random.normal(size=(2, 3, 5)).astype("f4"), (0, -1, 1, 1))
    softcap, sinks = np.array([0, 5, 6, 7], "f4"), random.normal(size=(4, 3)).astype("f4")
    scores = Scores(*vectors, np.array([1, 2, 3, 4], "f4"), 1e-6, softcap, sinks, bias)
    whole = exhibit(attention(4))
    cut = cut_neurons(Neurons("tokens", {SELF: scores}, whole.provenance), whole, [1, 2]).attentions[SELF]
    masked = np.zeros((5, 5), bool)
    for position, layer in enumerate((1, 2)):
        np.testing.assert_array_equal(cut.weights(position, masked), scores.weights(layer, masked))
    assert cut.bias.values.shape == (1, 3, 5)  # the row of layer 0 is gone
    assert cut.bias.of_layer == (-1, 0)
