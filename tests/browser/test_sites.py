"""One site on every engine, and beside plugins that change what we wrote: what a reader meets."""

from __future__ import annotations

import pytest
from engine_sites import HOSTILE, VIEWS_IN

READY = """(views) => Promise.all([...views].map((view) => view.ready.then(() => view.exhibit.tokens.query.length)))"""
TOKENS = {"index": [5, 5], "deep/er/places": [5, 8, 5, 5], "hostile": [len(HOSTILE.split()) + 2, 4]}


@pytest.mark.parametrize(
    "name", ["material", "mkdocs", "readthedocs", "properdocs", "zensical", "minify", "i18n, folder", "privacy"]
)
def test_views_are_ready_on_every_page(tab, served, engine_sites, name):
    built = engine_sites[name]
    address, folder = served(built.site), built.engine.folders[-1]
    for page, tokens in TOKENS.items():
        tab.open(f"{address}/{built.file(page, folder).relative_to(built.site).as_posix()}")
        assert tab.page.locator("attn-view").evaluate_all(READY) == tokens, page


def test_views_are_ready_on_the_page_of_all_pages(tab, served, engine_sites):
    """Also where the data lies beside the pages, and views of several pages have one name."""
    for name in ("print-site", "print-site, linked"):
        built = engine_sites[name]
        tab.open(f"{served(built.site)}/print_page/")
        ready = tab.page.locator("attn-view").evaluate_all(READY)
        assert sorted(ready) == sorted(number for tokens in TOKENS.values() for number in tokens)
        tab.page.get_by_role("link", name="The in 1.2").click()
        view = tab.page.locator("attn-view[data-name='small/lines']").first
        tab.page.wait_for_function("(view) => view.state.heads.join() === '2'", arg=view.element_handle())
        assert view.evaluate("(view) => view.state.query") in (1, [1])


def test_pages_built_for_offline_use_need_no_server(tab, engine_sites):
    built = engine_sites["offline"]
    for page, tokens in TOKENS.items():
        tab.open(built.file(page))
        assert tab.page.locator("attn-view").evaluate_all(READY) == tokens, page
    assert VIEWS_IN.keys() - TOKENS.keys() == {"plain"}


def test_instant_navigation_of_zensical_mounts_views(tab, served, engine_sites):
    built = engine_sites["zensical"]
    address = served(built.site)
    # Instant navigation asks the sitemap which pages are this site's.
    sitemap = built.site / "sitemap.xml"
    sitemap.write_text(sitemap.read_text().replace("http://127.0.0.1/", f"{address}/"))
    tab.open(f"{address}/plain.html")
    tab.page.evaluate("window.marked = true")
    steps = [
        ("index", "Start", tab.page.get_by_role("link", name="a start").click),
        ("deep/er/places", "Places", tab.page.get_by_role("link", name="elsewhere").click),
        ("index", "Start", tab.page.go_back),
    ]
    for page, words, go in steps:
        go()
        tab.page.wait_for_selector(f"h1:has-text('{words}')")
        assert tab.page.locator("attn-view").evaluate_all(READY) == TOKENS[page]
    assert tab.page.evaluate("window.marked"), "the page was loaded anew, so this shows nothing"
