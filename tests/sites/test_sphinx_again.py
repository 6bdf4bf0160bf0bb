from __future__ import annotations

import pytest
from builders import attention
from safetensors.numpy import save_file
from sphinx_project import sphinx

PAGES = {
    "index__rst": "Small\n=====\n\n.. toctree::\n\n   uses\n   other\n   none\n",
    "uses__rst": "Uses\n====\n\n.. attnviz:: small/lines\n",
    "other__rst": "Other\n=====\n\n.. attnviz:: other/lines\n",
    "none__rst": "None\n====\n\nWords.\n",
}


@pytest.fixture
def two_galleries(folder, captured):
    """A project with two galleries, a page for each, and one with neither; built once."""
    model = (
        (folder.root / "gallery/small.yaml").read_text().replace("tiny", "mini").replace("models/mini", "models/tiny")
    )
    folder.write("gallery/other.yaml", model.replace("The cat sat", "A dog ran"))
    built = sphinx(folder, "html", "-W", **PAGES)
    assert built.code == 0, built.said
    return folder


def rewritten(folder, *arguments: str, **options) -> set[str]:
    """The pages that another build writes anew."""
    before = {file.name: file.stat().st_mtime_ns for file in (folder.root / "_build/html").glob("*.html")}
    built = sphinx(folder, "html", "-W", *arguments, **options)
    assert built.code == 0, built.said
    changed = {name for name, stamp in built.stamps.items() if before.get(name) != stamp}
    # Sphinx writes these whenever it writes a page; the first lists the others.
    return changed - {"index.html", "genindex.html", "search.html"}


def test_nothing_is_written_when_nothing_is_new(two_galleries, captured):
    files = {file: file.stat().st_mtime_ns for file in (two_galleries.root / "_build/html/_static/attnviz").rglob("*")}
    assert rewritten(two_galleries) == set()
    assert len(files) > 4
    assert {file: file.stat().st_mtime_ns for file in files} == files
    assert captured.batches == 1


def test_a_gallery_that_changes_rewrites_the_pages_that_use_it(two_galleries, captured):
    gallery = two_galleries.root / "gallery/other.yaml"
    gallery.write_text(gallery.read_text().replace("layer: 1", "layer: 0"))
    assert rewritten(two_galleries) == {"other.html"}
    assert "&#34;layer&#34;:0" in (two_galleries.root / "_build/html/other.html").read_text()
    assert captured.batches == 1


def test_a_model_of_a_gallery_that_changes_rewrites_the_pages_that_use_it(two_galleries, captured):
    two_galleries.write("none.rst", "None\n====\n\n.. attnviz::\n   :model: mini\n   :text: Own words\n")
    assert rewritten(two_galleries) == {"none.html"}
    gallery = two_galleries.root / "gallery/other.yaml"
    gallery.write_text(gallery.read_text().replace("source: models/tiny", "source: models/tiny\n    dtype: float32"))
    assert rewritten(two_galleries) == {"none.html", "other.html"}


def test_a_part_of_a_gallery_that_grows_is_shown_anew(two_galleries, captured):
    two_galleries.write("none.rst", "None\n====\n\n.. attnviz::\n   :gallery: other\n")
    assert rewritten(two_galleries) == {"none.html"}
    gallery = two_galleries.root / "gallery/other.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: more, model: mini, text: cat}\n")
    assert rewritten(two_galleries) == {"none.html", "other.html"}
    assert "other/more" in (two_galleries.root / "_build/html/none.html").read_text()


def test_a_gallery_that_is_broken_fails_and_is_mended(two_galleries, captured):
    gallery = two_galleries.root / "gallery/other.yaml"
    good = gallery.read_text()
    gallery.write_text("models: 3\n")
    for _ in range(2):
        built = sphinx(two_galleries, "html", "-W")
        assert built.code
        assert "other.rst:4:14: WARNING" in built.said
    gallery.unlink()
    assert 'other.rst:4:14: WARNING: unknown view "other/lines"' in sphinx(two_galleries).said
    gallery.write_text(good)
    assert rewritten(two_galleries) == {"other.html"}
    assert "<attn-view" in (two_galleries.root / "_build/html/other.html").read_text()


def test_arrays_that_change_rewrite_the_pages_that_show_them(two_galleries, captured):
    file = two_galleries.root / "own.safetensors"
    save_file({"attention": attention(seed=1)}, file)
    two_galleries.write(
        "none.rst", "None\n====\n\n.. attnviz::\n   :arrays: own.safetensors\n   :tokens: [a, b, c, d, e]\n"
    )
    assert rewritten(two_galleries) == {"none.html"}
    assert rewritten(two_galleries) == set()
    save_file({"attention": attention(seed=2)}, file)
    assert rewritten(two_galleries) == {"none.html"}


def test_a_models_files_that_change_rewrite_the_pages_that_show_it(two_galleries, captured):
    two_galleries.write("models/tiny/model.safetensors", "other weights")
    assert rewritten(two_galleries) == {"uses.html", "other.html"}
    assert rewritten(two_galleries) == set()


def test_an_exhibit_that_was_missing_is_shown_once_it_is_there(folder, captured, monkeypatch):
    captured.fails_on = "dog"
    dog = "Uses\n====\n\n.. attnviz::\n   :model: tiny\n   :text: A dog ran\n"
    pages = PAGES | {"uses__rst": dog, "other__rst": "Other\n=====\n\n.. attnviz:: small/lines\n"}
    for _ in range(2):
        built = sphinx(folder, **pages)
        assert "uses.rst:4:1" in built.said or "uses.rst:6:11" in built.said
        assert "the text is too much for the model" in built.read("uses.html")
        pages = {}
    captured.fails_on = None
    assert rewritten(folder) == {"uses.html"}
    assert "<attn-view" in (folder.root / "_build/html/uses.html").read_text()


def test_another_builder_writes_its_own_pages(two_galleries, captured):
    first = sphinx(two_galleries, "dirhtml", "-W").stamps
    two_galleries.write("models/tiny/model.safetensors", "other weights")
    second = sphinx(two_galleries, "dirhtml", "-W").stamps
    assert {"uses/index.html", "other/index.html"} <= {name for name in first if first[name] != second[name]}
    assert rewritten(two_galleries) == {"uses.html", "other.html"}


def test_a_document_that_is_gone_is_forgotten(two_galleries, captured):
    two_galleries.write("uses.rst", "Uses\n====\n\n.. attnviz::\n   :model: tiny\n   :text: Own words\n")
    rewritten(two_galleries)
    (two_galleries.root / "uses.rst").unlink()
    (two_galleries.root / "gallery/store").rename(two_galleries.root / "old")
    captured.requests.clear()
    index = PAGES["index__rst"].replace("   uses\n", "")
    sphinx(two_galleries, "html", index__rst=index)
    assert sorted(captured.texts) == ["A dog ran", "The cat sat"]
