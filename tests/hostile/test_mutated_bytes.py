"""Stored exhibits that are damaged, or made by someone who means harm: refused in words, or read as they are."""

from __future__ import annotations

import gzip
import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons, translation
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import damaged, mutated

from attnviz_mkdocs.codec import (
    CodecError,
    decode,
    decode_neurons,
    encode,
    encode_neurons,
    peek,
    peek_header,
    read_header,
    unpack,
)
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

MADE, NUMBERS = neurons(causal=True)
FILES = {
    "full": encode(exhibit(attention())),
    "causal": encode(exhibit(attention(causal=True), masked=later(5))),
    "translation": encode(translation()),
    "neurons": encode_neurons(NUMBERS),
}


def read(data: bytes, kind: str):
    return decode_neurons(data) if kind == "neurons" else decode(data)


def read_or_refuse(data: bytes, kind: str):
    """What is read of bytes, by all who read them; None where they are refused in words."""
    for reader in (peek_header, lambda data: read_header(unpack(data)), lambda data: read(data, kind)):
        try:
            made = reader(data)
        except CodecError:
            made = None
    return made


def draw(made) -> None:
    """Whatever was read can be drawn."""
    figure = Figure(None, "m", Model(source="x"), Text(text="x"), Options(), None, Place("p.md"))
    assert "<svg" in picture_of(figure, made).wide.content


def parts(data: bytes) -> tuple[dict, dict, bytes]:
    """The header of the file, what attnviz says in it, and the tensors."""
    raw = gzip.decompress(data)
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["attnviz"]), raw[8 + length :]


def file_of(header: dict, about: object, body: bytes) -> bytes:
    header = {**header, "__metadata__": {"attnviz": about if isinstance(about, str) else json.dumps(about)}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return gzip.compress(struct.pack("<Q", len(text)) + text + body, mtime=0)


@settings(max_examples=300)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_damaged_files_are_refused(kind, data):
    read_or_refuse(data.draw(damaged(FILES[kind])), kind)


@settings(max_examples=300)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_damaged_content_under_a_checksum_that_is_right_is_refused_or_drawn(kind, data):
    made = read_or_refuse(gzip.compress(data.draw(damaged(gzip.decompress(FILES[kind])))), kind)
    if made is not None and kind != "neurons":
        draw(made)


@settings(max_examples=400)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_header_that_says_something_else_is_refused_or_drawn(kind, data):
    header, about, body = parts(FILES[kind])
    made = read_or_refuse(file_of(header, data.draw(mutated(about)), body), kind)
    if made is not None and kind != "neurons":
        draw(made)


@settings(max_examples=200)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_tensors_that_are_something_else_are_refused_or_drawn(kind, data):
    header, about, body = parts(FILES[kind])
    tensors = {name: part for name, part in header.items() if name != "__metadata__"}
    made = read_or_refuse(file_of(data.draw(mutated(tensors)), about, body), kind)
    if made is not None and kind != "neurons":
        draw(made)


def zeros(size: int) -> bytes:
    return gzip.compress(bytes(size), 9)


MUCH = 2**26
BOMBS = {
    "more than it says": zeros(MUCH)[:-4] + struct.pack("<I", 64),
    "more than it could": zeros(MUCH)[:-4] + b"\xff\xff\xff\xff",
    "nothing, it says": zeros(MUCH)[:-4] + bytes(4),
    "a small file before it": gzip.compress(b"a") + zeros(MUCH),
    "a small file behind it": zeros(MUCH) + gzip.compress(b"a"),
    "four gigabytes, it says": FILES["full"][:-4] + b"\xff\xff\xff\xff",
    "five hundred times as much": FILES["full"][:-4] + struct.pack("<I", 500 * len(FILES["full"])),
}
HEADERS = {
    "no length": bytes(8),
    "as long as can be": b"\xff" * 8,
    "longer than any": struct.pack("<Q", 2**24 + 1),
    "more than there is": struct.pack("<Q", 2**24),
}


def memory_of(reader, data: bytes) -> int:
    """The most bytes that were held while the reader refused the data."""
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            reader(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_never_unpacked(bomb):
    data = BOMBS[bomb]
    for reader in (unpack, decode, decode_neurons):
        assert memory_of(reader, data) < 2**20 + 2 * len(data)


@pytest.mark.parametrize("start", HEADERS)
def test_to_look_at_a_header_takes_no_more_than_a_header(start):
    data = gzip.compress(HEADERS[start] + bytes(MUCH), 9)
    most = 4 * 2**24 if start == "more than there is" else 2**20
    assert memory_of(peek_header, data) < 2 * len(data) + most


DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize("about", [DEEP, "[]", "3", "null", '"a"', "", "{", "NaN", "9" * 5000])
def test_a_header_that_is_no_mapping_is_refused(about):
    header, _, body = parts(FILES["full"])
    for reader in (peek_header, decode, lambda data: read_header(unpack(data))):
        with pytest.raises(CodecError, match="the file holds no attnviz header"):
            reader(file_of(header, about, body))


@pytest.mark.parametrize("deep", [DEEP.encode(), b'{"a":' * 50_000, b"\xff\xfe{}", b"{" + b'"a":1,' * 9999 + b'"a":1}'])
def test_an_outer_header_that_is_no_mapping_is_refused(deep):
    data = gzip.compress(struct.pack("<Q", len(deep)) + deep)
    for reader in (peek_header, decode, decode_neurons):
        with pytest.raises(CodecError):
            reader(data)


def long_and_deep(about: dict) -> list[dict]:
    """The header with a value in each of its places that is no more than a nuisance to read."""
    attention, tokens = about["attentions"][0], about["tokens"]
    nuisances = ["x" * 10**6, json.loads("[" * 900 + "]" * 900), "\x1b[2J\n::error::\u202e", [0] * 10**5]
    return [
        *({**about, place: nuisance} for nuisance in nuisances for place in ("format", "kind", "attentions", "notes")),
        *({**about, "attentions": [{**attention, "name": name}]} for name in nuisances),
        *({**about, "tokens": {**tokens, name: {}}} for name in nuisances if isinstance(name, str)),
        {**about, "attentions": [{**attention, "shape": [10**4000] * 4}]},
    ]


def test_what_is_quoted_of_a_header_is_short_and_does_nothing_to_a_terminal():
    header, about, body = parts(FILES["full"])
    for changed in long_and_deep(about):
        with pytest.raises(CodecError) as told:
            decode(file_of(header, json.dumps(changed), body))
        assert len(str(told.value)) <= 300
        assert "\x1b" not in str(told.value)
        assert "\n" not in str(told.value)
        assert "\u202e" not in str(told.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about["provenance"].update(disagreement=float("nan")),
        lambda about: about["provenance"].update(disagreement=float("inf")),
        lambda about: about["attentions"][0].update(layers=[0, 2**53]),
        lambda about: about["tokens"]["text"]["start"].__setitem__(0, 10**400),
        lambda about: about.update(beside=float("nan")),
    ],
)
def test_what_a_browser_can_t_read_is_refused(change):
    header, about, body = parts(FILES["full"])
    change(about)
    for reader in (peek_header, decode):
        with pytest.raises(CodecError):
            reader(file_of(header, json.dumps(about), body))


@pytest.mark.parametrize("shape", [(1, 1, 4097), (2**15 + 1, 1, 1)], ids=str)
def test_more_tokens_and_heads_than_a_browser_shows_are_refused(shape):
    layers, heads, tokens = shape
    weights = np.broadcast_to(np.eye(tokens, dtype=np.float32), (layers, heads, tokens, tokens))
    with pytest.raises(CodecError, match=r"4096|32,768"):
        peek(encode(exhibit(weights)))


def test_a_list_of_escapes_must_fit_its_codes():
    header, about, body = parts(FILES["full"])
    start, end = header["self.codes"]["data_offsets"]
    told = body[:start] + b"\xff" * (end - start) + body[end:]
    with pytest.raises(CodecError, match="don't fit the list that they look into"):
        decode(file_of(header, about, told))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5, 2.0, 0.25])
@pytest.mark.parametrize("position", [1, 100, 262])
def test_codes_stand_for_no_other_weights_than_ours(value, position):
    header, about, body = parts(FILES["full"])
    start, _ = header["levels"]["data_offsets"]
    at = start + 4 * position
    with pytest.raises(CodecError, match="their levels are not those of this format"):
        decode(file_of(header, about, body[:at] + struct.pack("<f", value) + body[at + 4 :]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["self.queries", "self.keys", "self.scale"])
def test_queries_and_keys_that_are_no_numbers_are_refused(value, name):
    header, about, body = parts(FILES["neurons"])
    start, end = header[name]["data_offsets"]
    number = struct.pack({"F16": "<e", "F32": "<f"}[header[name]["dtype"]], value)
    at = end - len(number)
    assert at >= start
    with pytest.raises(CodecError):
        decode_neurons(file_of(header, about, body[:at] + number + body[end:]))


def test_what_is_read_is_what_was_written():
    for kind, data in FILES.items():
        made = read(data, kind)
        assert peek_header(data)["format"] == 2
        if kind == "neurons":
            assert np.array_equal(made.attentions["self"].queries, NUMBERS.attentions["self"].queries)
        else:
            assert peek(data).attentions == list(made.attentions)
            draw(made)
            assert zlib.crc32(encode(made)) == zlib.crc32(data)
