"""Pages of which nothing has changed are taken from the build before, and from nowhere else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from safetensors.numpy import save_file

from attnviz_mkdocs.kept import KEPT
from attnviz_mkdocs.sites.scribe import Scribe
from attnviz_mkdocs.supply import Supply

PAGES = {
    "docs/index.md": "# Small\n\n```attnviz small/lines\n```\n\n[Look](attn:lines?layer=1).\n",
    "docs/other.md": "# Other\n\n- item\n\n    ```attnviz\n    model: tiny\n    text: A dog ran\n    view: neuron\n    ```\n\nText.\n",
    "docs/plain.md": "# Plain\n\nNothing to see.\n",
}
#: What takes time to import, and draws or reads.
HEAVY = ("numpy", "pydantic", "fsspec", "ruamel.yaml", "torch", "attnviz_mkdocs.supply", "attnviz_mkdocs.spec")


@pytest.fixture
def site(folder, captured):
    for name, text in PAGES.items():
        folder.write(name, text)
    return folder


@pytest.fixture
def drawn(monkeypatch):
    """The pages of which a fence was drawn."""
    pages = []
    draw = Scribe.draw
    monkeypatch.setattr(Scribe, "draw", lambda self, fence, on: pages.append(on.page.file) or draw(self, fence, on))
    return pages


def built(folder) -> dict[str, bytes]:
    config = load_config(str(folder.root / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    site = folder.root / "site"
    # The sitemap has the day in it, compressed with the time.
    files = [file for file in site.rglob("*") if file.is_file() and "sitemap" not in file.name]
    return {file.relative_to(site).as_posix(): _without_date(file.read_bytes()) for file in files}


def told(folder, caplog) -> list[str]:
    """What the next build says."""
    caplog.clear()
    built(folder)
    return caplog.messages.copy()


def _without_date(content: bytes) -> bytes:
    return re.sub(rb"Build Date UTC[^\n]*", b"", content)


@pytest.mark.parametrize("options", ["", "{delivery: linked}", "{pages: true}", "{budget: {site: 50MB}}"])
def test_a_site_is_the_same_from_memory(site, options):
    if options:
        site.write("mkdocs.yml", f"site_name: Small\nplugins: [search, attnviz: {options}]\n")
    first = built(site)
    assert built(site) == first
    shutil.rmtree(site.root / KEPT)
    assert built(site) == first


def test_nothing_is_drawn_twice(site, drawn):
    built(site)
    assert sorted(drawn) == ["docs/index.md", "docs/other.md"]
    built(site)
    assert len(drawn) == 2


def test_a_build_from_memory_imports_nothing_that_takes_time(site):
    first = built(site)
    code = f"""
import sys
from mkdocs.commands.build import build
from mkdocs.config import load_config
config = load_config("mkdocs.yml")
config.plugins.on_startup(command="build", dirty=False)
build(config)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=site.root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (site.root / "site/index.html").read_bytes().count(b"<attn-view") == 1
    assert _without_date((site.root / "site/other/index.html").read_bytes()) == first["other/index.html"]


def test_only_the_page_that_changed_is_drawn(site, drawn):
    built(site)
    drawn.clear()
    site.write("docs/index.md", PAGES["docs/index.md"].replace("# Small", "# Large"))
    assert b"<h1" in built(site)["index.html"]
    assert drawn == ["docs/index.md"]
    drawn.clear()
    built(site)
    assert drawn == []


def test_front_matter_and_new_pages_are_noticed(site, drawn, caplog):
    built(site)
    drawn.clear()
    site.write("docs/index.md", "---\nattnviz: {budget: 1kB}\n---\n" + PAGES["docs/index.md"])
    site.write("docs/new.md", "```attnviz small/grid\n```\n")
    for _ in range(2):
        caplog.clear()
        built(site)
        assert "over the budget of 1 kB" in caplog.text
    assert set(drawn) == {"docs/index.md", "docs/new.md"}


def _edit_a_gallery(folder):
    file = folder.root / "gallery/small.yaml"
    file.write_text(file.read_text().replace("layer: 1", "layer: 0"))


def _add_a_gallery(folder):
    folder.write("gallery/more/second.yaml", (folder.root / "gallery/small.yaml").read_text())


def _change_the_model(folder):
    folder.write("models/tiny/model.safetensors", "other weights")


def _bring_a_file_of_the_tokenizer(folder):
    folder.write("models/tiny/added_tokens.json", "{}")


def _change_an_option(folder):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {budget: 9MB}}]\n")


def _flip_a_bit_in_the_store(folder):
    for file in (folder.root / "gallery/store/exhibits").rglob("*.gz"):
        about = file.stat()
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))


def _empty_the_store(folder):
    shutil.rmtree(folder.root / "gallery/store")


def _change_a_picture_of_the_site(folder):
    for file in (folder.root / "site/assets/attnviz/pictures").iterdir():
        file.write_text("changed in its place")


def _damage_what_is_remembered(folder):
    for file in (folder.root / KEPT / "pages").rglob("*"):
        if file.is_file() and file.name != "site.json":
            data = bytearray(file.read_bytes())
            data[-9] ^= 1
            file.write_bytes(data)


CHANGES = [
    _edit_a_gallery,
    _add_a_gallery,
    _change_the_model,
    _bring_a_file_of_the_tokenizer,
    _change_an_option,
    _flip_a_bit_in_the_store,
    _empty_the_store,
    _change_a_picture_of_the_site,
    _damage_what_is_remembered,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_whatever_decides_what_a_page_shows_is_noticed(site, drawn, change):
    built(site)
    drawn.clear()
    change(site)
    after = built(site)
    assert drawn
    shutil.rmtree(site.root / KEPT)
    assert built(site) == after


def test_an_authors_own_arrays_are_noticed(site, drawn):
    own = site.root / "own.safetensors"

    def write(first):
        weights = np.full((1, 1, 2, 2), 0.5, np.float32)
        weights[0, 0, 0] = first
        save_file({"attention": weights}, own, metadata={"tokens": json.dumps(["a", "b"])})

    write([0.25, 0.75])
    site.write("docs/index.md", "```attnviz\narrays: own.safetensors\n```\n")
    first = built(site)["index.html"]
    drawn.clear()
    assert built(site)["index.html"] == first
    assert drawn == []
    write([0.75, 0.25])
    assert built(site)["index.html"] != first
    assert "docs/index.md" in drawn


def test_a_mistake_is_told_in_each_build(site, drawn, caplog):
    site.write("docs/index.md", "```attnviz small/lins\n```\n\n[Look](attn:nothing).\n")
    for _ in range(2):
        caplog.clear()
        assert b"attnviz-error" in built(site)["index.html"]
        assert "docs/index.md:1:12" in caplog.text
        assert "docs/index.md:4:8" in caplog.text
    assert drawn == ["docs/index.md", "docs/other.md", "docs/index.md"]


def test_what_is_wrong_with_a_gallery_is_told_in_each_build(site, caplog):
    site.write("gallery/broken.yaml", "models: 3\nviews: [{id: a}]\n")
    for _ in range(2):
        assert any("gallery/broken.yaml:1:9" in message for message in told(site, caplog))


@pytest.mark.parametrize("option", ["capture: always", "store: 'memory://kept'", "galleries: '*.yaml'"])
def test_what_files_can_t_tell_is_not_remembered(site, drawn, option):
    if "galleries" in option:
        shutil.move(site.root / "gallery/small.yaml", site.root / "small.yaml")
    site.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{{option}}}}}]\n")
    built(site)
    drawn.clear()
    built(site)
    assert sorted(drawn) == ["docs/index.md", "docs/other.md"]


def test_never_finds_out_what_the_store_has_lost(site, caplog):
    built(site)
    site.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {capture: never}}]\n")
    built(site)
    shutil.rmtree(site.root / "gallery/store/exhibits")
    with pytest.raises(Abort):
        built(site)
    assert 'Run "attnviz capture"' in caplog.text


@pytest.mark.parametrize("budget", ["{site: 90kB}", "{page: 5kB}", "{page: 5kB, gallery: 1kB}"])
def test_what_is_too_heavy_is_told_in_each_build_and_drawn_in_the_first(site, drawn, caplog, budget):
    site.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{budget: {budget}}}}}]\n")
    first, second, third = (
        [message for message in told(site, caplog) if "over the budget" in message] for _ in range(3)
    )
    assert first == second == third
    assert len(first) >= budget.count("kB")
    assert len(drawn) == 2


def test_a_gallery_that_is_too_heavy_is_told_in_each_build(site, caplog):
    site.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {budget: {gallery: 1kB}}}]\n")
    for _ in range(3):
        assert any("over the budget of 1 kB" in message for message in told(site, caplog))


def test_a_page_that_outgrows_its_budget_is_told_from_memory(site, drawn, caplog):
    site.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {budget: {page: 60kB}}}]\n")
    built(site)
    assert "over the budget" not in caplog.text
    drawn.clear()
    # A page grows with what a theme puts around it.
    site.write("overrides/main.html", '{% extends "base.html" %}{% block footer %}' + "x" * 70_000 + "{% endblock %}\n")
    site.write(
        "mkdocs.yml",
        "site_name: Small\ntheme: {name: mkdocs, custom_dir: overrides}\nplugins: [{attnviz: {budget: {page: 60kB}}}]\n",
    )
    built(site)
    assert drawn == []
    assert "docs/index.md" in caplog.text
    assert "over the budget of 60 kB" in caplog.text
    assert "delivery: linked" in caplog.text


def test_a_text_that_another_plugin_changes_is_written(site, monkeypatch):
    monkeypatch.chdir(site.root)
    site.write(
        "hook.py",
        """
        def on_page_markdown(markdown, **kwargs):
            return markdown.replace("WHICH", open("which").read())
        """,
    )
    site.write("mkdocs.yml", "site_name: Small\nplugins: [attnviz]\nhooks: [hook.py]\n")
    site.write("docs/index.md", "```attnviz small/WHICH\n```\n")
    which = site.write("which", "lines")
    assert b"small/lines" in built(site)["index.html"]
    which.write_text("grid")
    second = built(site)["index.html"]
    assert b"small/grid" in second
    assert b"small/lines" not in second


def test_a_search_finds_captions_and_no_numbers(site):
    site.write("mkdocs.yml", "site_name: Small\nplugins: [search, attnviz]\n")
    site.write("docs/index.md", PAGES["docs/index.md"] + "\n<!-- attn-view 0 -->\n")
    page = built(site)["index.html"]
    assert page.count(b"<attn-view ") == page.count(b"data-exhibit=") == page.count(b"</attn-view>") == 1
    index = (site.root / "site/search/search_index.json").read_text()
    assert "A caption with" in index
    assert len(index) < 3000


@pytest.mark.parametrize(
    ("event", "content"), [("on_page_content(html, page", "html"), ("on_page_context(context, page", "page.content")]
)
def test_a_plugin_that_looks_at_a_page_sees_its_views(site, event, content):
    site.write(
        "hook.py",
        f"""
        SEEN = []


        def {event}, **kwargs):
            SEEN.append({content}.count("data-exhibit="))


        def on_post_page(output, page, **kwargs):
            assert "data-exhibit=" in page.content or page.file.src_uri == "plain.md"
            return output.replace("data-exhibit=", "data-seen='" + str(sum(SEEN)) + "' data-exhibit=")
        """,
    )
    site.write("mkdocs.yml", "site_name: Small\nplugins: [search, attnviz]\nhooks: [hook.py]\n")
    page = built(site)["index.html"]
    assert page.count(b"data-exhibit=") == 1
    assert b"data-seen='0'" not in page


def test_a_search_that_takes_marks_out_of_a_page_leaves_its_views(site):
    pytest.importorskip("material")
    site.write(
        "mkdocs.yml",
        """
        site_name: Small
        theme: material
        markdown_extensions: [attr_list]
        plugins: [search, attnviz]
        """,
    )
    site.write("docs/index.md", PAGES["docs/index.md"] + "\n## Left out { data-search-exclude='yes' }\n")
    page = built(site)["index.html"]
    assert b"Left out" in page
    assert b"data-search-exclude" not in page
    assert page.count(b"data-exhibit=") == 1
    assert b"<!-- attnviz" not in page


def test_a_template_that_shows_all_pages_shows_their_views(site):
    site.write("theme/all.html", "{% for page in nav.pages %}{{ page.content }}{% endfor %}")
    site.write(
        "mkdocs.yml",
        """
        site_name: Small
        theme: {name: mkdocs, custom_dir: theme, static_templates: [all.html]}
        plugins: [search, attnviz]
        """,
    )
    found = {name: content.count(b"data-exhibit=") for name, content in built(site).items()}
    assert found.pop("all.html") == sum(found.values()) > 1


@pytest.mark.parametrize("change", ["page.content.upper()", "'<p>' + page.content + '</p>'"])
def test_what_another_plugin_made_of_a_page_stays(site, change):
    site.write(
        "hook.py",
        f"""
        def on_env(env, config, files):
            for file in files.documentation_pages():
                page = file.page
                page.content = {change}
        """,
    )
    site.write("mkdocs.yml", "site_name: Small\nplugins: [search, attnviz]\nhooks: [hook.py]\n")
    page = built(site)["index.html"]
    assert page.lower().count(b"data-exhibit=") == 1
    assert b"<!-- attnviz" not in page.lower()


def test_pictures_of_a_site_are_what_is_kept(site):
    built(site)
    names = sorted(file.name for file in (site.root / "site/assets/attnviz/pictures").iterdir())
    assert names
    for name in names:
        shipped, kept = site.root / f"site/assets/attnviz/pictures/{name}", site.root / KEPT / f"pictures/{name}"
        assert shipped.read_bytes() == kept.read_bytes()
        assert shipped.stat().st_mode & 0o777 == 0o644


def test_where_nothing_can_be_linked_it_is_copied(site, monkeypatch):
    first = built(site)

    def refuse(*_):
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    assert built(site) == first


def test_where_nothing_can_be_kept_the_site_is_built(site):
    site.write(KEPT.partition("/")[0], "a file")
    first = built(site)
    assert built(site) == first
    assert any(name.startswith("assets/attnviz/pictures/") for name in first)


def test_a_dirty_build_replaces_files(site):
    first = built(site)
    config = load_config(str(site.root / "mkdocs.yml"))
    build(config, dirty=True)
    pictures = site.root / "site/assets/attnviz/pictures"
    assert {f"assets/attnviz/pictures/{file.name}" for file in pictures.iterdir()} <= first.keys()


@pytest.mark.parametrize("word", ["atnviz", "Attnvis", "attnviz small/lines", "tatnviz"])
def test_a_word_that_is_nearly_ours_is_told_in_each_build(site, caplog, word):
    built(site)
    site.write("docs/plain.md", f"# Plain\n\n~~~{word}\nsmall/lines\n~~~\n")
    for _ in range(2):
        caplog.clear()
        built(site)
        assert "docs/plain.md:" in caplog.text


@pytest.mark.parametrize("what", ["gallery/small.yaml", "models/tiny/model.safetensors"])
def test_what_is_saved_while_it_is_read_is_noticed(site, monkeypatch, drawn, what):
    file = site.root / what
    ensure = Supply.ensure

    def saved_meanwhile(self, *words):
        file.write_text(file.read_text() + "\n")
        return ensure(self, *words)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Supply, "ensure", saved_meanwhile)
        built(site)
    drawn.clear()
    built(site)
    assert drawn
