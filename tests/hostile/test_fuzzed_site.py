"""Bytes, options, first lines of fences and markers of cards as they come: each is understood, or told in words."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import damaged, mutated

from attnviz_mkdocs.card import find_blocks, put
from attnviz_mkdocs.fence import find_code, find_fences, read_page
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.spec import SpecError, load_galleries

GALLERY = """\
title: Café
models: {tiny: {source: models/tiny}}
texts:
  cat: "The cat \u2028 sat"
views:
  - {id: v, model: tiny, text: cat}
"""
OPTIONS = {
    "galleries": ["gallery/", "more/*.yaml"],
    "store": "gallery/store",
    "remote": "s3://bucket/attn",
    "capture": "never",
    "delivery": "linked",
    "device": "cuda:1",
    "budget": {"page": "2MB", "gallery": 10, "site": "1GiB"},
    "pages": "gallery",
}
WORDS = (
    "attnviz",
    "Attnviz",
    "attnvis",
    "attn-viz",
    "attnviz:",
    "{.attnviz}",
    "{attnviz}",
    " attnviz",
    "attnviz\u00a0",
)
ARGUMENTS = ("", " g/v", " g/x", " g/v g/v", " g/v layer=1", " {: .a }", " g/v{", "\tg/v", " g/v ", " \u202eg/v")
MARKS = ("```", "````", "~~~", "~~~~", "``")
LINES = (
    *("<!-- attnviz: g/v -->", "<!-- /attnviz -->", "<!--attnviz:g/w width=400-->", "<!-- Attnviz: g/v -->"),
    *("<!-- attnviz: g/v", "-->", "<!-- attnviz -->", "  <!-- attnviz: g/u layout=x -->", "<!-- /attnviz --> text"),
    *("```", "~~~", "text", "", "---", "- item", "\u2028", "<!-- attnviz: g/v --><!-- /attnviz -->"),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    content=st.one_of(
        st.binary(max_size=40),
        damaged(GALLERY.encode()),
        st.sampled_from(["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-8-sig"]).map(
            lambda encoding: GALLERY.replace("\u2028", "").encode(encoding)
        ),
    )
)
def test_any_bytes_are_a_gallery_or_told(content):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "g.yaml")
        file.write_bytes(content)
        galleries = load_galleries([file], Path(folder))
    assert bool(galleries.mistakes) == ("g" not in galleries)
    assert all(re.match(r"g\.yaml:\d+:\d+: .", str(mistake)) for mistake in galleries.mistakes)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(options=mutated(OPTIONS))
def test_any_options_are_a_project_or_told(options):
    told = "all: is well"
    with tempfile.TemporaryDirectory() as folder:
        try:
            Project.from_options(Path(folder), options).gallery_files()
        except ProjectError as error:
            told = str(error)
    assert re.match(r"[a-z]+: .|unknown option ", told)


@st.composite
def pages(draw) -> list[str]:
    """Pages of fences whose first and last lines are written by hand."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        prefix = draw(st.sampled_from(["", "  ", "> ", "- "]))
        marks = draw(st.sampled_from(MARKS))
        lines.append(prefix + marks + draw(st.sampled_from(WORDS)) + draw(st.sampled_from(ARGUMENTS)))
        inside = prefix.replace("-", " ")
        lines += [inside + line for line in draw(st.lists(st.sampled_from(["layer: 1", "", "x", "# y"]), max_size=2))]
        lines += draw(st.sampled_from([[inside + marks], [inside + marks], [inside + marks[:-1]], [], ["```"]]))
        lines.append("")
    return lines


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(lines=pages())
def test_each_fence_that_is_ours_or_nearly_is_a_view_or_told(lines):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "g.yaml")
        file.write_text(GALLERY, "utf-8")
        galleries = load_galleries([file], Path(folder))
    fences = find_fences(lines)
    figures, mistakes = read_page("\n".join(lines), galleries, "p.md")
    told = {
        next(fence.first for fence in fences if fence.first < mistake.place.line <= fence.last + 1)
        for mistake in mistakes
    }
    assert len(figures) + len(told) == len(fences)
    inside = {row for code in find_code(lines) for row in range(code.first, code.last + 1)}
    others = [line for row, line in enumerate(lines) if row not in inside]
    assert not [line for line in others if re.match(r"(```+|~~~+) ?\{?\.?attn", line, re.IGNORECASE)]


@settings(max_examples=300)
@given(lines=st.lists(st.sampled_from(LINES), max_size=8), ending=st.sampled_from(["\n", "\r\n"]))
def test_any_card_is_read_or_told_and_what_is_no_block_of_ours_stays(lines, ending):
    text = ending.join(lines)
    try:
        blocks = find_blocks(text, "README.md")
    except SpecError as error:
        for mistake in error.mistakes:
            assert mistake.place.line <= len(lines)
            assert "attnviz" in lines[mistake.place.line - 1].lower()
        return
    same = put(text, [(block, text[block.start : block.end].replace("\r\n", "\n")) for block in blocks], "README.md")
    assert same == text or any(line.startswith(" ") for line in lines)
    for block in blocks:
        assert text[block.start : block.end].startswith("<!--")
        assert text[block.start : block.end].endswith("-->")
