from __future__ import annotations

import pytest

from attnviz_mkdocs.pages import TemplateError, Templates, Words

VALUES = {
    "title": "Pronouns",
    "gallery": {"name": "who", "title": Words("*Who*?"), "description": None, "tags": []},
}


@pytest.fixture
def own(tmp_path):
    def write(**files: str) -> Templates:
        for name, content in files.items():
            file = tmp_path / f"overrides/attnviz/{name}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return Templates([tmp_path / "overrides", tmp_path / "theme"], tmp_path)

    return write


def test_ours_is_used_where_there_is_no_other(own):
    made = own().render("gallery.md", **VALUES)
    assert made.startswith('---\ntitle: "Pronouns"\n---\n\n# &#42;Who&#42;&#63;\n')
    assert 'gallery: "who"' in made
    assert not own().has_own
    assert own(exhibit="").has_own


def test_an_authors_own_takes_its_place(own):
    templates = own(gallery="# Mine: {{ gallery.title }}\n")
    assert templates.render("gallery.md", **VALUES) == "# Mine: &#42;Who&#42;&#63;\n"


def test_a_part_of_ours_can_be_replaced(own):
    templates = own(gallery='{% extends "default/attnviz/gallery.md" %}\n{% block filter %}No filter.\n{% endblock %}')
    made = templates.render("gallery.md", **VALUES)
    assert "No filter." in made
    assert "attn-gallery" not in made
    assert 'gallery: "who"' in made


def test_a_title_of_emoji_is_sound_yaml(own):
    made = own().render("gallery.md", **VALUES | {"title": "😀 ‹b›: é"})
    assert '\ntitle: "😀 ‹b›: é"\n' in made


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("# A\n\n{% if gallery %}\n", 3, "Unexpected end of template"),
        ("# A\n{{ gallery.titel }}\n", 2, "has no attribute 'titel'"),
        ("# A\n\n\n{{ nothing }}\n", 4, "'nothing' is undefined"),
        ("{{ 1 / 0 }}\n", 1, "division by zero"),
        ("# A\n{% include 'other.md' %}\n", 2, """there is no template "other.md"; """),
        ("# A\n{{ gallery.title | nothing }}\n", 2, "No filter named 'nothing'; "),
        ("# A\n{{ title + 3 }}\n", 2, "str"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_line(own, content, line, words):
    with pytest.raises(TemplateError) as error:
        own(gallery=content).render("gallery.md", **VALUES)
    assert str(error.value).startswith(f"overrides/attnviz/gallery.md:{line}:1: this template can't be used: ")
    assert words in str(error.value)


def test_a_file_that_is_no_text_is_told(own, tmp_path):
    templates = own(gallery="")
    (tmp_path / "overrides/attnviz/gallery.md").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="attnviz/gallery.md:1:1: this template can't be used"):
        templates.render("gallery.md", **VALUES)
