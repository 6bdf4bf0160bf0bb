"""Switches of attention, units and the first token, and tokens of all kinds: the page's numbers against plain numpy."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from opened_pages import settle, show_options

from attnviz_mkdocs.exhibit import SELF, TEXT, Attention, Token

PIECES = ("[CLS]", "un", "believ", "able", "things", "[SEP]")
WORDS = ((0,), (1, 2, 3), (4,), (5,))
CLOSE = 0.006


def of_words(weights: np.ndarray | None = None):
    """An exhibit in which three pieces are one word."""
    made = exhibit(attention(2, 2, 6) if weights is None else weights, labels=PIECES)
    tokens = [replace(token, special=token.label.startswith("[")) for token in made.query]
    for index in (2, 3):
        tokens[index] = replace(tokens[index], continues=True)
    return replace(made, tokens={TEXT: tuple(tokens)})


def chat():
    """Two speakers, of whom the model is one."""
    said = (("user", "Why"), ("user", "so"), (None, "<end>"), ("assistant", "Because"), ("assistant", "so"))
    weights = attention(1, 1, len(said), causal=True)
    made = exhibit(weights, masked=later(len(said)), labels=tuple(label for _, label in said))
    tokens = tuple(
        replace(token, role=role, special=role is None, generated=role == "assistant")
        for token, (role, _) in zip(made.query, said, strict=True)
    )
    return replace(made, tokens={TEXT: tokens})


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def press(view, name: str) -> None:
    show_options(view)
    view.get_by_role("button", name=name, exact=True).click()


def labels(view, side: str) -> list[str]:
    return view.locator(f".tokens.{side} .token").all_inner_texts()


def told(view, query: int, key: int) -> float | str:
    """What the matrix says of a cell, whose row and column are looked up with the keyboard."""
    drawing = view.locator(".drawing")
    drawing.focus()
    for arrow, steps in (("ArrowUp", 9), ("ArrowLeft", 9), ("ArrowDown", query), ("ArrowRight", key)):
        for _ in range(steps):
            view.page.keyboard.press(arrow)
    value = view.locator(".readout").inner_text().rsplit(" ", 1)[1]
    drawing.blur()
    return float(value) if re.fullmatch(r"[\d.]+", value) else value


def numbers(view, rows: int, columns: int) -> list[list[float | str]]:
    return [[told(view, row, column) for column in range(columns)] for row in range(rows)]


def test_words_are_sums_over_keys_and_means_over_queries(alone):
    made = of_words()
    view = alone(made, "matrix", layer=1)
    press(view, "Words")
    pieces = made.attention.weights()[1, 0]
    expected = np.array([[pieces[np.ix_(row, column)].sum(1).mean() for column in WORDS] for row in WORDS])
    assert np.array(numbers(view, 4, 4)) == pytest.approx(expected, abs=CLOSE)
    assert "joined to words" in view.locator(".notes").inner_text()
    press(view, "Head")
    assert labels(view, "query") == ["[CLS]", "unbelievable", "things", "[SEP]"]


def test_a_pinned_piece_survives_the_switch_of_units(alone):
    view = alone(of_words(), query=2, key=4)
    press(view, "Words")
    assert view.locator(".tokens.query .pinned").inner_text() == "unbelievable"
    assert view.locator(".tokens.key .pinned").inner_text() == "things"
    assert (state(view)["query"], state(view)["key"]) == (2, 4)
    press(view, "Pieces")
    assert view.locator(".tokens.query .pinned").inner_text() == "believ"
    press(view, "Words")
    view.locator(".tokens.query .token").nth(2).click()
    assert state(view)["query"] == 4
    view.locator(".tokens.query .token").nth(1).click()
    assert state(view)["query"] == 1


def test_where_no_piece_continues_a_word_words_are_not_offered(alone):
    view = alone(exhibit(attention(1, 1, 4)))
    assert view.get_by_role("button", name="Words").count() == 0


def test_without_the_first_token_rows_are_1_again(alone):
    made = exhibit(attention(1, 1, 5, causal=True), masked=later(5))
    view = alone(made, "matrix")
    press(view, "Hide first token")
    left = made.attention.weights()[0, 0]
    left[:, 0] = 0
    left[1:] /= left[1:].sum(1, keepdims=True)
    for query, row in enumerate(numbers(view, 5, 5)):
        assert row[0] == "hidden"
        seen = row[1 : query + 1]
        assert seen == pytest.approx(left[query, 1 : query + 1], abs=CLOSE)
        assert sum(seen) == pytest.approx(1 if seen else 0, abs=0.02)
        assert row[query + 1 :] == ["masked"] * len(row[query + 1 :])
    assert "First token hidden, rows renormalised." in view.locator(".notes").inner_text()
    assert "masked or hidden" in view.locator(".legend").inner_text()
    press(view, "Hide first token")
    assert told(view, 4, 0) == pytest.approx(made.attention.weights()[0, 0, 4, 0], abs=CLOSE)
    assert state(view)["sink"] == "shown"


def masks(name: str, tokens: int) -> np.ndarray | None:
    distance = np.arange(tokens)[:, None] - np.arange(tokens)
    return {"full": None, "causal": distance < 0, "window": (distance < 0) | (distance > 2)}[name]


@pytest.mark.parametrize("mask", ["full", "causal", "window"])
@pytest.mark.parametrize("switches", ["words", "hidden", "words, hidden"])
def test_switches_together_make_what_numpy_makes(alone, mask, switches):
    """The first word has two pieces, of which the first is the one that can be hidden."""
    words = ((0, 1), (2,), (3, 4), (5,)) if "words" in switches else tuple((i,) for i in range(6))
    masked = masks(mask, 6)
    weights = attention(2, 1, 6, seed=5)
    if masked is not None:
        weights = np.where(masked, 0, weights)
        weights /= weights.sum(-1, keepdims=True)
    made = exhibit(weights, masked=masked)
    tokens = [replace(token, continues=index in (1, 4)) for index, token in enumerate(made.query)]
    made = replace(made, tokens={TEXT: tuple(tokens)})
    left = made.attention.weights()[1, 0].astype(float)
    seen = np.ones((6, 6), bool) if masked is None else ~masked
    if "hidden" in switches:
        left[:, 0], seen[:, 0] = 0, False
        left = np.divide(left, left.sum(1, keepdims=True), out=left, where=left.sum(1, keepdims=True) > 0)
    view = alone(made, "matrix", layer=1)
    for name in switches.split(", "):
        press(view, {"words": "Words", "hidden": "Hide first token"}[name])
    for row, queries in enumerate(words):
        looking = [query for query in queries if seen[query].any()]
        for column, keys in enumerate(words):
            shown = told(view, row, column)
            if not seen[np.ix_(queries, keys)].any():
                assert shown == ("hidden" if "hidden" in switches and keys == (0,) else "masked")
            else:
                assert shown == pytest.approx(left[np.ix_(looking, keys)].sum(1).mean(), abs=CLOSE)


def test_the_first_token_may_be_hidden_while_it_is_pinned(alone):
    view = alone(exhibit(attention(1, 2, 5)), key=0, query=3)
    press(view, "Hide first token")
    assert (state(view)["query"], state(view)["key"]) == (3, 0)
    assert said_of(view).endswith("hidden")
    press(view, "Matrix")
    assert said_of(view).endswith("hidden")
    press(view, "Hide first token")
    assert re.search(r"\d$", said_of(view))


def said_of(view) -> str:
    return view.locator(".readout").inner_text()


def test_the_captured_numbers_stay_as_they_are(alone):
    made = of_words()
    view = alone(made)
    view.evaluate("(view) => { view.state = { units: 'words', sink: 'hidden' } }")
    shown = np.array(view.evaluate("(view) => [...view.exhibit.attention(1, 1)]")).reshape(6, 6)
    assert shown == pytest.approx(made.attention.weights()[1, 1], abs=1e-6)


def test_attentions_are_switched(alone):
    made = translation(source=5, target=4, layers=(2, 3))
    view = alone(made, layer=2)
    sizes = {}
    for name in ("Cross", "Encoder", "Decoder"):
        press(view, name)
        assert state(view)["attention"] == name.lower()
        sizes[name] = (len(labels(view, "query")), len(labels(view, "key")), state(view)["layer"])
    assert sizes == {"Cross": (4, 5, 2), "Encoder": (5, 5, 1), "Decoder": (4, 4, 1)}
    press(view, "Cross")
    assert view.locator(".sides").inner_text().split() == ["target", "source"]
    assert "4 target tokens attend to 5 source tokens." in view.locator(".notes").inner_text()
    assert "4 target tokens attend to 5 source tokens." in view.locator(".drawing").get_attribute("aria-label")


@pytest.mark.parametrize("name", ["cross", "encoder", "decoder"])
def test_each_attention_shows_its_own_numbers(alone, name):
    made = translation(source=5, target=4)
    view = alone(made, "matrix", attention=name, layer=1, heads=(1,))
    weights = made.attentions[name].track.weights()[1, 1]
    expected = weights.tolist()
    for row, seen in zip(expected, made.attentions[name].track.masked()[1, 1], strict=True):
        row[:] = [
            "masked" if masked else pytest.approx(weight, abs=CLOSE) for weight, masked in zip(row, seen, strict=True)
        ]
    assert numbers(view, *weights.shape) == expected
    shown = view.evaluate(f"(view) => [...view.exhibit.attention(1, 1, '{name}')]")
    assert np.array(shown).reshape(weights.shape) == pytest.approx(weights, abs=1e-6)


@pytest.mark.parametrize("kind", ["head", "model", "matrix"])
def test_cross_attention_is_drawn_in_every_view(alone, kind):
    view = alone(translation(source=9, target=3), kind)
    settle(view.page)
    painted = (
        """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"""
    )
    canvases = view.locator(".drawing canvas").all()
    assert any(canvas.evaluate(painted) for canvas in canvases)


def test_layers_have_the_models_own_numbers(alone):
    made = exhibit(attention(2, 2, 4))
    hybrid = Attention(TEXT, TEXT, (4, 8), made.attention)
    view = alone(replace(made, attentions={SELF: hybrid}, notes=("Only layers 4 and 8 have attention.",)))
    chooser = view.get_by_label("Layer", exact=True)
    assert chooser.locator("option").all_inner_texts() == ["4", "8"]
    assert state(view)["layer"] == 4
    press(view, "Next layer")
    assert state(view)["layer"] == 8
    view.evaluate("(view) => { view.state = { layer: 5 } }")
    assert state(view)["layer"] == 4
    assert "Only layers 4 and 8 have attention." in view.locator(".notes").inner_text()
    press(view, "Model")
    assert view.locator(".row > span").all_inner_texts() == ["4", "8"]
    row = view.locator(".row canvas").nth(1)
    row.click(position={"x": 10, "y": 10})
    assert (state(view)["layer"], state(view)["head"]) == (8, 0)
    assert "Layer 8 · head 0" in view.locator(".detail-title").inner_text()


def test_a_window_is_told_where_there_is_one(alone):
    distance = np.subtract.outer(np.arange(8), np.arange(8))
    near = np.stack([distance < 0, (distance < 0) | (distance > 3)])[:, None]
    weights = np.where(near, 0, 1.0)
    made = exhibit((weights / weights.sum(-1, keepdims=True)).astype(np.float32), masked=near)
    view = alone(made)
    notes = view.locator(".notes")
    assert notes.is_hidden()
    press(view, "Next layer")
    assert notes.inner_text() == "In this layer a token sees the 3 tokens before it, and itself."
    press(view, "Model")
    assert view.locator(".scroll + .note").inner_text() == "No line: masked, or less than 0.01."
    press(view, "heat map")
    assert view.locator(".scroll + .note").inner_text() == "Hatched: masked."


def test_speakers_and_what_the_model_wrote_are_marked(alone):
    view = alone(chat())
    assert view.locator(".speaker.query").all_inner_texts() == ["user", "assistant"]
    assert view.locator(".speaker.key").all_inner_texts() == ["user", "assistant"]
    boxes = {kind: view.locator(kind).first.bounding_box() for kind in (".speaker.query", ".tokens.query .token")}
    assert boxes[".speaker.query"]["height"] == pytest.approx(2 * boxes[".tokens.query .token"]["height"])
    assert view.locator(".tokens.query .generated").all_inner_texts() == ["Because", "so"]
    assert view.locator(".tokens.query .special").all_inner_texts() == ["<end>"]
    assert "written by the model" in view.locator(".notes").inner_text()


def test_pieces_of_one_character_say_so(alone):
    made = exhibit(attention(1, 1, 4), labels=("é", "中", "中", "中"))
    tokens = (made.query[0], *(replace(token, start=7, end=8) for token in made.query[1:]))
    view = alone(replace(made, tokens={TEXT: tokens}))
    assert labels(view, "query") == ["é", "中¹\u2044₃", "中²\u2044₃", "中³\u2044₃"]


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [("سأل الطبيب الممرضة سؤالا", True), ("the doctor asked something", False)],
    ids=["arabic", "english"],
)
def test_the_keys_of_a_text_from_right_to_left_begin_at_the_right(alone, text, mirrored):
    weights = np.eye(4, dtype=np.float32)[None, None]
    view = alone(exhibit(weights, labels=tuple(text.split())), "matrix")
    canvas = view.locator(".matrix canvas")
    darkest = """(canvas) => {
      const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data
      const found = []
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === 20 && data[i + 1] === 32 && data[i + 2] === 111) found.push([(i / 4) % width, Math.floor(i / 4 / width)])
      return found
    }"""
    cells = np.array(canvas.evaluate(darkest))
    upper = cells[cells[:, 1] < cells[:, 1].mean()]
    assert (upper[:, 0].mean() > cells[:, 0].mean()) == mirrored
    assert told(view, 0, 3 if mirrored else 0) == 1


def test_a_sentence_isolates_names_that_run_from_right_to_left(alone):
    name = "שלום"
    view = alone(exhibit(np.eye(2, dtype=np.float32)[None, None], labels=(name, "hello")), query=0)
    isolated = f"\u2068{name}\u2069"
    assert view.locator(".readout").inner_text() == f"Layer 0 · head 0 · {isolated} → {isolated} 1.00"


@pytest.mark.parametrize("kind", ["head", "model", "matrix"])
@pytest.mark.parametrize("width", [320, 360])
def test_nothing_overflows_a_phone(alone, tab, kind, width):
    tab.page.set_viewport_size({"width": width, "height": 640})
    made = translation(source=8, target=6)
    long = tuple(
        Token(label, i, i + 1, continues=i == 2, role="assistant", generated=i > 3)
        for i, label in enumerate(("अनुच्छेद", "العربية", "ly", "Donaudampfschifffahrt", "👩‍⚕️", "中文"))
    )
    view = alone(replace(made, tokens={**made.tokens, "target": long}), kind, attention="decoder")
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in view.locator(".toolbar button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24
