"""One site on every engine, and beside plugins that change what we wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from engine_sites import ENGINES, VIEWS_IN, Built, run, with_plugins


@pytest.fixture(scope="module", params=ENGINES)
def built(request, engine_sites):
    built = engine_sites[request.param]
    assert built.status == 0, built.said
    return built


def test_every_view_has_its_exhibits_byte_by_byte(built):
    for folder in built.engine.folders:
        for page, views in VIEWS_IN.items():
            assert len(built.tags(page, folder).views) == views
            shown = built.data(page, folder)
            assert len(shown) >= views
            for key, comes, data in shown:
                assert comes == built.engine.delivery, page
                assert data == built.store.read(key), page


def test_script_style_and_pictures_are_where_pages_look_for_them(built):
    for folder in built.engine.folders:
        for page in VIEWS_IN:
            tags, place = built.tags(page, folder), built.file(page, folder).parent
            (style,) = [tag["href"] for tag in tags.assets if "href" in tag]
            (script,) = [tag for tag in tags.assets if "src" in tag]
            assert "defer" in script
            files = [style, script["src"], *(one for one in tags.pictures if not one.startswith("data:"))]
            assert all((place / file).is_file() for file in files), files
            assert len(tags.pictures) >= len(tags.views)


def test_links_drive_views(built):
    for folder in built.engine.folders:
        assert built.tags("index", folder).links == ["#attn:small/lines?layer=1&heads=2&query=1"]


def test_search_finds_words_and_no_numbers(built):
    (index,) = [file for name in ("search_index.json", "search.json") for file in built.site.rglob(name)]
    content = json.loads(index.read_text("utf-8"))
    entries = content.get("docs") or content["items"]
    assert "Zitronenfalter" in index.read_text("utf-8")
    assert max(len(entry["text"]) for entry in entries) < 200
    for page in VIEWS_IN:
        for view in built.tags(page).views:
            payload = view.get("data-exhibit", view["data-key"])
            assert payload[:40] not in index.read_text("utf-8")


BAD = "---\ntitle: Bad\n---\n\n# Bad\n\n```attnviz small/lins\n```\n\n[there](attn:lins)\n"


@pytest.mark.parametrize("name", ["properdocs", "zensical"])
def test_a_bad_spec_fails_under_strict_with_its_place(engine_sites, name):
    built = engine_sites.build(name, pages={"bad.md": BAD})
    assert built.status == 1
    assert re.search(r'docs/bad\.md:7:12: unknown view "small/lins"; did you mean "small/lines"\?', built.said)
    assert "docs/bad.md:10:9: this page has no view with a name" in built.said
    assert "Traceback" not in built.said


def test_one_configuration_serves_engines_with_plugins_and_without(engine_sites):
    engine = with_plugins(theme="theme: {name: material, font: false}")
    root = engine_sites.copy("both")
    file = root / "mkdocs.yml"
    file.write_text(engine.says, "utf-8")
    lines = run(("attnviz", "assets"), root).stdout.replace("markdown_extensions:\n  - attnviz\n", "")
    says = engine.says.replace("markdown_extensions: [", "markdown_extensions: [{attnviz: {capture: never}}, ")
    file.write_text(f"{says}{lines}", "utf-8")
    for command in (("zensical", "build", "--clean", "--strict"), ("mkdocs", "build", "--strict")):
        done = run(command, root)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
        built = Built(root, engine, done.returncode, done.stdout)
        assert [len(built.tags(page).views) for page in VIEWS_IN] == list(VIEWS_IN.values())
        assert all(data == built.store.read(key) for page in VIEWS_IN for key, _, data in built.data(page))
        assert len(built.tags("index").assets) == 2


@pytest.mark.parametrize("name", ["print-site", "print-site, linked"])
def test_the_page_of_all_pages_finds_what_its_parts_find(engine_sites, name):
    built = engine_sites[name]
    tags, shown = built.tags("print_page"), built.data("print_page")
    assert len(tags.views) == sum(VIEWS_IN.values()) <= len(shown)
    assert all(data == built.store.read(key) for key, _, data in shown)
    assert tags.pictures
    assert all((built.file("print_page").parent / picture).is_file() for picture in tags.pictures)
    assert tags.links == ["#attn:small/lines?layer=1&heads=2&query=1"]


POST = """\
---
date: 2026-01-01
---

# Post

```attnviz small/lins
```

```attnviz small/lines
```

<!-- more -->

```attnviz small/grid
```
"""


def test_the_start_of_a_post_finds_its_data_from_the_list_of_posts(engine_sites, monkeypatch):
    monkeypatch.setitem(
        ENGINES, "blog", with_plugins(", blog", theme="theme: {name: material, font: false}", delivery="linked")
    )
    built = engine_sites.build("blog", pages={"blog/index.md": "# Blog\n", "blog/posts/post.md": POST})
    # Told of the post, and not of each list that shows its start.
    assert (built.status, built.said.count("WARNING")) == (1, 1), built.said
    assert 'docs/blog/posts/post.md:7:12: unknown view "small/lins"' in built.said
    for page, views in (("blog", 1), ("blog/archive/2026", 1), ("blog/2026/01/01/post", 2)):
        tags, shown = built.tags(page), built.data(page)
        assert len(shown) == views
        assert all(data == built.store.read(key) for key, _, data in shown)
        assert len(tags.pictures) == 2 * views
        assert all((built.file(page).parent / picture).is_file() for picture in tags.pictures)


def test_privacy_fetches_nothing_of_ours(engine_sites):
    assert "Downloading" not in engine_sites["privacy"].said


def test_linked_data_in_pages_that_are_opened_from_disk_are_told(engine_sites, monkeypatch):
    offline = ENGINES["offline"]
    monkeypatch.setitem(ENGINES, "offline", type(offline)(offline.says.replace("delivery: inline", "delivery: linked")))
    built = engine_sites.build("offline")
    assert built.status == 1
    assert "delivery: linked needs a server" in built.said


def test_versions_of_mike_keep_what_they_were_built_with(engine_sites, tmp_path):
    root = engine_sites.copy("mike")
    says = with_plugins(", mike", delivery="linked", rest="site_url: https://example.com/").says
    (root / "mkdocs.yml").write_text(says, "utf-8")
    who = {f"GIT_{one}_{what}": "someone@example.com" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*words: str, **how) -> subprocess.CompletedProcess:
        return subprocess.run(["git", *words], cwd=root, env={**os.environ, **who}, check=True, **how)

    git("init", "-q")
    git("add", "gallery", "docs", "mkdocs.yml")
    git("commit", "-qm", "Small")
    for version, view in (("1.0", "lines"), ("2.0", "prose")):
        (root / "docs/index.md").write_text(f"```attnviz small/{view}\n```\n")
        done = run(("mike", "deploy", version), root, **who)
        assert done.returncode == 0, done.stderr
    archive = git("archive", "gh-pages", capture_output=True).stdout
    subprocess.run(["tar", "x", "-C", tmp_path], input=archive, check=True)
    keys = []
    for version in ("1.0", "2.0"):
        page = tmp_path / version / "index.html"
        html = page.read_text("utf-8")
        links = re.findall(r'(?:src|href|data-src|srcset)="([^"]*assets/attnviz/[^"]*)"', html)
        assert len(links) == 5  # style, script, data and two pictures
        assert all((page.parent / link).resolve().is_relative_to(tmp_path / version) for link in links)
        assert all((page.parent / link).is_file() for link in links)
        keys += re.findall(r'data-key="(\w+)"', html)
    assert len(set(keys)) == 2
    assert Path(tmp_path / "versions.json").is_file()
