"""A reader's hands: pointing, clicking, switching, typing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from opened_pages import QUIET, settle

from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

INK = """(canvas) => {
  const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data
  const ink = new Map()
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) {
    const colour = data.slice(i, i + 3).join()
    ink.set(colour, (ink.get(colour) ?? 0) + 1)
  }
  return Object.fromEntries(ink)
}"""


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def ink(view, selector: str = ".drawing canvas") -> list[dict[str, int]]:
    """How often each colour stands in each canvas."""
    settle(view.page)
    return [canvas.evaluate(INK) for canvas in view.locator(selector).all()]


def test_the_first_state_is_the_authors(alone):
    view = alone(exhibit(attention(3, 4, 6)), "matrix", layer=2, heads=(3, 1), query=4)
    shown = state(view)
    assert (shown["view"], shown["layer"], shown["heads"], shown["query"], shown["key"]) == (
        "matrix",
        2,
        [3, 1],
        4,
        None,
    )


def test_without_options_all_heads_of_layer_0_are_shown(alone):
    shown = state(alone(exhibit(attention(3, 4, 6))))
    assert (shown["view"], shown["layer"], shown["heads"]) == ("head", 0, [0, 1, 2, 3])


def test_pointing_at_a_query_leaves_only_its_lines(alone):
    view = alone(exhibit(np.eye(6, dtype=np.float32)[None, None]))
    rows = """(canvas) => {
      const { width, height } = canvas, data = canvas.getContext("2d").getImageData(width / 2, 0, 1, height).data
      const rows = new Set()
      for (let y = 0; y < height; y++) if (data[4 * y + 3]) rows.add(Math.floor(6 * y / height))
      return [...rows]
    }"""
    assert view.locator(".layer canvas").first.evaluate(rows) == [0, 1, 2, 3, 4, 5]
    view.locator(".tokens.query .token").nth(2).hover()
    settle(view.page)
    assert view.locator(".layer canvas").first.is_hidden()
    assert view.locator(".layer canvas").last.evaluate(rows) == [2]


def test_a_click_pins_and_another_lets_go(alone):
    view = alone(exhibit(attention(2, 3, 6)))
    changes = "(view) => { view.changes = []; view.addEventListener('attn-change', (event) => view.changes.push(event.detail.query)) }"
    view.evaluate(changes)
    token = view.locator(".tokens.query .token").nth(3)
    token.click()
    view.page.mouse.move(1, 1)
    assert state(view)["query"] == 3
    token.click()
    assert state(view)["query"] is None
    view.locator(".tokens.key .token").nth(5).click()
    assert state(view)["key"] == 5
    assert view.evaluate("(view) => view.changes")[:2] == [3, None]


def test_a_tap_pins(alone, touched):
    alone(exhibit(attention(2, 3, 6)))
    view = touched()
    view.locator(".tokens.query .token").nth(1).tap()
    assert state(view)["query"] == 1
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_head_tiles(alone):
    view = alone(exhibit(attention(2, 3, 6)))
    tile = view.get_by_role("button", name="Head 1", exact=True)
    tile.click()
    assert state(view)["heads"] == [0, 2]
    tile.click()
    assert sorted(state(view)["heads"]) == [0, 1, 2]
    tile.dblclick()
    assert state(view)["heads"] == [1]
    tile.dblclick()
    assert sorted(state(view)["heads"]) == [0, 1, 2]


def test_layers(alone):
    view = alone(exhibit(attention(3, 2, 6)))
    before = ink(view, ".layer canvas")
    view.get_by_role("button", name="Next layer").click()
    assert state(view)["layer"] == 1
    assert ink(view, ".layer canvas") != before
    view.get_by_label("Layer", exact=True).select_option("2")
    assert state(view)["layer"] == 2
    assert view.get_by_role("button", name="Next layer").is_disabled()


def test_a_thumbnail_opens_its_head_and_closes_it(alone):
    view = alone(exhibit(attention(3, 4, 6)), "model")
    row = view.locator(".row canvas").nth(2)
    box = row.bounding_box()
    where = {"x": box["width"] * 1.5 / 4, "y": box["height"] / 2}
    row.click(position=where)
    shown = state(view)
    assert (shown["layer"], shown["head"]) == (2, 1)
    # While the pointer still rests on the thumbnail.
    assert ink(view, ".detail .layer:first-child canvas")[0]
    assert view.locator(".tokens.query .token").count() == 6
    row.click(position=where)
    assert state(view)["head"] is None
    assert view.locator(".tokens.query .token").count() == 0


def test_a_head_opens_alike_whether_it_was_pointed_at_or_not(alone):
    view = alone(exhibit(attention(3, 4, 6)), "model")
    row = view.locator(".row canvas").nth(2)
    row.hover(position={"x": row.bounding_box()["width"] * 1.5 / 4, "y": 5})
    for _ in range(3):  # the browser has nothing else to do, and makes the head ready
        view.page.evaluate(QUIET)
    lines, title = ".detail .layer:first-child canvas", ".detail-title"
    assert view.locator(title).count() == 0
    view.evaluate("(view) => { view.state = { layer: 0, head: 3 } }")
    assert "Layer 0 · head 3" in view.locator(title).inner_text()
    other = ink(view, lines)
    view.evaluate("(view) => { view.state = { layer: 2, head: 1 } }")
    assert "Layer 2 · head 1" in view.locator(title).inner_text()
    opened = ink(view, lines)
    assert opened[0]
    assert opened != other
    view.evaluate("(view) => { view.state = { layer: 0, head: 3 } }")
    row.hover(position={"x": row.bounding_box()["width"] * 1.5 / 4, "y": 6})
    for _ in range(3):
        view.page.evaluate(QUIET)
    row.click(position={"x": row.bounding_box()["width"] * 1.5 / 4, "y": 6})
    assert "Layer 2 · head 1" in view.locator(title).inner_text()
    assert ink(view, lines) == opened


def test_switching_keeps_layer_head_and_token(alone):
    view = alone(exhibit(attention(3, 4, 6)), "model")
    row = view.locator(".row canvas").nth(2)
    row.click(position={"x": row.bounding_box()["width"] * 1.5 / 4, "y": 5})
    view.locator(".tokens.query .token").nth(3).click()
    for name in ("Matrix", "Head", "Model"):
        view.get_by_role("button", name=name, exact=True).click()
        shown = state(view)
        assert (shown["view"], shown["layer"], shown["query"]) == (name.lower(), 2, 3)
        if name == "Head":
            assert shown["heads"] == [1]
        else:
            assert shown["head"] == 1


def test_the_matrix_says_the_number_under_the_pointer(alone):
    made = exhibit(attention(1, 1, 6))
    view = alone(made, "matrix")
    canvas = view.locator(".matrix canvas")
    box = canvas.bounding_box()
    said = []
    for x in range(5, int(box["width"]), 15):
        canvas.hover(position={"x": x, "y": box["height"] - 20})
        words = view.locator(".readout").inner_text()
        if "→" in words and (not said or said[-1] != words):
            said.append(words)
    numbers = [float(words.rsplit(" ", 1)[1]) for words in said]
    assert numbers == pytest.approx(list(made.attention.weights()[0, 0, 5]), abs=0.005)
    assert all(f"token5 → token{key} " in words for key, words in enumerate(said))


def test_masked_is_not_zero(alone):
    weights = attention(1, 1, 6, causal=True)
    view = alone(exhibit(weights, masked=later(6)), "matrix")
    view.evaluate("(view) => { view.state = { query: 0, key: 5 } }")
    assert "masked" in view.locator(".readout").inner_text()
    assert view.evaluate("(view) => view.exhibit.masked(0, 0)[5]") in (1, True)
    assert "masked" in view.locator(".legend").inner_text()


def test_filters_of_a_pair(alone):
    made = exhibit(attention(1, 1, 6))
    tokens = tuple(replace(token, segment=index // 2) for index, token in enumerate(made.query[:4]))
    tokens += tuple(replace(token, segment=1) for token in made.query[4:])
    view = alone(replace(made, tokens={"text": tokens}, pair="pair"))
    shown = {}
    for choice in ("all", "a-a", "a-b", "b-a", "b-b"):
        view.get_by_label("Sentences").select_option(choice)
        assert state(view)["filter"] == choice
        shown[choice] = tuple(view.locator(f".tokens.{side} .token").count() for side in ("query", "key"))
        drawn = ink(view, ".layer canvas:visible")
        assert drawn
        assert all(drawn)
    assert shown == {"all": (6, 6), "a-a": (2, 2), "a-b": (2, 4), "b-a": (4, 2), "b-b": (4, 4)}


def test_a_state_that_can_not_be_is_not_taken(alone):
    view = alone(exhibit(attention(3, 4, 6)))
    before = state(view)
    view.evaluate("(view) => { view.state = { view: 'pie', layer: 99, heads: [44], query: -1, filter: 7 } }")
    after = state(view)
    assert after["view"] == before["view"]
    assert 0 <= after["layer"] < 3
    assert set(after["heads"]) <= {0, 1, 2, 3}
    assert after["query"] in (None, 0)


NONSENSE = [None, True, -1, 0.5, 1e308, -1e308, "", "cross", "__proto__", [], [1, 1, 0], [None, -1, 9, "1"], {}]


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_no_state_breaks_a_view(alone, tab, value):
    view = alone(translation(4, 3), query=1, key=2, layer=1)
    fields = list(state(view))
    for kind in ("head", "model", "matrix"):
        for field in fields:
            view.evaluate("(view, change) => { view.state = change }", {"view": kind, field: value})
    view.evaluate("(view, change) => { view.state = change }", dict.fromkeys(fields, value))
    view.evaluate("(view, value) => { view.state = value }", value)
    assert view.evaluate("(view) => view.error") is None
    assert view.locator(".drawing canvas").count()
    assert not tab.errors


def test_a_state_comes_back_from_json(alone):
    made = translation(4, 3)
    view = alone(made)
    wanted = {"view": "matrix", "attention": "decoder", "layer": 2, "head": 1, "query": 2, "key": 0, "sink": "hidden"}
    view.evaluate("(view, change) => { view.state = change }", wanted)
    kept = view.evaluate("(view) => JSON.stringify(view.state)")
    view.evaluate("(view) => { view.state = { view: 'head', attention: 'cross', heads: [0], query: null } }")
    view.evaluate("(view, kept) => { view.state = JSON.parse(kept) }", kept)
    assert view.evaluate("(view) => JSON.stringify(view.state)") == kept
    assert wanted.items() <= state(view).items()


def test_a_change_is_told_once(alone):
    view = alone(exhibit(attention(2, 3, 5)))
    view.evaluate("(view) => { window.told = []; view.addEventListener('attn-change', (e) => told.push(e.detail)) }")

    def told() -> int:
        return len(view.evaluate("() => told.splice(0)"))

    for change in ({"layer": 1}, {"view": "matrix", "query": 2, "key": 1}, {"view": "model", "head": 2}):
        view.evaluate("(view, change) => { view.state = change }", change)
        assert told() == 1
        view.evaluate("(view, change) => { view.state = change }", change)
        assert told() == 0
    view.get_by_role("button", name="Head", exact=True).click()
    assert told() == 1
    view.locator(".tokens.query .token").nth(3).hover()
    assert told() == 0
    view.locator(".tokens.query .token").nth(3).click()
    assert told() == 1


def test_switching_views_keeps_nothing_of_the_last(alone):
    view = alone(exhibit(attention(2, 4, 96)))
    session = view.page.context.new_cdp_session(view.page)
    session.send("Performance.enable")
    switch = f"""async (view, times) => {{
      const views = ['head', 'model', 'matrix']
      for (let i = 0; i < times; i++) {{
        view.state = {{ view: views[i % 3], layer: i % 2, query: i % 96, sink: i % 5 ? 'shown' : 'hidden' }}
        await new Promise((next) => setTimeout(next))
      }}
      await ({QUIET})()
      await ({QUIET})()
    }}"""

    def kept() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    view.evaluate(switch, 60)
    before = kept()
    view.evaluate(switch, 201)
    after = kept()
    assert after["Nodes"] < before["Nodes"] + 1500
    assert after["JSEventListeners"] < before["JSEventListeners"] + 40
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 4e6


def test_a_layer_that_is_not_there_is_an_error_for_scripts(alone):
    view = alone(exhibit(attention(3, 4, 6)))
    told = view.evaluate("(view) => { try { view.exhibit.attention(3, 0) } catch (error) { return error.name } }")
    assert told == "RangeError"


def test_the_keyboard_reaches_everything(alone):
    view = alone(exhibit(attention(2, 3, 6)))
    view.locator(".drawing").focus()
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("ArrowDown")
    said = view.locator(".readout").inner_text()
    view.page.keyboard.press("Enter")
    pinned = state(view)["query"]
    assert pinned is not None
    assert f"token{pinned}" in said
    view.page.keyboard.press("Escape")
    assert state(view)["query"] is None


@pytest.mark.parametrize("kind", ["head", "model", "matrix"])
def test_512_tokens_are_drawn_with_few_nodes(alone, kind):
    view = alone(exhibit(attention(2, 2, 512)), kind)
    assert any(ink(view))
    assert view.evaluate("(view) => view.shadowRoot.querySelectorAll('*').length") < 2500


def test_a_model_view_of_128_tokens_has_few_nodes(alone):
    view = alone(exhibit(attention(6, 12, 128)), "model")
    assert view.evaluate("(view) => view.shadowRoot.querySelectorAll('*').length") < 200


def test_a_hostile_token_is_text(alone):
    labels = (
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\u202egnp.exe",
        "\u2028",
        "x" * 10_000,
    )
    view = alone(exhibit(attention(tokens=5), labels=labels))
    assert view.evaluate("(view) => view.exhibit.tokens.query") == list(labels)
    for name in ("Matrix", "Model", "Head"):
        view.get_by_role("button", name=name, exact=True).click()
        settle(view.page)
    assert view.locator("img, script").count() == 0
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_damaged_data_is_told_in_the_view(tmp_path, chromium, alone):
    view = alone(exhibit(attention()))
    page = tmp_path / "view.html"
    text = page.read_text()
    start = text.index('data-exhibit="') + 400
    page.write_text(text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :])
    other = chromium.new_page()
    other.goto(page.as_uri())
    told = other.locator("attn-view").evaluate("(view) => view.ready.then(() => '', (error) => error.message)")
    assert told
    assert told in other.locator("attn-view").evaluate("(view) => view.shadowRoot.textContent")
    other.close()
    assert view


def test_a_page_may_ask_and_choose_before_the_script_has_run(tab, tmp_path):
    """In a page that stands alone the script is unpacked first; `ready` and `state` don't wait for that."""
    figure = Figure("head", "small", Model(source="x"), Text(text="x"), Options(), None, Place("x"))
    page = draw_page(figure, "key", encode(exhibit(attention(3, 4, 6))))
    ask = "<script>view.state = { layer: 2 }; window.asked = view.ready.then(() => view.state.layer)</script>"
    assert "</body>" in page
    (tmp_path / "page.html").write_text(page.replace("</body>", f"{ask}</body>"), encoding="utf-8")
    tab.open(tmp_path / "page.html")
    assert tab.page.evaluate("() => window.asked") == 2
    assert tab.page.evaluate("() => Object.keys(view)") == []
