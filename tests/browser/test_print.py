"""On paper a view is a picture of what its reader sees."""

from __future__ import annotations

import numpy as np
import pytest
from builders import attention, exhibit

LABELS = tuple(f"token{index}" for index in range(7))


def for_paper(view) -> None:
    """What a browser does when it prints, but for the paper."""
    view.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    view.page.emulate_media(media="print")


@pytest.mark.parametrize("kind", ["head", "matrix", "model", "text"])
@pytest.mark.parametrize("width", [1300, 400])
def test_a_picture_stands_for_the_drawing(alone, kind, width):
    view = alone(exhibit(attention(2, 3, 7), labels=LABELS), kind)
    for_paper(view)
    view.page.set_viewport_size({"width": width, "height": 900})
    assert view.locator(".box").is_hidden()
    assert view.locator(".toolbar").is_hidden()
    svg = view.locator(".printed svg")
    box = svg.bounding_box()
    assert 0 < box["width"] <= width
    assert box["x"] >= 0
    if kind != "model":
        words = svg.evaluate("(svg) => [...svg.querySelectorAll('text')].map((text) => text.textContent)")
        assert set(LABELS) <= set(words)


def test_it_shows_what_the_reader_chose(alone):
    weights = np.eye(7, dtype=np.float32)[None, None].repeat(2, 0)
    view = alone(exhibit(weights, labels=LABELS), "head")
    view.evaluate("(view) => { view.state = { layer: 1, query: 4 } }")
    for_paper(view)
    svg = view.locator(".printed svg")
    assert "Layer 1" in svg.locator("text").first.text_content()
    assert svg.locator("path").count() == 1


def test_what_is_folded_away_stays_so(alone):
    view = alone(exhibit(attention(2, 3, 7), labels=LABELS), "head", layer=0, heads=(1,))
    view.locator(".statistics").wait_for()
    for_paper(view)
    assert "entropy" in view.locator(".printed svg").text_content()
    assert "Means over all queries" not in view.locator(".printed svg").text_content()


def test_a_dark_page_is_printed_on_white(tab, alone):
    tab.page.emulate_media(color_scheme="dark")
    view = alone(exhibit(attention(2, 3, 7), labels=LABELS), "head", query=2, units="pieces", sink="hidden")
    ground = "(view) => view.shadowRoot.querySelector('.frame').style.getPropertyValue('--ground')"
    before = view.evaluate(ground)
    for_paper(view)
    assert view.locator(".printed svg > rect").first.get_attribute("fill") == "rgb(255,255,255)"
    names = view.locator(".printed svg text", has_text="token").evaluate_all(
        "(texts) => texts.map((text) => text.getAttribute('fill').match(/\\d+/g).slice(0, 3).map(Number))"
    )
    assert names
    assert max(max(colour) for colour in names) < 200
    notes, page = (
        view.evaluate("(view) => getComputedStyle(view.shadowRoot.querySelector('.notes')).color"),
        view.evaluate("(view) => getComputedStyle(view).color"),
    )
    assert notes == page
    tab.page.emulate_media(media="screen", color_scheme="dark")
    assert view.evaluate(ground) == before
    assert before != "rgba(255,255,255,1)"
