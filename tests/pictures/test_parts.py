"""The small parts of pictures: elements, images, numbers and letters."""

from __future__ import annotations

import binascii
import re
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.pictures import lettering, theme
from attnviz_mkdocs.pictures.format import (
    format_aligned,
    format_cell,
    format_number,
    format_percent,
    format_share,
    format_token,
    format_value,
    format_weight,
)
from attnviz_mkdocs.pictures.png import png
from attnviz_mkdocs.pictures.svg import element, number, text


@given(st.text())
def test_any_text_is_only_text(written):
    made = ET.fromstring(element("text", text(written), title=written))
    assert not list(made)
    shown = re.sub("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", written)
    assert (made.text or "") == shown.replace("\r\n", "\n").replace("\r", "\n")


@given(st.floats(-1e4, 1e4))
def test_lengths_are_short_and_right_to_a_tenth(value):
    assert float(number(value)) == pytest.approx(value, abs=0.0501)
    assert re.fullmatch(r"-?(\d+|\d*\.\d)", number(value))


def pixels(image: bytes) -> list[list[tuple[int, ...]]]:
    """Red, green, blue and opacity of each pixel, read as the specification of PNG has it."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(image):
        (length,) = struct.unpack_from(">I", image, at)
        kind, content = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", image, at + 8 + length)[0] == binascii.crc32(kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (colour, rest) == (3, [0, 0, 0])
    raw = zlib.decompress(chunks[b"IDAT"])
    stride = 1 + -(-width * depth // 8)
    rows = [raw[row * stride : (row + 1) * stride] for row in range(height)]
    assert all(row[0] == 0 for row in rows)
    palette = [(*chunks[b"PLTE"][3 * i : 3 * i + 3], opacity) for i, opacity in enumerate(chunks[b"tRNS"])]
    per_byte = 8 // depth
    return [
        [palette[row[1 + x // per_byte] >> (8 - depth * (1 + x % per_byte)) & (2**depth - 1)] for x in range(width)]
        for row in rows
    ]


@pytest.mark.parametrize("colours", [2, 16, 17, 256])
def test_an_image_has_the_colours_that_were_asked_for(colours):
    random = np.random.default_rng(0)
    palette = [tuple(map(int, random.integers(0, 256, 4))) for _ in range(colours)]
    indices = random.integers(0, colours, (3, 5), np.uint8)
    assert pixels(png(indices, palette)) == [[palette[index] for index in row] for row in indices]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (format_weight(0.0004), "< 0.001"),
        (format_weight(0.0994), "0.099"),
        (format_weight(0.0996), "0.10"),
        (format_weight(-0.5), "−0.50"),
        (format_cell(0.004), ""),
        (format_cell(0.41), ".41"),
        (format_cell(0.996), "1"),
        (format_cell(-0.41), "−.41"),
        (format_cell(0.41, is_signed=True), "+.41"),
        (format_share(0.41), ".410"),
        (format_share(0.0004), "0"),
        (format_share(0.9996), "1"),
        (format_value(0.12, [0.41, 0.29]), "+0.12 (0.41 − 0.29)"),
        (format_value(-0.12, [0, 0.12]), "−0.12 (0 − 0.12)"),
        (format_value(0.12), "0.12"),
        (format_number(-12345.0), "−1.23e+04"),
        (format_number(0.5), "0.500"),
        (format_aligned(-0.0001, 0.5), "0.000"),
        (format_aligned(-12.345, 50), "−12.35"),
        (format_percent(-0.89), "−89\u202f%"),
        (format_token(""), "∅"),
        (format_token(" \n"), "␣↵"),
        (format_token("a b\n"), "a b↵"),
        (format_token("\u202eevil"), "U+202Eevil"),
        (format_token("\u200d"), "U+200D"),
        (format_token("\u0301"), "◌\u0301"),
        (format_token("x" * 61), "x" * 60 + "…"),
    ],
)
def test_numbers_and_tokens_read_as_in_the_browser(made, expected):
    assert made == expected


def test_letters_are_as_wide_as_in_helvetica():
    # Adobe Font Metrics of Helvetica, in thousandths of the font's size.
    assert lettering.width("Wit", 1000) == 944 + 222 + 278
    assert lettering.width("猫", 10) > 10
    assert lettering.width("e\u0301", 10) == lettering.width("e", 10)


@given(st.text("ab cde", max_size=60), st.integers(20, 200))
def test_lines_are_no_wider_than_there_is_room_and_nothing_is_lost(written, room):
    lines = lettering.wrap(written, room, 10)
    assert all(lettering.width(line, 10) <= room + 1e-6 for line in lines)
    if "…" not in "".join(lines):
        assert " ".join(lines).split() == written.split()


def luminance(colour: tuple[int, ...]) -> float:
    """Relative luminance as in the text of WCAG 2.1."""
    linear = [c / 12.92 if (c := value / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for value in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", theme.SCHEMES)
@pytest.mark.parametrize("signed", [False, True])
def test_text_is_legible_on_every_shade(scheme, signed):
    ground = {"light": (255, 255, 255), "dark": (30, 32, 41)}[scheme]
    place = theme.SCHEMES.index(scheme)
    rules = dict(re.findall(r"\.(\w\w?)\{color:#(\w+)\}", theme.stylesheet(scheme)))
    for share in np.linspace(-1 if signed else 0, 1, 41):
        colours = theme.signed_scale(scheme, 2001) if signed else theme.scale(scheme, 2001)
        position = np.sign(share) * np.sqrt(abs(share))
        *rgb, opacity = colours[round((position + 1) / 2 * 2000) if signed else round(position * 2000)]
        seen = tuple(below + (above - below) * opacity / 255 for below, above in zip(ground, rgb, strict=True))
        named = theme.ink_on_scale(float(share), signed=signed)
        ink = rules[{"b": "bb", "w": "ww", "i": "ink"}[named[place]]] if named[place] != "i" else None
        ink = ink or re.search(r"\.ink\{color:#(\w+)", theme.stylesheet(scheme))[1]
        ink = ink * 2 if len(ink) == 3 else ink
        darker, lighter = sorted((luminance(seen), luminance(tuple(bytes.fromhex(ink)))))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (share, named)


def test_one_picture_serves_both_schemes_or_one_of_them():
    both = theme.stylesheet("both")
    light, dark = both.split("@media (prefers-color-scheme:dark)")
    assert theme.stylesheet("light") in light
    assert theme.stylesheet("dark") in dark
    assert "@media" not in theme.stylesheet("light")


def test_heads_of_one_hue_are_told_apart_by_their_rank():
    assert [theme.rank_of(head, range(32)) for head in (3, 13, 23, 31)] == [0, 1, 2, 3]
    assert theme.rank_of(13, [13, 14]) == 0
    assert theme.head_class(13) == theme.head_class(3)
