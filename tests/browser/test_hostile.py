"""What a page may hold without anybody's fault, or with somebody's intent."""

from __future__ import annotations

import gzip
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from builders import neurons
from opened_pages import settle

from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.neurons import Neurons, Scores, digest_of
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

LABELS = (
    "x" * 10_000,
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe",
    "a\x00b",
    "\u0301",
    "\u200d",
    "\N{WOMAN}\u200d\N{GIRL}",
    "",
    "\u2066\u2067\u2068",
    "\N{ARABIC LETTER ALEF}" * 3000,
    "\u0301" * 200,
)
EVERY_VIEW = (
    {"view": "head"},
    {"view": "head", "query": 0},
    {"view": "model", "head": 1},
    {"view": "matrix", "query": 3, "key": 0},
    {"view": "neuron", "expanded": True, "query": 0, "key": 1, "neuron": 3},
    {"view": "neuron", "expanded": False},
)


def page_of(shown: bytes, numbers: bytes, **options) -> str:
    figure = Figure("neuron", "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"))
    return draw_page(figure, "key", shown, numbers)


@pytest.mark.parametrize("width", [320, 1200])
def test_any_label_is_text_and_stays_in_its_place(tab, tmp_path, width):
    made, numbers = neurons(tokens=len(LABELS), labels=LABELS)
    page = tmp_path / "view.html"
    page.write_text(page_of(encode(made), encode_neurons(numbers)), "utf-8")
    tab.page.set_viewport_size({"width": width, "height": 800})
    view = tab.open(page).view()
    assert view.evaluate("(view) => view.exhibit.tokens.query") == list(LABELS)
    for change in EVERY_VIEW:
        view.evaluate("(view, change) => { view.state = change }", change)
        settle(tab.page)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), change
        for token in view.locator(".token").all():
            assert token.inner_text().strip()
    assert not view.locator("img, script").count()


def unpacked(data: bytes) -> tuple[dict, bytes]:
    raw = gzip.decompress(data)
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def packed(header: dict, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return gzip.compress(struct.pack("<Q", len(text)) + text + body, mtime=0)


def about(header: dict, change) -> dict:
    """The header with what it says of itself changed."""
    meta = json.loads(header["__metadata__"]["attnviz"])
    change(meta)
    return {**header, "__metadata__": {**header["__metadata__"], "attnviz": json.dumps(meta)}}


def of_many_heads(data: bytes) -> bytes:
    """A file that says that it has a million heads of one token, and has their codes."""
    header, body = unpacked(data)
    start, end = header["levels"]["data_offsets"]
    heads = 10**6

    def change(meta: dict) -> None:
        meta["tokens"]["text"] = {name: column[:1] for name, column in meta["tokens"]["text"].items()}
        meta["attentions"][0].update(shape=[1, heads, 1, 1], layers=[0], layout="full")

    header = about({name: header[name] for name in ("__metadata__", "levels")}, change)
    size = end - start
    header["levels"] = {**header["levels"], "data_offsets": [0, size]}
    header["self.codes"] = {"dtype": "U8", "shape": [1, heads, 1, 1], "data_offsets": [size, size + heads]}
    header["self.top"] = {"dtype": "U8", "shape": [0], "data_offsets": [size + heads, size + heads]}
    return packed(header, body[start:end] + b"\x01" * heads)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]


def with_header(change):
    def changed(data: bytes) -> bytes:
        header, body = unpacked(data)
        return packed(change(header), body)

    return changed


def of_shape(name: str, shape: list[int]):
    return with_header(lambda header: {**header, name: {**header[name], "shape": shape}})


def of_attention(**change):
    return with_header(lambda header: about(header, lambda meta: meta["attentions"][0].update(change)))


def of_header(text: bytes):
    return lambda _: gzip.compress(struct.pack("<Q", len(text)) + text, mtime=0)


DAMAGES = {
    "a deep header": ("both", of_header(b"[" * 10**6)),
    "a deep header within": ("both", of_header(json.dumps({"__metadata__": {"attnviz": '{"a":' * 10**6}}).encode())),
    "a header of a million names": ("both", of_header(json.dumps(dict.fromkeys(map(str, range(10**6)))).encode())),
    "a header that never ends": ("both", of_header(b" " * 2**24)),
    "cut": ("both", cut),
    "a flipped byte": ("both", flipped),
    "no bytes of ours": ("both", lambda _: b"hello"),
    "a bomb": ("both", lambda data: data[:-4] + b"\xff\xff\xff\xff"),
    "a million heads": ("exhibit", of_many_heads),
    "a shape that lies": ("exhibit", of_attention(shape=[2, 4, 9, 9])),
    "a shape beyond numbers": ("exhibit", of_attention(shape=[2**53, 2**53, 5, 5])),
    "no error that is stated": ("exhibit", of_attention(error={"largest": "small"})),
    "no name": ("exhibit", of_attention(name="")),
    "queries of another shape": ("neurons", of_shape("self.queries", [2, 4, 8, 5])),
    "queries beyond numbers": ("neurons", of_shape("self.queries", [2, 4, 2**52, 5])),
    "no word on how exact they are": ("neurons", of_attention(error=None)),
}


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        pytest.param(file, damage, id=f"{file}: {name}")
        for name, (of, damage) in DAMAGES.items()
        for file in ("exhibit", "neurons")
        if of in (file, "both")
    ],
)
def test_damaged_bytes_are_told_in_words(tab, tmp_path, which, damage):
    made, numbers = neurons()
    data = {"exhibit": encode(made), "neurons": encode_neurons(numbers)}
    data[which] = damage(data[which])
    page = tmp_path / "view.html"
    page.write_text(page_of(data["exhibit"], data["neurons"]), "utf-8")
    view = tab.open(page).page.locator("attn-view")
    words = view.evaluate("(view) => view.ready.then(() => 'drawn', (error) => error.message)")
    assert words.endswith("Build the page again.")
    assert words in view.get_by_role("alert").inner_text()


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_told_in_words(tab, tmp_path, number):
    made, numbers = neurons()
    broken = Scores(
        numbers.attentions["self"].queries, numbers.attentions["self"].keys, np.full(2, number, np.float32), 1e-6
    )
    data = encode_neurons(Neurons(digest_of(made.tokens), {"self": broken}, made.provenance))
    page = tmp_path / "view.html"
    page.write_text(page_of(encode(made), data), "utf-8")
    view = tab.open(page).page.locator("attn-view")
    words = view.evaluate("(view) => view.ready.catch((error) => error.message)")
    assert 'the scale of "self" are not all numbers' in words


@pytest.mark.parametrize("width", [320, 1200])
def test_a_caption_and_notes_of_one_long_word_stay_in_the_page(tab, tmp_path, width):
    made, _ = neurons()
    word = "x" * 10_000
    figure = Figure("head", "small", Model(source="x"), Text(text="x"), Options(), word, Place("x"))
    page = tmp_path / "view.html"
    page.write_text(draw_page(figure, "key", encode(replace(made, notes=(word,)))), "utf-8")
    tab.page.set_viewport_size({"width": width, "height": 800})
    view = tab.open(page).view()
    assert view.locator(".notes").inner_text() == word
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_error_of_one_long_word_stays_in_the_page(tab, tmp_path):
    made, numbers = neurons()
    page = tmp_path / "view.html"
    page.write_text(page_of(of_attention(name="x" * 10_000)(encode(made)), encode_neurons(numbers)), "utf-8")
    alert = tab.open(page).page.locator("attn-view").get_by_role("alert")
    assert "xxx" in alert.inner_text()
    tab.page.set_viewport_size({"width": 320, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
