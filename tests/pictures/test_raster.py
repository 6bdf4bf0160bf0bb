from __future__ import annotations

import io
import shutil
import sys

import numpy as np
import pytest
from builders import attention, exhibit
from drawn_pictures import figure_of
from PIL import Image, ImageFont

from attnviz_mkdocs.pictures import draw, lettering, raster
from attnviz_mkdocs.pictures.raster import RasterError, to_png, to_webp


@pytest.fixture(autouse=True)
def _nothing_known_before():
    raster._lacking.cache_clear()
    raster._tell.cache_clear()


def svg(words: str, width: int = 300, **attributes: object) -> str:
    written = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40" font-family="Helvetica,sans-serif">'
        f'<text x="10" y="28" font-size="20"{written}>{words}</text></svg>'
    )


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def ink(png: bytes) -> tuple[int, int]:
    """First and last column in which something is drawn."""
    columns = np.flatnonzero(pixels(png)[..., 3].any(axis=0))
    return int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("scale", [1, 2, 1.5])
def test_an_image_is_as_large_as_its_scale_says(scale):
    with Image.open(io.BytesIO(to_png(svg("a"), scale=scale))) as image:
        assert image.size == (300 * scale, 40 * scale)


def test_what_is_behind_a_picture_is_clear_or_of_a_colour():
    assert pixels(to_png(svg("a")))[0, 0, 3] == 0
    assert pixels(to_png(svg("a"), ground="#1e2029"))[0, 0].tolist() == [0x1E, 0x20, 0x29, 255]


@pytest.mark.parametrize(("weight", "file"), [(400, "AttnvizSans-Regular.ttf"), (600, "AttnvizSans-SemiBold.ttf")])
def test_text_is_as_wide_as_its_font_says(weight, file):
    left, _, right, _ = ImageFont.truetype(raster._OURS / file, 200).getmask("Attention 0.42").getbbox()
    first, last = ink(to_png(svg("Attention 0.42", font_weight=weight), scale=4))
    assert abs((last + 1 - first) / 4 - (right - left) / 10) < 0.5


@pytest.mark.parametrize("bold", [False, True])
def test_text_stays_in_the_room_that_a_picture_is_laid_out_with(bold):
    font = ImageFont.truetype(raster._OURS / ("AttnvizSans-SemiBold.ttf" if bold else "AttnvizSans-Regular.ttf"), 1000)
    for words in (
        "The doctor asked the nurse a question.",
        "Layer 3 · head 7",
        "Gewöhnliche Überraschung",
        "0.41 [CLS]",
    ):
        assert font.getlength(words) <= 1.02 * lettering.width(words, 1000, bold=bold)


@pytest.mark.parametrize("kind", ["head", "matrix", "model", "text"])
def test_a_picture_has_the_same_bytes_on_a_machine_with_other_fonts(kind, monkeypatch):
    picture = draw(figure_of(kind), exhibit(attention()), 350, "light")
    once = to_png(picture)
    monkeypatch.setattr(raster, "_system", tuple)
    assert to_png(picture) == once


@pytest.mark.parametrize("sign", "␣↵⇥∅◌▁Ġ→−≤≥⁴₀Жλאق")
def test_signs_of_tokens_are_in_our_own_fonts(sign, caplog, monkeypatch):
    monkeypatch.setattr(raster, "_system", tuple)
    to_png(svg(sign))
    assert not caplog.messages


def test_characters_that_no_font_has_are_named(caplog, monkeypatch):
    monkeypatch.setattr(raster, "_system", tuple)
    to_png(svg("a 好 b&#xE000;"))
    (message,) = caplog.messages
    assert "好 (U+597D)" in message
    assert "U+E000" in message
    assert "U+0061" not in message
    assert "fonts-noto" in message


@pytest.fixture
def other_fonts(monkeypatch, tmp_path):
    """As if DejaVu were a font of the system and not one of ours."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    monkeypatch.setattr(raster, "_FILES", raster._OWN)
    monkeypatch.setattr(raster, "_system", lambda: (str(folder),))
    return lambda: shutil.copy(raster._OURS / "DejaVuSans.ttf", folder)


def test_characters_that_ours_lack_come_from_a_font_of_the_system(caplog, other_fonts):
    boxed = to_png(svg("ق"))
    assert len(caplog.messages) == 1
    other_fonts()
    raster._lacking.cache_clear()
    assert to_png(svg("ق")) != boxed
    assert len(caplog.messages) == 1
    raster._lacking.cache_clear()


def test_letters_are_ours_beside_those_of_the_system(other_fonts):
    other_fonts()
    end = ink(to_png(svg("Layer")))[1] + 1
    mixed = pixels(to_png(svg("Layer ق")))
    assert (mixed[:, :end] == pixels(to_png(svg("Layer")))[:, :end]).all()
    assert mixed[:, end:, 3].any()


@pytest.mark.parametrize("after", [" cat (0.41)", " → ⇥ ␣"])
def test_letters_that_join_do_so_beside_others(after):
    alone = to_png(svg("قطة لا"))
    end = ink(alone)[1] + 1
    assert (pixels(to_png(svg(f"قطة لا{after}")))[:, :end] == pixels(alone)[:, :end]).all()


@pytest.mark.parametrize("package", ["resvg_py", "PIL"])
def test_what_must_be_installed_is_said(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RasterError, match=r'pip install "attnviz-mkdocs\[card\]"'):
        to_webp([(svg("a"), 1)])


def test_a_picture_with_more_pixels_than_there_is_memory_for_is_told():
    with pytest.raises(RasterError, match=r"3,000,000 × 400,000 pixels, the most are 100,000,000; choose a smaller"):
        to_png(svg("a"), scale=10_000)
    with pytest.raises(RasterError, match=r"18,000 × 2,400 pixels, the most are 16,383 a side"):
        to_webp([(svg("a"), 1)], scale=60)


def test_what_many_pictures_lack_is_told_once(caplog, monkeypatch):
    monkeypatch.setattr(raster, "_system", tuple)
    to_webp([(svg("好"), 1), (svg("好 a"), 1), (svg("好 b"), 1)])
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("sign", "⇥␣▁∅")
def test_letters_beside_a_sign_are_those_of_other_texts(sign, monkeypatch):
    monkeypatch.setattr(raster, "_system", tuple)
    end = ink(to_png(svg("Layer")))[1] + 1
    assert (pixels(to_png(svg(f"Layer {sign}")))[:, :end] == pixels(to_png(svg("Layer")))[:, :end]).all()
