"""What lies where: labels that nothing covers or cuts, marks that are whole, a page that stays where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later
from opened_pages import PAGED, settle, theme

from attnviz_mkdocs.exhibit import TEXT

BORDERS = "(spans) => spans.map((span) => getComputedStyle(span).borderTopWidth)"
#: On either side of a label, in CSS pixels.
PADDING = 3
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def with_badges(made, *places):
    tokens = (replace(token, special=index in places) for index, token in enumerate(made.tokens[TEXT]))
    return replace(made, tokens={TEXT: tuple(tokens)})


def test_of_masked_tokens_only_badges_have_a_border(alone):
    made = with_badges(exhibit(attention(1, 2, 6, causal=True), masked=later(6)), 0, 4)
    view = alone(made, query=2)
    assert view.locator(".key .unseen span").evaluate_all(BORDERS) == ["0px", "1px", "0px"]


@pytest.mark.parametrize("tokens", [8, 60, 100, 170])
def test_a_band_under_a_badge_leaves_it_whole(alone, tab, tokens):
    tab.page.set_viewport_size({"width": 420, "height": 800})
    weights = np.zeros((1, 2, tokens, tokens), np.float32)
    weights[..., 1] = 1
    view = alone(with_badges(exhibit(weights), 1), query=0)
    gap = view.evaluate(
        """(view) => {
          const badge = view.shadowRoot.querySelector(".key .special span").getBoundingClientRect()
          const row = view.shadowRoot.querySelector(".key .special").getBoundingClientRect()
          const canvas = view.shadowRoot.querySelector(".focused .layer:nth-child(2) canvas")
          const scale = canvas.height / canvas.getBoundingClientRect().height
          const context = canvas.getContext("2d")
          const x = Math.round((row.left + 3 - canvas.getBoundingClientRect().left) * scale)
          const [top, bottom] = [row.top, row.bottom].map((y) => (y - canvas.getBoundingClientRect().top) * scale)
          for (let y = Math.round(top) + 1; y < bottom; y++)
            if (context.getImageData(x, y, 1, 1).data[3] > 128) return y / scale - (badge.bottom - row.top) - top / scale
          return null
        }"""
    )
    assert gap is not None
    assert gap >= -0.5


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_shift_selects_tokens_and_no_text(alone, kind):
    view = alone(exhibit(attention(1, 2, 7)), kind, heads=(0,))
    page = view.page

    def click(index, *modifiers):
        if kind == "matrix":
            box = view.locator(".matrix").bounding_box()
            place = {"x": box["width"] / 2, "y": box["height"] * (0.4 + index / 10)}
            view.locator(".matrix").click(position=place, modifiers=modifiers)
        else:
            view.locator(".tokens.query .token, .text span").nth(index).click(modifiers=modifiers)

    click(1)
    click(4, "Shift")
    assert len(view.evaluate("(view) => view.state.query")) == 2
    assert page.evaluate("getSelection().toString()") == ""
    assert view.evaluate("(view) => view.shadowRoot.getSelection().toString()") == ""


def test_the_label_of_a_row_begins_where_the_row_is_labelled(alone):
    words = ("القطة", "جلست", "على", "السجادة", "لأنها", "كانت")
    view = alone(exhibit(attention(1, 1, 6), labels=words), "matrix", query=2)
    label, band = view.locator(".label.query").bounding_box(), view.locator(".band").bounding_box()
    # The canvas writes its labels six pixels beside the cells.
    assert label["x"] + PADDING == pytest.approx(band["x"] + band["width"] + 6, abs=1)


@pytest.mark.parametrize("width", [320, 1000])
def test_the_label_of_a_long_token_shows_its_start(alone, tab, width):
    tab.page.set_viewport_size({"width": width, "height": 800})
    view = alone(exhibit(attention(1, 1, 4), labels=(LONG, "a", "b", "c")), "matrix", query=0)
    label, drawing = view.locator(".label.query").bounding_box(), view.locator(".matrix").bounding_box()
    assert label["x"] + PADDING >= drawing["x"] - 0.5
    assert view.locator(".label.query").evaluate("(label) => getComputedStyle(label).textOverflow") == "ellipsis"


def test_what_outlines_the_first_head_is_whole(alone):
    view = alone(exhibit(attention(2, 4, 6)), "model", layer=1)
    view.evaluate("(view) => { view.state = { head: 0 } }")
    number, canvas = view.locator(".row.open > span").bounding_box(), view.locator(".row.open canvas").bounding_box()
    outline = 1.5
    assert number["x"] + number["width"] <= canvas["x"] - outline


def test_a_page_that_is_shown_as_on_paper_has_its_drawing(alone):
    view = alone(exhibit(attention(1, 2, 6)))
    page = view.page
    page.emulate_media(media="print")
    assert view.locator(".box").is_visible()
    for _ in range(2):
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert view.locator(".printed svg").bounding_box()["height"] > 100
        assert not view.locator(".box").is_visible()


def test_a_view_that_is_folded_away_makes_no_picture_for_paper(alone):
    view = alone(exhibit(attention(1, 2, 6)))
    view.evaluate("(view) => { view.style.display = 'none' }")
    view.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert view.locator(".printed > *").count() == 0


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_nothing_jumps_when_a_filter_comes(chromium, folder, site, name):
    folder.write("gallery/more.yaml", MORE)
    index = site(theme(name), plugins=PAGED) / "gallery/index.html"
    tops = []
    for script in ("customElements.define = () => {}", ""):
        context = chromium.new_context(viewport={"width": 1300, "height": 900})
        context.add_init_script(script)
        page = context.new_page()
        page.goto(index.as_uri())
        settle(page)
        assert page.locator("attn-gallery input").count() == (0 if script else 1)
        tops.append(page.locator(".attnviz-card").first.bounding_box()["y"])
        context.close()
    assert tops[0] == pytest.approx(tops[1], abs=6)


MORE = """\
models: {tiny: {source: models/tiny}, other: {source: models/tiny, dtype: float16}}
texts: {she: The doctor asked. She, he: The doctor asked. He}
views:
  - {id: she, model: tiny, text: she, tags: [pronouns]}
  - {id: he, model: other, text: he, tags: [others]}
"""
