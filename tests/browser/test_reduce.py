"""Several heads, layers and tokens as one, and only the strongest keys: what a reader is told against plain numpy."""

from __future__ import annotations

import re

import pytest
from builders import attention, exhibit
from opened_pages import show_options

LAYERS, HEADS, TOKENS = 2, 3, 6
#: Largest error of a stored weight, and of its two digits in words.
CLOSE = 0.002 + 0.006


@pytest.fixture
def weights():
    return attention(LAYERS, HEADS, TOKENS)


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def readout(view) -> str:
    return view.locator(".readout").inner_text()


def told(view) -> list[float]:
    """The weights that the line below the drawing tells."""
    return [float(number) for number in re.findall(r"token\d (\d\.\d+)", readout(view))]


@pytest.mark.parametrize(
    ("choice", "axes"), [("heads", (1,)), ("layers", (0,)), ("all", (0, 1))], ids=["heads", "layers", "both"]
)
@pytest.mark.parametrize("by", ["mean", "max"])
def test_heads_and_layers_become_one(alone, weights, choice, axes, by):
    view = alone(exhibit(weights), "head", layer=1, heads=(0, 1, 2) if 1 in axes else (2,), query=4)
    show_options(view)
    view.get_by_label("Heads and layers as").select_option(f"{choice} {by}")
    layers = slice(None) if 0 in axes else slice(1, 2)
    heads = slice(None) if 1 in axes else slice(2, 3)
    row = getattr(weights[layers, heads], by)((0, 1))[4]
    assert told(view) == pytest.approx(sorted(row, reverse=True)[:3], abs=CLOSE)
    assert ("Mean" if by == "mean" else "Maximum").lower() in readout(view).lower()
    assert state(view)["reduce"] == choice
    assert state(view)["by"] == by


def test_a_matrix_shows_the_mean_of_the_chosen_heads(alone, weights):
    view = alone(exhibit(weights), "matrix", layer=0)
    show_options(view)
    view.get_by_label("Heads and layers as").select_option("heads mean")
    view.get_by_role("button", name="Head 1", exact=True).click()
    assert state(view)["heads"] == [0, 2]
    view.evaluate("(view) => { view.state = { query: 1, key: 3 } }")
    assert "mean of 2 heads" in readout(view)
    assert float(readout(view).rsplit(" ", 1)[1]) == pytest.approx(weights[0, [0, 2], 1, 3].mean(), abs=CLOSE)


def test_the_slider_leaves_the_strongest_keys_and_tells_what_it_hides(alone, weights):
    view = alone(exhibit(weights), "head", layer=0, heads=(1,), query=2)
    show_options(view)
    slider = view.get_by_label("Strongest")
    slider.fill("70")
    assert state(view)["mass"] == 0.7
    row = sorted(weights[0, 1, 2], reverse=True)
    kept = next(count for count in range(1, TOKENS + 1) if sum(row[:count]) >= 0.7)
    assert len(told(view)) == min(3, kept)
    hidden = int(re.search(r"(\d+)\s% hidden", readout(view))[1])
    assert hidden == pytest.approx(100 * (1 - sum(row[:kept])), abs=1)
    assert re.search(r"make up 70\s%.*\d+\s% of the attention is hidden", view.locator(".notes").inner_text())
    slider.focus()
    view.page.keyboard.press("End")
    assert state(view)["mass"] == 1
    assert "hidden" not in readout(view)


@pytest.mark.parametrize("kind", ["head", "matrix"])
def test_tokens_that_are_added_are_summed(alone, weights, kind):
    view = alone(exhibit(weights), kind, layer=0, heads=(1,))
    if kind == "head":
        tokens = view.locator(".tokens.query .token")
        tokens.nth(4).click()
        tokens.nth(1).click(modifiers=["Shift"])
        view.locator(".tokens.key .token").nth(2).click(modifiers=["Shift"])
    else:
        view.evaluate("(view) => { view.state = { query: [4, 1], key: 2 } }")
    assert state(view)["query"] == [4, 1]
    assert state(view)["key"] == 2
    view.page.mouse.move(1, 1)
    said = re.search(r"token4 \+ token1 → token2 ([\d.]+) in sum", readout(view))
    # Two stored weights err twice.
    assert float(said[1]) == pytest.approx(weights[0, 1, [4, 1], 2].sum(), abs=2 * CLOSE)


def test_a_finger_adds_tokens_too(alone, touched, weights):
    alone(exhibit(weights), "head", layer=0, heads=(1,))
    view = touched(is_mobile=True)
    show_options(view)
    view.get_by_role("button", name="Several tokens").tap()
    for token in (1, 3):
        view.locator(".tokens.query .token").nth(token).tap()
    assert state(view)["query"] == [1, 3]
    view.locator(".tokens.query .token").nth(1).tap()
    assert state(view)["query"] == 3
