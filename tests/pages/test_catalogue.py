from __future__ import annotations

import pytest

from attnviz_mkdocs.pages import Catalogue
from attnviz_mkdocs.spec import load_galleries

HEAD = "models: {m: {source: a/b}, n: {source: c/d}}\ntexts: {she: A doctor. She, he: A doctor. He}\nviews:\n"


@pytest.fixture
def catalogue(tmp_path):
    def make(*views: str, head: str = HEAD) -> Catalogue:
        lines = "".join(f"  - {{{view}}}\n" for view in views)
        (tmp_path / "g.yaml").write_text(head + lines, encoding="utf-8")
        galleries = load_galleries([tmp_path / "g.yaml"], tmp_path)
        assert not galleries.mistakes
        return Catalogue(galleries, "gallery")

    return make


def pages(catalogue: Catalogue) -> list[tuple[str, str, list[str]]]:
    [gallery] = catalogue.galleries
    return [(page.slug, page.title, page.ids) for page in catalogue.exhibits(gallery)]


def test_views_of_the_same_are_on_one_page(catalogue):
    made = catalogue(
        "id: a, model: m, text: she",
        "id: b, model: n, text: she",
        "id: c, view: model, model: m, text: she, layer: 1",
        "id: d, model: m, compare: [she, he]",
        "id: e, model: m, compare: [he, she]",
        "id: f, text: he, compare: [m, n]",
        "id: g, model: m, compare: [she, he], comparison: difference",
        "id: h, arrays: a/own.safetensors",
        "id: i, view: matrix, arrays: a/own.safetensors",
        "id: j, arrays: a/own.safetensors, tokens: [A]",
    )
    assert pages(made) == [
        ("a", "A doctor. She (m)", ["a", "c"]),
        ("b", "A doctor. She (n)", ["b"]),
        ("d", "she and he", ["d", "g"]),
        ("e", "he and she", ["e"]),
        ("f", "A doctor. He", ["f"]),
        ("h", "own (own)", ["h", "i"]),
        ("j", "own (own)", ["j"]),
    ]


def test_two_names_for_one_text_are_one_exhibit(catalogue):
    head = "models: {m: {source: a/b}, n: {source: a/b}}\ntexts: {one: A., other: A.}\nviews:\n"
    made = catalogue("id: a, model: m, text: one", "id: b, model: n, text: other", head=head)
    assert pages(made) == [("a", "A.", ["a", "b"])]


def test_the_first_title_is_that_of_the_page(catalogue):
    made = catalogue("id: a, model: m, text: she, title: Mine", "id: b, model: m, text: she, title: Other")
    assert pages(made) == [("a", "Mine", ["a", "b"])]


def test_no_page_takes_the_place_of_another(catalogue):
    ids = ("index", "A", "a", "README", "embed", "a-2")
    made = catalogue(*(f"id: {name}, arrays: {at}.safetensors" for at, name in enumerate(ids)))
    slugs = [slug for slug, _, _ in pages(made)]
    assert slugs == ["index-2", "A", "a-2", "README-2", "embed-2", "a-2-2"]
    assert len({slug.lower() for slug in slugs}) == len(ids)
    [gallery] = made.galleries
    files = [made.standalone(figure) for page in made.exhibits(gallery) for figure in page.figures]
    assert files[:3] == ["gallery/g/embed/index.html", "gallery/g/embed/A.html", "gallery/g/embed/a-2.html"]
    assert len({file.lower() for file in files}) == len(ids)


def test_pages_have_tags_and_texts(catalogue):
    head = HEAD.replace("texts:", "tags: [all]\ntexts:").replace("he: A doctor. He", "he: {text: A, pair: B}")
    made = catalogue("id: a, model: m, text: she, tags: one", "id: b, model: m, text: she, tags: [two, one]",
                     "id: c, model: m, text: he", head=head)  # fmt: skip
    [gallery] = made.galleries
    first, second = made.exhibits(gallery)
    assert (first.tags, first.texts, first.models) == (("all", "one", "two"), ("A doctor. She",), ("m",))
    assert (second.tags, second.texts) == (("all",), ("A", "B"))
    assert made.page_of("g/b") is first


def test_where_pages_are(catalogue):
    made = catalogue("id: a, model: m, text: she", "id: b, view: model, model: m, text: she")
    assert made.paths == ["gallery/index.md", "gallery/g/index.md", "gallery/g/a.md"]
    [gallery] = made.galleries
    [page] = made.exhibits(gallery)
    assert [made.standalone(figure) for figure in page.figures] == ["gallery/g/embed/a.html", "gallery/g/embed/b.html"]


def test_a_gallery_without_views_has_no_page(tmp_path):
    (tmp_path / "g.yaml").write_text("title: Nothing yet\n", encoding="utf-8")
    assert Catalogue(load_galleries([tmp_path / "g.yaml"], tmp_path), "gallery").paths == ["gallery/index.md"]
