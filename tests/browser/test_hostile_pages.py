"""What may stand around a view, and be done with it, in a page that somebody else wrote."""

from __future__ import annotations

import re

import pytest
from builders import neurons
from opened_pages import settle

from attnviz_mkdocs.assets import SCRIPT, asset
from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.render import draw_figure
from attnviz_mkdocs.render.html import Payload
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

# What the script asks its document for. An image that is called so is what `document.…` gives instead.
NAMES = ("createElement", "createElementNS", "querySelector", "querySelectorAll", "documentElement", "defaultView")
DRAWN = "(view) => view.ready.then(() => 'drawn', (error) => error.message)"


def written(**options) -> str:
    """A view as a page has it."""
    figure = Figure(
        "head", "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"), name="g/v"
    )
    return draw_figure(figure, Payload("key", encode(neurons()[0])))


@pytest.fixture
def around(tab, tmp_path):
    """Open a page with that body and the script of a site."""

    def open_it(body: str):
        page = tmp_path / "page.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}<script>{asset(SCRIPT)}</script>", "utf-8")
        return tab.open(page).page

    return open_it


@pytest.mark.parametrize("name", NAMES)
def test_images_that_are_called_as_what_a_document_has_take_nothing_from_a_view(around, name):
    page = around(f'<img name="{name}"><form name="{name}"></form>{written()}<p style="height: 2000px">')
    view = page.locator("attn-view")
    assert view.evaluate(DRAWN) == "drawn"
    page.evaluate("location.hash = '#attn:g/v?layer=1'")
    settle(page)
    assert view.evaluate("(view) => view.state.layer") == 1


@pytest.mark.parametrize(
    ("what", "value"),
    [
        *(
            ("steps", value)
            for value in ("5", "{}", "[null]", "[[]]", '{"length": 1e9}', '[{"caption": 1}]', "[" * 10**5)
        ),
        *(("state", value) for value in ("5", "[]", '"x"', "no")),
        *(("fence", value) for value in ("5", "{}", '{"argument": 1, "body": ""}', "")),
    ],
)
def test_attributes_that_no_build_writes_are_told_by_name(around, what, value):
    page = around(re.sub("<attn-view", f"<attn-view data-{what}='{value}'", written()))
    told = page.locator("attn-view").evaluate(DRAWN)
    assert told == f"The {what} of this view can't be read: data-{what} is damaged. Build the page again."
    assert told in page.locator("attn-view").get_by_role("alert").inner_text()


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_a_view_with_a_root_that_the_page_wrote_is_drawn(around, mode):
    inside = f"><template shadowrootmode={mode}>no view</template></attn-view>"
    page = around(re.sub(r">\s*</attn-view>", inside, written(), count=1))
    assert page.locator("attn-view").evaluate(DRAWN) == "drawn"


def test_a_view_goes_to_other_documents_and_comes_back(around):
    page = around(f"{written()}<iframe></iframe>")
    page.locator("attn-view").evaluate(
        """async (view) => {
          await view.ready
          document.implementation.createHTMLDocument().body.append(view)
          document.querySelector("iframe").contentDocument.body.append(view)
        }"""
    )
    away = page.frame_locator("iframe").locator("attn-view")
    # Its style comes along: what only screen readers need is not seen.
    assert away.locator(".frame").count() == 1
    assert away.locator(".spoken").evaluate("(words) => getComputedStyle(words).position") == "absolute"
    page.evaluate("document.body.append(document.querySelector('iframe').contentDocument.querySelector('attn-view'))")
    settle(page)
    assert page.locator("attn-view .token").first.is_visible()


def test_the_page_on_what_attention_is_not_is_one_of_the_same_site(around):
    page = around(
        '<a href="javascript:alert(1)//not-explanation">a</a> <a href="https://example.org/not-explanation">b</a> '
        f'<svg><a href="not-explanation.svg"><text>c</text></a></svg> <a href="not-explanation.html">d</a>{written()}'
    )
    view = page.locator("attn-view")
    assert view.evaluate(DRAWN) == "drawn"
    href = "(view) => view.shadowRoot.querySelector('.about a').href"
    assert view.evaluate(href) == page.url.replace("page.html", "not-explanation.html")


def test_keys_that_no_keyboard_has_do_nothing(around):
    page = around(written())
    view = page.locator("attn-view")
    assert view.evaluate(DRAWN) == "drawn"
    view.evaluate(
        """(view) => {
          for (const part of view.shadowRoot.querySelectorAll("*")) {
            for (const key of ["constructor", "__proto__", "toString"]) {
              part.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
            }
          }
        }"""
    )


def test_a_frame_without_an_address_filters_its_exhibits(around):
    cards = '<p class="attnviz-card">cat</p><p class="attnviz-card">dog</p>'
    page = around(
        f'<iframe srcdoc="<script></script><attn-gallery></attn-gallery>{cards.replace(chr(34), "")}"></iframe>'
    )
    frame = page.frame_locator("iframe")
    frame.locator("body").evaluate("(body, code) => body.ownerDocument.defaultView.eval(code)", asset(SCRIPT))
    frame.get_by_label("Search").fill("cat")
    assert frame.locator(".attnviz-card:visible").all_inner_texts() == ["cat"]


def test_a_file_beyond_what_any_view_has_is_not_fetched(tab, served, tmp_path):
    with (tmp_path / "data.gz").open("wb") as file:
        file.truncate(2**29 + 1)
    view = re.sub(' data-exhibit="[^"]*"', ' data-src="data.gz"', written())
    (tmp_path / "page.html").write_text(
        f"<!doctype html><link rel=icon href='data:,'><body>{view}<script>{asset(SCRIPT)}</script>", "utf-8"
    )
    page = tab.open(f"{served(tmp_path)}/page.html").page
    assert "it has 536870913 bytes" in page.locator("attn-view").evaluate(DRAWN)
