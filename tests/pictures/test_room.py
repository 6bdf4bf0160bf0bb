from __future__ import annotations

import math
import re

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons
from drawn_pictures import figure_of
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.pictures import neuron, room
from attnviz_mkdocs.pictures.comparison import scenes_of
from attnviz_mkdocs.pictures.lettering import wrap
from attnviz_mkdocs.spec.types import Step

WIDTHS = range(240, 1441, 7)


def value_of(css: str, width: float) -> float:
    """What a browser makes of the length at some width."""
    assert re.fullmatch(r"calc\([\d.+*()\-, px]*(?:(?:clamp|cqi)[\d.+*()\-, px]*)*\)", css), css
    code = re.sub(r"px\b", "", css.removeprefix("calc")).replace("100cqi", repr(width))
    return eval(code, {"clamp": lambda low, value, high: max(low, min(value, high))})


@given(
    st.lists(st.tuples(st.integers(16, 87).map(lambda at: 16 * at), st.integers(-200, 300)), max_size=6),
    st.floats(-1.5, 1.5),
    st.integers(0, 30),
)
def test_there_is_enough_room_at_every_width_and_seldom_much_more(steps, slope, stair):
    def height(width: float) -> float:
        jumps = sum(by for at, by in steps if width >= at)
        return 3000 + jumps + slope * width + stair * (width // 64)

    css = room.as_css(height)
    more = [value_of(css, width) - height(width) for width in WIDTHS]
    assert min(more) >= 0
    # Near a step it begins a little early.
    far = [by for width, by in zip(WIDTHS, more, strict=True) if all(abs(width - at) > 24 for at, _ in steps)]
    assert max(far, default=0) <= room._TOLERANCE + room._SLACK + 16 * abs(slope) + stair + 3


def test_what_is_the_same_at_every_width_is_one_number():
    assert room.as_css(lambda _: 300.0) == f"calc({300 + room._SLACK}px)"


@pytest.fixture
def rooms():
    def make(made, kind: str = "head", **options) -> room.Room:
        return room.Room(scenes_of(figure_of(kind, **options), made))

    return make


def test_a_row_more_needs_the_room_of_a_row(rooms):
    few, more = (rooms(exhibit(attention(1, 2, tokens))) for tokens in (10, 11))
    assert more.height(700) - few.height(700) == 24


def test_fingers_need_more_where_there_are_many_rows():
    few, many = (scenes_of(figure_of(), exhibit(attention(1, 1, tokens))) for tokens in (40, 41))
    assert "--attnviz-touch" not in room.style(few)
    touched, plain = (room.Room(many, is_touched=is_touched).height(700) for is_touched in (True, False))
    assert touched - plain == 41 * 4
    assert re.fullmatch(r"--attnviz-room:calc\(.*\);--attnviz-touch:calc\(.*\)", room.style(many))


def test_what_is_told_needs_room(rooms):
    made = exhibit(
        attention(1, 2, 6, causal=True), masked=np.triu(np.ones((6, 6), bool), 1) | ~np.triu(np.ones((6, 6), bool), -2)
    )
    plain = exhibit(attention(1, 2, 6, causal=True), masked=later(6))
    assert rooms(made).height(700) > rooms(plain).height(700)
    step = Step(caption="Look here. " * 20)
    toured = rooms(plain, steps=(step,))
    assert toured.height(300) - rooms(plain).height(300) > toured.height(1200) - rooms(plain).height(1200) > 20


def test_sentences_below_neurons_need_room():
    made, own = neurons(tokens=6, causal=True)
    scenes, numbers = scenes_of(figure_of("neuron"), made), own.attentions["self"]
    said = neuron.said(scenes[0], numbers)
    assert "The other views show" in said[0]
    for width in (300, 700):
        lines = sum(len(wrap(paragraph, width, 13)) for paragraph in said)
        table = neuron.height(scenes[0], numbers, width, is_touched=False)
        assert room.Room(scenes, numbers).height(width) > table + lines * 18


def test_no_room_is_not_a_number():
    made = exhibit(attention(1, 1, 1))
    for kind in ("head", "matrix", "model", "text"):
        scenes = scenes_of(figure_of(kind), made)
        assert all(math.isfinite(room.Room(scenes).height(width)) for width in (240, 700, 1440))
