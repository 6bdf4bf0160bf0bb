from __future__ import annotations

import base64
import logging
import re
import subprocess
import sys

import pytest
from sphinx_project import VIEW, sphinx

import attnviz_mkdocs.capture
from attnviz_mkdocs.codec import decode

LINES = ".. attnviz:: small/lines\n"
GRID = ".. attnviz:: small/grid\n"


def page(*blocks: str, title: str = "Small") -> str:
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *blocks]) + "\n"


def toctree(*documents: str) -> str:
    return "\n   ".join([".. toctree::", "", *documents])


def carried(attribute: str):
    """The exhibit in an attribute, by a decoder that is not ours."""
    return decode(base64.b85decode(attribute.translate(str.maketrans(",.:[", "&<>@"))))


def test_a_view_is_alive_and_carries_its_exhibit(folder, captured):
    built = sphinx(folder, "html", "-W", index__rst=page(LINES))
    assert built.code == 0, built.said
    (view,) = built.views()
    assert [token.label for token in carried(view["data-exhibit"]).query] == ["[CLS]", "The", "cat", "sat", "[SEP]"]
    html = built.read("index.html")
    assert re.search(r'<script defer="defer" src="_static/attnviz/attnviz.js\?v=\w+">', html)
    assert '<span class="caption-text">A caption with &lt;b&gt;signs&lt;/b&gt; &amp; “quotes”.</span>' in html
    assert re.search(r'<figure class="attnviz[^"]*"[^>]*>\s*<attn-view ', html)


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_pages_in_folders_find_all_that_is_shipped(folder, captured, builder):
    pages = {"index__rst": page(LINES, toctree("deep/er/page")), "deep/er/page__rst": page(GRID, title="Deep")}
    built = sphinx(folder, builder, "-W", conf='attnviz_delivery = "linked"', **pages)
    assert built.code == 0, built.said
    name = {"html": "deep/er/page.html", "dirhtml": "deep/er/page/index.html", "singlehtml": "index.html"}[builder]
    found = re.findall(r'(?:src|srcset|href|data-src)="([^"?]*_static/attnviz/[^"?]*)', built.read(name))
    views = 2 if builder == "singlehtml" else 1
    assert len(found) == 2 + 3 * views  # style and script, then of each view its data and two pictures
    for link in found:
        assert ((built.out / name).parent / link).is_file(), link
    assert "data-exhibit" not in built.read(name)


@pytest.mark.parametrize(("builder", "carrying"), [("html", [1, 1]), ("singlehtml", [1])])
def test_a_page_carries_an_exhibit_once(folder, captured, builder, carrying):
    pages = {"index__rst": page(LINES, GRID, toctree("other")), "other__rst": page(GRID, title="Other")}
    built = sphinx(folder, builder, **pages)
    names = ["index.html", "other.html"][: len(carrying)]
    views = [built.views(name) for name in names]
    assert [sum("data-exhibit" in view for view in shown) for shown in views] == carrying
    assert sum(map(len, views)) == 3
    assert all("data-exhibit" in shown[0] for shown in views)


def test_a_part_of_a_gallery_is_its_views(folder, captured):
    built = sphinx(
        folder, "html", "-W", index__rst=page(".. attnviz::\n   :gallery: small\n   :name: all\n   :class: wide\n")
    )
    assert built.code == 0, built.said
    assert [view["data-name"] for view in built.views()] == ["small/lines", "small/grid"]
    assert ["data-exhibit" in view for view in built.views()] == [True, False]
    assert built.read("index.html").count('class="attnviz wide') == 2


def test_what_is_for_other_builders_carries_nothing(folder, captured):
    built = sphinx(folder, index__rst=page(".. only:: latex\n\n   .. attnviz:: small/grid", LINES))
    (view,) = built.views()
    assert view["data-name"] == "small/lines"
    assert "data-exhibit" in view


def test_pages_without_a_view_have_no_script(folder, captured):
    built = sphinx(
        folder, index__rst=page(toctree("view", "wrong")), view__rst=page(LINES), wrong__rst=page(".. attnviz:: x/y")
    )
    assert {name: "attnviz.css" in built.read(f"{name}.html") for name in ("index", "view", "wrong", "search")} == {
        "index": False,
        "view": True,
        "wrong": True,  # a panel has colours
        "search": False,
    }


def test_our_style_stands_after_the_themes_and_before_the_authors(folder, captured):
    folder.write("own/own.css", "")
    built = sphinx(folder, conf='html_static_path = ["own"]\nhtml_css_files = ["own.css"]', index__rst=page(LINES))
    styles = re.findall(r'<link rel="stylesheet"[^>]* href="_static/([\w/.-]+)', built.read("index.html"))
    assert styles.index("alabaster.css") < styles.index("attnviz/attnviz.css") < styles.index("own.css")


@pytest.mark.parametrize(("kind", "is_offered"), [("head", False), ("neuron", True)])
def test_the_script_brings_the_neuron_view_only_where_a_page_has_one(folder, captured, kind, is_offered):
    built = sphinx(folder, index__rst=page(f".. attnviz::\n\n   model: tiny\n   text: The cat sat\n   view: {kind}\n"))
    code = built.read("_static/attnviz/attnviz.js")
    assert ("Neurons by" in code) is is_offered
    assert "Rows are queries, columns keys" in code


def test_what_is_searched_holds_no_payload(folder, captured):
    without = sphinx(folder, index__rst=page('A caption with <b>signs</b> & "quotes".'))
    before = len(without.read("searchindex.js"))
    built = sphinx(folder, index__rst=page(LINES, GRID))
    assert len(built.views()) == 2
    assert len(built.read("searchindex.js")) < before + 100
    assert not VIEW.search(built.read("_sources/index.rst.txt"))


@pytest.mark.parametrize(("theme", "is_light"), [("alabaster", True), ("classic", True), ("furo", False)])
def test_pictures_are_light_in_themes_that_are_and_do_not_say_so(folder, captured, theme, is_light):
    built = sphinx(folder, "html", "-W", conf=f"html_theme = {theme!r}", index__rst=page(LINES))
    assert built.code == 0, built.said
    assert ("attnviz-light" in built.read("index.html")) is is_light


LINKS = {
    "a role": ("rst", ":attn:`words <lines?layer=0&head=1>`"),
    "a role with the scheme": ("rst", ":attn:`words <attn:small/lines?layer=0&head=1>`"),
    "a reference": ("rst", "`words <attn:lines?layer=0&head=1>`__"),
    "a role in Markdown": ("md", "{attn}`words <lines?layer=0&head=1>`"),
    "a link in Markdown": ("md", "[words](attn:lines?layer=0&head=1)"),
    "a link in Markdown with signs": ("md", "[words](<attn:lines?layer=0&head=1>)"),
}


@pytest.mark.parametrize("case", LINKS)
def test_links_drive_a_view_of_their_page(folder, captured, case):
    ending, link = LINKS[case]
    view = LINES if ending == "rst" else "```attnviz small/lines\n```\n"
    built = sphinx(folder, "html", "-W", **{f"index__{ending}": page(f"See {link}.", view)})
    assert built.code == 0, built.said
    words = re.search(r'<a class="[^"]*" href="([^"]*)">(?:<span[^>]*>)?words', built.read("index.html"))
    assert words[1].replace("&amp;", "&") == "#attn:small/lines?layer=0&heads=1"


@pytest.mark.parametrize("case", LINKS)
def test_links_that_lead_nowhere_say_so_where_they_stand(folder, captured, case):
    ending, link = LINKS[case]
    text = page(
        "Words.",
        f"More words,\nand {link.replace('head=1', 'head=9')}.",
        LINES if ending == "rst" else "```attnviz small/lines\n```\n",
    )
    built = sphinx(folder, **{f"index__{ending}": text})
    address = "attn:" if "attn:" in link.replace(":attn:", "") else "lines?"
    if "small/" in link:
        address = "attn:small"
    column = text.split("\n")[6].index(address) + 1
    assert f"{folder.root}/index.{ending}:7:{column}: WARNING: head 9 is not in" in built.said
    assert re.search(
        r'<span class="attnviz-mistake" title="head 9 is not in[^"]*">(?:<span[^>]*>)?words', built.read("index.html")
    )


def test_links_drive_views_of_their_own_document_in_a_page_of_several(folder, captured):
    folder.write("gallery/other.yaml", (folder.root / "gallery/small.yaml").read_text())
    link = ":attn:`words <lines?head=1>`"
    pages = {
        "index__rst": page(LINES, link, toctree("two")),
        "two__rst": page(".. attnviz:: other/lines\n", link, title="Two"),
    }
    built = sphinx(folder, "singlehtml", "-W", **pages)
    assert built.code == 0, built.said
    found = re.findall(r'href="(#attn:[^"]*)"', built.read("index.html"))
    assert sorted(found) == ["#attn:other/lines?heads=1", "#attn:small/lines?heads=1"]


def test_figures_are_numbered_and_referred_to(folder, captured):
    named = ".. attnviz:: small/lines\n   :name: mine\n   :class: wide\n"
    built = sphinx(
        folder, "html", "-W", conf="numfig = True", index__rst=page(GRID, "See :numref:`mine` and :ref:`mine`.", named)
    )
    assert built.code == 0, built.said
    html = built.read("index.html")
    assert re.search(r'href="#mine"><span class="std std-numref">Fig. 1</span>', html)
    assert re.search(r'href="#mine"><span class="std std-ref">A caption with', html)
    assert re.search(r'<figure class="attnviz wide[^"]*" id="mine">', html)


def test_captions_are_translated(folder, captured):
    folder.write(
        "locale/de/LC_MESSAGES/index.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Mine."\nmsgstr "Meins."\n',
    )
    built = sphinx(
        folder,
        "html",
        "-W",
        conf='locale_dirs = ["locale"]\nlanguage = "de"',
        index__rst=page(LINES + "   :caption: Mine.\n"),
    )
    assert built.code == 0, built.said
    assert '<span class="caption-text">Meins.</span>' in built.read("index.html")


def test_what_other_rooms_warn_of_fails_under_strict(folder, captured, monkeypatch):
    def warns(requests, **options):
        logging.getLogger("mkdocs.plugins.attnviz").warning("the model moves")
        return captured(requests, **options)

    monkeypatch.setattr(attnviz_mkdocs.capture, "capture", warns)
    built = sphinx(folder, "html", "-W", index__rst=page(LINES))
    assert built.code
    assert "the model moves" in built.said
    assert not logging.getLogger("mkdocs.plugins.attnviz").handlers  # another engine's build is another's


def test_never_stops_the_build_and_names_the_command(folder, captured):
    built = sphinx(folder, conf='attnviz_capture = "never"', index__rst=page(LINES))
    assert built.code == 2
    assert 'Run "attnviz capture"' in built.said
    assert not (built.out / "index.html").exists()


def test_a_build_from_a_full_store_imports_no_torch(folder, captured):
    sphinx(folder, index__rst=page(LINES))
    program = (
        "import sys; sys.modules.update(torch=None, transformers=None); from sphinx.cmd.build import build_main;"
        "sys.exit(build_main(['-q', '-W', '-E', '-D', 'attnviz_capture=never', '.', '_build/again']))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=folder.root, check=True)
    assert "<attn-view" in (folder.root / "_build/again/index.html").read_text()


def test_parallel_builds_write_the_same(folder, captured):
    names = [f"page{number}" for number in range(12)]
    pages = {
        f"{name}__rst": page(
            LINES if number % 2 else GRID, f".. attnviz::\n   :model: tiny\n   :text: {name}\n", title=name
        )
        for number, name in enumerate(names)
    }
    pages["wrong__rst"] = page(".. attnviz:: small/lins\n", LINES + "   :layer: 9\n", title="Wrong")
    serial = sphinx(folder, index__rst=page(toctree(*names, "wrong")), **pages)
    before = {file: (serial.out / file).read_bytes() for file in serial.stamps}
    (folder.root / "_build").rename(folder.root / "_built")
    batches = captured.batches
    parallel = sphinx(folder, "html", "-j", "2")
    assert {file: (parallel.out / file).read_bytes() for file in parallel.stamps} == before
    for said in (serial.said, parallel.said):
        assert said.count("WARNING") == 2
    assert "not safe for parallel" not in parallel.said
    assert captured.batches == batches == 1


def test_all_documents_are_captured_in_one_batch(folder, captured):
    own = ".. attnviz::\n   :model: tiny\n   :text: {}\n"
    names = [f"page{number}" for number in range(9)]
    pages = {f"{name}__rst": page(own.format(name), title=name) for name in names}
    built = sphinx(folder, "html", "-W", "-j", "2", index__rst=page(toctree(*names)), **pages)
    assert built.code == 0, built.said
    assert sorted(captured.texts) == ["The cat sat", *names]
    assert captured.batches == 1
