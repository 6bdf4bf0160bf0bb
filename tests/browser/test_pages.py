"""Views in pages of themes: from disk and served, light and dark, in tabs, after navigation."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import pytest
from opened_pages import settle, theme

COLOURS = """(view) => {
  const canvas = view.shadowRoot.querySelector(".drawing canvas")
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  const all = new Set()
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 100) all.add(data.slice(i, i + 3).join())
  return [...all].sort().slice(0, 50).join(" ")
}"""

FOUR = {
    "index.md": "# One\n\n```attnviz small/lines\n```\n\n```attnviz small/grid\n```\n\n[two](sub/two.md)\n",
    "sub/two.md": "# Two\n\n```attnviz\nmodel: tiny\ntext: Another one\nview: matrix\n```\n",
}


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_pages_work_from_disk_and_served(tab, site, served, name):
    built = site(theme(name), FOUR)
    for place in (built / "index.html", f"{served(built)}/index.html"):
        tab.open(place)
        assert tab.view(0).evaluate("(view) => view.state.view") == "head"
        assert tab.view(1).evaluate("(view) => view.state.view") == "model"
        for number in (0, 1):
            box = tab.view(number).bounding_box()
            assert box["width"] > 400
            assert box["height"] > 100
            assert tab.view(number).evaluate(COLOURS)


def test_linked_data_is_fetched_when_it_is_near(tab, site, served, folder):
    far = "# Far\n\n" + "text\n\n" * 400 + "```attnviz\nmodel: tiny\ntext: Far away\n```\n"
    built = site(pages={"far.md": far})
    folder.write(
        "mkdocs.yml",
        f"site_name: S\nuse_directory_urls: false\nplugins: [{{attnviz: {{delivery: linked}}}}]\n{theme('material')}\n",
    )
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(folder.root / "mkdocs.yml")))
    tab.open(f"{served(built)}/far.html")
    settle(tab.page)
    assert not [url for url in tab.requests if "exhibits" in url]
    tab.page.locator("attn-view").scroll_into_view_if_needed()
    assert tab.view().evaluate("(view) => view.exhibit.tokens.query.length") == 4
    assert len([url for url in tab.requests if "exhibits" in url]) == 1


def test_the_toggle_changes_the_drawing_without_a_reload(tab, site):
    dark = {"scheme": "default", "toggle": {"icon": "material/weather-night", "name": "Dark"}}
    light = {"scheme": "slate", "toggle": {"icon": "material/weather-sunny", "name": "Light"}}
    palette = theme("material", palette=[dark, light])
    tab.open(site(palette) / "index.html")
    view = tab.view()
    light = view.evaluate(COLOURS)
    tab.page.evaluate("document.body.marked = true")
    tab.page.locator("label[for=__palette_1]").click()
    tab.page.wait_for_function("document.body.getAttribute('data-md-color-scheme') === 'slate'")
    tab.page.wait_for_function(f"([view, before]) => ({COLOURS})(view) !== before", arg=[view.element_handle(), light])
    assert tab.page.evaluate("document.body.marked")
    tab.page.locator("label[for=__palette_0]").click()
    tab.page.wait_for_function(f"([view, before]) => ({COLOURS})(view) === before", arg=[view.element_handle(), light])


def test_the_systems_scheme_is_followed(tab, tmp_path, folder, captured, monkeypatch):
    from click.testing import CliRunner

    from attnviz_mkdocs.cli import main

    monkeypatch.chdir(folder.root)
    assert CliRunner().invoke(main, ["export", "small/lines", "-o", "alone.html"]).exit_code == 0
    tab.page.emulate_media(color_scheme="light")
    view = tab.open(folder.root / "alone.html").view()
    light = view.evaluate(COLOURS)
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(f"([view, before]) => ({COLOURS})(view) !== before", arg=[view.element_handle(), light])


def test_instant_navigation_mounts_views(tab, site, served):
    built = site(f"site_url: http://127.0.0.1/\n{theme('material', features=['navigation.instant'])}", FOUR)
    address = served(built)
    # Instant navigation asks the sitemap which pages are this site's.
    sitemap = built / "sitemap.xml"
    sitemap.write_text(sitemap.read_text().replace("http://127.0.0.1", address))
    tab.open(f"{address}/index.html")
    tab.view(0)
    tab.page.evaluate("window.marked = true")
    tab.page.get_by_role("link", name="two", exact=True).first.click()
    tab.page.wait_for_selector("h1:has-text('Two')")
    assert tab.view().evaluate("(view) => view.exhibit.tokens.query") == ["[CLS]", "Another", "one", "[SEP]"]
    assert tab.page.evaluate("window.marked"), "the page was loaded anew, so this shows nothing"
    tab.page.go_back()
    tab.page.wait_for_selector("h1:has-text('One')")
    assert tab.view(1).evaluate("(view) => view.state.view") == "model"


def test_a_hidden_tab_is_drawn_when_it_is_shown(tab, site):
    page = '=== "One"\n\n    text\n\n=== "Two"\n\n    ```attnviz small/lines\n    ```\n'
    markdown = f"{theme('material')}\nmarkdown_extensions: [{{pymdownx.tabbed: {{alternate_style: true}}}}]"
    tab.open(site(markdown, {"tabs.md": page}) / "tabs.html")
    tab.page.get_by_text("Two", exact=True).click()
    view = tab.view()
    settle(tab.page)
    assert view.bounding_box()["width"] > 400
    assert view.evaluate(COLOURS)


def test_a_copied_page_works_twice(tab, site):
    """As plugins that print a whole site in one page do."""
    tab.open(site(pages=FOUR) / "index.html")
    tab.view(0)
    tab.page.evaluate(
        "for (const figure of [...document.querySelectorAll('figure.attnviz')]) figure.after(figure.cloneNode(true))"
    )
    for number in range(4):
        assert tab.view(number).evaluate("(view) => view.exhibit.tokens.query.length") == 5


def test_the_error_panel_is_legible(tab, folder, captured):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder.write("docs/index.md", "# Page\n\n```attnviz small/lins\n```\n")
    folder.write("mkdocs.yml", f"site_name: S\nplugins: [attnviz]\n{theme('material')}\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    panel = tab.open(folder.root / "site/index.html").page.get_by_role("alert")
    assert re.search(r'docs/index.md:3:12: .*"small/lines"', panel.inner_text())
    assert panel.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_serve_reloads_when_a_gallery_changes(tab, site, folder):
    site(theme("mkdocs"))
    port = free_port()
    command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{port}", "--quiet"]
    server = subprocess.Popen(command, cwd=folder.root, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    try:
        while not listens(port):
            assert server.poll() is None
            time.sleep(0.1)
        tab.open(f"http://127.0.0.1:{port}/index.html")
        assert "A caption" in tab.page.locator("figcaption").first.inner_text()
        # The watcher compares times of change, so the change must be later than the build.
        time.sleep(1.1)
        gallery = folder.root / "gallery/small.yaml"
        gallery.write_text(gallery.read_text().replace("A caption", "Another caption"))
        tab.page.wait_for_function("document.querySelector('figcaption')?.textContent.includes('Another caption')")
        tab.page.wait_for_load_state()
    finally:
        server.terminate()
        server.wait()


def test_what_is_out_of_sight_is_drawn_in_a_quiet_moment(tab, site):
    """So that a picture of the whole page, or a reader who scrolls fast, finds every view there."""
    far = "# Far\n\n" + "text\n\n" * 400 + "```attnviz small/grid\n```\n"
    tab.open(site(pages={"far.md": far}) / "far.html")
    drawn = """() => {
      const canvases = document.querySelector("attn-view").shadowRoot?.querySelectorAll(".row canvas") ?? []
      const painted = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)
      return canvases.length === 2 && [...canvases].every(painted)
    }"""
    tab.page.wait_for_function(drawn)
    assert tab.page.evaluate("scrollY") == 0
