"""What is drawn is what the numbers say."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons, translation
from drawn_pictures import Drawn, figure_of
from test_parts import pixels

from attnviz_mkdocs.exhibit import SELF, TEXT, Token
from attnviz_mkdocs.pictures import draw, theme
from attnviz_mkdocs.pictures.bipartite import FAINTEST, MOST_LINES

KINDS = ("head", "matrix", "model", "text")
HOSTILE = ("</script><img onerror=x>", "]]>&amp;", "\ud800x", "\x00\x1b", "\u202egnp", "مرحبا", "\ufffe", "a" * 5000)


def with_labels(made, *labels, **fields):
    tokens = tuple(Token(label, **fields) for label in labels)
    return replace(made, tokens={TEXT: tokens})


def images(drawn: Drawn) -> list[list[list[tuple[int, ...]]]]:
    return [pixels(b64decode(image.get("href").partition(",")[2])) for image in drawn.all("image")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [350, 688])
@pytest.mark.parametrize("name", theme.get_args(theme.Theme))
def test_every_view_is_a_document_of_its_own(drawn, kind, width, name):
    made = drawn(exhibit(attention(causal=True), masked=later(5)), kind, width, name)
    root = made.root
    assert (root.get("width"), root.get("viewBox").split()[2]) == (str(width), str(width))
    assert "http" not in made.content.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"<(script|foreignObject|a|use)\b|\son\w+=", made.content)
    assert ("prefers-color-scheme" in made.content) is (name == "both")
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert not [name for name, count in Counter(ids).items() if count > 1]
    assert set(re.findall(r"url\(#([\w-]+)\)", made.content)) <= set(ids)
    assert drawn(exhibit(attention(causal=True), masked=later(5)), kind, width, name).content == made.content


@pytest.mark.parametrize("kind", [*KINDS, "neuron"])
@pytest.mark.parametrize("width", [350, 688])
def test_hostile_tokens_are_only_text(kind, width):
    made, own = neurons(tokens=len(HOSTILE), heads=3, key_heads=3)
    made = with_labels(replace(made, text="".join(HOSTILE)), *HOSTILE)
    content = draw(figure_of(kind), made, width, neurons=own)
    known = {
        "svg",
        "style",
        "defs",
        "pattern",
        "linearGradient",
        "stop",
        "mask",
        "g",
        "text",
        "rect",
        "path",
        "line",
        "image",
    }
    assert {node.tag.split("}")[1] for node in ET.fromstring(content).iter()} <= known
    content.encode()


def test_each_weight_is_a_line_from_its_query_to_its_key(drawn):
    weights = attention(1, 3, 6)
    made = exhibit(weights)
    decoded = made.attentions[SELF].track.weights()[0, 1]
    drawing = drawn(made, heads=(1,))
    found = {}
    for line in drawing.lines:
        found[round(line.start / 24), round((line.start + line.drop) / 24)] = line
    assert found.keys() == {tuple(pair) for pair in np.argwhere(decoded >= FAINTEST).tolist()}
    for pair, line in found.items():
        assert line.shade == pytest.approx(decoded[pair], abs=0.0126)


def test_chosen_tokens_leave_their_lines_and_get_bands(drawn):
    made = exhibit(attention(1, 2, 6))
    decoded = made.attentions[SELF].track.weights()[0]
    drawing = drawn(made, query=(2, 4), heads=(0,))
    assert len(drawing.lines) == (decoded[0, [2, 4]] >= FAINTEST).sum()
    sums = [
        f"{value:.2f}"[1:] if value < 0.995 else "1" if value < 1.005 else f"{value:.2f}"[1:]
        for value in decoded[0, [2, 4]].sum(0)
    ]
    bands = [word for word in drawing.words if re.fullmatch(r"\.\d\d|1", word)]
    assert bands == [text for text in sums if text != ".00"]


def test_masked_tokens_are_muted_and_not_faded(drawn):
    made = drawn(exhibit(attention(1, 2, 6, causal=True), masked=later(6)), query=2)
    assert "opacity" not in {name for node in made.root.iter() for name in node.attrib}
    columns = [node for node in made.all("text") if (node.text or "").startswith("token")]
    quiet = [node.text for node in columns if node.get("fill-opacity") == str(theme.MUTED)]
    assert quiet == ["token3", "token4", "token5"]
    sizes = {node.get("font-size") for node in columns if node.text in quiet}
    assert len(sizes) == 2, "as a query in the size of the others, as a key that can't be seen in a smaller one"


@pytest.mark.parametrize("tokens", [8, 60, 100, 170])
def test_bands_leave_badges_whole(drawn, tokens):
    weights = np.zeros((1, 1, tokens, tokens), np.float32)
    weights[..., 0] = 1
    made = exhibit(weights)
    first, *rest = made.tokens[TEXT]
    made = replace(made, tokens={TEXT: (replace(first, special=True), *rest)})
    boxes = [
        (float(node.get("y")), float(node.get("height")), node.get("stroke"))
        for node in drawn(made, width=350, query=3).all("rect")
    ]
    badges = [y + height for y, height, stroke in boxes if stroke == "currentColor"]
    tops = [y for y, height, stroke in boxes if not stroke and 0 < height < 4]
    assert badges
    assert max(badges) <= min(tops) + 0.5


def test_more_lines_than_are_told_apart_are_left_out_and_told(drawn):
    made = exhibit(attention(1, 12, 48))
    drawing = drawn(made)
    decoded = np.sort(made.attentions[SELF].track.weights()[0].ravel())[::-1]
    assert len(drawing.lines) == MOST_LINES
    said = " ".join(drawing.words)
    assert f"The {MOST_LINES:,} strongest of {(decoded >= FAINTEST).sum():,} lines are drawn" in said


def test_a_matrix_has_the_colour_of_each_weight(drawn):
    made = exhibit(attention(1, 2, 5, causal=True), masked=later(5))
    decoded = made.attentions[SELF].track.weights()[0, 1]
    light, dark = images(drawn(made, "matrix", heads=(1,)))
    for scheme, image in (("light", light), ("dark", dark)):
        colours = theme.scale(scheme, 63)
        for query, key in np.ndindex(5, 5):
            place = round(62 * np.sqrt(decoded[query, key] / decoded.max()))
            assert image[query][key] == colours[place]


def test_masked_cells_are_hatched_and_others_are_not(drawn):
    drawing = drawn(exhibit(attention(1, 1, 4, causal=True), masked=later(4)), "matrix")
    (hatch,) = [path for path in drawing.all("path") if path.get("fill") == "url(#hatch)"]
    cells = [tuple(map(float, box)) for box in re.findall(r"M(\S+) (\S+?)h(\S+?)v(\S+?)h", hatch.get("d"))]
    assert cells[0][2] == 3 * cells[-1][2]
    assert len(cells) == 3
    assert not [path for path in drawn(exhibit(attention(1, 1, 4)), "matrix").all("path") if path.get("fill")]


def test_a_model_view_has_a_thumbnail_for_each_head(drawn):
    made = exhibit(attention(2, 3, 6))
    decoded = made.attentions[SELF].track.weights()
    drawing = drawn(made, "model")
    paths = [path.get("d").count("M0 ") for path in drawing.all("path") if path.get("d", "").startswith("M0 ")]
    assert sum(paths) == (decoded >= 0.01).sum()
    assert [word for word in drawing.words if word.isdigit()] == ["0", "1", "2", "0", "1"]


def test_a_ranking_has_the_order_of_numpy(drawn):
    made = exhibit(attention(3, 4, 6))
    decoded = made.attentions[SELF].track.weights()
    scores = {f"{layer}.{head}": np.diagonal(decoded[layer, head], -1).mean() for layer, head in np.ndindex(3, 4)}
    expected = [name for name, score in sorted(scores.items(), key=lambda item: -item[1]) if score >= 0.2]
    drawing = drawn(made, "model", sort="previous", least=0.2)
    assert [word for word in drawing.words if re.fullmatch(r"\d\.\d", word)] == expected
    assert f"{len(expected)} of 12 heads have previous ≥ 0.20, largest first." in drawing.words


def test_a_text_is_shaded_by_what_each_token_gets(drawn):
    made = exhibit(attention(1, 2, 5, causal=True), masked=later(5))
    decoded = made.attentions[SELF].track.weights()[0].mean(0)
    received = [decoded[key:, key].mean() for key in range(5)]
    drawing = drawn(made, "text")
    places = [int(box.get("class")[1:]) for box in drawing.all("rect") if re.fullmatch(r"s\d+", box.get("class") or "")]
    assert places == [round(32 * np.sqrt(value / max(received))) for value in received]
    assert [word for word in drawing.words if word.startswith("token")] == [f"token{index}" for index in range(5)]


def test_words_are_shown_in_place_of_pieces_and_the_sink_can_be_hidden(drawn):
    made = exhibit(attention(1, 1, 4))
    tokens = (Token("[CLS]", special=True), Token("slow"), Token("ly", continues=True), Token("home"))
    made = replace(made, tokens={TEXT: tokens})
    assert {"[CLS]", "slowly", "home"} <= set(drawn(made, units="words").words)
    weights = made.attentions[SELF].track.weights()[0, 0]
    left = weights[:, 1:] / weights[:, 1:].sum(1, keepdims=True)
    drawing = drawn(made, sink="hidden")
    assert "First token hidden, rows renormalised." in " ".join(drawing.words)
    assert len(drawing.lines) == (left >= FAINTEST).sum()


def test_what_is_reduced_is_the_mean_of_numpy(drawn):
    made = exhibit(attention(3, 4, 5))
    decoded = made.attentions[SELF].track.weights()
    for reduce, axes in (("heads", (1,)), ("layers", (0,)), ("all", (0, 1))):
        drawing = drawn(made, "matrix", layer=2, heads=(0, 3), reduce=reduce)
        chosen = decoded[:, [0, 3]] if reduce != "layers" else decoded[:, [0]]
        chosen = chosen[2:] if reduce == "heads" else chosen
        expected = chosen.mean((0, 1)) if axes else chosen
        cells = [word for word in drawing.words if re.fullmatch(r"\.\d\d|1", word)]
        shown = [f"{value:.2f}"[1:] if value < 0.995 else "1" for value in expected.ravel() if value >= 0.005]
        assert cells == shown, reduce


def test_only_the_strongest_keys_are_shown_and_what_is_hidden_is_stated(drawn):
    made = exhibit(attention(1, 1, 6))
    drawing = drawn(made, mass=0.5)
    decoded = made.attentions[SELF].track.weights()[0, 0].astype(float)
    kept = hidden = 0
    for row in decoded:
        order = np.sort(row)[::-1]
        count = int(np.searchsorted(np.cumsum(order), 0.5 * row.sum() - 1e-6) + 1)
        kept += count
        hidden += 1 - order[:count].sum() / row.sum()
    assert len(drawing.lines) == kept
    assert f"{kept / 6:.1f} on average; {round(100 * hidden / 6)}\u202f% of the attention is hidden." in " ".join(
        drawing.words
    )


def test_an_encoder_decoder_model_has_two_texts(drawn):
    made = translation()
    words = drawn(made, "head").words
    assert {"target", "source", "Cross attention"} <= set(words)
    assert "3 target tokens attend to 4 source tokens." in words
    assert drawn(made, "head", attention="encoder").words.count("word0") == 2


def test_numbers_of_heads_of_one_hue_have_marks_of_their_own(drawn):
    drawing = drawn(exhibit(attention(1, 31, 3)), heads=(0, 1, 10, 20, 30))
    marks = [path for path in drawing.all("path") if re.fullmatch(r"(M[\d.]+ \d+h[\d.]+)+", path.get("d", ""))]
    assert len({(mark.get("stroke-width"), mark.get("stroke-dasharray")) for mark in marks}) == len(marks) == 3


def test_neurons_add_up_to_the_weights_beside_them(drawn):
    made, own = neurons(tokens=5, causal=True)
    drawing = drawn(made, "neuron", query=(3,), heads=(2,), neurons=own)
    weights = own.attentions[SELF].weights(0, later(5))[2, 3]
    shown = [f"{value:.3f}"[1:] if value < 0.9995 else "1" for value in weights[:4] if value >= 0.0005]
    assert [word for word in drawing.words if re.fullmatch(r"\.\d{3}|1", word)] == shown
    assert "masked" in drawing.words
    # The query's vectors of the two heads that share their keys, the keys and the products; light and dark.
    assert [(len(image), len(image[0])) for image in images(drawing)[::2]] == [(1, 8), (1, 8), (5, 8), (5, 8)]


def test_a_neuron_view_without_neurons_shows_lines(drawn):
    made, _ = neurons()
    assert drawn(made, "neuron").lines


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_a_picture_of_64_tokens_is_light(kind):
    made = exhibit(attention(1, 12, 64))
    for width in (350, 688):
        assert len(gzip.compress(draw(figure_of(kind), made, width).encode(), 9)) <= 12_000


def test_a_picture_of_many_heads_and_tokens_has_a_bound():
    many = exhibit(attention(12, 12, 64))
    assert len(gzip.compress(draw(figure_of("model"), many, 688).encode(), 9)) <= 100_000


def test_what_it_shows_is_not_more_than_the_state_says(drawn):
    made = exhibit(attention())
    words = json.dumps(drawn(made, layer=1, heads=(0, 2)).words)
    assert '"Layer", "1", "Heads", "0", "2"' in words
