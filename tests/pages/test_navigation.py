from __future__ import annotations

import pytest

from attnviz_mkdocs.pages import Catalogue, listed, outline, placed, title_of
from attnviz_mkdocs.pages.navigation import MOST_OF_A_GALLERY, MOST_OF_A_SITE
from attnviz_mkdocs.spec import load_galleries

INDEX = "gallery/index.md"
ENTRIES = [{"One": ["gallery/one/index.md"]}]


@pytest.mark.parametrize(
    ("nav", "put", "title"),
    [
        ([], [{"Gallery": [INDEX, *ENTRIES]}], "Gallery"),
        (["a.md"], ["a.md", {"Gallery": [INDEX, *ENTRIES]}], "Gallery"),
        (["a.md", INDEX, "b.md"], ["a.md", {"Gallery": [INDEX, *ENTRIES]}, "b.md"], "Gallery"),
        ([{"Shows": INDEX}, "b.md"], [{"Shows": [INDEX, *ENTRIES]}, "b.md"], "Shows"),
        (
            [{"A": [{"B": ["a.md", {"Shows": INDEX}]}]}],
            [{"A": [{"B": ["a.md", {"Shows": [INDEX, *ENTRIES]}]}]}],
            "Shows",
        ),
        ([{"Shows": [INDEX, "b.md"]}], [{"Shows": [INDEX, *ENTRIES, "b.md"]}], "Gallery"),
        # Only once.
        ([{"Shows": INDEX}, {"Again": INDEX}], [{"Shows": [INDEX, *ENTRIES]}, {"Again": INDEX}], "Shows"),
        # What is no navigation is for MkDocs to tell.
        ([{"A": None}, 3], [{"A": None}, 3, {"Gallery": [INDEX, *ENTRIES]}], "Gallery"),
    ],
)
def test_the_galleries_are_put_where_the_index_is(nav, put, title):
    before = str(nav)
    assert placed(nav, INDEX, ENTRIES) == put
    assert title_of(nav, INDEX) == title
    assert str(nav) == before


def catalogue(tmp_path, *sizes: int) -> Catalogue:
    for at, size in enumerate(sizes):
        views = "".join(f"- {{id: v{number}, arrays: {number}.safetensors}}\n" for number in range(size))
        (tmp_path / f"g{at:03}.yaml").write_text(f"title: 'The \"{at}\"'\nviews:\n{views}", encoding="utf-8")
    return Catalogue(load_galleries(sorted(tmp_path.glob("*.yaml")), tmp_path), "gallery")


def test_the_menu_lists_all_exhibits_of_a_gallery_or_none(tmp_path):
    made = catalogue(tmp_path, 2, MOST_OF_A_GALLERY, MOST_OF_A_GALLERY + 1)
    assert [len(listed(made, gallery)) for gallery in made.galleries] == [2, MOST_OF_A_GALLERY, 0]
    first, _, last = outline(made, lambda path: f"own/{path}")
    assert first == {"The “0”": [f"own/gallery/g000/{name}.md" for name in ("index", "v0", "v1")]}
    assert last == {"The “2”": ["own/gallery/g002/index.md"]}


def test_with_many_galleries_the_menu_lists_galleries_alone(tmp_path):
    made = catalogue(tmp_path, *([10] * (MOST_OF_A_SITE // 10 + 1)))
    assert not any(listed(made, gallery) for gallery in made.galleries)
