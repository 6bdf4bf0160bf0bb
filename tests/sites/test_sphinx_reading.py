from __future__ import annotations

import re

import pytest
from sphinx_project import sphinx

# The same view in all spellings; the second line of each asks for heads.
SPELLINGS = {
    "a blank line": ("rst", ".. attnviz:: small/lines\n\n   layer: 0\n   heads: [1]\n"),
    "no blank line": ("rst", ".. attnviz:: small/lines\n   layer: 0\n   heads: [1]\n"),
    "options": ("rst", ".. attnviz:: small/lines\n   :layer: 0\n   :heads: [1]\n"),
    "options and a body": ("rst", ".. attnviz:: small/lines\n   :layer: 0\n\n   heads: [1]\n"),
    "in a list": ("rst", "- item\n\n  .. attnviz:: small/lines\n\n     layer: 0\n     heads: [1]\n"),
    "in a note": ("rst", ".. note::\n\n   .. attnviz:: small/lines\n\n      layer: 0\n      heads:\n      - 1\n"),
    "a directive": ("md", "```{attnviz} small/lines\nlayer: 0\nheads: [1]\n```\n"),
    "a directive with options": ("md", "```{attnviz} small/lines\n:layer: 0\n:heads: [1]\n```\n"),
    "a colon fence": ("md", ":::{attnviz} small/lines\nlayer: 0\nheads: [1]\n:::\n"),
    "a fence as everywhere": ("md", "```attnviz small/lines\nlayer: 0\nheads: [1]\n```\n"),
    "in a Markdown list": ("md", "1. item\n\n   ```{attnviz} small/lines\n   layer: 0\n   heads: [1]\n   ```\n"),
    "reStructuredText in Markdown": (
        "md",
        "```{eval-rst}\n.. attnviz:: small/lines\n\n   layer: 0\n   heads: [1]\n```\n",
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_view_may_be_spelled_in_many_ways(folder, captured, spelling):
    ending, text = SPELLINGS[spelling]
    built = sphinx(folder, "html", "-W", **{f"index__{ending}": f"Small\n=====\n\n{text}"})
    assert built.code == 0, built.said
    (view,) = built.views()
    assert view["data-state"] == '{"layer":0,"heads":[1]}'
    assert view["data-name"] == "small/lines"


def test_a_long_option_goes_on_in_the_next_line(folder, captured):
    text = "Small\n=====\n\n.. attnviz:: small/lines\n   :layer: 0\n   :caption: One\n     two\n   :heads: [2]\n"
    built = sphinx(folder, "html", "-W", index__rst=text)
    assert "One two</span>" in built.read("index.html")
    assert built.views()[0]["data-state"] == '{"layer":0,"heads":[2]}'


def test_a_view_may_stand_alone(folder, captured):
    built = sphinx(
        folder, "html", "-W", index__rst="Small\n=====\n\n.. attnviz::\n\n   model: tiny\n   text: New words\n"
    )
    assert built.code == 0, built.said
    assert "New words" in captured.texts
    assert "data-name" not in built.views()[0]


# A page, and where the word "here" of it is wrong.
PLACES = {
    "an argument": ("index.rst", ".. attnviz:: small/here\n"),
    "a value": ("index.rst", ".. attnviz:: small/lines\n\n   layer: 1\n   heads: here\n"),
    "a value without a blank line": ("index.rst", ".. attnviz:: small/lines\n   layer: 1\n   heads: here\n"),
    "an option": ("index.rst", ".. attnviz:: small/lines\n   :name: mine\n   :heads: here\n"),
    "a value in a list": ("index.rst", "- item\n\n  * other\n\n    .. attnviz:: small/lines\n\n       heads: here\n"),
    "a value in a list's mark": ("index.rst", "- .. attnviz:: small/lines\n\n     heads: here\n"),
    "a value in a note": ("index.rst", ".. note::\n\n   Words.\n\n   .. attnviz:: small/lines\n\n      heads: here\n"),
    "a value in a quote": ("index.rst", "Words\n\n   .. attnviz:: small/lines\n\n      heads: here\n"),
    "a value of a deeper key": ("index.rst", ".. attnviz:: small/lines\n\n   heads:\n     - 1\n     - here\n"),
    "a Markdown argument": ("index.md", "```{attnviz} small/here\n```\n"),
    "a Markdown value": ("index.md", "Words\n\n```{attnviz} small/lines\n\nlayer: 1\nheads: here\n```\n"),
    "a Markdown value of a plain fence": ("index.md", "Words\n\n```attnviz small/lines\nheads: here\n```\n"),
    "a Markdown option": ("index.md", ":::{attnviz} small/lines\n:name: mine\n:heads: here\n:::\n"),
    "a Markdown value in a list": ("index.md", "- item\n\n  ```attnviz small/lines\n  heads: here\n  ```\n"),
    "a Markdown value in a quote": ("index.md", "> ```attnviz small/lines\n> heads: here\n> ```\n"),
    "a Markdown value in a note": (
        "index.md",
        "::::{note}\nWords.\n\n:::{attnviz} small/lines\nheads: here\n:::\n::::\n",
    ),
    "after front matter": ("index.md", "---\nauthor: me\n---\n\n```attnviz small/lines\nheads: here\n```\n"),
    "reStructuredText in Markdown": (
        "index.md",
        "Words\n\n```{eval-rst}\n.. attnviz:: small/lines\n\n   heads: here\n```\n",
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_mistakes_are_where_they_were_written(folder, captured, case):
    name, text = PLACES[case]
    folder.write("index.md", "# Small\n")
    text = text if text.startswith("---") else f"Small\n=====\n\n{text}"
    (folder.root / "index.md").unlink()
    folder.write(name, text)
    built = sphinx(folder)
    (line,) = [number for number, words in enumerate(text.split("\n"), start=1) if "here" in words]
    column = text.split("\n")[line - 1].index("small/here" if "small/here" in text else "here") + 1
    assert f"{folder.root / name}:{line}:{column}: WARNING: " in built.said
    assert f"{name}:{line}:{column}: " in built.read("index.html")
    assert str(folder.root) not in built.read("index.html")


@pytest.mark.parametrize("ending", ["rst", "md"])
def test_mistakes_of_what_is_included_are_in_its_file(folder, captured, ending):
    if ending == "rst":
        folder.write("parts/part.txt", "Words\n\n.. attnviz:: small/lines\n\n   layer: 1\n   heads: no\n")
        built = sphinx(folder, index__rst="Small\n=====\n\nWords\n\n.. include:: parts/part.txt\n\nWords\n")
    else:
        folder.write("parts/part.txt", "Words\n\n```attnviz small/lines\n\nlayer: 1\n   \nheads: no\n```\n")
        built = sphinx(folder, index__md="# Small\n\nWords\n\n```{include} parts/part.txt\n```\n\nWords\n")
    line, column = (6, 11) if ending == "rst" else (7, 8)
    assert f"{folder.root}/parts/part.txt:{line}:{column}: WARNING: " in built.said
    assert '"heads" must be a whole number' in built.said


def test_mistakes_fail_under_strict_until_they_are_mended(folder, captured):
    wrong = "Small\n=====\n\n.. attnviz:: small/lins\n\n.. attnviz:: small/lines\n   :layer: 7\n"
    for built in (sphinx(folder, "html", "-W", "--keep-going", index__rst=wrong), sphinx(folder, "html", "-W")):
        assert built.code
        assert 'did you mean "small/lines"?' in built.said
        assert "layer 7 is not in tiny" in built.said
        assert built.read("index.html").count("attnviz-error-title") == 2
    mended = wrong.replace("lins", "lines").replace("7", "0")
    built = sphinx(folder, "html", "-W", index__rst=mended)
    assert (built.code, built.said) == (0, "")
    assert len(built.views()) == 2


def test_a_mistake_of_a_gallery_is_shown_in_each_page_and_told_once(folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("layer: 1", "layer: 9"))
    page = "Small\n=====\n\n.. attnviz:: small/lines\n"
    built = sphinx(folder, index__rst=f"{page}\n.. toctree::\n\n   other\n", other__rst=page)
    assert built.said.count("layer 9 is not in tiny") == 1
    assert f"{gallery}:12:12: WARNING" in built.said
    for name in ("index.html", "other.html"):
        assert "layer 9 is not in tiny" in built.read(name)


def test_a_broken_gallery_is_told_and_leaves_the_others_alone(folder, captured):
    folder.write("gallery/broken.yaml", "models: 3\nviews: [{id: a}]\n")
    built = sphinx(folder, index__rst="Small\n=====\n\n.. attnviz:: small/lines\n\n.. attnviz:: broken/a\n")
    assert len(built.views()) == 1
    assert f"{folder.root}/gallery/broken.yaml:1:9: WARNING" in built.said
    assert 'gallery "broken" has mistakes' in built.said


def test_mistakes_of_a_docstring_are_told(folder, captured, monkeypatch):
    folder.write("documented.py", '"""Words.\n\n.. attnviz:: small/lins\n"""\n')
    monkeypatch.syspath_prepend(folder.root)
    built = sphinx(
        folder, conf='extensions += ["sphinx.ext.autodoc"]', index__rst="Small\n=====\n\n.. automodule:: documented\n"
    )
    assert re.search(r"documented.py:docstring of documented:3:\d+: WARNING: unknown view", built.said)


def test_what_another_directive_makes_up_may_hold_views(folder, captured):
    conf = """
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


class Made(SphinxDirective):
    def run(self):
        lines = StringList()
        for line in [".. attnviz:: small/lines", "", "   layer: 0", "   heads: [1]", "", ".. attnviz:: small/lins", ""]:
            lines.append(line, "<made>")
        return self.parse_text_to_nodes(lines)


def setup(app):
    app.add_directive("made", Made)
"""
    built = sphinx(folder, conf=conf, index__rst="Small\n=====\n\n.. made::\n")
    assert [view["data-state"] for view in built.views()] == ['{"layer":0,"heads":[1]}']
    assert 'unknown view "small/lins"' in built.said
    assert "Traceback" not in built.said


def test_other_directives_of_fences_are_kept(folder, captured):
    text = "# Small\n\n```attnviz small/lines\n```\n\n```note\nWords.\n```\n"
    built = sphinx(folder, "html", "-W", conf='myst_fence_as_directive = ["note"]', index__md=text)
    assert built.code == 0, built.said
    assert len(built.views()) == 1
    assert "admonition note" in built.read("index.html")


def test_an_id_can_be_taken_once_in_a_document(folder, captured):
    view = ".. attnviz:: small/lines\n   :id: mine\n"
    pages = {"index__rst": f"Small\n=====\n\n{view}\n{view}", "other__rst": f":orphan:\n\nOther\n=====\n\n{view}"}
    built = sphinx(folder, **pages)
    assert "index.rst:8:9: WARNING" in built.said
    assert "other.rst" not in built.said


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ('attnviz_capture = "sometimes"', "attnviz: capture: expected one of auto, never, always, found 'sometimes'"),
        ('attnviz_galleries = "nowhere/"', "there is no gallery file at 'nowhere/'"),
        ('attnviz_galery = "gallery/"', 'attnviz_galery: unknown option; did you mean "galleries"?'),
        ("attnviz_pages = True", "attnviz_pages: unknown option. There are: galleries,"),
        ('attnviz_store = "nosuch://a"', "conf.py:8:17: attnviz: store: the store nosuch://a can't be opened"),
    ],
)
def test_options_are_checked(folder, captured, option, told):
    built = sphinx(folder, conf=option, index__rst="Small\n=====\n")
    assert built.code == 2
    assert told in built.said
