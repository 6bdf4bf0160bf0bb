"""The text view: a text that reads like the text, and shades that are the numbers of plain numpy."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from opened_pages import show_options

from attnviz_mkdocs.exhibit import TEXT, Exhibit, Token

TOKENS = 7
#: Of a weight, as a share of the largest: a pixel of the legend, and what rounding of a stored weight adds.
CLOSE = 0.02

#: Of each token its weight by the square-root scale of the legend, from 0 to 1, or null without a shade.
WEIGHTS = """(view) => {
  const canvas = view.shadowRoot.querySelector('.legend canvas'), width = canvas.width
  const ramp = canvas.getContext('2d').getImageData(0, 2, width, 1).data
  return [...view.shadowRoot.querySelectorAll('.text span')].map(({ style }) => {
    if (!style.background) return null
    const [r, g, b] = style.background.match(/\\d+/g).map(Number)
    let best = 0, least = Infinity
    for (let x = 0; x < width; x++) {
      const far = Math.hypot(ramp[4 * x] - r, ramp[4 * x + 1] - g, ramp[4 * x + 2] - b)
      if (far < least) [best, least] = [x, far]
    }
    return (best / (width - 1)) ** 2
  })
}"""


def placed(text: str, labels: tuple[str, ...], weights: np.ndarray | None = None, **masked: np.ndarray) -> Exhibit:
    """An exhibit whose tokens stand in their text."""
    made = exhibit(attention(2, 3, len(labels)) if weights is None else weights, labels=labels, **masked)
    tokens, at = [], 0
    for label in labels:
        special = label.startswith("[")
        start = -1 if special else text.index(label, at)
        at = at if special else start + len(label)
        tokens.append(Token(label, start, -1 if special else at, special=special))
    return replace(made, text=text, tokens={TEXT: tuple(tokens)})


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def spans(view):
    return view.locator(".text span")


def written(view) -> list[str]:
    return [paragraph.text_content() for paragraph in view.locator(".text p").all()]


def shades(view) -> list[float | None]:
    return view.evaluate(WEIGHTS)


def on_scale(weights: np.ndarray) -> pytest.approx:
    """Weights on a scale that ends at the largest."""
    return pytest.approx(weights / weights.max(), abs=CLOSE)


def outlined(view) -> list[str]:
    return view.locator(".text .outlined").all_text_contents()


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("The cat sat,\n\n  twice. \n", ("The", "cat", "sat", ",", "\n\n", "twice", ".")),
        ("🐈 e\u0301té 猫 x", ("🐈", "e\u0301té", "猫", "x")),
        ("a\u202eb <b>&amp;</b>", ("a", "b", "<", "b", ">&", "amp", ";</", "b>")),
    ],
    ids=["lines", "scripts", "markup"],
)
def test_it_reads_like_the_text(alone, text, labels):
    view = alone(placed(text, labels), "text")
    shown = text.replace("\u202e", "U+202E").rstrip()
    assert "".join(written(view)).rstrip() == shown
    assert spans(view).all_text_contents() == list(labels)


def test_special_tokens_are_badges_and_not_text(alone):
    view = alone(placed("The cat", ("[CLS]", "The", "cat", "[SEP]")), "text")
    assert written(view) == ["[CLS]The cat[SEP]"]
    assert view.locator(".text .special").all_text_contents() == ["[CLS]", "[SEP]"]


def test_without_a_text_words_have_spaces(alone):
    made = replace(exhibit(attention(1, 1, 3), labels=("un", "seen", "things")), text=None)
    tokens = [replace(token, start=-1, end=-1, continues=token.label == "seen") for token in made.query]
    assert written(alone(replace(made, tokens={TEXT: tuple(tokens)}), "text")) == ["unseen things"]


def test_with_nothing_chosen_a_token_is_shaded_by_what_it_gets(alone):
    weights = attention(2, 3, TOKENS, causal=True)
    view = alone(exhibit(weights, masked=later(TOKENS)), "text", layer=1, heads=(2,))
    seeing = np.arange(TOKENS, 0, -1)
    assert shades(view) == on_scale(weights[1, 2].sum(0) / seeing)
    assert "on average from those that may see it" in view.locator(".legend").inner_text()


def test_a_token_that_is_pointed_at_shades_what_it_gives(alone):
    weights = attention(2, 3, TOKENS, causal=True)
    view = alone(exhibit(weights, masked=later(TOKENS)), "text", layer=1, heads=(2,))
    spans(view).nth(4).hover()
    assert shades(view)[:5] == on_scale(weights[1, 2, 4, :5])
    assert shades(view)[5:] == [None, None]
    assert view.locator(".text .grey").all_text_contents() == ["token5", "token6"]
    assert "grey: masked" in view.locator(".legend").inner_text()
    assert outlined(view) == ["token4"]
    strongest = int(weights[1, 2, 4].argmax())
    assert f"token4 → token{strongest}" in view.locator(".readout").inner_text()
    view.page.mouse.move(1, 1)
    assert outlined(view) == []


def test_chosen_tokens_are_summed_and_stay(alone):
    weights = attention(1, 1, TOKENS)
    view = alone(exhibit(weights), "text")
    spans(view).nth(2).click()
    spans(view).nth(5).click(modifiers=["Shift"])
    assert state(view)["query"] == [2, 5]
    assert shades(view) == on_scale(weights[0, 0, [2, 5]].sum(0))
    assert "in sum" in view.locator(".legend").inner_text()
    # What is pinned stays, and what is pointed at is told of it.
    spans(view).nth(1).hover()
    assert shades(view) == on_scale(weights[0, 0, [2, 5]].sum(0))
    assert "token2 + token5 → token1" in view.locator(".readout").inner_text()
    told = float(re.search(r"token1 (\S+)", view.locator(".readout").inner_text())[1])
    assert told == pytest.approx(weights[0, 0, [2, 5], 1].sum(), abs=0.01)
    spans(view).nth(3).click()
    assert state(view)["query"] == 3
    spans(view).nth(3).click()
    assert (state(view)["query"], state(view)["key"]) == (None, None)


def test_what_a_token_gets(alone):
    weights = attention(1, 1, TOKENS)
    view = alone(exhibit(weights), "text", query=3)
    view.get_by_role("button", name="gets").click()
    assert (state(view)["query"], state(view)["key"]) == (None, 3)
    assert shades(view) == on_scale(weights[0, 0, :, 3])
    assert "what the outlined token gets" in view.locator(".legend").inner_text()
    view.get_by_role("button", name="gets").click()
    assert state(view)["key"] == 3
    spans(view).nth(1).click()
    assert (state(view)["query"], state(view)["key"]) == (None, 1)


@pytest.mark.parametrize("by", ["mean", "max"])
def test_chosen_heads_are_one(alone, by):
    weights = attention(2, 4, TOKENS)
    view = alone(exhibit(weights), "text", layer=1, heads=(1, 3), query=2, by=by)
    assert shades(view) == on_scale(getattr(weights[1, [1, 3]], by)(0)[2])
    assert f"{'Mean' if by == 'mean' else 'Maximum'} of 2 heads" in view.locator(".notes").inner_text()
    view.get_by_role("button", name="Head 1", exact=True).click()
    assert shades(view) == on_scale(weights[1, 3, 2])
    assert view.locator(".notes").is_hidden()
    assert "head 3" in view.locator(".readout").inner_text()
    view.get_by_role("button", name="Head 3", exact=True).click()
    assert shades(view) == [None] * TOKENS
    assert "no head is chosen" in view.locator(".readout").inner_text()


def test_only_the_strongest_keys_have_a_shade(alone):
    weights = attention(1, 1, TOKENS, seed=3)
    view = alone(exhibit(weights), "text", query=2, mass=0.6)
    row = weights[0, 0, 2]
    order = np.argsort(-row)
    kept = order[: int((np.cumsum(row[order]) < 0.6).sum()) + 1]
    assert [i for i, shade in enumerate(shades(view)) if shade] == sorted(kept)
    assert "hidden" in view.locator(".notes").inner_text()
    assert view.locator(".readout").inner_text().endswith("hidden")


def test_words_and_the_first_token(alone):
    made = exhibit(attention(1, 1, 5), labels=("[CLS]", "un", "seen", "things", "."))
    tokens = [replace(token, special=i == 0, continues=i == 2) for i, token in enumerate(made.query)]
    made = replace(made, tokens={TEXT: tuple(tokens)}, text=None)
    view = alone(made, "text", query=3)
    show_options(view)
    view.get_by_role("button", name="Words", exact=True).click()
    row = made.attention.weights()[0, 0, 3]
    assert spans(view).all_text_contents() == ["[CLS]", "unseen", "things", "."]
    assert shades(view) == on_scale(np.array([row[0], row[1] + row[2], row[3], row[4]]))
    view.get_by_role("button", name="Hide first token").click()
    left = np.array([row[1] + row[2], row[3], row[4]]) / (1 - row[0])
    assert shades(view)[0] is None
    assert shades(view)[1:] == on_scale(left)
    assert "grey: masked or hidden" in view.locator(".legend").inner_text()


def test_a_pair_and_its_filter(alone):
    weights = attention(1, 1, 6)
    made = exhibit(weights, labels=("A", "cat", ".", "One", "cat", "!"))
    tokens = [replace(token, start=-1, end=-1, segment=int(i > 2)) for i, token in enumerate(made.query)]
    view = alone(replace(made, text=None, tokens={TEXT: tuple(tokens)}), "text", filter="a-b")
    assert written(view)[0].split() == ["A", "cat", "."]
    assert written(view)[1].split() == ["One", "cat", "!"]
    assert shades(view)[:3] == [None] * 3
    assert shades(view)[3:] == on_scale(weights[0, 0, :3, 3:].mean(0))
    spans(view).nth(4).hover()
    assert shades(view)[:3] == on_scale(weights[0, 0, :3, 4])
    view.get_by_label("Sentences").select_option("b-b")
    assert len(written(view)) == 1


def test_a_translation_is_two_texts(alone):
    made = translation(source=5, target=4)
    weights = made.attentions["cross"].track.weights()
    view = alone(made, "text", attention="cross", layer=1, heads=(0,))
    assert view.locator(".text b").all_text_contents() == ["target", "source"]
    assert spans(view).count() == 9
    assert shades(view)[:4] == [None] * 4
    assert shades(view)[4:] == on_scale(weights[1, 0].mean(0))
    spans(view).nth(1).hover()
    assert shades(view)[4:] == on_scale(weights[1, 0, 1])
    spans(view).nth(6).click()
    assert (state(view)["query"], state(view)["key"]) == (None, 2)
    assert shades(view)[:4] == on_scale(weights[1, 0, :, 2])
    spans(view).nth(3).click(modifiers=["Shift"])
    assert (state(view)["query"], state(view)["key"]) == (3, 2)
    assert view.get_by_role("button", name="gets").count() == 0


def test_speakers_and_what_the_model_wrote(alone):
    said = (("user", "Why"), ("user", "so"), (None, "<end>"), ("assistant", "Because"))
    made = exhibit(attention(1, 1, 4), labels=tuple(label for _, label in said))
    tokens = tuple(
        replace(token, role=role, special=role is None, generated=role == "assistant", start=-1, end=-1)
        for token, (role, _) in zip(made.query, said, strict=True)
    )
    view = alone(replace(made, text=None, tokens={TEXT: tokens}), "text")
    assert view.locator(".text .said b").all_text_contents() == ["user", "assistant"]
    assert view.locator(".text .generated").all_text_contents() == ["Because"]


def test_a_text_from_right_to_left(alone):
    text = "سأل الطبيب الممرضة سؤالا"
    view = alone(placed(text, ("[CLS]", *text.split())), "text")
    assert view.locator(".text p").get_attribute("dir") == "rtl"
    first, second = (spans(view).nth(i).bounding_box() for i in (1, 2))
    assert first["x"] > second["x"]
    view.locator(".drawing").focus()
    for _ in range(2):
        view.page.keyboard.press("ArrowLeft")
    assert outlined(view) == [text.split(maxsplit=1)[0]]


def test_the_keyboard_goes_along_the_text_and_between_lines(alone, tab):
    tab.page.set_viewport_size({"width": 320, "height": 700})
    view = alone(exhibit(attention(1, 1, 40)), "text")
    keys = tab.page.keyboard
    view.locator(".drawing").focus()
    keys.press("ArrowRight")
    assert outlined(view) == ["token0"]
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    assert outlined(view) == ["token2"]
    keys.press("ArrowLeft")
    assert outlined(view) == ["token1"]
    box = spans(view).nth(1).bounding_box()
    keys.press("ArrowDown")
    below = view.locator(".text .outlined").bounding_box()
    assert 20 < below["y"] - box["y"] < 40
    assert abs(below["x"] - box["x"]) < 30
    keys.press("ArrowUp")
    assert outlined(view) == ["token1"]
    keys.press("ArrowUp")
    assert outlined(view) == ["token1"]
    keys.press("Enter")
    keys.press("ArrowDown")
    keys.press("Shift+Enter")
    pinned = state(view)["query"]
    assert len(pinned) == 2
    assert pinned[0] == 1
    keys.press("Escape")
    assert state(view)["query"] is None
    # From what is chosen the keyboard goes on.
    view.locator(".drawing").blur()
    view.evaluate("(view) => { view.state = { query: 9 } }")
    view.locator(".drawing").focus()
    keys.press("ArrowRight")
    assert "token9 → token10" in view.locator(".readout").inner_text()
    keys.press("Tab")
    assert not view.locator(".drawing").evaluate("(body) => body === body.getRootNode().activeElement")


def test_keys_lead_to_other_layers_and_heads(alone, tab):
    view = alone(exhibit(attention(3, 4, TOKENS)), "text")
    view.locator(".drawing").focus()
    tab.page.keyboard.press("PageDown")
    tab.page.keyboard.press(".")
    assert (state(view)["layer"], state(view)["heads"]) == (1, [0])
    tab.page.keyboard.press(".")
    tab.page.keyboard.press("PageUp")
    assert (state(view)["layer"], state(view)["heads"]) == (0, [1])


def test_a_tap_pins_and_adds(alone, touched):
    alone(exhibit(attention(1, 1, TOKENS)), "text")
    view = touched(320)
    spans(view).nth(1).tap()
    assert state(view)["query"] == 1
    show_options(view)
    view.evaluate("(view) => view.shadowRoot.querySelector('.several').click()")
    spans(view).nth(3).tap()
    assert state(view)["query"] == [1, 3]
    spans(view).nth(1).tap()
    assert state(view)["query"] == 3
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("tokens", "kind"), [(128, "head"), (129, "text")])
def test_a_long_text_flows_where_the_author_leaves_it_open(alone, tokens, kind):
    assert state(alone(exhibit(attention(1, 1, tokens)), None))["view"] == kind


def test_512_tokens_are_few_nodes(alone):
    view = alone(exhibit(attention(2, 4, 512, causal=True), masked=later(512)), None)
    assert state(view)["view"] == "text"
    assert spans(view).count() == 512
    assert view.evaluate("(view) => view.shadowRoot.querySelectorAll('*').length") < 512 + 120
    spans(view).nth(300).hover()
    assert len(view.locator(".text .grey").all()) == 211


def test_letters_are_legible_on_every_shade(alone, tab):
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        view = alone(exhibit(attention(1, 1, 60, seed=2)), "text", query=7)
        contrasts = view.evaluate(
            """(view) => {
              const luminance = (css) => css.match(/[\\d.]+/g).slice(0, 3)
                .map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
              return [...view.shadowRoot.querySelectorAll('.text span')].map((span) => {
                const { color, backgroundColor } = getComputedStyle(span)
                const [a, b] = [color, backgroundColor].map(luminance).sort((x, y) => x - y)
                return (b + 0.05) / (a + 0.05)
              })
            }"""
        )
        assert len(contrasts) == 60
        assert min(contrasts) >= 4.5
