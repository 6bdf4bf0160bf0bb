"""What Zensical asks of our extension; that it builds a site is shown with the other engines."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from click.testing import CliRunner
from engine_sites import ENGINES, run
from markdown import Markdown
from safetensors.numpy import save_file
from zensical.config import parse_config
from zensical.extensions.context import ContextExtension, Page

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.sites.zensical import BuildError

CONFIGURATION = """\
[project]
site_name = "Small"
extra_css = ["assets/attnviz/attnviz.css"]
extra_javascript = [{ path = "assets/attnviz/attnviz.js", defer = true }]
watch = ["gallery"]

[project.markdown_extensions.attnviz]
"""


@pytest.fixture
def site(folder, captured, monkeypatch):
    """A site of Zensical's; gives what renders a page of it."""
    # What a build sets before it ends.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.setattr(sys, "argv", ["zensical", "build"])
    monkeypatch.chdir(folder.root)
    (folder.root / "mkdocs.yml").unlink()
    folder.write("zensical.toml", CONFIGURATION)
    assert CliRunner().invoke(main, ["assets"]).exit_code == 0

    def render(path: str = "index.md") -> str:
        """What Zensical does with a page, after it has taken the front matter off."""
        config = parse_config(str(folder.root / "zensical.toml"))
        context = ContextExtension(page=Page(url=path, path=path), config=config)
        md = Markdown(extensions=[context, *config["markdown_extensions"]], extension_configs=config["mdx_configs"])
        text = (folder.root / "docs" / path).read_text("utf-8")
        return md.convert(re.sub(r"\A---\n.*?\n---\n+", "", text, flags=re.DOTALL))

    return render


def test_the_first_page_has_all_captured_in_one_batch(site, folder, captured):
    folder.write("docs/deep/one.md", "```attnviz\nmodel: tiny\ntext: One\n```\n")
    folder.write("docs/two.md", "- item\n\n    ```attnviz\n    model: tiny\n    text: Two\n    ```\n")
    for path in ("index.md", "deep/one.md", "two.md"):
        assert "data-exhibit=" in site(path)
    assert sorted(captured.texts) == ["One", "The cat sat", "Two"]
    assert captured.batches == 1


def test_pages_that_are_rendered_at_once_don_t_mix(site, folder, captured):
    pages = [f"p{number}.md" for number in range(24)]
    for number, page in enumerate(pages):
        front = "---\ntitle: x\n---\n" * (number % 2)
        fences = f"```attnviz small/lines\n```\n\n```attnviz\nmodel: tiny\ntext: Text {number}\n```\n"
        folder.write(f"docs/{page}", f"{front}{fences}\n```attnviz small/{page}\n```\n")
    with ThreadPoolExecutor(8) as pool:
        rendered = list(pool.map(site, pages))
    for number, (page, html) in enumerate(zip(pages, rendered, strict=True)):
        assert re.findall(r"docs/p\d+\.md:\d+:12", html) == [f"docs/{page}:{9 + 3 * (number % 2)}:12"]
        assert html.count("data-exhibit=") == 2
    assert captured.batches == 1


def test_what_changes_in_a_gallery_is_seen(site, folder):
    assert "A caption" in site()
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("A caption", "Another caption"))
    assert "Another caption" in site()


def test_what_changes_in_arrays_is_seen_and_has_to_be_watched(site, folder, caplog):
    folder.write("docs/own.md", "```attnviz\narrays: arrays/own.safetensors\ntokens: [a, b]\n```\n")
    (folder.root / "arrays").mkdir()
    keys = set()
    for first in (0.25, 0.5):
        weights = np.full((1, 1, 2, 2), 0.5, "f4")
        weights[..., 0], weights[..., 1] = first, 1 - first
        save_file({"attention": weights}, folder.root / "arrays/own.safetensors")
        keys |= set(re.findall(r'data-key="(\w+)"', site("own.md")))
    assert len(keys) == 2
    assert 'add to the configuration: watch = ["arrays/own.safetensors"]' in caplog.text


def test_a_mistake_is_told_whenever_its_page_is_rendered(site, folder, caplog):
    folder.write("docs/bad.md", "---\ntitle: x\n---\n\n```attnviz small/lins\n```\n\n[x](attn:y)\n")
    for _ in range(2):
        html = site("bad.md")
        assert "docs/bad.md:5:12:" in html
        assert 'class="attnviz-mistake"' in html
    assert caplog.text.count("docs/bad.md:5:12: unknown view") == 2
    assert caplog.text.count("docs/bad.md:8:5: this page has no view with a name") == 2


@pytest.mark.parametrize("asked", ["--strict", "-s", "-cs", "configuration"])
def test_mistakes_end_a_strict_build(site, folder, monkeypatch, asked):
    folder.write("docs/bad.md", "```attnviz small/lins\n```\n\n[x](attn:y)\n")
    if asked == "configuration":
        folder.write("zensical.toml", CONFIGURATION.replace("watch", "strict = true\nwatch"))
    else:
        monkeypatch.setattr(sys, "argv", ["zensical", "build", asked])
    assert "data-exhibit=" in site()
    with pytest.raises(BuildError, match=r"(?s)docs/bad\.md:1:12: .*docs/bad\.md:4:5: this page has no view"):
        site("bad.md")


def test_a_gallery_with_mistakes_ends_a_strict_build(site, folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["zensical", "build", "--strict"])
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("layer: 1", "layr: 1"))
    with pytest.raises(BuildError, match=r'gallery/small\.yaml:12:5: .*"layer"'):
        site()


LACKS = {
    "no script": (("extra_javascript", "#"), "the site lacks the script and the style of attention views"),
    "no style": (("extra_css", "#"), "the site lacks the script and the style of attention views"),
    "not watched": (("watch", "#"), 'add to the configuration: watch = ["gallery"]'),
    "linked": (("attnviz]\n", 'attnviz]\ndelivery = "linked"\n'), "with Zensical pages carry their data"),
    "pages": (("attnviz]\n", 'attnviz]\npages = "gallery"\n'), "with Zensical galleries have no pages of their own"),
    "budget": (("attnviz]\n", 'attnviz]\nbudget = {page = "2MB"}\n'), "with Zensical nothing is weighed"),
}


@pytest.mark.parametrize("lack", LACKS)
def test_what_the_configuration_lacks_is_told(site, folder, monkeypatch, caplog, lack):
    (before, after), words = LACKS[lack]
    folder.write("zensical.toml", CONFIGURATION.replace(before, after))
    site()
    assert words in caplog.text
    monkeypatch.setattr(sys, "argv", ["zensical", "build", "--strict"])
    folder.write("gallery/other.yaml", "title: Other\n")
    with pytest.raises(BuildError, match=re.escape(words)):
        site()


def test_a_script_of_another_version_is_told(site, folder, caplog):
    site()
    assert not caplog.text
    folder.write("docs/assets/attnviz/attnviz.js", "old")
    folder.write("gallery/other.yaml", "title: Other\n")
    site()
    assert 'or has old ones; run "attnviz assets"' in caplog.text


def test_never_ends_a_build_with_the_command_and_a_preview_with_nothing(site, folder, monkeypatch):
    folder.write("zensical.toml", CONFIGURATION + 'capture = "never"\n')
    with pytest.raises(BuildError, match='(?s)not all that the views show is in the store.*Run "attnviz capture"'):
        site()
    monkeypatch.setattr(sys, "argv", ["zensical", "serve"])
    html = site()
    assert "docs/index.md:3:1: not all that the views show is in the store" in html
    assert "Run &#34;attnviz capture&#34;" in html


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ('stor = "x"', 'unknown option .stor.; did you mean "store"'),
        ('store = "no://x"', r"^zensical\.toml:\d+:1: attnviz: store: the store no://x can't be"),
    ],
)
def test_options_that_can_not_be_end_the_build(site, folder, option, words):
    folder.write("zensical.toml", CONFIGURATION + option)
    with pytest.raises(BuildError, match=words):
        site()


def test_paths_are_relative_to_the_configuration_or_to_a_root_of_ones_own(site, folder, monkeypatch):
    (folder.root / "part").mkdir()
    for name in ("gallery", "models"):
        (folder.root / name).rename(folder.root / "part" / name)
    folder.write("zensical.toml", CONFIGURATION.replace('["gallery"]', '["part/gallery"]') + 'root = "part"\n')
    monkeypatch.chdir(os.sep)
    assert "data-exhibit=" in site()


BEFORE = (
    "",
    "\n\n\n",
    "title: x\n\n",
    "---\na: 1\n---\n",
    "---\na: 1\n---\n\n\n",
    "---\na: 1\n...\n\n",
    "\ufeff---\na: 1\n---\n\n",
)


def test_places_are_right_whatever_stands_before_the_markdown(engine_sites):
    root = engine_sites.copy("zensical-places")
    (root / "zensical.toml").write_text(ENGINES["zensical"].says)
    before = (*BEFORE, *(text.replace("\n", "\r\n") for text in BEFORE))
    for number, text in enumerate(before):
        (root / f"docs/b{number}.md").write_bytes(f"{text}```attnviz small/lins\n```\n".encode())
    said = run(("zensical", "build"), root)
    told = dict(re.findall(r"docs/b(\d+)\.md:(\d+):12", said.stdout + said.stderr))
    assert told == {str(number): str(1 + text.count("\n")) for number, text in enumerate(before)}


def test_a_gallery_that_is_watched_reaches_pages_that_lie_in_the_cache(engine_sites):
    root = engine_sites.copy("zensical-watched")
    (root / "zensical.toml").write_text(ENGINES["zensical"].says)
    gallery, page = root / "gallery/small.yaml", root / "site/index.html"
    for caption in ("A caption", "Another caption"):
        gallery.write_text(gallery.read_text("utf-8").replace("A caption", caption), "utf-8")
        # Zensical compares whole seconds.
        os.utime(gallery, (0, len(caption)))
        assert run(("zensical", "build"), root).returncode == 0
        assert f"<figcaption>{caption} with" in page.read_text("utf-8")
