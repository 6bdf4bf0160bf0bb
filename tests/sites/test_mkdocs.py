from __future__ import annotations

import json
import re

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError, PluginError
from mkdocs.structure.files import get_files

from attnviz_mkdocs.codec import decode


def build_site(folder, *, strict: bool = False, **options):
    config = load_config(str(folder.root / "mkdocs.yml"), strict=strict, **options)
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return folder.root / "site"


def test_the_name_alone_is_enough(folder, captured):
    site = build_site(folder, strict=True)
    page = (site / "index.html").read_text()
    assert "<attn-view" in page
    assert 'src="assets/attnviz/attnviz.js" defer' in page
    assert (site / "assets/attnviz/attnviz.js").read_text()
    assert (site / "assets/attnviz/attnviz.css").read_text()


@pytest.mark.parametrize(("kind", "is_offered"), [("head", False), ("neuron", True)])
def test_the_script_brings_the_neuron_view_only_where_a_page_has_one(folder, captured, kind, is_offered):
    folder.write("docs/index.md", f"```attnviz\nmodel: tiny\ntext: The cat sat\nview: {kind}\n```\n")
    code = (build_site(folder, strict=True) / "assets/attnviz/attnviz.js").read_text()
    assert ("Neurons by" in code) is is_offered
    assert "Rows are queries, columns keys" in code


def test_our_style_comes_before_the_authors(folder, captured):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [attnviz]\nextra_css: [own.css]\n")
    folder.write("docs/own.css", "")
    page = (build_site(folder) / "index.html").read_text()
    assert page.index("attnviz.css") < page.index("own.css")


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
@pytest.mark.parametrize("directory_urls", [True, False])
def test_pages_in_folders_find_the_assets(folder, captured, theme, directory_urls):
    folder.write(
        "mkdocs.yml",
        f"site_name: Small\ntheme: {theme}\nuse_directory_urls: {str(directory_urls).lower()}\n"
        "plugins: [search, {attnviz: {delivery: linked}}]\n",
    )
    folder.write("docs/deep/er/page.md", "```attnviz small/grid\n```\n")
    site = build_site(folder, strict=True)
    page = site / ("deep/er/page/index.html" if directory_urls else "deep/er/page.html")
    html = page.read_text()
    found = re.findall(r'(?:src|href|data-src)="([^"]*assets/attnviz/[^"]*)"', html)
    assert len(found) == 4  # style, script, data and picture
    for link in found:
        assert (page.parent / link).is_file(), link


def test_a_comparison_is_linked_to_both_exhibits(folder, captured):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {delivery: linked}}]\n")
    folder.write("docs/index.md", "```attnviz\nmodel: tiny\ncompare: [The cat sat, A dog ran]\n```\n")
    site = build_site(folder, strict=True)
    view = re.search(r"<attn-view [^>]*>", (site / "index.html").read_text())[0]
    links = dict(re.findall(r'(data-(?:second-)?(?:src|key))="([^"]*)"', view))
    for kind, text in (("", "[CLS] The cat sat [SEP]"), ("second-", "[CLS] A dog ran [SEP]")):
        assert decode((site / links[f"data-{kind}src"]).read_bytes()).text == text
        assert links[f"data-{kind}key"] in links[f"data-{kind}src"]
    assert "data-second=" not in view


def test_all_pages_are_captured_in_one_batch(folder, captured):
    folder.write("docs/one.md", "```attnviz\nmodel: tiny\ntext: One\n```\n")
    folder.write("docs/two.md", "- item\n\n    ```attnviz\n    model: tiny\n    text: Two\n    ```\n")
    build_site(folder)
    assert sorted(captured.texts) == ["One", "The cat sat", "Two"]
    assert captured.batches == 1


def test_the_search_index_holds_no_payload(folder, captured):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [search, attnviz]\n")
    with_view = build_site(folder) / "search/search_index.json"
    (entry,) = [entry for entry in json.loads(with_view.read_text())["docs"] if entry["location"] == ""]
    assert len(entry["text"]) < 200


def test_a_mistake_in_a_page_fails_under_strict_and_names_its_line(folder, captured, caplog):
    folder.write("docs/index.md", "---\ntitle: Small\n---\n\n# Small\n\n```attnviz small/lins\n```\n")
    with pytest.raises(Abort):
        build_site(folder, strict=True)
    assert re.search(r'docs/index.md:7:\d+: .*"small/lines"', caplog.text)


def test_a_mistake_of_a_gallery_is_shown_in_each_page_and_told_once(folder, captured, caplog):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("layer: 1", "layer: 9"))
    folder.write("docs/other.md", "```attnviz small/lines\n```\n")
    site = build_site(folder)
    assert caplog.text.count("layer 9 is not in tiny") == 1
    for page in ("index.html", "other/index.html"):
        assert "layer 9 is not in tiny" in (site / page).read_text()


def test_without_strict_the_page_shows_it(folder, captured):
    folder.write("docs/index.md", "# Small\n\n```attnviz small/lins\n```\n")
    page = (build_site(folder) / "index.html").read_text()
    assert "attnviz-error" in page
    assert "docs/index.md:3:" in page


def test_a_broken_gallery_is_told_and_leaves_the_others_alone(folder, captured, caplog):
    folder.write("gallery/broken.yaml", "models: 3\nviews: [{id: a}]\n")
    folder.write("docs/index.md", "```attnviz small/lines\n```\n\n```attnviz broken/a\n```\n")
    page = (build_site(folder) / "index.html").read_text()
    assert page.count("<attn-view") == 1
    assert "gallery/broken.yaml:1:9" in caplog.text
    assert "gallery &#34;broken&#34; has mistakes" in page


def test_never_stops_the_build_and_names_the_command(folder, captured):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {capture: never}}]\n")
    with pytest.raises((PluginError, Abort), match='Run "attnviz capture"|Aborted'):
        build_site(folder)
    assert not (folder.root / "site/index.html").exists()


@pytest.mark.parametrize("option", ["capture: sometimes", "delivery: mail", "galeries: x"])
def test_options_are_checked(folder, captured, option):
    folder.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{{option}}}}}]\n")
    with pytest.raises((ConfigurationError, Abort)):
        build_site(folder, strict=True)


def test_serve_watches_galleries_and_arrays(folder, captured):
    fences = "".join(f"```attnviz\narrays: {name}.safetensors\n```\n" for name in ("arrays/new", "own", "nowhere/own"))
    folder.write("docs/arrays.md", fences)
    folder.write("arrays/other.safetensors", "")
    folder.write("own.safetensors", "")
    config = load_config(str(folder.root / "mkdocs.yml"))
    plugin = config.plugins["attnviz"]
    config.plugins.on_config(config)
    config.plugins.on_files(get_files(config), config=config)
    watched = []

    class Server:
        def watch(self, path, *, recursive):
            assert not recursive
            watched.append(path)

    plugin.on_serve(Server(), config=config, builder=None)
    assert watched == [str(folder.root / name) for name in ("arrays", "gallery", "own.safetensors")]


def test_a_view_has_a_picture_beside_it_that_search_doesn_t_find(folder, captured):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [search, attnviz]\n")
    folder.write("docs/other.md", "```attnviz small/lines\n```\n\n```attnviz small/grid\n```\n")
    site = build_site(folder, strict=True)
    pictures = site / "assets/attnviz/pictures"
    images = [
        re.findall(r'<img src="([^"]+)" alt="([^"]+)"', (site / page).read_text())
        for page in ("index.html", "other/index.html")
    ]
    assert [len(found) for found in images] == [1, 2]
    (wide, words), (_, others) = images[1]
    assert images[0][0][1] == words != others
    assert (site / "other" / wide).resolve() == (site / images[0][0][0]).resolve()
    # Two views, each wide and narrow; none of views that no page shows.
    assert len(list(pictures.iterdir())) == 4
    index = (site / "search/search_index.json").read_text()
    assert words.split("“")[0] not in index
    assert "svg" not in index


def test_pictures_are_kept_for_the_next_build_and_not_in_git(folder, captured):
    build_site(folder)
    kept = sorted((folder.root / ".cache/attnviz").iterdir())
    assert kept[0].read_text() == "*\n"
    times = [file.stat().st_mtime_ns for file in kept]
    build_site(folder, strict=True)
    assert [file.stat().st_mtime_ns for file in kept] == times
    assert sorted((folder.root / ".cache/attnviz").iterdir()) == kept


def test_an_extension_that_is_named_for_another_engine_changes_nothing(folder, captured, caplog, monkeypatch):
    monkeypatch.chdir(folder.root)
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("layer: 1", "layr: 1"))
    mkdocs = "site_name: Small\nplugins: [{attnviz: {store: its}}]\nmarkdown_extensions: [attnviz]\n"
    folder.write("mkdocs.yml", mkdocs)
    build_site(folder)
    assert caplog.text.count('unknown key "layr"') == 1
    folder.write("gallery/small.yaml", gallery.read_text().replace("layr: 1", "layer: 1"))
    assert (build_site(folder) / "index.html").read_text().count("<attn-view") == 1
    assert not (folder.root / "gallery/store").exists()


def test_a_site_that_is_built_again_from_one_configuration_has_its_script_once(folder, captured):
    """As plugins do that build a site language by language."""
    config = load_config(str(folder.root / "mkdocs.yml"))
    for _ in range(2):
        build(config)
    page = (folder.root / "site/index.html").read_text()
    assert [page.count(name) for name in ("attnviz.js", "attnviz.css", "<attn-view")] == [1, 1, 1]
