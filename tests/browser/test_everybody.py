"""For everybody: keyboard, names, targets, contrast, announcements, the numbers as a table."""

from __future__ import annotations

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons, translation
from opened_pages import ROOT, Tab, settle, show_options, theme

from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
#: What axe found in our elements, told in a line each.
FOUND = """async (where) => {
  const { violations, passes } = await axe.run({ include: [where] }, { rules: { "target-size": { enabled: true } } })
  if (!passes.length) throw new Error("axe has looked at nothing")
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => [id, target.join(" "), html, failureSummary].join(" | ")))
}"""
KINDS = ["head", "model", "matrix", "text", "neuron"]
PAGES = ["heads", "who-is-she", "pairs", "dates", "neurons", "induction"]
#: The element of a shadow root that has the focus, told apart by what readers call it.
FOCUSED = """(view) => {
  const at = view.shadowRoot.activeElement
  return at && (at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent).trim()
}"""


@pytest.fixture
def neuron_view(tmp_path, tab):
    def open_it(**options):
        made, own = neurons(heads=3, key_heads=3, tokens=6)
        figure = Figure("neuron", "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"))
        page = tmp_path / "page.html"
        page.write_text(draw_page(figure, "key", encode(made), encode_neurons(own)), encoding="utf-8")
        return tab.open(page).view(), made, own

    return open_it


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def change(view, wanted: dict) -> None:
    view.evaluate("(view, wanted) => { view.state = wanted }", wanted)
    settle(view.page)


def press(view, *keys: str) -> None:
    for key in keys:
        view.page.keyboard.press(key)


def drawing(view):
    return view.locator(".drawing").first


def open_table(view):
    view.get_by_role("button", name="Table", exact=True).click()
    return view.get_by_role("table")


def cells(table) -> list[list[str]]:
    """Row by row, with the titles."""
    return table.evaluate("(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))")


def numbers(table) -> np.ndarray:
    return np.array([[float(cell.replace("\u2212", "-")) for cell in row[1:]] for row in cells(table)[1:]])


@pytest.mark.real
@pytest.mark.parametrize("width", [320, 1300])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium, gallery, scheme, width):
    assert AXE.is_file(), "axe-core is missing; `make test` installs it, or run: cd frontend && npm ci"
    context = chromium.new_context(bypass_csp=True, viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = Tab(context.new_page())
    found = {}
    for name in PAGES:
        tab.open(gallery / f"{name}.html")
        tab.page.evaluate("async () => { for (const view of document.querySelectorAll('attn-view')) await view.ready }")
        tab.page.add_script_tag(path=AXE)
        found[name] = tab.page.evaluate(FOUND, "attn-view")
        if name not in ("heads", "neurons"):
            continue
        view = tab.view(0)
        first = view.get_attribute("data-name")
        show_options(view)
        open_table(view)
        view.locator(".links .disclosure").first.click()
        for kind in KINDS:
            change(view, {"view": kind, "query": 3, "heads": list(range(12))})
            found[f"{name} as {kind}"] = tab.page.evaluate(FOUND, f"attn-view[data-name='{first}']")
        view.get_by_role("button", name="Save & share").click()
        found[f"{name} with its menu"] = tab.page.evaluate(FOUND, f"attn-view[data-name='{first}']")
    context.close()
    assert found == {name: [] for name in found}


def test_the_keyboard_comes_to_every_control_and_leaves_again(alone):
    view = alone(exhibit(attention(3, 12, 6)))
    show_options(view)
    view.page.evaluate(
        "document.body.append(Object.assign(document.createElement('a'), { href: '#', textContent: 'after' }))"
    )
    view.page.mouse.click(1, 1)
    seen = []
    for _ in range(60):
        press(view, "Tab")
        now = view.evaluate(FOCUSED)
        if now is None:
            break
        outline = view.evaluate(
            "(view) => { const { outlineStyle, outlineWidth } = getComputedStyle(view.shadowRoot.activeElement); return [outlineStyle, outlineWidth] }"
        )
        assert outline[0] != "none", now
        assert float(outline[1].removesuffix("px")) >= 2, now
        seen.append(now)
    assert view.page.evaluate("document.activeElement.textContent") == "after", seen
    assert all(seen)
    assert len(seen) == len(set(seen)), seen
    wanted = [
        "Head",
        "Model",
        "Matrix",
        "Previous layer",
        "Layer",
        "Next layer",
        "Options",
        "Head 0",
        "Table",
        "Save & share",
    ]
    assert [name for name in seen if name in wanted] == wanted
    assert sum(name.startswith("Head ") for name in seen) == 2  # one tile, and the drawing
    assert any(name.startswith("small") for name in seen)
    assert any("attend to one another" in name for name in seen)
    # And back.
    press(view, "Shift+Tab")
    assert view.evaluate(FOCUSED) == "Save & share"


def test_every_control_has_a_name(alone):
    view = alone(exhibit(attention(2, 3, 6)))
    show_options(view)
    for kind in KINDS[:4]:
        change(view, {"view": kind, "head": 1})
        names = view.evaluate(
            """(view) => [...view.shadowRoot.querySelectorAll("button, select, input, a, summary, [tabindex]")]
              .filter((node) => node.checkVisibility())
              .map((node) => (node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent ?? node.textContent).trim())"""
        )
        assert len(names) > 8
        assert all(names)


def test_tiles_are_one_stop_with_arrows_between(alone):
    view = alone(exhibit(attention(2, 12, 5)))
    view.get_by_role("button", name="Head 0", exact=True).focus()
    press(view, "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown")
    assert view.evaluate(FOCUSED) == "Head 2"
    press(view, "Space")
    assert state(view)["heads"] == [0, 1, *range(3, 12)]
    press(view, "End")
    assert view.evaluate(FOCUSED) == "All"
    press(view, "Enter")
    assert sorted(state(view)["heads"]) == list(range(12))
    # A button that has nothing to do any more keeps the focus.
    assert view.evaluate(FOCUSED) == "All"
    press(view, "Home", "ArrowLeft")
    assert view.evaluate(FOCUSED) == "All"
    press(view, "ArrowUp", "Shift+Tab", "Tab")
    assert view.evaluate(FOCUSED) == "Head 11"


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_keys_lead_to_other_layers_and_heads(alone, kind):
    view = alone(exhibit(attention(3, 4, 6)), kind)
    drawing(view).focus()
    press(view, "PageDown", "PageDown", "PageDown")
    assert state(view)["layer"] == 2
    press(view, "PageUp")
    assert state(view)["layer"] == 1
    change(view, {"heads": [1]})
    drawing(view).focus()
    press(view, ".")
    assert state(view)["heads"] == [2]
    press(view, ",", ",", ",", ",")
    assert state(view)["heads"] == [0]
    assert view.evaluate(FOCUSED) is not None, "the drawing has lost the focus"


def test_from_several_heads_keys_lead_to_the_first_and_the_last(alone):
    view = alone(exhibit(attention(1, 4, 5)))
    drawing(view).focus()
    press(view, ",")
    assert state(view)["heads"] == [3]
    change(view, {"heads": [0, 1, 2, 3]})
    press(view, ".")
    assert state(view)["heads"] == [0]


def test_keys_of_a_neuron_view(neuron_view):
    view, *_ = neuron_view(query=3, heads=(1,))
    drawing(view).focus()
    press(view, "PageDown")
    assert state(view)["query"] == 4
    press(view, ".")
    assert state(view)["head"] == 2


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_shift_and_enter_add_a_token(alone, kind):
    view = alone(exhibit(attention(1, 1, 6)), kind)
    drawing(view).focus()
    on = "ArrowRight" if kind == "text" else "ArrowDown"
    press(view, on, "Enter", on, "Shift+Enter")
    chosen = state(view)["query"]
    assert isinstance(chosen, list)
    assert len(chosen) == 2
    press(view, "Escape")
    assert state(view)["query"] is None


def test_layers_and_heads_are_announced(alone):
    view = alone(exhibit(attention(3, 3, 6)))
    status = view.get_by_role("status")
    assert status.inner_text() == ""
    drawing(view).focus()
    press(view, "PageDown")
    assert status.inner_text() == "Head view, Layer 1 · all 3 heads"
    press(view, ".")
    assert status.inner_text() == "Head view, Layer 1 · head 0"
    readout = view.locator(".readout")
    press(view, "ArrowDown")
    assert readout.get_attribute("aria-live") == "polite"
    assert readout.inner_text().startswith("Layer 1 · head 0 · token0 →")
    press(view, "Tab")
    # A hint is not news.
    assert readout.get_attribute("aria-live") == "off"
    view.get_by_role("button", name="Model", exact=True).click()
    assert status.inner_text() == "Model view, 3 layers \u00d7 3 heads"


def test_the_drawing_says_what_its_keys_do(alone):
    view = alone(exhibit(attention(1, 1, 6)))
    for kind, words in {"head": "Page Up", "matrix": "Arrow keys choose a cell", "model": "choose a head"}.items():
        change(view, {"view": kind})
        node = drawing(view)
        assert node.get_attribute("role") == "application"
        assert "6 tokens attend to one another" in node.get_attribute("aria-label")
        described = node.evaluate(
            "(node) => node.getRootNode().getElementById(node.getAttribute('aria-describedby')).textContent"
        )
        assert words in described


def test_the_menu_by_keyboard(alone):
    view = alone(exhibit(attention(1, 1, 5)))
    opener = view.get_by_role("button", name="Save & share")
    assert opener.get_attribute("aria-expanded") == "false"
    opener.focus()
    press(view, "Enter")
    view.get_by_role("menu").wait_for()
    assert opener.get_attribute("aria-expanded") == "true"
    items = view.get_by_role("menuitem").all_inner_texts()
    assert view.evaluate(FOCUSED) == items[0]
    press(view, "ArrowDown")
    assert view.evaluate(FOCUSED) == items[1]
    press(view, "ArrowUp", "ArrowUp")
    assert view.evaluate(FOCUSED) == items[-1]
    press(view, "Escape")
    assert view.get_by_role("menu").count() == 0
    assert view.evaluate(FOCUSED) == "Save & share"
    press(view, "Enter", "Tab")
    assert view.get_by_role("menu").count() == 0


def test_the_menu_closes_with_a_click_beside_it(alone):
    view = alone(exhibit(attention(1, 1, 5)))
    opener = view.get_by_role("button", name="Save & share")
    opener.click()
    assert view.get_by_role("menu").count() == 1
    view.page.mouse.click(5, 5)
    assert view.get_by_role("menu").count() == 0
    opener.click()
    opener.click()
    assert view.get_by_role("menu").count() == 0


@pytest.mark.parametrize("height", [300, 1400])
def test_the_menu_is_never_cut_off(alone, tab, height):
    tab.page.set_viewport_size({"width": 320, "height": height})
    view = alone(exhibit(attention(1, 1, 5)))
    view.get_by_role("button", name="Save & share").scroll_into_view_if_needed()
    view.get_by_role("button", name="Save & share").click()
    box = view.get_by_role("menu").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height or height < box["height"]
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("kind", KINDS)
def test_targets_are_large_enough_for_a_finger(neuron_view, tab, kind):
    tab.page.set_viewport_size({"width": 320, "height": 800})
    view, *_ = neuron_view()
    change(view, {"view": kind, "head": 1})
    show_options(view)
    open_table(view)
    view.locator(".links .disclosure").first.click()
    view.get_by_role("button", name="Save & share").click()
    small = view.evaluate(
        """(view) => [...view.shadowRoot.querySelectorAll("button, select, input, a, summary")]
          .filter((node) => node.checkVisibility())
          .map((node) => [node.outerHTML.slice(0, 90), node.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 23.9 || height < 23.9)
          .map(([html, { width, height }]) => [html, width, height])"""
    )
    assert small == []


def test_a_touch_that_pins_lets_go_again(alone, touched):
    alone(exhibit(attention(2, 3, 6)))
    view = touched()
    token = view.locator(".tokens.query .token").nth(1)
    token.tap()
    assert state(view)["query"] == 1
    token.tap()
    assert state(view)["query"] is None


def test_a_wheel_over_a_drawing_scrolls_the_page(alone):
    view = alone(exhibit(attention(2, 3, 60)))
    for kind in ("head", "matrix", "model", "text"):
        change(view, {"view": kind})
        view.page.evaluate("scrollTo(0, 0)")
        view.page.evaluate("document.body.style.minHeight = '3000px'")
        drawing(view).hover(position={"x": 200, "y": 60})
        view.page.mouse.wheel(0, 200)
        view.page.wait_for_function("scrollY > 100")


def test_what_scrolls_can_be_scrolled_with_keys(alone, tab):
    tab.page.set_viewport_size({"width": 320, "height": 700})
    view = alone(exhibit(attention(2, 32, 5)), "model")
    box = view.locator(".scroll").first
    assert box.get_attribute("tabindex") == "0"
    assert box.get_attribute("aria-label")
    box.focus()
    press(view, "ArrowRight", "ArrowRight")
    view.page.wait_for_function(
        "document.querySelector('attn-view').shadowRoot.querySelector('.scroll').scrollLeft > 0"
    )
    change(view, {"view": "matrix"})
    assert view.locator(".box .scroll").first.get_attribute("tabindex") is None


HUES = """(canvas) => {
  const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data
  const hues = new Set()
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) hues.add(data.slice(i, i + 3).join())
  return hues.size
}"""


def test_a_tile_that_is_looked_at_shows_its_lines_alone(alone):
    view = alone(exhibit(np.eye(5, dtype=np.float32)[None, None].repeat(3, axis=1)))
    canvas = view.locator(".layer canvas").first

    def hues() -> int:
        settle(view.page)
        return canvas.evaluate(HUES)

    assert hues() == 3
    view.get_by_role("button", name="Head 1", exact=True).hover()
    assert hues() == 1
    view.page.mouse.move(1, 1)
    assert hues() == 3
    view.get_by_role("button", name="Head 0", exact=True).focus()
    press(view, "ArrowRight")
    assert hues() == 1
    drawing(view).focus()
    assert hues() == 3
    assert state(view)["heads"] == [0, 1, 2]


def test_heads_of_one_hue_differ_by_their_dashes(alone):
    view = alone(exhibit(np.eye(4, dtype=np.float32)[None, None].repeat(32, axis=1)))

    def look(head: int) -> tuple[str, str]:
        tile = view.get_by_role("button", name=f"Head {head}", exact=True)
        style = tile.evaluate(
            "(tile) => { const { backgroundColor, textDecorationLine, textDecorationStyle } = getComputedStyle(tile); return [backgroundColor, textDecorationLine + textDecorationStyle] }"
        )
        return tuple(style)

    looks = [look(head) for head in range(32)]
    assert len({colour for colour, _ in looks}) == 10
    assert len(set(looks)) == 32
    # The same of their lines: how much of a level line's length has ink.
    inked = "(canvas) => { const { width, height } = canvas, data = canvas.getContext('2d').getImageData(0, 0, width, height).data; const columns = new Set(); for (let i = 3, x = 0; i < data.length; i += 4, x = (x + 1) % width) if (data[i]) columns.add(x); return columns.size }"
    shares = []
    for head in (3, 13, 23):
        change(view, {"heads": [3, 13, 23]})
        view.get_by_role("button", name=f"Head {head}", exact=True).hover()
        settle(view.page)
        shares.append(view.locator(".layer canvas").first.evaluate(inked))
    assert shares[1] == pytest.approx(shares[0] / 2, rel=0.1)
    assert shares[2] == pytest.approx(shares[0] / 2, rel=0.1)
    # Alone, none needs them.
    change(view, {"heads": [23]})
    view.page.mouse.move(1, 1)
    settle(view.page)
    assert view.locator(".layer canvas").first.evaluate(inked) == shares[0]


def test_a_closed_table_is_not_in_the_tree(alone):
    view = alone(exhibit(attention(1, 1, 4)))
    assert view.get_by_role("table").count() == 0
    assert "table" not in view.aria_snapshot()
    table = open_table(view)
    assert view.get_by_role("button", name="Table", exact=True).get_attribute("aria-expanded") == "true"
    snapshot = view.aria_snapshot()
    assert 'table "Layer 0 · head 0: rows are queries, columns keys"' in snapshot
    assert snapshot.count("- columnheader") == 5
    assert snapshot.count("- rowheader") == 4
    assert table.locator("caption").count() == 1
    view.get_by_role("button", name="Table", exact=True).click()
    assert view.get_by_role("table").count() == 0


def test_a_table_of_pairs_follows_the_state(alone):
    made = exhibit(attention(2, 3, 5, causal=True), masked=later(5))
    view = alone(made, "matrix", layer=1, heads=(2,))
    table = open_table(view)
    for layer, head in ((1, 2), (0, 1)):
        change(view, {"layer": layer, "head": head})
        read = cells(table)
        assert read[0] == ["Query", *(f"token{i}" for i in range(5))]
        for query, row in enumerate(read[1:]):
            assert row[0] == f"token{query}"
            expected = made.attention.weights()[layer, head, query]
            assert [float(cell) for cell in row[1 : query + 2]] == pytest.approx(
                expected[: query + 1].tolist(), abs=0.003
            )
            assert set(row[query + 2 :]) <= {"\u2013"}


def test_a_table_of_several_heads_has_the_strongest_keys(alone):
    made = exhibit(attention(1, 3, 40))
    view = alone(made, query=7)
    table = open_table(view)
    assert "from token7 to the 20 strongest of 40 keys" in table.locator("caption").inner_text()
    read = cells(table)
    assert read[0] == ["Key", "head 0", "head 1", "head 2"]
    assert len(read) == 21
    weights = made.attention.weights()[0, :, 7]
    for row in read[1:]:
        key = int(row[0].removeprefix("token"))
        assert [float(cell) for cell in row[1:]] == pytest.approx(weights[:, key].tolist(), abs=0.003)
    strengths = numbers(table).max(1)
    assert (np.diff(strengths) <= 0).all()
    assert strengths[-1] >= np.sort(weights.max(0))[-21] - 0.003
    # Several tokens are summed.
    change(view, {"query": [7, 8], "heads": [1]})
    read = cells(table)
    total = made.attention.weights()[0, 1, [7, 8]].sum(0)
    first = int(read[1][0].removeprefix("token"))
    assert float(read[1][1]) == pytest.approx(total.max(), abs=0.005)
    assert total[first] == pytest.approx(total.max(), abs=0.005)


def test_a_table_of_the_model_view_has_a_row_for_each_head(alone):
    made = exhibit(attention(2, 3, 5))
    table = open_table(alone(made, "model"))
    read = cells(table)
    assert read[0] == ["Head", "From", "To", "Weight"]
    weights = made.attention.weights()
    for row, (layer, head) in zip(read[1:], np.ndindex(2, 3), strict=True):
        assert row[0] == f"layer {layer}, head {head}"
        own = weights[layer, head]
        query, key = (int(cell.removeprefix("token")) for cell in row[1:3])
        assert own[query, key] == pytest.approx(own.max(), abs=0.004)
        assert float(row[3]) == pytest.approx(own.max(), abs=0.003)


def test_a_table_of_the_neuron_view_has_scores_and_weights(neuron_view):
    view, _, own = neuron_view(layer=1, heads=(2,), query=4)
    table = open_table(view)
    read = cells(table)
    assert read[0] == ["Key", "q·k", "Score", "Weight"]
    scores = own.attentions["self"]
    queries, keys = (numbers_[1, 2].astype(float) for numbers_ in (scores.queries, scores.keys))
    dots = keys @ queries[4]
    weights = np.exp(dots * scores.scale[1])
    weights /= weights.sum()
    order = np.argsort(-weights)
    assert [row[0] for row in read[1:]] == [f"token{key}" for key in order]
    expected = np.stack([dots, dots * scores.scale[1], weights], axis=1)[order]
    assert np.abs(numbers(table) - expected).max() < 0.001


def test_a_comparison_has_a_table_each(compared):
    made = [exhibit(attention(1, 1, 4, seed=seed)) for seed in (1, 2)]
    view = compared(*made)
    tables = open_table(view)
    assert tables.count() == 2
    for number, (name, one) in enumerate(zip(("she", "he"), made, strict=True)):
        table = tables.nth(number)
        assert table.locator("caption").inner_text().startswith(f"{name}: Layer 0")
        assert np.abs(numbers(table) - one.attention.weights()[0, 0]).max() < 0.003
    change(view, {"comparison": "difference"})
    assert tables.count() == 1
    weights = [one.attention.weights()[0, 0] for one in made]
    assert np.abs(numbers(tables) - (weights[0] - weights[1])).max() < 0.006


#: Each text that is seen, with its contrast against what lies behind it.
CONTRASTS = """(view) => {
  const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
  const read = (css) => { probe.clearRect(0, 0, 1, 1); probe.fillStyle = css; probe.fillRect(0, 0, 1, 1); const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data; return [[r, g, b], a / 255] }
  const over = (ground, [colour, alpha], opacity = 1) => ground.map((value, i) => value + (colour[i] - value) * alpha * opacity)
  const light = (colour) => { const [r, g, b] = colour.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const ground = (node) => {
    const way = []
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) way.push(at)
    return way.reverse().reduce((below, at) => over(below, read(getComputedStyle(at).backgroundColor)), read(matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "#121212" : "#fff")[0])
  }
  const found = []
  for (const node of view.shadowRoot.querySelectorAll("*")) {
    const own = [...node.childNodes].some((child) => child instanceof Text && child.data.trim())
    if (!own || !node.checkVisibility({ visibilityProperty: true }) || node.closest("[aria-disabled=true], .spoken")) continue
    let opacity = 1
    for (let at = node; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity)
    const below = ground(node)
    const [a, b] = [light(below), light(over(below, read(getComputedStyle(node).color), opacity))].sort((x, y) => x - y)
    found.push([(b + 0.05) / (a + 0.05), node.className + ": " + node.textContent.slice(0, 40)])
  }
  return found
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_text_can_be_read_on_any_theme(tab, site, name, scheme):
    options = {
        "material": {"palette": {"scheme": "slate" if scheme == "dark" else "default"}},
        "mkdocs": {"color_mode": scheme},
    }
    tab.page.emulate_media(color_scheme=scheme)
    built = site(theme(name, **options.get(name, {})))
    tab.open(built / "index.html")
    view = tab.view(0)
    show_options(view)
    open_table(view)
    for kind in KINDS[:4]:
        change(view, {"view": kind, "query": 1, "head": 1, "sink": "hidden"})
        contrasts = view.evaluate(CONTRASTS)
        assert len(contrasts) > 30
        assert [each for each in contrasts if each[0] < 4.5] == []


def test_masked_tokens_can_be_read(alone):
    view = alone(exhibit(attention(1, 2, 6, causal=True), masked=later(6)), query=2)
    assert view.locator(".unseen").count() == 3
    assert [each for each in view.evaluate(CONTRASTS) if each[0] < 4.5] == []


def test_controls_stay_visible_in_forced_colours(alone, tab):
    tab.page.emulate_media(forced_colors="active")
    view = alone(exhibit(attention(1, 3, 5)), heads=(1,))
    looks = view.locator(".heads button").evaluate_all(
        "(tiles) => tiles.map((tile) => getComputedStyle(tile).backgroundColor)"
    )
    assert looks[1] != looks[0] == looks[2]
    change(view, {"view": "matrix", "query": 1, "key": 1})
    assert view.locator(".band").first.evaluate("(band) => getComputedStyle(band).outlineStyle") == "solid"


def test_nothing_moves_by_itself(alone, tab):
    tab.page.emulate_media(reduced_motion="reduce")
    view = alone(exhibit(attention(1, 3, 5)))
    view.get_by_role("button", name="Save & share").click()
    moving = view.evaluate(
        """(view) => [...view.shadowRoot.querySelectorAll("*")].filter((node) => {
          const { animationName, transitionDuration } = getComputedStyle(node)
          return animationName !== "none" || transitionDuration !== "0s"
        }).length + document.getAnimations().length"""
    )
    assert moving == 0


def test_an_encoder_decoder_says_which_tokens_attend_to_which(alone):
    view = alone(translation(4, 3))
    assert "3 target tokens attend to 4 source tokens" in drawing(view).get_attribute("aria-label")
