"""What stands in a page without a script: before ours runs, where none may, and on paper; and that nothing jumps."""

from __future__ import annotations

import re

import pytest
from opened_pages import NOT_OURS, settle, shades, theme

#: Pages of our gallery with each kind of view, and widths of a telephone, a tablet and a screen.
PAGES = ("heads", "who-is-she", "induction", "pairs", "neurons", "dates", "long")
WIDTHS = (320, 700, 1300)

BOTTOMS = """() => [...document.querySelectorAll("figure.attnviz")].map((figure) =>
  Math.round(figure.getBoundingClientRect().bottom + scrollY))"""
PICTURES = """() => Promise.all([...document.querySelectorAll("attn-view img")].map(async (image) => {
  await image.decode()
  const { naturalWidth, alt, currentSrc } = image
  const box = image.getBoundingClientRect(), view = image.closest("attn-view").getBoundingClientRect()
  return { naturalWidth, alt, currentSrc, width: box.width, inside: box.top >= view.top - 1 && box.bottom <= view.bottom + 1 }
}))"""
SHIFTS = """() => new Promise((resolve) => {
  const found = []
  new PerformanceObserver((list) => found.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true })
  setTimeout(() => resolve(found.map(({ value, sources }) =>
    [value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? String(node))])), 300)
})"""


@pytest.fixture
def browse(chromium):
    """Open a page; without scripts if so asked, and as a telephone where it is as narrow."""
    contexts = []

    def open_it(place, width=1300, **options):
        touch = {"has_touch": True, "is_mobile": True} if width < 600 else {}
        context = chromium.new_context(bypass_csp=True, viewport={"width": width, "height": 900}, **touch, **options)
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(place.as_uri())
        return page

    yield open_it
    for context in contexts:
        wrong = [error for page in context.pages for error in page.wrong]
        context.close()
        assert not [error for error in wrong if not any(words in error for words in NOT_OURS)]


def draw_all(page) -> None:
    page.evaluate("async () => { for (const view of document.querySelectorAll('attn-view')) await view.ready }")
    settle(page)
    # Time for something to jump.
    page.wait_for_timeout(500)


@pytest.mark.real
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_jumps_when_a_view_is_drawn(gallery, browse, name, width):
    place = gallery / f"{name}.html"
    without = browse(place, width, java_script_enabled=False)
    pictures = without.evaluate(PICTURES)
    assert pictures
    assert all(found["inside"] and found["naturalWidth"] and found["alt"] for found in pictures)
    still = without.evaluate(BOTTOMS)
    drawn = browse(place, width)
    draw_all(drawn)
    assert drawn.evaluate(BOTTOMS) == still
    assert drawn.evaluate(SHIFTS) == []


@pytest.mark.real
@pytest.mark.parametrize("name", PAGES)
def test_a_printed_page_has_the_pictures(gallery, browse, name):
    page = browse(gallery / f"{name}.html", java_script_enabled=False)
    page.emulate_media(media="print")
    images = page.evaluate(PICTURES)
    assert images
    assert all(found["width"] > 300 for found in images)
    # In print no room is kept for controls.
    heights = page.evaluate(
        "() => [...document.querySelectorAll('attn-view')].map((view) => view.clientHeight - view.querySelector('img').height)"
    )
    assert max(heights) <= 2
    assert page.pdf().startswith(b"%PDF")


def test_a_failure_leaves_the_picture(site, tab):
    page = site()
    index = page / "index.html"
    index.write_text(re.sub(r'data-exhibit="[^"]*"', 'data-exhibit="!!!"', index.read_text()))
    tab.open(index)
    view = tab.page.locator("attn-view").first
    view.evaluate("async (view) => { await view.ready.catch(() => {}) }")
    assert view.evaluate("view => view.shadowRoot.querySelector('.error') !== null")
    assert tab.page.locator("attn-view img").first.evaluate("image => image.checkVisibility()")


def test_a_drawn_view_takes_the_place_of_the_picture(site, tab):
    tab.open(site() / "index.html")
    image = tab.page.locator("attn-view img").first
    tab.view()
    assert not image.evaluate("image => image.checkVisibility()")
    assert image.evaluate("image => image.alt").startswith(
        "Attention of tiny on “[CLS] The cat sat [SEP]”, layer 1, heads 0 and 2: "
    )


def test_what_a_reader_chooses_may_take_less_room(site, tab):
    tab.open(site() / "index.html")
    view = tab.view()
    kept = view.evaluate("view => view.getBoundingClientRect().height")
    assert kept >= view.evaluate("view => view.shadowRoot.firstElementChild.getBoundingClientRect().height")
    view.evaluate("view => { view.state = { view: 'model' } }")
    frame = view.evaluate("view => view.shadowRoot.firstElementChild.getBoundingClientRect().height")
    assert view.evaluate("view => view.getBoundingClientRect().height") == pytest.approx(max(frame, 192), abs=1)


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        (theme("material", palette={"scheme": "default"}), "light"),
        (theme("material", palette={"scheme": "slate"}), "dark"),
        (theme("mkdocs", color_mode="light"), "light"),
        (theme("mkdocs", color_mode="dark"), "dark"),
        (theme("readthedocs"), "light"),
    ],
)
def test_the_picture_has_the_scheme_of_its_page(site, browse, lines, scheme, system):
    page = browse(site(lines) / "index.html", java_script_enabled=False, color_scheme=system)
    page.evaluate(PICTURES)
    least, most = shades(page)
    # Letters are at the other end from the ground.
    assert (most > 0.98) if scheme == "light" else (least < 0.25)
    assert (least < 0.4) if scheme == "light" else (most > 0.7)
