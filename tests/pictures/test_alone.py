from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import attention, exhibit, neurons
from drawn_pictures import Drawn, figure_of

from attnviz_mkdocs.pictures.alone import MARGIN, Motif, WalkError
from attnviz_mkdocs.spec.types import Step


def shown(kind: str = "head", tokens: int = 5, **options: object) -> Motif:
    return Motif(figure_of(kind, **options), exhibit(attention(tokens=tokens)))


def numbers_drawn(svg) -> str:
    """What a drawing says of the tokens that are chosen."""
    return " ".join(Drawn(svg.content).words)


@pytest.mark.parametrize(("scheme", "ground"), [("light", "#ffffff"), ("dark", "#1e2029")])
def test_a_picture_lies_on_a_ground_of_its_own_with_room_around_it(scheme, ground):
    svg = shown().still(400, scheme)
    root = Drawn(svg.content).root
    below, inner = root
    assert (below.get("fill"), below.get("width"), below.get("height")) == (ground, "400", str(svg.height))
    assert (inner.get("x"), inner.get("y")) == (str(MARGIN), str(MARGIN))
    assert int(inner.get("width")) + 2 * MARGIN == svg.width == 400
    assert int(inner.get("height")) + 2 * MARGIN == svg.height


def test_a_walk_begins_with_the_whole_and_chooses_each_query():
    (whole, long), *others = shown(query=2).walk(400, "light")
    assert long > others[0][1]
    assert "token0 →" not in numbers_drawn(whole)
    assert len(others) == 5
    for place, (svg, _) in enumerate(others):
        assert f"token{place} →" in numbers_drawn(svg)


def test_pictures_of_a_walk_are_of_one_size():
    walk = shown(heads=(0, 1, 2)).walk(300, "dark")
    assert len({(svg.width, svg.height) for svg, _ in walk}) == 1
    assert len({re.search(r'height="(\d+)"', svg.content[svg.content.index("<svg", 5) :])[1] for svg, _ in walk}) > 1


def test_a_walk_goes_through_words_and_through_the_part_of_a_pair_that_is_shown():
    made = exhibit(attention(tokens=4), labels=("a", "b", "c", "d"))
    tokens = tuple(replace(token, segment=place // 2) for place, token in enumerate(made.tokens["text"]))
    pair = replace(made, pair="c d", tokens={"text": tokens})
    walk = Motif(figure_of("head", filter="b-a"), pair).walk(400, "light")
    assert [re.search(r"· “?(\w)”? →", numbers_drawn(svg))[1] for svg, _ in walk[1:]] == ["c", "d"]
    pieces = tuple(replace(token, continues=place > 0) for place, token in enumerate(made.tokens["text"]))
    joined = replace(made, text="abcd", tokens={"text": pieces})
    assert len(Motif(figure_of("head", units="words"), joined).walk(400, "light")) == 2


@pytest.mark.parametrize("comparison", ["both", "difference", "first", "second"])
def test_a_walk_through_a_comparison_goes_through_the_tokens_of_the_first(comparison):
    one, other = (
        exhibit(attention(tokens=len(labels)), labels=labels) for labels in (("a", "b", "c"), ("a", "x", "b", "c"))
    )
    figure = replace(figure_of("head", comparison=comparison), names=("one", "other"))
    walk = Motif(figure, one, second=other).walk(600, "light")
    assert len(walk) == 4
    for (svg, _), token in zip(walk[1:], "abc", strict=True):
        assert re.search(rf"· “?{token}”? →", numbers_drawn(svg))


def test_a_walk_of_a_neuron_view_has_a_query_in_each_picture():
    made, own = neurons()
    walk = Motif(figure_of("neuron"), made, own).walk(400, "light")
    assert len(walk) == 5
    assert len({svg.content for svg, _ in walk}) == 5


def test_a_tour_is_a_picture_a_step_with_its_caption():
    steps = (Step(caption="First this."), Step(caption="Then, at length, " + "that " * 20, layer=1, query=(1,)))
    figure = figure_of("model", steps=steps)
    (first, short), (second, long) = Motif(figure, exhibit(attention())).walk(400, "light")
    assert "First this." in numbers_drawn(first)
    assert "Then, at length," in numbers_drawn(second)
    assert long > short


@pytest.mark.parametrize(
    ("view", "message"), [(("model", 5), "show one head"), (("head", 65), "65 tokens is too long")]
)
def test_what_there_is_no_walk_through_is_told(view, message):
    with pytest.raises(WalkError, match=message):
        shown(*view).walk(400, "light")
