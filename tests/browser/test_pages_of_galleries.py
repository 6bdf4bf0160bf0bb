"""Lists of exhibits, and what filters them."""

from __future__ import annotations

import pytest
from opened_pages import PAGED, Tab, theme
from test_everybody import AXE, FOUND

GALLERY = """\
title: Who?
description: Two people.
tags: [coreference]
models:
  tiny: {source: models/tiny}
  other: {source: models/tiny, dtype: float16}
texts:
  she: The doctor asked. She
  he: The doctor asked. He
views:
  - {id: she, title: The nurse, model: tiny, text: she, layer: 1, tags: [pronouns], caption: Two heads disagree.}
  - {id: he, model: tiny, text: he}
  - {id: all, title: All heads, view: model, model: other, text: she, tags: [all heads]}
"""


@pytest.fixture
def gallery(site, folder):
    def build_it(mkdocs: str = theme("material")):
        folder.write("gallery/who.yaml", GALLERY)
        return site(mkdocs, plugins=PAGED) / "gallery/index.html"

    return build_it


def shown(tab: Tab) -> list[str]:
    return [title.strip() for title in tab.page.locator(".attnviz-card-title:visible").all_text_contents()]


def choice(page, name: str):
    return page.get_by_role("combobox", name=name, exact=True)


ALL = ["The cat sat", "The nurse", "The doctor asked. He", "All heads"]


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_readers_find_exhibits_by_model_tag_and_words(tab, gallery, name):
    page = tab.open(gallery(theme(name))).page
    status = page.get_by_role("status").filter(has_text="exhibits")
    assert shown(tab) == ALL
    assert status.text_content() == "4 exhibits"
    choice(page, "Model").select_option("tiny")
    assert shown(tab) == ALL[:3]
    choice(page, "Tag").select_option("coreference")
    assert shown(tab) == ALL[1:3]
    assert status.text_content() == "2 of 4 exhibits"
    # A gallery of which nothing is left goes with its heading and description.
    assert not page.get_by_role("heading", name="Small").is_visible()
    assert page.get_by_role("heading", name="Who?").is_visible()
    page.locator("attn-gallery input").fill("heads DISAGREE she")
    assert shown(tab) == ["The nurse"]
    page.locator("attn-gallery input").fill("nothing like it")
    assert shown(tab) == []
    assert status.text_content() == "0 of 4 exhibits"
    page.get_by_role("button", name="Show all").click()
    assert shown(tab) == ALL
    assert page.get_by_role("heading", name="Small").is_visible()
    assert page.locator("attn-gallery input").evaluate("(input) => input === document.activeElement")
    assert not page.get_by_role("button", name="Show all").is_visible()


@pytest.mark.parametrize("is_served", [False, True])
def test_what_is_chosen_stands_in_the_address_and_comes_back_from_it(tab, gallery, served, is_served):
    index = gallery()
    address = f"{served(index.parent.parent)}/gallery/index.html" if is_served else index.as_uri()
    page = tab.open(address).page
    choice(page, "Model").select_option("other")
    page.locator("attn-gallery input").fill("heads")
    chosen = f"{address}?q=heads&model=other"
    assert page.evaluate("location.href") == chosen
    tab.open(chosen)
    assert shown(tab) == ["All heads"]
    assert choice(page, "Model").input_value() == "other"
    tab.open(f"{address}?tag=all+heads")
    assert shown(tab) == ["All heads"]
    tab.open(f"{address}?tag=nothing&model=<b>")
    assert shown(tab) == ALL


def test_the_keyboard_comes_to_every_control_and_card(tab, gallery):
    page = tab.open(gallery()).page
    page.locator("attn-gallery input").focus()
    page.keyboard.type("she")
    page.keyboard.press("Tab")
    page.keyboard.press("o")  # chooses "other"
    assert shown(tab) == ["All heads"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Show all"
    page.keyboard.press("Enter")
    assert shown(tab) == ALL
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert [name for name in names if name in ALL] == ALL


def test_a_card_leads_to_its_page_wherever_it_is_clicked(tab, gallery):
    page = tab.open(gallery()).page
    picture = page.locator(".attnviz-card-picture").nth(1)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    page.wait_for_url("**/gallery/who/she.html")
    assert tab.view().get_attribute("data-name") == "who/she"


def test_without_a_script_all_exhibits_are_shown(chromium, gallery):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery().as_uri() + "?model=other")
    assert page.locator(".attnviz-card:visible").count() == len(ALL)
    assert page.locator("attn-gallery *").count() == 0
    context.close()


@pytest.mark.parametrize("name", ["material", "mkdocs"])
@pytest.mark.parametrize("width", [320, 1300])
@pytest.mark.parametrize("colours", ["light", "dark", "forced"])
def test_axe_finds_nothing_in_the_pages_and_they_are_not_wider_than_the_window(chromium, gallery, name, width, colours):
    index = gallery(theme(name))
    forced = {"forced_colors": "active"} if colours == "forced" else {"color_scheme": colours}
    context = chromium.new_context(viewport={"width": width, "height": 900}, **forced)
    tab = Tab(context.new_page())
    for page in ("index.html", "who/index.html", "who/she.html"):
        tab.open(index.parent / page)
        tab.page.evaluate("async () => { for (const view of document.querySelectorAll('attn-view')) await view.ready }")
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, page
        tab.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        tab.page.add_script_tag(path=AXE)
        # The colour of links in text is the theme's.
        of_view = [".attnviz-embed pre", ".attnviz-about"] if name == "mkdocs" else [".attnviz-embed", ".attnviz-about"]
        for where in ["attn-gallery", ".attnviz-cards"] if page.endswith("index.html") else of_view:
            assert tab.page.evaluate(FOUND, where) == [], (page, where)
    context.close()


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_where_a_model_comes_from_can_be_read_on_a_narrow_page(chromium, gallery, name):
    index = gallery(theme(name))
    context = chromium.new_context(viewport={"width": 320, "height": 900})
    tab = Tab(context.new_page())
    tab.open(index.parent / "who/she.html")
    cells = tab.page.locator(".attnviz-facts td")
    assert cells.count() > 4
    cells.first.evaluate("cell => { cell.textContent = 'models/one_of_a_name_that_never_ends/tiny' }")
    for cell in cells.all():
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= 320
    context.close()


def test_lists_keep_working_after_instant_navigation(tab, gallery, served):
    index = gallery(theme("material", features=["navigation.instant"]) + "\nsite_url: http://127.0.0.1/\n")
    root = index.parent.parent
    page = tab.open(f"{served(root)}/gallery/who/index.html").page
    page.wait_for_function("document.querySelector('attn-gallery select')")
    choice(page, "Tag").select_option("pronouns")
    assert shown(tab) == ["The nurse"]
    page.get_by_role("link", name="The nurse").last.click()
    page.wait_for_selector("attn-view")
    page.go_back()
    page.wait_for_selector("attn-gallery select")
    assert shown(tab) == ["The nurse"]


LONG = """\
title: Long
tags: [Pneumonoultramicroscopicsilicovolcanocon, a tag that is as long as a tag ever is]
models:
  a-model-whose-author-has-found-a-name-that-is-very-long: {source: models/tiny}
texts:
  poem: {text: The cat, pair: "The cat\\n    sat\\n\\n  on the mat."}
views:
  - {id: poem, model: a-model-whose-author-has-found-a-name-that-is-very-long, text: poem}
"""


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_nothing_long_is_cut_and_lines_stay_lines(chromium, site, folder, name):
    folder.write("gallery/long.yaml", LONG)
    pages = site(theme(name), plugins=PAGED) / "gallery/long"
    context = chromium.new_context(viewport={"width": 320, "height": 900})
    tab = Tab(context.new_page())
    page = tab.open(pages / "index.html").page
    assert page.locator(".attnviz-card-about").evaluate("(about) => about.scrollWidth <= about.clientWidth")
    assert page.locator("attn-gallery").text_content() == ""  # there is nothing to choose
    page = tab.open(pages / "poem.html").page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator(".attnviz-facts").evaluate(
        "(facts) => [...facts.querySelectorAll('tbody')].every((rows) => rows.scrollWidth <= facts.clientWidth)"
    )
    assert page.locator(".attnviz-text").last.inner_text().strip() == "The cat\n    sat\n\n  on the mat."
    context.close()
