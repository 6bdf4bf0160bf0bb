from __future__ import annotations

import pytest
import torch

from attnviz_mkdocs.capture.listening.hook import Call
from attnviz_mkdocs.capture.listening.matching import Match, Slot, match

ALL = {"self": torch.ones(1, 1, 1, 1, dtype=torch.bool), "cross": torch.ones(1, 1, 1, 1, dtype=torch.bool)}


def call(value: float, shape=(1, 2, 3, 3)) -> Call:
    return Call(torch.full(shape, value))


def own(*values: float, name: str = "self", shape=(1, 2, 3, 3)) -> dict[Slot, Call]:
    return {Slot(name, position): call(value, shape) for position, value in enumerate(values)}


def test_a_call_is_of_the_layer_that_it_equals_whatever_the_order():
    found = match([call(0.3), call(0.1), call(0.2)], own(0.1, 0.2, 0.3), ALL)
    assert found == Match((("self", 2), ("self", 0), ("self", 1)), 0.0)


def test_layers_that_are_alike_are_taken_in_order():
    found = match([call(0.1), call(0.1), call(0.1)], own(0.1, 0.1, 0.1), ALL)
    assert found is not None
    assert found.slots == (("self", 0), ("self", 1), ("self", 2))


def test_the_closest_is_taken_and_others_are_no_layers():
    found = match([call(0.9), call(0.11), call(0.1)], own(0.1), ALL)
    assert found == Match((None, None, ("self", 0)), 0.0)


def test_attentions_are_told_apart_by_shape_and_where_that_is_the_same_by_value():
    layers = own(0.1, 0.2) | own(0.3, name="cross")
    found = match([call(0.3), call(0.1), call(0.2)], layers, ALL)
    assert found is not None
    assert found.slots == (("cross", 0), ("self", 0), ("self", 1))
    layers = own(0.1, 0.2) | own(0.1, name="cross", shape=(1, 2, 3, 4))
    found = match([call(0.1), call(0.1, (1, 2, 3, 4)), call(0.2)], layers, ALL)
    assert found is not None
    assert found.slots == (("self", 0), ("cross", 0), ("self", 1))


def test_too_few_of_a_shape_is_out_of_hearing():
    assert match([call(0.1)], own(0.1, 0.2), ALL) is None
    assert match([call(0.1), call(0.2, (1, 2, 3, 4))], own(0.1, 0.2), ALL) is None
    assert match([], own(0.1), ALL) is None


@pytest.mark.parametrize(("value", "difference"), [(0.4, 0.3), (float("nan"), float("inf"))])
def test_what_differs_is_told(value, difference):
    found = match([call(0.2), call(value)], own(0.2, 0.1), ALL)
    assert found is not None
    assert found.difference == pytest.approx(difference)


def test_padding_does_not_count():
    weights = torch.full((1, 2, 3, 3), 0.1)
    weights[..., 2] = 0.9
    within = torch.tensor([True, True, False])[None, None, None]
    assert match([Call(weights)], own(0.1), {"self": within}) == Match((("self", 0),), 0.0)
