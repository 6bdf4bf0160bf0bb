"""An alternative text speaks of what is drawn, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from builders import attention, exhibit, neurons

from attnviz_mkdocs.exhibit import SELF
from attnviz_mkdocs.pictures import draw, picture_of
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Subject, Text

LABELS = ("The", "nurse", ".", "asked", "She")


def figure_of(kind: str, *, second: str | None = None, **options: object) -> Figure:
    model, text = Model(source="x"), Text(text="x")
    pair = {"second": Subject(second, model, text), "names": ("small", second)} if second else {}
    return Figure(kind, "small", model, text, Options(**options), None, Place("x"), **pair)


def weights_of(made) -> np.ndarray:
    return made.attentions[SELF].track.weights()


@pytest.mark.parametrize(("comparison", "model"), [("first", "small"), ("second", "large")])
def test_of_two_models_the_one_that_is_shown_is_named(comparison, model):
    figure = figure_of("matrix", second="large", comparison=comparison)
    alt = picture_of(figure, exhibit(attention()), second=exhibit(attention(seed=1))).alt
    assert alt.startswith(f"Attention of {model} on ")


def test_of_two_models_both_are_named_and_their_layers():
    figure = figure_of("matrix", second="large", comparison="difference", layer=5)
    alt = picture_of(figure, exhibit(attention(6)), second=exhibit(attention(2))).alt
    assert alt.startswith("Difference of attention of small and large on ")
    assert ", layer 5 \u2212 layer 1, head 0: " in alt


@pytest.mark.parametrize("query", range(len(LABELS)))
def test_the_query_of_a_neuron_view_is_named_as_it_is_written(query):
    made, own = neurons(labels=LABELS)
    alt = picture_of(figure_of("neuron", query=[query]), made, own).alt
    best = LABELS[int(weights_of(made)[0, 0, query].argmax())]
    name, other = (f"“{label}”" if label == "." else label for label in (LABELS[query], best))
    assert f", layer 0, head 0: {name} → {other}: q·k " in alt


@pytest.mark.parametrize("options", [{"reduce": "all"}, {"reduce": "layers", "by": "max"}, {"mass": 0.2}])
@pytest.mark.parametrize("kind", ["neuron", "model"])
def test_heads_as_they_were_captured_are_shown_so_whatever_becomes_one(kind, options):
    made, own = neurons(labels=LABELS)
    plain, chosen = figure_of(kind, layer=1, heads=[2]), figure_of(kind, layer=1, heads=[2], **options)
    assert picture_of(chosen, made, own).alt == picture_of(plain, made, own).alt
    assert draw(chosen, made, 688, neurons=own) == draw(plain, made, 688, neurons=own)


def test_thumbnails_are_of_all_tokens_and_the_opened_head_of_the_chosen_one():
    made = exhibit(attention(2, 3, 5), labels=LABELS)
    row = weights_of(made)[1, 2, 4]
    first, second = np.argsort(-row)[:2]
    figure = figure_of("model", layer=1, heads=[2], query=[4])
    said = f"; opened is head 1.2, from “She”: most to “{LABELS[first]}” ("
    alt = picture_of(figure, made).alt
    assert said in alt
    assert alt.startswith("Attention of small on “The nurse . asked She”: 2 layers of 3 heads")
    assert f"“{LABELS[second]}”" in alt.partition(said)[2] or row[second] < 0.001
    assert "She”: 2 layers" in picture_of(figure_of("model", query=[4]), made).alt


def test_a_ranking_is_told_with_whole_numbers():
    made = exhibit(attention(2, 3, 5))
    shares = weights_of(made)[..., 0].mean(-1)
    layer, head = np.unravel_index(shares.argmax(), shares.shape)
    alt = picture_of(figure_of("model", sort="first"), made).alt
    assert f"largest first: {layer}.{head} ({shares.max():.2f}), " in alt


@pytest.mark.parametrize(("kind", "name"), [("model", "{}.{}"), ("head", "{1}")])
def test_of_many_heads_that_do_nothing_mostly_the_strongest_pair_is_told(kind, name):
    tokens = 8
    # Half of all, and no more, goes to one key that is none of the usual ones.
    weights = np.full((1, 4, tokens, tokens), 0.1 / (tokens - 2), np.float32)
    queries = np.arange(tokens)
    weights[..., queries, (queries + 3) % tokens] = 0.45
    weights[..., queries, (queries + 5) % tokens] = 0.45
    weights[0, 2, 6, 1], weights[0, 2, 6, 3] = 0.9, 0
    made = exhibit(weights)
    layer, head, query, key = np.unravel_index(weights_of(made).argmax(), weights.shape)
    assert (layer, head, query, key) == (0, 2, 6, 1)
    alt = picture_of(figure_of(kind), made).alt
    assert f"the strongest pair is “token6” → “token1” in head {name.format(layer, head)} (0.90)." in alt


def test_of_what_keys_receive_only_those_are_told_that_receive_something():
    weights = np.zeros((1, 1, 5, 5), np.float32)
    weights[..., 0], weights[..., 3] = 0.7, 0.3
    alt = picture_of(figure_of("text"), exhibit(weights)).alt
    assert alt.endswith("on average, most is given to “token0” (0.70) and “token3” (0.30).")
