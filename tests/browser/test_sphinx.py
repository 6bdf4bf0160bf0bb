"""Views in Sphinx's themes."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest
from opened_pages import shades
from sphinx.cmd.build import build_main

PAGE = """\
Small
=====

See :attn:`head 1 <lines?layer=0&head=1>` and :numref:`mine`.

.. attnviz:: small/lines
   :name: mine
"""


@pytest.fixture
def sphinx(folder, captured):
    """Build the small project of `folder` in a theme; gives its first page."""

    def build(theme: str, page: str = PAGE, **options: object):
        said = {"html_theme": theme, "numfig": True, "source_suffix": ".rst", **options}
        lines = [f"{name} = {value!r}" for name, value in said.items()]
        folder.write("conf.py", "\n".join(["extensions = ['attnviz_mkdocs.sphinx']", *lines, ""]))
        folder.write("index.rst", page)
        out = folder.root / "_build"
        errors = io.StringIO()
        with redirect_stderr(errors), redirect_stdout(io.StringIO()):
            assert build_main(["-q", "-W", str(folder.root), str(out)]) == 0, errors.getvalue()
        return out / "index.html"

    return build


@pytest.mark.parametrize("theme", ["alabaster", "classic", "furo", "nature"])
def test_a_view_is_drawn_as_wide_as_its_column(sphinx, tab, theme):
    page = tab.open(sphinx(theme)).page
    view = tab.view()
    assert view.evaluate("view => view.exhibit.tokens.query") == ["[CLS]", "The", "cat", "sat", "[SEP]"]
    column = page.locator("section > h1").evaluate("title => title.parentElement.clientWidth")
    assert view.evaluate("view => view.clientWidth") >= column - 60
    # Sphinx centres figures; ours start where text does.
    assert view.evaluate("view => getComputedStyle(view).textAlign") == "start"
    below = page.evaluate(
        "() => document.querySelector('figcaption p').getBoundingClientRect().top"
        " - document.querySelector('attn-view').getBoundingClientRect().bottom"
    )
    assert 0 <= below < 30


def test_a_link_drives_the_view(sphinx, tab):
    page = tab.open(sphinx("alabaster")).page
    view = tab.view()
    page.get_by_role("link", name="head 1").click()
    page.wait_for_function("() => document.querySelector('attn-view').state.layer === 0")
    assert view.evaluate("view => view.state.heads") == [1]


def ink(tab) -> int:
    """How bright the text of the view is, and so its lines."""
    return tab.view().evaluate("view => parseInt(getComputedStyle(view).color.match(/\\d+/)[0])")


def test_views_follow_the_toggle_of_furo(sphinx, tab, chromium):
    page = tab.open(sphinx("furo")).page
    tab.view()
    canvas = "() => document.querySelector('attn-view').shadowRoot.querySelector('canvas').toDataURL()"
    light = page.evaluate(canvas)
    assert ink(tab) < 80
    for scheme, is_dark in (("dark", True), ("light", False)):
        page.evaluate("scheme => { document.body.dataset.theme = scheme }", scheme)
        page.wait_for_function(f"([before, isDark]) => (({canvas})() !== before) === isDark", arg=[light, is_dark])
        assert (ink(tab) > 150) is is_dark
    page.evaluate("() => { document.body.dataset.theme = 'auto' }")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(before) => ({canvas})() !== before", arg=light)
    assert ink(tab) > 150


@pytest.mark.parametrize(
    ("theme", "system", "scheme"),
    [("alabaster", "dark", "light"), ("furo", "dark", "dark"), ("furo", "light", "light")],
)
def test_pictures_have_the_scheme_of_their_page(sphinx, chromium, theme, system, scheme):
    context = chromium.new_context(color_scheme=system, java_script_enabled=False)
    page = context.new_page()
    page.goto(sphinx(theme).as_uri())
    page.evaluate("() => document.querySelector('attn-view img').decode()")
    least, most = shades(page)
    context.close()
    assert (most > 0.98 and least < 0.4) if scheme == "light" else (least < 0.25 and most > 0.7)


def test_a_picture_follows_the_toggle_of_furo_until_the_view_is_drawn(sphinx, chromium):
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.route("**/attnviz.js*", lambda route: route.abort())
    page.goto(sphinx("furo").as_uri())
    page.evaluate("() => { document.body.dataset.theme = 'light' }")
    page.evaluate("() => document.querySelector('attn-view img').decode()")
    least, most = shades(page)
    context.close()
    assert most > 0.98
    assert least < 0.4
