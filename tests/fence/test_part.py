"""Fences that show a part of a gallery."""

from __future__ import annotations

import pytest

from attnviz_mkdocs.fence import find_fences, read_page, read_part
from attnviz_mkdocs.spec import SpecError, load_galleries

GALLERIES = {
    "who": """\
tags: [coreference]
models: {small: {source: a/b}, large: {source: c/d}}
texts: {she: A doctor. She, he: A doctor. He}
views:
  - {id: she, model: small, text: she, tags: [pronouns, first]}
  - {id: both, model: large, compare: [she, he], tags: pronouns}
  - {id: models, compare: [small, large], text: he}
  - {id: own, arrays: a/mine.safetensors, tags: [first]}
""",
    "more": """\
models: {small: {source: a/b}}
texts: {it: A cat. It}
views: [{id: it, model: small, text: it, tags: [coreference]}]
""",
    "none": "title: Nothing yet\n",
    "broken": "titel: A\n",
}


@pytest.fixture
def galleries(tmp_path):
    for name, content in GALLERIES.items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    return lambda *names: load_galleries([tmp_path / f"{name}.yaml" for name in names], tmp_path)


def part(page: str, galleries) -> list[str] | None:
    [fence] = find_fences(page.split("\n"))
    figures = read_part(fence, galleries, "p.md")
    return None if figures is None else [figure.name for figure in figures]


def fence(*lines: str, argument: str = "") -> str:
    return "\n".join([f"```attnviz {argument}".rstrip(), *lines, "```"])


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["gallery: who"], ["who/she", "who/both", "who/models", "who/own"]),
        (["gallery: coreference"], ["more/it", "who/she", "who/both", "who/models", "who/own"]),
        (["gallery: first"], ["who/she", "who/own"]),
        (["gallery: who", "model: large"], ["who/both", "who/models"]),
        (["gallery: who", "model: mine"], ["who/own"]),
        (["gallery: who", "tags: pronouns"], ["who/she", "who/both"]),
        (["gallery: who", "tags: [pronouns, first, coreference]"], ["who/she"]),
        (["gallery: coreference", "model: small", "tags: [pronouns]"], ["who/she"]),
        (["# of all", "gallery: 'more'"], ["more/it"]),
    ],
)
def test_a_part_is_what_fits(galleries, lines, names):
    assert part(fence(*lines), galleries("more", "who")) == names


@pytest.mark.parametrize(
    "page", [fence(argument="who/she"), fence("model: small", "text: gallery"), fence("model: [", "gallery: x")]
)
def test_other_fences_are_no_part(galleries, page):
    assert part(page, galleries("who")) is None


KNOWN = "Galleries: more, who. Tags: coreference, pronouns, first"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (
            fence("gallery: woh"),
            f'2:10: unknown gallery or tag "woh"; did you mean "who"? {KNOWN}',
        ),
        (
            fence("gallery: pronoun"),
            f'2:10: unknown gallery or tag "pronoun"; did you mean "pronouns"? {KNOWN}',
        ),
        (
            fence("gallery: who/she"),
            f'2:10: "who/she" is no gallery; show one view by its name alone, after "attnviz" in the first line. {KNOWN}',
        ),
        (
            fence("gallery: who", "model: smal"),
            '3:8: no view of "who" shows a model "smal"; did you mean "small"? Its models: small, large, mine',
        ),
        (
            fence("gallery: more", "tags: [pronouns]"),
            '3:7: no view of "more" has the tag "pronouns". Its tags: coreference',
        ),
        (
            fence("gallery: who", "model: large", "tags: first"),
            '2:10: no view of "who" has all that is asked for; take one of these keys or tags out',
        ),
        (
            fence("gallery: who", "layer: 3"),
            '3:1: unknown key "layer" in a fence of a gallery; it is a key of a view. A fence of a gallery has: gallery, model, tags',
        ),
        (
            fence("gallery: who", argument="who/she"),
            '1:12: a fence with "gallery:" names no view; take "who/she" out, or the key',
        ),
        (fence("gallery: [who]"), '2:10: "gallery" must be text, but this is a list; put quotes round a text that starts with "[" or "{"'),
        (fence("gallery:"), '2:1: "gallery" has no value; write one, or take the key out'),
        ("```attnviz\ngallery: who", "1:1: this fence is never closed; end it with a line of the same marks"),
        ("> text\n\n- item\n\n    ```attnviz\n    gallery: woh\n    ```", '6:14: unknown gallery or tag "woh"; did you mean "who"? Galleries: more, who. Tags: coreference, pronouns, first'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_these_words(galleries, page, told):
    with pytest.raises(SpecError) as error:
        part(page, galleries("more", "who"))
    assert [str(mistake) for mistake in error.value.mistakes] == [f"p.md:{told}"]


@pytest.mark.parametrize(
    ("names", "asked", "told"),
    [
        ((), "who", "there is no gallery; galleries are YAML files in gallery/"),
        (("who", "broken"), "broken", 'gallery "broken" has mistakes; mend them first'),
        (("who", "broken"), "hat", 'unknown gallery or tag "hat". It may be in a gallery that has mistakes; mend "broken" first'),
        (("none",), "none", 'gallery "none" has no views; write some under "views:"'),
        (("more",), "more", None),
    ],
)  # fmt: skip
def test_what_galleries_lack_is_told(galleries, names, asked, told):
    page = fence(f"gallery: {asked}")
    if told is None:
        assert part(page, galleries(*names))
        return
    with pytest.raises(SpecError) as error:
        part(page, galleries(*names))
    assert [mistake.message for mistake in error.value.mistakes] == [told]


def test_a_page_needs_what_its_parts_show(galleries):
    page = f"{fence('gallery: more')}\n\n{fence(argument='who/own')}\n\n{fence('gallery: nothing')}\n"
    figures, mistakes = read_page(page, galleries("more", "who"), "p.md")
    assert [figure.name for figure in figures] == ["more/it", "who/own"]
    assert [mistake.place.line for mistake in mistakes] == [9]


def test_a_key_that_is_nearly_the_gallerys_is_told(galleries):
    _, mistakes = read_page(fence("galery: who"), galleries("who"), "p.md")
    assert any('unknown key "galery" in a fence; did you mean "gallery"?' in mistake.message for mistake in mistakes)
