from __future__ import annotations

import re
import struct
import sys
import zipfile

import pytest
from sphinx_project import sphinx

PAGE = """\
Small
=====

Words and :attn:`a link <lines?head=1>`.

.. attnviz:: small/lines
   :name: mine

.. attnviz:: small/lins
"""
ALT = "Attention of tiny on “[CLS] The cat sat [SEP]”, layer 1, heads 0 and 2"
CAPTION = "A caption with"


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_a_book_has_pictures_in_pixels(folder, captured):
    built = sphinx(folder, "latex", conf="numfig = True", index__rst=PAGE + "\nSee :numref:`mine`.\n")
    tex = built.read("small.tex")
    name = re.search(r"\\sphinxincludegraphics\[width=1.000\\linewidth\]\{\{(\w+)\}.png\}", tex)[1]
    width, height = size_of((built.out / f"{name}.png").read_bytes())
    assert width == 3 * 688
    assert 0.3 < height / width < 1
    assert rf"\caption{{{CAPTION}" in tex
    assert r"\hyperref[\detokenize{index:mine}]" in tex
    assert "Words and a link." in tex
    assert r"\begin{sphinxadmonition}{error}" in tex
    assert "attn-view" not in tex


def test_an_electronic_book_has_pictures_with_words(folder, captured):
    built = sphinx(folder, "epub", index__rst=PAGE)
    with zipfile.ZipFile(built.out / "Small.epub") as book:
        text = book.read("index.xhtml").decode()
        image = re.search(r'<img alt="([^"]*)" src="(_images/\w+.png)"', text)
        assert image[1].startswith(ALT)
        assert size_of(book.read(image[2]))[0] == 3 * 688
        assert (
            f'media-type="image/png" href="{image[2]}"' in book.read("content.opf").decode()
            or image[2] in book.read("content.opf").decode()
        )
        assert not [name for name in book.namelist() if "attnviz.js" in name]
    assert f'<span class="caption-text">{CAPTION}' in text
    assert "attn-view" not in text
    assert "<p>Words and <span>a link</span>.</p>" in text


@pytest.mark.parametrize(
    ("builder", "file"),
    [
        ("text", "index.txt"),
        ("man", "small.1"),
        ("texinfo", "small.texi"),
        ("xml", "index.xml"),
        ("pseudoxml", "index.pseudoxml"),
    ],
)
def test_plain_text_has_the_words_of_the_picture_and_the_caption(folder, captured, builder, file):
    built = sphinx(
        folder,
        builder,
        conf='texinfo_documents = [("index", "small", "Small", "me", "small", "", "")]',
        index__rst=PAGE,
    )
    text = " ".join(built.read(file).replace("@comma{}", ",").split())
    assert ALT in text
    assert CAPTION in text
    assert "small/lins" in text.replace("\\", "")
    assert "a link" in text
    assert "attn-view" not in text
    if builder == "texinfo":
        assert len(list((built.out / "small-figures").glob("*.png"))) == 1
    else:
        assert text.index(ALT) < text.index(CAPTION)


def test_paragraphs_of_plain_text_stand_apart(folder, captured):
    lines = sphinx(folder, "text", index__rst=PAGE).read("index.txt").split("\n")
    caption = next(number for number, line in enumerate(lines) if line.startswith(CAPTION))
    assert lines[caption - 1] == lines[caption + 1] == ""


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "doctest"])
def test_what_only_collects_runs_no_model(folder, captured, builder):
    page = PAGE.replace("small/lins", "small/grid").replace("lines?head=1", "nowhere?head=1")
    built = sphinx(folder, builder, "-W", conf='extensions += ["sphinx.ext.doctest"]', index__rst=page)
    assert built.code == 0, built.said
    assert not captured.requests
    if builder == "gettext":
        assert f'msgid "{CAPTION}' in built.read("index.pot")


def test_a_dummy_build_captures_and_checks_everything(folder, captured):
    built = sphinx(
        folder, "dummy", "-W", index__rst=PAGE.replace("lins", "grid") + "\n.. attnviz:: small/lines\n   :layer: 9\n"
    )
    assert built.code
    assert "layer 9 is not in tiny" in built.said
    assert captured.texts == ["The cat sat"]
    assert not list(built.out.rglob("*.svg"))


def test_without_what_draws_pixels_a_book_says_what_to_install(folder, captured, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    built = sphinx(folder, "latex", index__rst=PAGE)
    assert built.code == 2
    assert 'pip install "attnviz-mkdocs[card]"' in built.said
