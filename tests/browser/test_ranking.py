"""What heads do, in numbers: a line below a drawing, and the model view in the order of one; against plain numpy."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation

from attnviz_mkdocs.exhibit import TEXT, Exhibit

LAYERS, HEADS, TOKENS = 4, 5, 8
STATISTICS = ("entropy", "distance", "previous", "next", "self", "first", "special")


def marked(made: Exhibit) -> Exhibit:
    """The same with special tokens at both ends."""
    tokens = [replace(token, special=i in (0, len(made.query) - 1)) for i, token in enumerate(made.query)]
    return replace(made, tokens={TEXT: tuple(tokens)})


@pytest.fixture
def made() -> Exhibit:
    return marked(exhibit(attention(LAYERS, HEADS, TOKENS, causal=True), masked=later(TOKENS)))


def statistics(made: Exhibit) -> dict[str, np.ndarray]:
    """Of each head `[layer, head]`, from the weights that the page has."""
    weights = made.attention.weights().astype(float)
    n = weights.shape[-1]
    i, j = np.indices((n, n))
    special = np.array([token.special for token in made.query])
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    return {
        "entropy": -(weights * logs).sum(-1).mean(-1),
        "distance": (weights * abs(i - j)).sum(-1).mean(-1),
        "previous": np.diagonal(weights, -1, -2, -1).mean(-1),
        "next": np.diagonal(weights, 1, -2, -1).mean(-1),
        "self": np.diagonal(weights, 0, -2, -1).mean(-1),
        "first": weights[..., 0].mean(-1),
        "special": weights[..., special].sum(-1).mean(-1),
    }


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def line(view) -> str:
    return view.locator(".statistics summary").inner_text().replace("\u00a0", " ")


def names(view) -> list[tuple[int, int]]:
    """Layer and head of each thumbnail of a ranking, in order."""
    told = view.locator(".ranked span").all_inner_texts()
    return [tuple(map(int, text.split("\n")[0].split("."))) for text in told]


def values(view) -> list[float]:
    return [float(text.split("\n")[1]) for text in view.locator(".ranked span").all_inner_texts()]


def in_order(scores: np.ndarray) -> list[tuple[int, int]]:
    order = np.argsort(-scores.ravel(), kind="stable")
    return [tuple(map(int, np.unravel_index(place, scores.shape))) for place in order]


def thumbnail(view, number: int) -> None:
    """Clicks the thumbnail at a place of the ranking."""
    box = view.locator(".ranked .columns span").nth(number).bounding_box()
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] - 20)


@pytest.mark.parametrize("by", STATISTICS)
def test_heads_come_in_the_order_of_a_statistic(alone, made, by):
    view = alone(made, "model")
    assert view.locator(".row > span").count() == LAYERS
    view.get_by_label("Sort heads by").select_option(by)
    view.locator(".ranked").first.wait_for()  # until all are measured
    scores = statistics(made)[by]
    assert names(view) == in_order(scores)
    assert values(view) == pytest.approx(
        sorted(scores.ravel(), reverse=True), abs=0.051 if by == "distance" else 0.0051
    )
    assert f"All {LAYERS * HEADS} heads" in view.locator(".count").inner_text()
    view.get_by_label("Sort heads by").select_option("index")
    assert view.locator(".row > span").count() == LAYERS
    assert view.locator(".count").is_hidden()


def test_heads_below_the_least_are_left_out(alone, made):
    scores = statistics(made)["self"]
    view = alone(made, "model", sort="self", least=0.2)
    left = [place for place in in_order(scores) if scores[place] >= 0.2]
    assert 0 < len(left) < scores.size
    assert names(view) == left
    told = f"{len(left)} of {scores.size} heads have self ≥ 0.20, largest first."
    assert view.locator(".count").inner_text() == told
    slider = view.get_by_label("At least")
    assert slider.input_value() == "20"
    slider.fill("99")
    assert state(view)["least"] == 0.99
    assert names(view) == []
    assert view.locator(".count").inner_text().startswith(f"0 of {scores.size} heads")
    view.locator(".drawing").press("ArrowDown")
    slider.fill("0")
    assert state(view)["least"] is None
    assert len(names(view)) == scores.size
    view.get_by_label("Sort heads by").select_option("entropy")
    slider.fill("50")
    assert state(view)["least"] == pytest.approx(np.log(TOKENS) / 2, abs=0.006)


def test_a_head_of_a_ranking_opens(alone, made):
    scores = statistics(made)["previous"]
    view = alone(made, "model", sort="previous")
    second = in_order(scores)[1]
    thumbnail(view, 1)
    assert (state(view)["layer"], state(view)["head"]) == second
    assert view.locator(".detail-title").inner_text().startswith("Layer {} · head {}".format(*second))
    assert f"previous {scores[second]:.2f}"[:11] in line(view).replace(" .", " 0.")
    view.evaluate("(view) => { view.state = { least: 0.99 } }")
    assert view.locator(".detail").is_visible()
    view.get_by_role("button", name="Close this head").click()
    assert state(view)["head"] is None


def test_pointing_and_keys_follow_the_ranking(alone, made, tab):
    tab.page.set_viewport_size({"width": 320, "height": 900})
    scores = statistics(made)["first"]
    order = in_order(scores)
    view = alone(made, "model", sort="first")
    columns = view.locator(".ranked").first.locator("span").count()
    assert 1 < columns < len(order)
    readout = view.locator(".readout")
    view.locator(".drawing").focus()
    tab.page.keyboard.press("ArrowRight")
    assert readout.inner_text().startswith("Layer {} · head {} · first ".format(*order[0]))
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowRight")
    assert readout.inner_text().startswith("Layer {} · head {} ".format(*order[columns + 1]))
    tab.page.keyboard.press("Enter")
    assert (state(view)["layer"], state(view)["head"]) == order[columns + 1]
    tab.page.keyboard.press("Escape")
    box = view.locator(".ranked canvas").first.bounding_box()
    tab.page.mouse.move(box["x"] + box["width"] * 1.5 / columns, box["y"] + 10)
    assert readout.inner_text().startswith("Layer {} · head {} ".format(*order[1]))


def test_a_head_that_was_chosen_elsewhere_is_marked(alone, made):
    place = in_order(statistics(made)["self"])[2]
    view = alone(made, "model", sort="self", layer=place[0])
    view.evaluate(f"(view) => {{ view.state = {{ heads: [{place[1]}], head: null }} }}")
    row = view.locator(".row.open")
    assert row.count() == 1
    assert row.evaluate("(row) => row.style.getPropertyValue('--open')") == "2"


def test_attention_on_another_text_has_no_distances(alone):
    view = alone(translation(), "model", attention="cross", sort="previous")
    chooser = view.get_by_label("Sort heads by")
    shown = chooser.evaluate("(select) => [...select.options].filter((o) => !o.hidden).map((o) => o.value)")
    assert shown == ["index", "entropy", "first", "special"]
    assert chooser.input_value() == "index"
    assert view.locator(".ranked").count() == 0
    view.get_by_role("button", name="Decoder", exact=True).click()
    assert chooser.input_value() == "previous"
    assert view.locator(".ranked").count() > 0


def test_only_the_model_view_sorts(alone, made):
    view = alone(made, "model", sort="self")
    assert view.get_by_label("At least").is_visible()
    view.get_by_role("button", name="Head", exact=True).click()
    assert view.get_by_label("Sort heads by").is_hidden()
    assert view.get_by_label("At least").is_hidden()


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_one_head_has_its_statistics_below(alone, made, kind):
    view = alone(made, kind, layer=2, heads=(3,))
    told = dict(re.findall(r"(\w+) (\d*\.?\d+)", line(view)))
    expected = {name: scores[2, 3] for name, scores in statistics(made).items()}
    assert set(told) == set(expected)
    for name, value in expected.items():
        assert float(told[name]) == pytest.approx(value, abs=0.051 if name == "distance" else 0.0051), name
    assert view.locator(".statistics p").is_hidden()
    view.locator(".statistics summary").click()
    assert "as they were captured" in view.locator(".statistics p").inner_text()


def test_of_several_heads_is_told_which_does_what(alone):
    weights = np.full((1, 3, TOKENS, TOKENS), 1 / TOKENS, np.float32)
    weights[0, 1] = np.eye(TOKENS, k=-1)
    weights[0, 1, 0, 0] = 1
    view = alone(exhibit(weights))
    # Stored weights are rounded, here to 0.1256.
    assert re.fullmatch(r"Largest of 3 heads: entropy 2\.0[89] nats \(head 0\) · previous 1 \(head 1\)", line(view))
    view.evaluate("(view) => { view.state = { reduce: 'heads' } }")
    assert view.locator(".statistics").is_hidden()
    view.evaluate("(view) => { view.state = { reduce: 'none', heads: [] } }")
    assert view.locator(".statistics").is_hidden()


def test_words_and_a_hidden_sink_leave_the_statistics_as_they_are(alone, made):
    view = alone(made, layer=1, heads=(0,))
    before = line(view)
    view.evaluate("(view) => { view.state = { units: 'words', sink: 'hidden' } }")
    assert line(view) == before


def test_a_large_model_is_measured_without_standing_still(alone):
    made = exhibit(attention(12, 12, 160, causal=True), masked=later(160))
    view = alone(made, "model")
    view.evaluate(
        """(view) => {
          const count = view.shadowRoot.querySelector('.count')
          view.told = []
          new MutationObserver(() => view.told.push(count.textContent)).observe(count, { childList: true })
        }"""
    )
    view.get_by_label("Sort heads by").select_option("self")
    view.locator(".ranked").first.wait_for()
    assert names(view) == in_order(statistics(made)["self"])
    assert view.evaluate("(view) => view.told.at(-1)") == "All 144 heads, largest first."


@pytest.mark.parametrize(("layers", "heads"), [(30, 9), (32, 32)])
def test_many_heads_scroll_sideways_with_their_layers_in_sight(alone, tab, layers, heads):
    tab.page.set_viewport_size({"width": 320, "height": 900})
    view = alone(exhibit(attention(layers, heads, 6)), "model")
    assert float(view.locator(".drawing").evaluate("(body) => parseFloat(body.style.getPropertyValue('--cell'))")) >= 14
    scroll = view.locator(".drawing .scroll")
    scroll.evaluate("(box) => { box.scrollLeft = 1000 }")
    edge = scroll.bounding_box()["x"]
    assert view.locator(".row > span").nth(layers - 1).bounding_box()["x"] == pytest.approx(edge, abs=1)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if heads == 32:
        # The last head can be reached, and opens at the width of the page.
        box = view.locator(".row canvas").first.bounding_box()
        tab.page.mouse.click(box["x"] + box["width"] - 8, box["y"] + 8)
        assert state(view)["head"] == 31
        detail = view.locator(".detail").bounding_box()
        assert detail["x"] == pytest.approx(edge, abs=1)
        assert detail["width"] <= 320
