"""Two exhibits in one view: side by side with one state, or the difference between them, against plain numpy."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from opened_pages import show_options, theme

from attnviz_mkdocs.exhibit import SELF, TEXT, Attention

SHE = ("[CLS]", "the", "nurse", "She", "[SEP]")
HE = ("[CLS]", "the", "old", "nurse", "He", "[SEP]")
# Counterparts of SHE's tokens in HE, and of both in what is aligned.
IN_HE = (0, 1, 3, 4, 5)
ALIGNED = ("[CLS]", "the", "old", "nurse", "She/He", "[SEP]")
# What a page rounds: each number when it is stored, and once more when it is told.
STORED = 0.0021
TOLD = 2 * STORED + 0.005


def she(layers: int = 2, heads: int = 3):
    return exhibit(attention(layers, heads, 5, seed=1), labels=SHE)


def he(layers: int = 2, heads: int = 3):
    return exhibit(attention(layers, heads, 6, seed=2), labels=HE)


def aligned_difference(first, second, layer: int, head: int) -> np.ndarray:
    """`[query, key]` over what is aligned; nan where a token has no counterpart."""
    a, b = first.attention.weights()[layer, head], second.attention.weights()[layer, head]
    left = np.full((6, 6), np.nan)
    left[np.ix_(IN_HE, IN_HE)] = a - b[np.ix_(IN_HE, IN_HE)]
    return left


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def change(view, **wanted) -> None:
    view.evaluate("(view, wanted) => { view.state = wanted }", wanted)


def press(view, name: str) -> None:
    view.get_by_role("button", name=name, exact=True).click()


def pane(view, number: int):
    return view.locator(".pane").nth(number)


def tokens(drawing, kind: str, side: str = "query") -> list[str]:
    return drawing.locator(f".tokens.{side} .{kind}").all_inner_texts()


def plain(text: str) -> str:
    """A text with the minus signs that Python reads."""
    return text.replace("\N{MINUS SIGN}", "-")


def said(view) -> list[str]:
    return plain(view.locator(".readout").inner_text()).split("\n")


def notes(view) -> str:
    return view.locator(".notes").inner_text()


def told_at(view, query: int, key: int) -> str:
    """What the matrix says of a cell, whose row and column are looked up with the keyboard."""
    drawing = view.locator(".drawing").first
    drawing.focus()
    for arrow, steps in (("ArrowUp", 9), ("ArrowLeft", 9), ("ArrowDown", query), ("ArrowRight", key)):
        for _ in range(steps):
            view.page.keyboard.press(arrow)
    return plain(view.locator(".readout").inner_text())


def pixels(canvas) -> np.ndarray:
    """Red, green, blue and alpha, `[y, x, 4]`."""
    width, height, data = canvas.evaluate(
        """(canvas) => {
          const { width, height } = canvas
          return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]]
        }"""
    )
    return np.array(data).reshape(height, width, 4)


def number(text: str) -> float:
    return float(plain(text).replace("< 0.001", "0"))


DIFFERENCE = re.compile(r" ([+-]?[\d.]+) \(([\d.]+) - ([\d.]+)\)$")


def test_the_second_exhibit_is_there_for_scripts(compared):
    first, second = she(), he()
    view = compared(first, second)
    assert view.evaluate("(view) => [view.exhibit, view.second].map(({ tokens }) => tokens.key)") == [
        list(SHE),
        list(HE),
    ]
    shown = np.array(view.evaluate("(view) => [...view.second.attention(1, 2)]")).reshape(6, 6)
    assert shown == pytest.approx(second.attention.weights()[1, 2], abs=1e-6)


def test_a_view_of_one_has_no_second(alone):
    view = alone(she())
    assert view.evaluate("(view) => view.second") is None
    assert view.get_by_role("group", name="Compare").count() == 0
    assert view.locator(".pane-name").count() == 0


def test_what_is_pinned_in_one_is_pinned_in_the_other(compared):
    view = compared(she(), he())
    assert view.locator(".pane-name").all_inner_texts() == ["she", "he"]
    pane(view, 0).locator(".tokens.query .token").nth(2).click()
    view.page.mouse.move(0, 0)
    assert state(view)["query"] == 2
    assert [tokens(pane(view, i), "pinned") for i in (0, 1)] == [["nurse"], ["nurse"]]
    pane(view, 1).locator(".tokens.key .token").nth(4).click()
    view.page.mouse.move(0, 0)
    assert (state(view)["query"], state(view)["key"]) == (2, 3)
    assert [tokens(pane(view, i), "pinned", "key") for i in (0, 1)] == [["She"], ["He"]]
    pane(view, 1).locator(".tokens.query .token").nth(3).click()
    assert state(view)["query"] is None


def test_what_only_the_second_has_is_looked_at_and_not_pinned(compared):
    view = compared(she(), he(), query=2)
    token = pane(view, 1).locator(".tokens.query .token").nth(2)
    token.hover()
    assert tokens(pane(view, 1), "looked-at") == ["old"]
    assert tokens(pane(view, 0), "looked-at") == []
    assert said(view)[0] == "she: no counterpart"
    assert "old →" in said(view)[1]
    token.click()
    assert state(view)["query"] == 2


def test_what_is_pointed_at_in_one_is_looked_at_in_the_other(compared):
    first, second = she(), he()
    view = compared(first, second, layer=1, heads=(2,))
    pane(view, 0).locator(".tokens.query .token").nth(3).hover()
    assert [tokens(pane(view, i), "looked-at") for i in (0, 1)] == [["She"], ["He"]]
    for line, made, labels, query in zip(said(view), (first, second), (SHE, HE), (3, 4), strict=True):
        row = made.attention.weights()[1, 2, query]
        strongest = int(row.argmax())
        assert f"→ {labels[strongest]} {row[strongest]:.2f}" in line
    assert [line.split(":")[0] for line in said(view)] == ["she", "he"]
    view.page.mouse.move(0, 0)
    assert tokens(pane(view, 1), "looked-at") == []
    assert len(said(view)) == 1


def test_the_keyboard_looks_in_both(compared):
    view = compared(she(), he())
    view.locator(".drawing").nth(1).focus()
    for _ in range(5):
        view.page.keyboard.press("ArrowDown")
    assert [tokens(pane(view, i), "looked-at") for i in (0, 1)] == [["She"], ["He"]]
    view.page.keyboard.press("Enter")
    assert state(view)["query"] == 3
    focused = "(view) => [...view.shadowRoot.querySelectorAll('.drawing')].indexOf(view.shadowRoot.activeElement)"
    assert view.evaluate(focused) == 1
    assert "he: 6 tokens" in view.locator(".drawing").nth(1).get_attribute("aria-label")


def test_a_head_opens_in_both_and_is_outlined_in_both(compared):
    view = compared(she(), he(), "model")
    view.locator(".drawing").first.focus()
    for arrow in ("ArrowDown", "ArrowDown", "ArrowRight"):
        view.page.keyboard.press(arrow)
    outlined = "(view) => [...view.shadowRoot.querySelectorAll('.outline')].map((outline) => [outline.hidden, outline.style.left])"
    (hidden, left), other = view.evaluate(outlined)
    assert not hidden
    assert other == [hidden, left]
    assert all(
        f"{name}: Layer 1 · head 1 · most:" in line for name, line in zip(("she", "he"), said(view), strict=True)
    )
    view.page.keyboard.press("Enter")
    assert (state(view)["layer"], state(view)["head"]) == (1, 1)
    assert view.locator(".detail-title").all_inner_texts() == ["Layer 1 · head 1\n\N{MULTIPLICATION SIGN}"] * 2
    pane(view, 1).locator(".detail .tokens.query .token").nth(4).hover()
    assert [tokens(pane(view, i), "looked-at") for i in (0, 1)] == [["She"], ["He"]]


@pytest.mark.parametrize("is_first", [True, False])
def test_shades_of_both_matrices_end_at_the_same_weight(compared, is_first):
    """That of the larger of both, whichever that is."""
    even = exhibit(np.full((2, 3, 5, 5), 0.2, np.float32), labels=SHE)
    made = (even, she()) if is_first else (she(), even)
    view = compared(*made, "matrix", layer=1, heads=(1,))
    largest = she().attention.weights()[1, 1].max()
    assert largest > 0.5
    for number_of in (0, 1):
        marks = pane(view, number_of).locator(".marks").inner_text().split()
        assert float(marks[-1]) == pytest.approx(largest, abs=0.006)
    told_at(view, 3, 2)
    values = [number(line.rsplit(" ", 1)[1]) for line in said(view)]
    wanted = [each.attention.weights()[1, 1, 3, 2] for each in made]
    assert values == pytest.approx(wanted, abs=STORED + 0.005)


def test_a_difference_is_the_first_less_the_second(compared):
    first, second = she(), he()
    view = compared(first, second, "matrix", comparison="difference", layer=1, heads=(2,))
    assert "Layer 1 · head 2" in told_at(view, 0, 0)
    shown = np.array(
        view.evaluate(
            """(view) => {
              const [a, b] = [view.exhibit.attention(1, 2), view.second.attention(1, 2)]
              return [0, 1, 3, 4, 5].map((q, i) => [0, 1, 3, 4, 5].map((k, j) => a[i * 5 + j] - b[q * 6 + k]))
            }"""
        )
    )
    expected = aligned_difference(first, second, 1, 2)
    assert shown == pytest.approx(expected[np.ix_(IN_HE, IN_HE)], abs=1e-6)
    for query in range(6):
        for key in range(6):
            text = told_at(view, query, key)
            assert f"{ALIGNED[query]} → {ALIGNED[key]} " in text
            if 2 in (query, key):
                assert text.endswith("no counterpart")
                continue
            value, *of = map(number, DIFFERENCE.search(text).groups())
            assert value == pytest.approx(expected[query, key], abs=TOLD)
            assert of[0] - of[1] == pytest.approx(value, abs=0.011)
    assert "no counterpart" in view.locator(".legend").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_cell_has_the_colour_that_the_legend_gives_its_number(compared, tab, scheme):
    tab.page.emulate_media(color_scheme=scheme)
    first, second = she(), he()
    view = compared(first, second, "matrix", comparison="difference", layer=0, heads=(1,))
    expected = aligned_difference(first, second, 0, 1)
    largest = np.nanmax(np.abs(expected))
    legend = view.locator(".legend")
    assert plain(legend.locator(".marks").inner_text()).split() == [f"-{largest:.2f}", "0", f"+{largest:.2f}"]
    assert legend.locator(".signs").inner_text().split("\n")[0] == "more in he"
    assert legend.locator(".signs").inner_text().split("\n")[-1] == "more in she"
    bar = pixels(legend.locator(".scale canvas"))[5, :, :3]
    colours = pixels(view.locator(".matrix > canvas"))
    # Where the cells begin: their colours fill rows and columns, labels don't.
    filled = np.ptp(colours[..., :3], axis=-1) > 0
    top, left = (int(np.argmax(filled.mean(axis) > 0.3)) for axis in (1, 0))
    cell = (colours.shape[0] - top) // 6
    for query in range(6):
        for key in range(6):
            if 2 in (query, key):
                continue
            value = expected[query, key]
            place = (np.sign(value) * np.sqrt(abs(value) / largest) + 1) / 2 if abs(value) > 2 * STORED else 0.5
            found = colours[top + query * cell + 4, left + key * cell + 4, :3]
            wanted = bar[round(place * (len(bar) - 1))]
            assert found == pytest.approx(wanted, abs=14), (query, key, value)


def test_lines_of_a_difference_are_coloured_by_its_sign(compared):
    weights = np.zeros((1, 1, 3, 3), np.float32)
    weights[0, 0, :, 0] = 1
    other = np.roll(weights, 2, axis=-1)
    view = compared(exhibit(weights), exhibit(other), comparison="difference")
    painted = pixels(view.locator(".layer canvas").first).astype(int)
    inked = painted[..., 3] > 60
    red, blue = painted[..., 0], painted[..., 2]
    height = painted.shape[0] // 3
    last = np.flatnonzero(inked.any(0))[-1]
    at_the_keys = slice(last - 30, last)
    for row, sign in ((0, 1), (2, -1)):
        band = slice(row * height, (row + 1) * height)
        colours = np.sign(blue - red)[band, at_the_keys][inked[band, at_the_keys]]
        assert len(colours) > 10
        assert set(colours) == {sign}
    middle = slice(height + 4, 2 * height - 4)
    assert not inked[middle, at_the_keys].any()


def test_there_is_nothing_between_an_exhibit_and_itself(compared):
    view = compared(she(), she(), comparison="difference")
    assert not pixels(view.locator(".layer canvas").first)[..., 3].any()
    view.locator(".tokens.query .token").first.hover()
    assert said(view)[0].rstrip().endswith("[CLS] →")


def test_the_model_view_shades_differences_and_tells_the_largest(compared):
    first, second = she(), he()
    view = compared(first, second, "model", comparison="difference")
    assert view.get_by_role("group", name="Heads as").count() == 0
    differences = np.array(
        [[aligned_difference(first, second, layer, head) for head in range(3)] for layer in range(2)]
    )
    marks = view.locator(".legend .marks").inner_text().split()
    assert number(marks[-1]) == pytest.approx(np.nanmax(np.abs(differences)), abs=TOLD)
    drawing = view.locator(".drawing")
    drawing.focus()
    view.page.keyboard.press("ArrowDown")
    for layer in range(2):
        for head in range(3):
            (text,) = said(view)
            assert f"Layer {layer} · head {head} · largest difference:" in text
            value = number(DIFFERENCE.search(text).group(1))
            of = differences[layer, head]
            query, key = np.unravel_index(np.nanargmax(np.abs(of)), of.shape)
            assert f": {ALIGNED[query]} → {ALIGNED[key]} " in text
            assert value == pytest.approx(of[query, key], abs=TOLD)
            view.page.keyboard.press("ArrowRight")
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
            view.page.keyboard.press(key)


def test_heads_become_one_before_they_are_compared(compared):
    first, second = she(), he()
    view = compared(first, second, comparison="difference", reduce="heads", by="max", layer=1, query=3)
    a, b = (made.attention.weights()[1].max(0) for made in (first, second))
    row = a[3] - b[4][list(IN_HE)]
    strongest = int(np.abs(row).argmax())
    (text,) = said(view)
    assert text.startswith("Layer 1 · maximum of 3 heads · She/He → ")
    name, value = re.search(r"→ (\S+) ([+-][\d.]+)", text).groups()
    assert name == ("[CLS]", "the", "nurse", "She/He", "[SEP]")[strongest]
    assert number(value) == pytest.approx(row[strongest], abs=TOLD)


def test_a_difference_has_no_strongest_keys_and_a_comparison_no_neurons(compared):
    view = compared(she(), he(), mass=0.5)
    show_options(view)
    assert view.get_by_label("Strongest").is_visible()
    assert "strongest keys" in notes(view)
    press(view, "Difference")
    assert view.get_by_label("Strongest").is_hidden()
    assert "strongest keys" not in notes(view)
    assert "may come from rounding" in notes(view)
    assert "Neuron" not in view.locator(".views").inner_text()


def test_what_is_shown_of_two_is_switched_and_in_the_address(compared, tab):
    view = compared(she(), he(), query=3)
    assert view.get_by_role("group", name="Compare").inner_text().split("\n") == ["Both", "Difference", "she", "he"]
    drawn = {}
    for name, comparison in (("Difference", "difference"), ("she", "first"), ("he", "second"), ("Both", "both")):
        press(view, name)
        assert state(view)["comparison"] == comparison
        drawn[comparison] = [tokens(pane(view, i), "pinned") for i in range(view.locator(".pane").count())]
    assert drawn == {"difference": [["She/He"]], "first": [["She"]], "second": [["He"]], "both": [["She"], ["He"]]}
    press(view, "he")
    assert view.locator(".tokens.query .token").all_inner_texts() == list(HE)
    address = view.evaluate("(view) => view.address")
    assert address == "#attn:two?comparison=second"
    tab.open("about:blank")


def test_the_second_alone_is_driven_by_its_own_tokens(compared):
    view = compared(she(), he(), comparison="second")
    view.locator(".tokens.query .token").nth(3).click()
    assert state(view)["query"] == 2
    view.locator(".tokens.query .token").nth(2).click()
    assert state(view)["query"] == 2


def test_words_are_compared_as_words(compared):
    first, second = she(), exhibit(attention(2, 3, 6, seed=3), labels=("[CLS]", "the", "nur", "se", "He", "[SEP]"))
    pieces = [replace(token, continues=index == 3) for index, token in enumerate(second.query)]
    second = replace(second, tokens={TEXT: tuple(pieces)})
    view = compared(first, second, "matrix", comparison="difference", layer=1, heads=(1,), units="words")
    words = ((0,), (1,), (2, 3), (4,), (5,))
    weights = second.attention.weights()[1, 1]
    joined = np.array([[weights[np.ix_(row, column)].sum(1).mean() for column in words] for row in words])
    expected = first.attention.weights()[1, 1] - joined
    text = told_at(view, 2, 2)
    assert "nurse → nurse " in text
    assert number(DIFFERENCE.search(text).group(1)) == pytest.approx(expected[2, 2], abs=TOLD)


def test_two_models_show_the_nearest_layer_and_head_and_say_so(compared):
    first = she(layers=2, heads=2)
    second = exhibit(attention(4, 3, 5, seed=2), labels=SHE)
    second = replace(second, provenance=replace(second.provenance, model="large", source="models/large"))
    view = compared(first, second, names=("small", "large"), layer=0, heads=(0,))
    assert "nothing to do with" in notes(view)
    layers = view.get_by_label("Layer", exact=True)
    assert layers.locator("option").all_inner_texts() == ["0", "1", "2", "3"]
    assert view.locator(".heads button[aria-label]").count() == 3
    change(view, layer=3, heads=[2], query=3)
    assert "small: No layer 3; layer 1 is shown." in notes(view)
    assert "small: No head 2; head 1 is shown." in notes(view)
    assert [line.split(" · ")[:2] for line in said(view)] == [
        ["small: Layer 1", "head 1"],
        ["large: Layer 3", "head 2"],
    ]
    press(view, "Difference")
    row = first.attention.weights()[1, 1, 3] - second.attention.weights()[3, 2, 3]
    strongest = int(np.abs(row).argmax())
    (text,) = said(view)
    assert text.startswith("Layer 1 - Layer 3 · head 1 - head 2 · She → ")
    name, value = re.search(r"→ (\S+) ([+-][\d.]+)", text).groups()
    assert name == SHE[strongest]
    assert number(value) == pytest.approx(row[strongest], abs=TOLD)
    press(view, "small")
    assert layers.locator("option").all_inner_texts() == ["0", "1"]
    assert layers.input_value() == "1"
    change(view, reduce="heads")
    press(view, "Both")
    assert "nothing to do with" not in notes(view)


def test_masked_in_both_is_masked(compared):
    made = [exhibit(attention(1, 1, 5, causal=True, seed=seed), masked=later(5), labels=SHE) for seed in (1, 2)]
    view = compared(*made, "matrix", comparison="difference")
    assert told_at(view, 0, 1).endswith("[CLS] → the masked")
    assert "masked" in view.locator(".legend").inner_text()
    seen = exhibit(attention(1, 1, 5, seed=1), labels=SHE)
    view = compared(seen, made[1], "matrix", comparison="difference")
    value = number(DIFFERENCE.search(told_at(view, 0, 1)).group(1))
    assert value == pytest.approx(seen.attention.weights()[0, 0, 0, 1], abs=TOLD)


def test_an_attention_that_the_second_lacks_is_not_compared(compared):
    view = compared(translation(), she(), names=("translator", "reader"))
    assert view.locator(".pane").count() == 1
    assert "reader has no cross attention; only translator is shown." in notes(view)
    press(view, "reader")
    assert view.locator(".pane-name").inner_text() == "translator"


def test_attentions_of_two_translators_are_compared(compared):
    first, second = translation(), translation(source=5)
    view = compared(first, second, comparison="difference", attention="cross")
    assert view.locator(".tokens.query .token").count() == 3
    assert view.locator(".tokens.key .token").all_inner_texts() == ["word0", "word1", "word2", "word3", "word4"]
    view.locator(".tokens.key .token").nth(4).hover()
    assert said(view)[0].endswith("no counterpart")


@pytest.mark.parametrize(("width", "beside"), [(1000, True), (700, True), (500, False), (320, False)])
@pytest.mark.parametrize("kind", ["head", "model", "matrix"])
def test_drawings_stand_side_by_side_or_below_one_another(compared, tab, width, beside, kind):
    tab.page.set_viewport_size({"width": width, "height": 800})
    view = compared(she(), he(), kind)
    left, right = (pane(view, i).bounding_box() for i in (0, 1))
    if beside:
        assert left["y"] == pytest.approx(right["y"], abs=1)
        assert left["x"] + left["width"] <= right["x"]
        assert left["width"] == pytest.approx(right["width"], abs=1)
    else:
        assert left["x"] == right["x"]
        assert left["y"] + left["height"] <= right["y"]
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "\u202e\"'&amp; " + "x" * 500 + "\x00</attn-view>",
)


@pytest.mark.parametrize("kind", ["head", "model", "matrix"])
@pytest.mark.parametrize("comparison", ["both", "difference", "first", "second"])
@pytest.mark.parametrize("width", [320, 1000])
def test_hostile_names_are_text_and_stay_in_their_place(compared, tab, kind, comparison, width):
    tab.page.set_viewport_size({"width": width, "height": 800})
    view = compared(she(), he(), kind, HOSTILE, comparison=comparison, query=3, key=1)
    assert view.evaluate("(view) => view.shadowRoot.querySelectorAll('img, script').length") == 0
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names = view.get_by_role("group", name="Compare").locator("button").all_inner_texts()[2:]
    assert names[0] == HOSTILE[0]
    assert names[1].startswith("U+202E\"'&amp; xxx")
    assert len(names[1]) < 70
    assert not tab.errors


def test_a_comparison_without_names_has_some(tab, page_of):
    page = page_of(she(), he())
    page.write_text(re.sub(r' data-names="[^"]*"', "", page.read_text()))
    assert tab.open(page).view().locator(".pane-name").all_inner_texts() == ["first", "second"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (r' data-second="[^"]*"', "is not on this page"),
        (r'(?<= data-second=")[^"]{400}', "damaged"),
        (r'(?<= data-names=").', "data-names is damaged"),
    ],
)
def test_a_second_that_is_missing_or_damaged_is_told(tab, page_of, damage, words):
    page = page_of(she(), he())
    text = page.read_text()
    assert re.search(damage, text)
    page.write_text(re.sub(damage, "", text, count=1))
    tab.open(page)
    view = tab.page.locator("attn-view")
    told = view.evaluate("(view) => view.ready.then(() => '', (error) => error.message)")
    assert words in told
    assert told in view.locator(".error").inner_text()
    assert view.evaluate("(view) => [view.error.message, view.second]") == [told, None]


PAGE = """\
# Two

```attnviz
id: two
model: tiny
compare: [The cat sat, A dog sat]
```

```attnviz
id: turned
view: matrix
model: tiny
compare: [A dog sat, The cat sat]
comparison: difference
```

```attnviz
id: dog
model: tiny
text: A dog sat
```
"""


@pytest.mark.parametrize("delivery", ["inline", "linked"])
def test_a_page_carries_each_exhibit_once(tab, site, served, delivery):
    """What is the second of one view is the first of another."""
    options = f"plugins: [{{attnviz: {{delivery: {delivery}}}}}]\n{theme('material')}\n"
    built = site(options, {"two.md": PAGE})
    tab.open(f"{served(built)}/two.html")
    labels = [
        tab.view(i).evaluate("({ exhibit, second }) => [exhibit, second].map((of) => of?.tokens.key)")
        for i in (0, 1, 2)
    ]
    cat, dog = (["[CLS]", *text.split(), "[SEP]"] for text in ("The cat sat", "A dog sat"))
    assert labels == [[cat, dog], [dog, cat], [dog, None]]
    html = (built / "two.html").read_text()
    assert len(re.findall(r" data-(?:exhibit|second)=", html)) == (2 if delivery == "inline" else 0)
    fetched = [url for url in tab.requests if url.endswith(".gz") or "safetensors" in url]
    assert len(fetched) == len(set(fetched)) == (2 if delivery == "linked" else 0)


def test_what_one_view_compares_with_another_may_take_from_it(tab, site):
    """Also where the one that has it is not loaded yet."""
    tab.open(site(theme("material"), {"two.md": PAGE}) / "two.html")
    tab.view(2)
    labels = tab.page.evaluate("""async () => {
      const [two, , dog] = [...document.querySelectorAll("attn-view")].map((view) => (view.remove(), view.cloneNode()))
      document.querySelector("h1").after(dog, two)
      await dog.ready
      return [dog.exhibit.tokens.key, two.exhibit]
    }""")
    assert labels == [["[CLS]", "A", "dog", "sat", "[SEP]"], None]


def test_linked_views_compare_alike(tab, site):
    linked = PAGE.replace("model: tiny", "link: all\nmodel: tiny")
    tab.open(site(theme("material"), {"two.md": linked}) / "two.html")
    first, turned, dog = (tab.view(i) for i in (0, 1, 2))
    press(turned, turned.locator(".comparison button").nth(2).inner_text())
    assert [state(view)["comparison"] for view in (first, turned, dog)] == ["first"] * 3
    change(first, comparison="difference", query=2)
    assert tokens(first, "pinned") == ["cat/dog"]
    assert tokens(dog, "pinned") == ["dog"]


def test_a_hybrids_layers_are_compared_by_their_numbers(compared):
    """Layers have the models' own numbers, of which few may be in both."""
    first, second = she(layers=2), she(layers=2)
    hybrid = Attention(TEXT, TEXT, (1, 7), second.attention)
    view = compared(first, replace(second, attentions={SELF: hybrid}), layer=1, heads=(0,), query=3)
    assert view.get_by_label("Layer", exact=True).locator("option").all_inner_texts() == ["0", "1", "7"]
    change(view, layer=7)
    assert [line.split(" · ")[0] for line in said(view)] == ["she: Layer 1", "he: Layer 7"]


def outlined(drawing) -> list[str]:
    return drawing.locator(".outlined").all_inner_texts()


def test_texts_are_shaded_on_one_scale_and_look_together(compared):
    first, second = she(), he()
    view = compared(first, second, "text", layer=1, heads=(2,), query=3)
    largest = max(first.attention.weights()[1, 2, 3].max(), second.attention.weights()[1, 2, 4].max())
    marks = [pane(view, i).locator(".marks").inner_text().split()[-1] for i in (0, 1)]
    assert [float(mark) for mark in marks] == pytest.approx([largest] * 2, abs=0.006)
    assert [outlined(pane(view, i)) for i in (0, 1)] == [["She"], ["He"]]
    change(view, query=None)
    pane(view, 1).locator(".text span").get_by_text("nurse", exact=True).hover()
    assert [outlined(pane(view, i)) for i in (0, 1)] == [["nurse"], ["nurse"]]


def test_a_text_is_shaded_by_the_difference(compared):
    first, second = she(), he()
    view = compared(first, second, "text", comparison="difference", layer=1, heads=(2,), query=3)
    row = aligned_difference(first, second, 1, 2)[4]
    spans = {label: view.locator(".text span").get_by_text(label, exact=True) for label in ALIGNED}
    for label, value in zip(ALIGNED, row, strict=True):
        if np.isnan(value):
            assert "grey" in spans[label].get_attribute("class")
            continue
        red, _, blue = map(
            int, re.findall(r"\d+", spans[label].evaluate("(span) => getComputedStyle(span).backgroundColor"))[:3]
        )
        assert np.sign(blue - red) == (np.sign(value) if abs(value) > 2 * STORED else 0), label
    assert "grey: no counterpart" in view.locator(".legend").inner_text()
    assert said(view)[0].startswith("Layer 1 · head 2 · She/He → ")
