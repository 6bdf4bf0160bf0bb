"""The neuron view: its numbers against numpy, and a reader's hands on it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import exhibit, neurons, translation
from opened_pages import settle

from attnviz_mkdocs.assets import SCRIPT, asset
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.exhibit import SELF, Track
from attnviz_mkdocs.neurons import Bias, Neurons, Scores, digest_of
from attnviz_mkdocs.render import Payload, draw_figure, draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"
PRODUCT = f"q {TIMES} k"
TOKENS = 6
SIZE = 8


def figure(kind: str = "neuron", **options) -> Figure:
    return Figure(kind, "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"))


@pytest.fixture
def alone(tmp_path, tab):
    """A page with one view and nothing else."""

    def open_it(made, kind: str = "neuron", **options):
        shown, numbers = made
        page = tmp_path / "view.html"
        page.write_text(draw_page(figure(kind, **options), "key", encode(shown), encode_neurons(numbers)), "utf-8")
        return tab.open(page).view()

    return open_it


def state(view) -> dict:
    return view.evaluate("(view) => view.state")


def said(view) -> str:
    return view.locator(".readout").inner_text()


def opened(view) -> str:
    """The query that is opened."""
    return view.locator(".title option:checked").inner_text()


def sums(view) -> list[str]:
    settle(view.page)
    return view.locator(".sums p").all_inner_texts()


def strip(view, symbol: str) -> dict[str, float]:
    """Where a strip of neurons is: below its heading."""
    return view.locator(".heading", has=view.page.locator(f"b:text-is('{symbol}')")).bounding_box()


def point(view, key: int, column: int, *, symbol: str = PRODUCT, neurons: int = SIZE) -> None:
    """Move the mouse onto a neuron in the row of a key."""
    box, row = strip(view, symbol), view.locator(".table .token").nth(key).bounding_box()
    view.page.mouse.move(box["x"] + (column + 0.5) * box["width"] / neurons, row["y"] + row["height"] / 2)


def with_all(**more):
    """Neurons whose scores have something beside q·k, and the attention that numpy makes of them."""
    made, numbers = neurons(tokens=TOKENS, size=SIZE, causal=more.pop("causal", False))
    scores = replace(numbers.attentions[SELF], **more)
    weights = by_numpy(scores, made.attentions[SELF].track.masked()[0, 0])
    masked = made.attentions[SELF].track.masked()
    track = Track.from_weights(weights, masked if masked.any() else None)
    attention = replace(made.attentions[SELF], track=track)
    shown = replace(made, attentions={SELF: attention})
    return shown, replace(numbers, attentions={SELF: scores})


def by_numpy(scores, masked: np.ndarray) -> np.ndarray:
    """The formula, written out: `[layer, head, query, key]`."""
    layers, heads, queries, _ = scores.queries.shape
    shared = heads // scores.keys.shape[1]
    keys = scores.keys.shape[2]
    weights = np.zeros((layers, heads, queries, keys))
    for layer in range(layers):
        for head in range(heads):
            q = scores.queries[layer, head].astype(float)
            k = scores.keys[layer, head // shared].astype(float)
            s = float(scores.scale[layer]) * (q @ k.T)
            if scores.softcap is not None:
                s = scores.softcap[layer] * np.tanh(s / scores.softcap[layer])
            if scores.bias is not None:
                row = scores.bias.values[scores.bias.of_layer[layer], head]
                for i in range(queries):
                    for j in range(keys):
                        at = {"distance": j - i + queries - 1, "key": j, "pair": (i, j)}[scores.bias.layout]
                        s[i, j] += row[at]
            power = np.where(masked, 0, np.exp(s))
            sink = 0 if scores.sinks is None else np.exp(float(scores.sinks[layer, head]))
            weights[layer, head] = power / (power.sum(-1, keepdims=True) + sink)
    return weights


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(9).normal(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"causal": True},
        {"softcap": np.full(2, 2, np.float32)},
        {"sinks": random(2, 4)},
        {"bias": Bias("distance", random(1, 4, 2 * TOKENS - 1), (0, 0))},
        {"bias": Bias("key", random(2, 4, TOKENS), (1, 0)), "causal": True},
        {"bias": Bias("pair", random(1, 4, TOKENS, TOKENS), (0, 0)), "sinks": random(2, 4)},
    ],
    ids=["plain", "masked", "soft cap", "sink", "bias by distance", "bias by key", "bias by pair"],
)
def test_the_numbers_on_the_page_make_the_attention(alone, more):
    made = with_all(**more)
    view = alone(made, layer=1, heads=(3,))
    expected = by_numpy(made[1].attentions[SELF], made[0].attentions[SELF].track.masked()[0, 0])
    for layer in range(2):
        for head in range(4):
            read = view.evaluate("(view, [l, h]) => [...view.neurons.attention(l, h, 'self')]", [layer, head])
            np.testing.assert_allclose(np.reshape(read, (TOKENS, TOKENS)), expected[layer, head], atol=2e-6)
    assert "These numbers give the attention of the other views" in sums(view)[2]
    assert not view.locator(".wrong").count()


def test_each_attention_of_a_translation_has_its_own_neurons(alone):
    made = translation(source=5, target=3, layers=(2, 3), heads=2)
    numbers, expected = {}, {}
    for name, (layers, queries, keys) in {"cross": (3, 3, 5), "decoder": (3, 3, 3)}.items():
        vectors = [random(layers, 2, count, SIZE) * (1 + len(name)) / 5 for count in (queries, keys)]
        numbers[name] = Scores(*vectors, np.full(layers, 0.5, np.float32), largest_error=1e-6)
        masked = made.attentions[name].track.masked()
        expected[name] = by_numpy(numbers[name], masked[0, 0])
        track = Track.from_weights(expected[name], masked if masked.any() else None)
        made = replace(made, attentions={**made.attentions, name: replace(made.attentions[name], track=track)})
    view = alone((made, Neurons(digest_of(made.tokens), numbers, made.provenance)), layer=2, heads=(1,))
    for name, weights in expected.items():
        read = view.evaluate("(view, name) => [...view.neurons.attention(2, 1, name)]", name)
        np.testing.assert_allclose(np.reshape(read, weights.shape[2:]), weights[2, 1], atol=2e-6)
    for name, keys in (("cross", "word"), ("decoder", "Wort")):
        view.evaluate("(view, attention) => { view.state = { attention, layer: 2, query: 1 } }", name)
        assert f"Wort1 → {keys}" in sums(view)[0]
        assert "These numbers give" in sums(view)[2]
    view.evaluate("(view) => { view.state = { attention: 'encoder' } }")
    assert "were not captured" in view.locator(".drawing").inner_text()


def test_what_does_not_add_up_is_told(alone):
    made, numbers = neurons(tokens=TOKENS, size=SIZE)
    weights = by_numpy(numbers.attentions[SELF], np.zeros((TOKENS, TOKENS), bool))
    weights[1, 2, 3] = np.roll(weights[1, 2, 3], 1)
    changed = {SELF: replace(made.attentions[SELF], track=Track.from_weights(weights))}
    view = alone((replace(made, attentions=changed), numbers), layer=1, heads=(2,), query=3)
    sum_, _, check = sums(view)
    assert "more than the stated error of 0.00" in sum_
    assert "do not give the attention" in check
    assert view.locator(".wrong").count() == 2
    view.evaluate("(view) => { view.state = { head: 1 } }")
    assert "do not" not in sums(view)[2]
    assert not view.locator(".wrong").count()


def test_a_token_is_open_at_first_and_can_be_closed_and_another_opened(alone):
    made, numbers = neurons(tokens=4, size=SIZE, labels=("[CLS]", "one", "two", "[SEP]"))
    tokens = tuple(replace(token, special=token.label.startswith("[")) for token in made.tokens["text"])
    view = alone((replace(made, tokens={"text": tokens}), numbers))
    assert opened(view) == "two"
    view.get_by_role("button", name="All tokens").click()
    assert state(view)["expanded"] is False
    mark = view.locator(".bipartite .query .token").first.evaluate(
        "(node) => getComputedStyle(node, '::after').content"
    )
    assert "⊕" in mark
    for query, name in ((1, "one"), (1, "one"), (3, "[SEP]")):
        view.locator(".bipartite .query .token").nth(query).click()
        assert opened(view) == name
        assert (state(view)["query"], state(view)["expanded"]) == (query, True)
        view.get_by_role("button", name="All tokens").click()


def test_a_neuron_tells_its_numbers_and_its_shares(alone):
    made = neurons(tokens=TOKENS, size=SIZE, causal=True)
    view = alone(made, layer=1, heads=(2,), query=4)
    scores = made[1].attentions[SELF]
    q, k = scores.queries[1, 2].astype(float), scores.keys[1, 1].astype(float)
    sums(view)  # by then all queries are summed up
    part = scores.scale[1] * q[:, None, :] * k[None, :, :]

    def cov(query: int) -> np.ndarray:
        seen = part[query, : query + 1]
        return ((seen - seen.mean(0)) * (seen.sum(1) - seen.sum(1).mean())[:, None]).mean(0)

    of_token = cov(4) / cov(4).sum()
    of_head = sum(cov(query) for query in range(TOKENS)) / sum(cov(query).sum() for query in range(TOKENS))
    for key, neuron in ((0, 0), (3, 5), (4, 7)):
        point(view, key, neuron)
        card = view.locator(".card").inner_text().replace(MINUS, "-")
        name, product, share, shares = card.split("\n")
        assert name == f"Neuron {neuron}"
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", product)]
        np.testing.assert_allclose(numbers, [q[4, neuron], k[key, neuron], q[4, neuron] * k[key, neuron]], atol=0.006)
        percents = [int(number) for number in re.findall(r"(-?\d+)\s%", f"{share}\n{shares}")]
        expected = [part[4, key, neuron] / part[4, key].sum(), of_token[neuron], of_head[neuron]]
        np.testing.assert_allclose(percents, [100 * value for value in expected], atol=0.501)


def test_the_sum_of_a_pair_is_written_out(alone):
    made = with_all(bias=Bias("key", random(1, 4, TOKENS), (0, 0)))
    view = alone(made, layer=0, heads=(1,), query=2, key=3)
    scores = made[1].attentions[SELF]
    dot = float(scores.queries[0, 1, 2].astype(float) @ scores.keys[0, 0, 3].astype(float))
    bias = float(scores.bias.values[0, 1, 3])
    weight = by_numpy(scores, np.zeros((TOKENS, TOKENS), bool))[0, 1, 2, 3]
    line = sums(view)[0].replace(MINUS, "-").replace("- bias ", "+ bias -")
    numbers = re.match(
        r"token2 → token3: q·k (\S+) . (\S+) = (\S+) \+ bias (\S+) = (\S+) → softmax (\S+)\. "
        r"The other views show (\S+); difference (?:less than )?(\S+), stated error (\S+)\.",
        line,
    )
    scale = float(scores.scale[0])
    expected = [dot, scale, scale * dot, bias, scale * dot + bias, weight]
    np.testing.assert_allclose([float(number) for number in numbers.groups()[:6]], expected, atol=0.006)
    shown = made[0].attentions[SELF].track.weights()[0, 1, 2, 3]
    assert abs(float(numbers[7]) - shown) <= 0.00051


def test_neurons_are_sorted_by_their_share(alone):
    _, numbers = neurons(tokens=TOKENS, size=SIZE)
    queries = numbers.attentions[SELF].queries * 0.01
    # All that tells keys apart comes from neuron 5, except for one query, which heeds neuron 2.
    queries[..., 5], queries[:, :, 1, 5], queries[:, :, 1, 2] = 2, 0, 2
    scores = replace(numbers.attentions[SELF], queries=queries.astype(np.float16))
    weights = by_numpy(scores, np.zeros((TOKENS, TOKENS), bool))
    shown = exhibit(weights)
    view = alone((shown, replace(numbers, attentions={SELF: scores})), layer=0, heads=(0,), query=1)
    first = {}
    for order in ("index", "token share", "head share"):
        view.get_by_role("button", name=order).click()
        sums(view)
        point(view, 0, 0)
        first[order] = view.locator(".card b").inner_text()
        point(view, 2, 0, symbol="k")
        assert view.locator(".card b").inner_text() == first[order]
    assert first == {"index": "Neuron 0", "token share": "Neuron 2", "head share": "Neuron 5"}
    assert re.match(r"Neurons 5 \(\d+\s%\)", sums(view)[1])


def test_heads_that_share_a_key_stand_together(alone):
    view = alone(neurons(heads=6, key_heads=2, tokens=TOKENS, size=SIZE), layer=0, heads=(4,))
    strips = view.locator(".vector")
    assert strips.all_inner_texts() == ["head 3", "head 4", "head 5"]
    assert "key head 1 of heads 3\u20135" in view.locator(".headings").inner_text()
    strips.nth(2).click()
    assert state(view)["head"] == 5
    assert view.locator('.vector[aria-pressed="true"]').inner_text() == "head 5"
    # A head of its own needs no name.
    assert alone(neurons(heads=2, key_heads=2), layer=0, heads=(1,)).locator(".vector").all_inner_texts() == [""]


def test_keys_of_the_keyboard_go_everywhere(alone):
    view = alone(neurons(tokens=TOKENS, size=SIZE), layer=0, heads=(0,), query=2, key=3)
    view.locator(".drawing").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        view.page.keyboard.press(key)
    assert "token2 → token2" in said(view)
    assert "neuron 1:" in said(view)
    view.page.keyboard.press("Enter")
    assert (state(view)["key"], state(view)["neuron"]) == (2, 1)
    view.page.keyboard.press("PageDown")
    assert state(view)["query"] == 3
    view.page.keyboard.press("PageUp")
    view.page.keyboard.press("PageUp")
    assert state(view)["query"] == 1
    view.page.keyboard.press("Escape")
    assert (state(view)["key"], state(view)["neuron"]) == (None, None)


def test_masked_keys_say_so(alone):
    view = alone(neurons(tokens=TOKENS, size=SIZE, causal=True), layer=0, heads=(0,), query=2)
    view.locator(".table .token").nth(4).hover()
    assert "token2 → token4 masked" in said(view)
    assert "may not see" in sums(view)[0]
    assert "masked" in view.locator(".legend").inner_text()
    unseen = view.locator(".table .token").evaluate_all("(all) => all.map((t) => t.classList.contains('unseen'))")
    assert unseen == [False, False, False, True, True, True]


@pytest.mark.parametrize("size", [8, 64, 256])
def test_a_phone_shows_all_and_a_finger_pins(chromium, tmp_path, size):
    made, numbers = neurons(heads=2, key_heads=1, tokens=TOKENS, size=size)
    page = tmp_path / "view.html"
    page.write_text(draw_page(figure(layer=0, heads=(0,), query=2), "key", encode(made), encode_neurons(numbers)))
    context = chromium.new_context(
        bypass_csp=True, viewport={"width": 320, "height": 800}, has_touch=True, is_mobile=True
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    view = tab.locator("attn-view")
    view.evaluate("async (view) => { await view.ready }")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    box = view.locator(".table canvas").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    row = view.locator(".table .token").nth(3).bounding_box()
    tab.touchscreen.tap(box["x"] + 12, row["y"] + 36)
    pinned = state(view)
    assert pinned["key"] == 3
    assert pinned["neuron"] is not None
    card = view.locator(".card").bounding_box()
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 320
    context.close()


def test_without_neurons_there_is_no_neuron_view(tab, tmp_path):
    page = tmp_path / "view.html"
    page.write_text(draw_page(figure("neuron"), "key", encode(neurons()[0])), encoding="utf-8")
    view = tab.open(page).view()
    assert view.locator(".views button").all_inner_texts() == ["Head", "Model", "Matrix", "Text"]
    assert state(view)["view"] == "head"
    assert view.evaluate("(view) => view.neurons") is None


def test_linked_neurons_are_fetched_when_they_are_looked_at_and_once(tab, tmp_path, served):
    made, numbers = neurons(tokens=TOKENS, size=SIZE)
    (tmp_path / "numbers.gz").write_bytes(encode_neurons(numbers))
    first = draw_figure(figure("head"), Payload("key", encode(made)), Payload("own", source="numbers.gz"))
    second = draw_figure(figure("head"), Payload("key"), Payload("own"))
    (tmp_path / "index.html").write_text(
        f'<link rel="icon" href="data:,">{first}{second}<script>{asset(SCRIPT)}</script>', encoding="utf-8"
    )
    tab.open(f"{served(tmp_path)}/index.html")
    views = [tab.view(0), tab.view(1)]
    assert not any("numbers.gz" in url for url in tab.requests)
    for view in views:
        view.get_by_role("button", name="Neuron").click()
        view.locator(".neurons").wait_for()
    assert sum("numbers.gz" in url for url in tab.requests) == 1


def test_neurons_of_another_exhibit_are_an_error_in_words(tab, tmp_path):
    page = tmp_path / "view.html"
    for other in (neurons(tokens=7), neurons(layers=3), neurons(heads=6)):
        page.write_text(draw_page(figure(), "key", encode(neurons()[0]), encode_neurons(other[1])), encoding="utf-8")
        tab.open(page)
        view = tab.page.locator("attn-view")
        words = view.evaluate("(view) => view.ready.catch((error) => error.message)")
        assert 'the queries of "self" do not fit its attention' in words
        assert words in view.locator(".error").inner_text()
    page.write_text(draw_page(figure(), "key", encode(translation()), encode_neurons(neurons()[1])), encoding="utf-8")
    words = tab.open(page).page.locator("attn-view").evaluate("(view) => view.ready.catch((error) => error.message)")
    assert "belong to another exhibit" in words


def test_escape_lets_go_and_then_leads_back_to_all_tokens(alone):
    view = alone(neurons(tokens=TOKENS, size=SIZE), query=2)
    view.locator(".drawing").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "Escape"):
        view.page.keyboard.press(key)
    assert [state(view)[name] for name in ("expanded", "key", "neuron")] == [True, None, None]
    view.page.keyboard.press("Escape")
    assert state(view)["expanded"] is False
    assert view.locator(".drawing").evaluate("(drawing) => drawing.getRootNode().activeElement === drawing")
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("Enter")
    assert state(view)["expanded"] is True


def test_views_keep_layer_head_and_token(alone):
    view = alone(neurons(layers=3, tokens=TOKENS, size=SIZE), layer=2, heads=(1,), query=3)
    for name in ("Neuron", "Matrix", "Model", "Neuron", "Head", "Neuron"):
        view.get_by_role("button", name=name, exact=True).click()
        now = state(view)
        assert (now["layer"], now["query"]) == (2, 3)
        assert now["heads"] == [1] if name == "Head" else 1 in (now["head"], *now["heads"][:1])
        if name == "Neuron":
            assert opened(view) == "token3"


def test_a_word_is_opened_first(alone):
    view = alone(neurons(tokens=5, size=SIZE, labels=("The", "cat", "sat", ".", "…")))
    assert opened(view) == "sat"


def test_speakers_stand_beside_what_they_say(alone):
    made, numbers = neurons(tokens=TOKENS, size=SIZE)
    roles = ("user", "user", None, "assistant", "assistant", "assistant")
    tokens = tuple(replace(token, role=role) for token, role in zip(made.query, roles, strict=True))
    view = alone((replace(made, tokens={"text": tokens}), numbers))
    rows = [row.bounding_box() for row in view.locator(".table .token").all()]
    for node, (first, last) in zip(view.locator(".table .speaker").all(), ((0, 1), (3, 5)), strict=True):
        box = node.bounding_box()
        assert box["y"] == pytest.approx(rows[first]["y"], abs=1)
        assert box["y"] + box["height"] == pytest.approx(rows[last]["y"] + rows[last]["height"], abs=1)
        assert box["x"] + box["width"] <= rows[first]["x"] + 1


def test_the_points_of_scores_stand_below_one_another(alone):
    view = alone(neurons(tokens=TOKENS, size=SIZE))
    view.evaluate("""() => {
      window.written = []
      const { fillText } = CanvasRenderingContext2D.prototype
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        written.push([String(text), x])
        return fillText.call(this, text, x, y)
      }
    }""")
    view.evaluate("(view) => { view.state = { layer: 1, query: 2 } }")
    settle(view.page)
    written = view.evaluate("() => written")
    first = min(x for _, x in written)
    scores = [text for text, x in written if x == first]
    assert len(scores) == TOKENS
    assert len({len(text.split(".")[1]) for text in scores}) == 1
