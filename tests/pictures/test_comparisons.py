from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from drawn_pictures import Drawn, figure_of

from attnviz_mkdocs.exhibit import SELF
from attnviz_mkdocs.pictures import draw, picture_of
from attnviz_mkdocs.pictures.comparison import scenes_of
from attnviz_mkdocs.spec import Model, Text
from attnviz_mkdocs.spec.gallery import Subject


def pair_of(kind: str = "head", **options):
    second = Subject("other", Model(source="y"), Text(text="y"))
    return replace(figure_of(kind, **options), second=second, names=("one", "two"))


@pytest.fixture
def two():
    """Two texts that differ in a word, and one of them in one more."""
    first = exhibit(attention(2, 3, 4), labels=("the", "cat", "sat", "."))
    second = exhibit(attention(2, 3, 5, seed=1), labels=("the", "dog", "sat", "down", "."))
    return first, second


#: Places of the second that stand beside those of the first.
BESIDE = {0: 0, 1: 1, 2: 2, 3: 4}


def weights(made, layer=0, head=0):
    return made.attentions[SELF].track.weights()[layer, head]


def test_a_difference_is_what_numpy_subtracts_where_both_have_a_token(two):
    (scene,) = scenes_of(pair_of("matrix", layer=1, heads=(2,), comparison="difference"), *two)
    assert [label.text for label in scene.query] == ["the", "cat/dog", "sat", "down", "."]
    shown = scene.chosen_head
    rows, columns = [0, 1, 2, 4], [0, 1, 2, 4]
    beside = list(BESIDE.values())
    expected = weights(two[0], 1, 2) - weights(two[1], 1, 2)[np.ix_(beside, beside)]
    assert shown.weights[np.ix_(rows, columns)] == pytest.approx(expected)
    assert shown.masked[3].all()
    assert shown.masked[:, 3].all()
    assert not shown.masked[np.ix_(rows, columns)].any()


def test_side_by_side_the_same_token_is_chosen_in_both(two):
    first, second = scenes_of(pair_of(query=(3,)), *two)
    assert (first.query.pinned, second.query.pinned) == ((3,), (4,))
    drawing = Drawn(draw(pair_of(query=(3,)), two[0], 688, second=two[1]))
    assert [word for word in drawing.words if word in ("one", "two")] == ["one", "two"]
    assert {"cat", "dog", "down"} <= set(drawing.words)


@pytest.mark.parametrize(("comparison", "shown"), [("first", {"cat"}), ("second", {"dog", "down"})])
def test_one_of_two_is_shown_alone(two, comparison, shown):
    words = set(Drawn(draw(pair_of(comparison=comparison), two[0], 688, second=two[1])).words)
    assert shown <= words
    assert not ({"cat", "dog", "down"} - shown) & words


@pytest.mark.parametrize("kind", ["head", "matrix", "model", "text"])
@pytest.mark.parametrize("comparison", ["both", "difference"])
@pytest.mark.parametrize("width", [350, 688])
def test_every_view_of_two_is_a_document(two, kind, comparison, width):
    drawing = Drawn(draw(pair_of(kind, comparison=comparison), two[0], width, second=two[1]))
    ids = [node.get("id") for node in drawing.root.iter() if node.get("id")]
    assert set(re.findall(r"url\(#([\w-]+)\)", drawing.content)) <= set(ids)
    signs = {"more in one", "more in two"} <= set(drawing.words)
    assert signs is (comparison == "difference")
    assert bool(re.search("Differences up to 0.00", " ".join(drawing.words))) is signs


def test_lines_of_a_difference_have_the_colour_of_their_sign(two):
    figure = pair_of(comparison="difference", heads=(1,))
    drawing = Drawn(draw(figure, two[0], 688, second=two[1]))
    (scene,) = scenes_of(figure, *two)
    numbers = scene.chosen[0].weights
    for name, count in (("more", (numbers >= 0.005).sum()), ("less", (numbers <= -0.005).sum())):
        assert sum(line.colour == name for line in drawing.lines) == count


def test_shades_side_by_side_mean_the_same(two):
    drawing = Drawn(draw(pair_of("matrix"), two[0], 688, second=two[1]))
    largest = max(weights(made).max() for made in two)
    assert drawing.words.count(f"{largest:.2f}") == 2
    assert drawing.words.count("square-root scale, of both") == 2


def test_a_model_with_fewer_layers_and_heads_shows_its_nearest_and_says_so():
    large, small = exhibit(attention(4, 6, 3)), exhibit(attention(2, 2, 3, seed=1))
    figure = pair_of(layer=3, heads=(4,))
    first, second = scenes_of(figure, large, small)
    assert (first.state.layer, second.state.layer, second.state.heads) == (3, 1, (1,))
    said = " ".join(Drawn(draw(figure, large, 688, second=small)).words)
    assert "two: No layer 3; layer 1 is shown." in said
    assert "two: No head 4; head 1 is shown." in said
    (difference,) = scenes_of(pair_of("model", comparison="difference"), large, small)
    layers = [numbers for numbers, _ in difference.by_layer()]
    assert layers[3][5] == pytest.approx(weights(large, 3, 5) - weights(small, 1, 1))
    assert layers[1][0] == pytest.approx(weights(large, 1, 0) - weights(small, 1, 0))


def test_an_attention_that_the_second_lacks_leaves_the_first_alone():
    scenes = scenes_of(pair_of(), translation(), exhibit(attention()))
    assert [scene.attention.query for scene in scenes] == ["target"]


def test_reductions_come_before_the_difference(two):
    (scene,) = scenes_of(pair_of(reduce="all", by="max", comparison="difference"), *two)
    first, second = (made.attentions[SELF].track.weights().max((0, 1)) for made in two)
    assert scene.chosen[0].weights[2, 1] == pytest.approx(first[2, 1] - second[2, 1])


def test_masked_in_one_is_nothing_and_in_both_is_masked():
    causal = exhibit(attention(1, 1, 3, causal=True), masked=later(3))
    free = exhibit(attention(1, 1, 3))
    (scene,) = scenes_of(pair_of(comparison="difference"), causal, free)
    assert not scene.chosen[0].masked.any()
    assert scene.chosen[0].weights[0, 2] == pytest.approx(-weights(free)[0, 2])
    (scene,) = scenes_of(pair_of(comparison="difference"), causal, causal)
    assert (scene.chosen[0].masked == later(3)).all()


def test_what_is_told_of_a_difference_is_its_largest(two):
    figure = pair_of("matrix", comparison="difference", layer=1, heads=(0,))
    (scene,) = scenes_of(figure, *two)
    numbers = scene.chosen_head.weights
    query, key = np.unravel_index(abs(numbers).argmax(), numbers.shape)
    alt = picture_of(figure, two[0], second=two[1]).alt
    sign = "+" if numbers[query, key] > 0 else "−"
    pair = f"“{scene.query[query].text}” → “{scene.key[key].text}” {sign}{abs(numbers[query, key]):.2f}"
    assert f"the largest differences are {pair} (" in alt
    assert alt.startswith("Difference of attention of small and other on “the cat sat .” and “the dog sat down .”")
