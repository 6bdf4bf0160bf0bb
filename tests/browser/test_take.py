"""What readers take along: pictures, numbers, links and fences, checked by others' parsers and plain numpy."""

from __future__ import annotations

import csv
import io
import re
import struct
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons
from opened_pages import settle

from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

SVG = "{http://www.w3.org/2000/svg}"
#: Weaker lines are not drawn.
FAINTEST = 0.005
#: What a page rounds when it stores a number.
STORED = 0.0021
HOSTILE = (
    "</script><svg onload=alert(1)>",
    "<b>\"'&",
    "]]>",
    "\x00\x07",
    "\ufffe",
    "=1+1",
    'a "b", c',
    "line\nbreak",
    "@x",
    "-1",
    "مرحبا",
)


def change(view, wanted: dict) -> None:
    view.evaluate("(view, wanted) => { view.state = wanted }", wanted)
    settle(view.page)


def choose(view, item: str) -> None:
    view.get_by_role("button", name="Save & share").click()
    view.get_by_role("menuitem", name=item, exact=True).click()


def download(view, kind: str) -> tuple[str, bytes]:
    """What the menu gives: its name and its bytes."""
    with view.page.expect_download() as started:
        choose(view, f"Download {kind}")
    return started.value.suggested_filename, started.value.path().read_bytes()


def svg(view) -> ET.Element:
    return ET.fromstring(download(view, "SVG")[1])


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def rows(view) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(download(view, "CSV")[1].decode("utf-8-sig"), newline="")))


def said(view) -> str:
    return view.locator(".readout").inner_text()


def loads_as_an_image(page, content: bytes) -> bool:
    """Whether a browser draws it where no script runs."""
    return page.evaluate(
        """async (text) => {
          const image = new Image()
          image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }))
          await image.decode()
          return image.naturalWidth > 100
        }""",
        content.decode(),
    )


def test_an_svg_has_tokens_as_text_and_a_line_for_each_weight(alone):
    made = exhibit(attention(2, 3, 6))
    view = alone(made, layer=1, heads=(0, 2))
    root = svg(view)
    assert [texts(root).count(f"token{i}") for i in range(6)] == [2] * 6
    drawn = view.evaluate("(view) => [0, 2].flatMap((head) => [...view.exhibit.attention(1, head)])")
    assert drawn == pytest.approx(made.attention.weights()[1, [0, 2]].ravel().tolist(), abs=STORED)
    assert len(root.findall(f".//{SVG}path[@stroke-opacity]")) == sum(weight >= FAINTEST for weight in drawn)
    strands = [group for group in root.iter(f"{SVG}g") if group.get("stroke")]
    assert len(strands) == 2
    assert len({group.get("stroke") for group in strands}) == 2


def test_lines_end_at_their_tokens_and_are_as_opaque_as_their_weight(alone):
    made = exhibit(np.roll(np.eye(5, dtype=np.float32), 1, axis=1)[None, None])
    root = svg(alone(made))
    lines = [re.findall(r"-?[\d.]+", path.get("d")) for path in root.iter(f"{SVG}path") if path.get("stroke-opacity")]
    height = 24
    starts = [float(points[1]) / height - 0.5 for points in lines]
    ends = [start + float(points[-1]) / height for start, points in zip(starts, lines, strict=True)]
    assert starts == pytest.approx(range(5), abs=0.01)
    assert ends == pytest.approx([1, 2, 3, 4, 0], abs=0.01)
    assert {path.get("stroke-opacity") for path in root.iter(f"{SVG}path") if path.get("stroke-opacity")} == {"1"}


def test_an_svg_shows_what_is_looked_at(alone):
    made = exhibit(attention(1, 1, 6))
    view = alone(made, query=2)
    lines = svg(view).findall(f".//{SVG}path[@stroke-opacity]")
    weights = made.attention.weights()[0, 0, 2]
    assert len(lines) == (weights > FAINTEST).sum()
    assert f"{weights.max():.2f}"[1:] in texts(svg(view))


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255,255,255)"), ("dark", "rgb(18,18,18)")])
def test_pictures_have_the_colours_of_the_page(alone, tab, scheme, ground):
    tab.page.emulate_media(color_scheme=scheme)
    view = alone(exhibit(attention(1, 2, 5)))
    assert svg(view).find(f"{SVG}rect").get("fill") == ground
    _, content = download(view, "PNG")
    corner = tab.page.evaluate(
        """async (bytes) => {
          const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
          const canvas = new OffscreenCanvas(1, 1)
          const context = canvas.getContext("2d")
          context.drawImage(picture, 0, 0)
          return "rgb(" + [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).join() + ")"
        }""",
        list(content),
    )
    assert corner == ground


@pytest.mark.parametrize("kind", ["head", "model", "matrix", "text"])
def test_each_view_gives_a_picture_that_needs_nothing(alone, tab, kind):
    view = alone(exhibit(attention(2, 3, 7), masked=None), kind, query=3)
    name, content = download(view, "SVG")
    assert name.endswith(".svg")
    root = ET.fromstring(content)
    assert root.find(f"{SVG}title").text
    assert "token3" in "".join(texts(root)) or kind == "model"
    for node in root.iter():
        assert node.tag.removeprefix(SVG) in {"svg", "title", "desc", "g", "rect", "text", "path", "image"}
        assert not [key for key in node.attrib if key.startswith("on")]
        assert node.get("href", "data:image/png").startswith("data:image/png")
    assert loads_as_an_image(tab.page, content)


def test_a_neuron_view_gives_pictures_and_numbers(tmp_path, tab):
    made, own = neurons(tokens=6)
    figure = Figure("neuron", "small", Model(source="x"), Text(text="x"), Options(query=2), None, Place("x"))
    (tmp_path / "page.html").write_text(draw_page(figure, "key", encode(made), encode_neurons(own)), encoding="utf-8")
    view = tab.open(tmp_path / "page.html").view()
    root = svg(view)
    assert {f"token{i}" for i in range(6)} <= set(texts(root))
    # A cell for each neuron of each key, and of what it comes to.
    assert len(root.findall(f".//{SVG}rect")) > 2 * 6 * 8
    assert len(rows(view)) == 36


def test_a_matrix_has_its_cells_as_shapes_up_to_a_size(alone):
    weights = attention(1, 1, 12, causal=True)
    view = alone(exhibit(weights, masked=later(12)), "matrix")
    root = svg(view)
    cells = [node for node in root.iter(f"{SVG}rect") if node.get("width") == node.get("height")]
    assert len(cells) == 12 * 13 / 2
    # Masked is hatched.
    assert root.findall(f".//{SVG}image")
    assert [texts(root).count(f"token{i}") for i in range(12)] == [2] * 12
    assert f"{weights[0, 0, 2].max():.2f}"[1:] in texts(root)


def test_a_large_matrix_is_an_image_with_its_tokens_as_text(alone):
    root = svg(alone(exhibit(attention(1, 1, 70)), "matrix"))
    assert len(root.findall(f".//{SVG}rect")) < 200
    assert len(root.findall(f".//{SVG}image")) == 1
    assert "token0" in texts(root)


def test_thumbnails_are_images_and_all_there(alone):
    root = svg(alone(exhibit(attention(20, 4, 5)), "model"))
    assert len(root.findall(f".//{SVG}image")) == 20 * 4


def test_what_is_out_of_the_window_is_in_the_picture(alone):
    made = exhibit(np.eye(90, dtype=np.float32)[None, None])
    root = svg(alone(made))
    assert len(root.findall(f".//{SVG}path[@stroke-opacity]")) == 90
    assert texts(root).count("token89") == 2
    assert float(root.get("height")) > 90 * 15


@pytest.mark.parametrize("kind", ["head", "matrix", "text"])
def test_hostile_tokens_are_text(alone, tab, kind):
    view = alone(exhibit(attention(1, 1, len(HOSTILE)), labels=HOSTILE), kind, query=0)
    _, content = download(view, "SVG")
    root = ET.fromstring(content)
    assert any("onload=alert" in text for text in texts(root))
    assert not [node for node in root.iter() if node.tag.removeprefix(SVG) in {"script", "foreignObject"}]
    assert len(list(root.iter(f"{SVG}svg"))) == 1
    assert loads_as_an_image(tab.page, content)


def test_a_png_has_two_pixels_for_each(alone):
    view = alone(exhibit(attention(1, 2, 5)))
    size = [float(svg(view).get(side)) for side in ("width", "height")]
    name, content = download(view, "PNG")
    assert name.endswith(".png")
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert list(struct.unpack(">II", content[16:24])) == [2 * length for length in size]


def test_a_csv_has_the_numbers_of_what_is_shown(alone):
    made = exhibit(attention(2, 3, 5))
    view = alone(made, layer=1, heads=(2, 0))
    name, content = download(view, "CSV")
    assert name == "small-layer-1-heads-2-0.csv"
    assert content.startswith(b"\xef\xbb\xbflayer,head,query index,query token,key index,key token,weight\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    read = rows(view)
    places = [tuple(int(row[key]) for key in ("layer", "head", "query index", "key index")) for row in read]
    assert places == [(1, head, query, key) for head in (0, 2) for query in range(5) for key in range(5)]
    assert all(row["query token"] == f"token{row['query index']}" for row in read)
    shown = view.evaluate("(view) => [0, 2].flatMap((head) => [...view.exhibit.attention(1, head)])")
    assert [float(row["weight"]) for row in read] == pytest.approx(shown, rel=1e-5, abs=0)
    own = made.attention.weights()[1, [0, 2]].ravel()
    assert shown == pytest.approx(own.tolist(), abs=STORED)


def test_a_csv_of_the_model_view_has_all_heads(alone):
    made = exhibit(attention(2, 3, 4))
    read = rows(alone(made, "model"))
    weights = np.array([float(row["weight"]) for row in read]).reshape(2, 3, 4, 4)
    assert np.abs(weights - made.attention.weights()).max() < STORED
    assert [(row["layer"], row["head"]) for row in read[:: 4 * 4]] == [
        (str(layer), str(head)) for layer in range(2) for head in range(3)
    ]


def test_what_is_masked_or_hidden_has_no_number(alone):
    view = alone(exhibit(attention(1, 1, 6, causal=True), masked=later(6)), "matrix")
    for row in rows(view):
        assert (row["weight"] == "") == (int(row["key index"]) > int(row["query index"]))
    change(view, {"mass": 0.5})
    kept = [row for row in rows(view) if row["query index"] == "5" and row["weight"]]
    weights = np.sort(view.evaluate("(view) => [...view.exhibit.attention(0, 0).slice(30)]"))[::-1]
    assert sorted((float(row["weight"]) for row in kept), reverse=True) == pytest.approx(
        weights[: int((np.cumsum(weights) < 0.5 - 1e-6).sum()) + 1].tolist(), rel=1e-5
    )


def test_reductions_and_words_are_in_a_csv_as_they_are_shown(alone):
    made = exhibit(attention(2, 3, 4))
    view = alone(made, "matrix", reduce="all", heads=(0, 1, 2))
    read = rows(view)
    assert {row["layer"] for row in read} == {"Mean of 2 layers"}
    assert {row["head"] for row in read} == {"mean of 3 heads"}
    mean = made.attention.weights().mean((0, 1)).ravel()
    assert [float(row["weight"]) for row in read] == pytest.approx(mean.tolist(), abs=STORED)


def test_tokens_are_quoted_and_no_formulas(alone):
    view = alone(exhibit(attention(1, 1, len(HOSTILE)), labels=HOSTILE), "matrix")
    labels = [row["key token"] for row in rows(view)[: len(HOSTILE)]]
    guarded = [f"'{label}" if label[0] in "=+-@\t\r" else label for label in HOSTILE]
    assert labels == guarded


def test_more_than_a_spreadsheet_holds_is_refused_in_words(alone):
    view = alone(exhibit(attention(8, 8, 129)), "model")
    choose(view, "Download CSV")
    view.page.wait_for_function(
        "document.querySelector('attn-view').shadowRoot.querySelector('.readout').textContent.includes('spreadsheet')"
    )
    assert "heads" in said(view)


def test_a_comparison_has_both_in_one_file(compared):
    made = [exhibit(attention(1, 1, 4, seed=seed), labels=("a", "b", "c", "d")) for seed in (1, 2)]
    view = compared(*made)
    read = rows(view)
    assert [row["of"] for row in read] == ["she"] * 16 + ["he"] * 16
    first, second = (one.attention.weights().ravel() for one in made)
    assert [float(row["weight"]) for row in read] == pytest.approx([*first, *second], abs=STORED)
    assert {"she", "he"} <= set(texts(svg(view)))
    change(view, {"comparison": "difference"})
    read = rows(view)
    assert [float(row["difference"]) for row in read] == pytest.approx((first - second).tolist(), abs=2 * STORED)


PAGE = """\
# Take along

```attnviz small/lines
layer: 0
```

```attnviz
model: tiny
text: "A: cat, \\"sat\\" ```"
caption: A caption.
heads: [1]
query: 1
```

```attnviz small/lines
id: chosen
```
"""
STATES = [
    {},
    {"layer": 0, "heads": [1], "query": 2},
    {"view": "matrix", "head": 2, "query": [1, 2], "key": None},
    {"view": "model", "head": 1, "layer": 0, "query": None},
    {"view": "text", "key": 3, "query": None, "units": "words", "sink": "hidden"},
    {"reduce": "heads", "by": "max", "mass": 0.45, "heads": [2, 1]},
    {"view": "model", "sort": "entropy", "least": 0.5, "head": None},
]


def shown(state: dict) -> dict:
    """A state without what a view doesn't show: the head view the one that is opened, the others those of the head view."""
    return {key: value for key, value in state.items() if key != ("head" if state["view"] == "head" else "heads")}


@pytest.mark.parametrize("number", range(3))
def test_a_fence_gives_the_view_again_with_its_state(tab, site, number):
    built = site(pages={"page.md": PAGE})
    tab.open(built / "page.html")
    tab.page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text } }")
    view = tab.view(number)
    fences, states = [], []
    for wanted in STATES:
        change(view, wanted)
        choose(view, "Copy fence")
        fences.append(tab.page.evaluate("async () => { await 0; return window.copied }"))
        states.append(view.evaluate("(view) => view.state"))
    assert all(re.fullmatch(r"(`{3,})attnviz.*\n\1\n", fence, re.DOTALL) for fence in fences), fences
    # Each on a page of its own: a page has each name once.
    pages = {f"again{i}.md": f"# Again\n\n{fence}" for i, fence in enumerate(fences)}
    built = site(pages=pages)
    for i, wanted in enumerate(states):
        again = tab.open(built / f"again{i}.html").view()
        assert shown(again.evaluate("(view) => view.state")) == shown(wanted), fences[i]
        assert again.evaluate("(view) => view.exhibit.tokens.query") is not None
    caption = "A caption." if number == 1 else "A caption with"
    assert caption in tab.page.locator("figcaption").inner_text()


def test_a_link_and_a_fence_can_be_copied_by_hand(tab, site):
    built = site(pages={"page.md": PAGE})
    tab.open(built / "page.html")
    tab.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    view = tab.view(0)
    choose(view, "Copy fence")
    field = view.get_by_role("textbox", name="Fence")
    field.wait_for()
    assert field.input_value().startswith("```attnviz small/lines\n")
    assert field.evaluate("(field) => field.selectionEnd - field.selectionStart") == len(field.input_value())
    choose(view, "Copy link")
    assert "#attn:small/lines" in view.get_by_role("textbox", name="Link").input_value()


def test_what_is_not_there_is_not_offered(alone, tab):
    tab.page.add_init_script("Object.defineProperty(document, 'fullscreenEnabled', { value: false })")
    view = alone(exhibit(attention(1, 1, 4)))
    view.evaluate("(view) => { delete view.dataset.fence }")
    view.get_by_role("button", name="Save & share").click()
    items = view.get_by_role("menuitem").all_inner_texts()
    assert {"Download SVG", "Download PNG", "Download CSV"} <= set(items)
    assert "Full screen" not in items
    assert "Copy link" not in items


def test_full_screen_has_all_of_the_width(alone):
    view = alone(exhibit(attention(1, 2, 6)))
    before = view.locator(".box").bounding_box()["width"]
    full = "(view) => view.shadowRoot.fullscreenElement?.className ?? null"
    choose(view, "Full screen")
    view.page.wait_for_function("document.fullscreenElement !== null")
    settle(view.page)
    assert "frame" in view.evaluate(full)
    box = view.locator(".frame").bounding_box()
    assert box["width"] == view.page.evaluate("innerWidth")
    assert view.locator(".box").bounding_box()["width"] != before
    assert view.locator(".bipartite").bounding_box()["width"] == view.locator(".box").bounding_box()["width"]
    choose(view, "Leave full screen")
    view.page.wait_for_function("document.fullscreenElement === null")
    settle(view.page)
    assert view.locator(".bipartite").bounding_box()["width"] == pytest.approx(before, abs=1)


def test_numbers_of_words_are_those_of_words(alone):
    made = exhibit(attention(1, 1, 4), labels=("un", "likely", "a", "b"))
    tokens = tuple(replace(token, continues=index == 1) for index, token in enumerate(made.query))
    view = alone(replace(made, tokens={"text": tokens}), "matrix", units="words")
    read = rows(view)
    assert [row["key token"] for row in read[:3]] == ["unlikely", "a", "b"]
    weights = made.attention.weights()[0, 0]
    first = weights[:2].mean(0)
    expected = [first[:2].sum(), first[2], first[3]]
    assert [float(row["weight"]) for row in read[:3]] == pytest.approx(expected, abs=2 * STORED)


def test_attention_is_not_explanation_leads_to_the_sites_own_page_or_to_the_paper(tab, site, alone):
    built = site(pages={"not-explanation.md": "# Not an explanation\n"})
    link = tab.open(built / "index.html").view().locator(".about a")
    assert link.get_attribute("href") == (built / "not-explanation.html").as_uri()
    link = alone(exhibit(attention(1, 1, 4))).locator(".about a")
    assert link.get_attribute("href").startswith("https://arxiv.org/")
    assert link.is_hidden()
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
