"""Links that drive views, states in the address, views that follow one another, tours."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from opened_pages import Tab, settle, theme

PAGE = """\
# Links

[first](attn:lines?layer=0&head=1&query=The&key=cat), [second](attn:lines?view=matrix&layer=1&head=2),
[grid](attn:grid?layer=1&head=2), [elsewhere](#end).

```attnviz small/lines
```

"""
GRID = "```attnviz small/grid\n```\n\n## End\n"
FAR = "text\n\n" * 60 + GRID

LINKED = """\
# Linked

```attnviz small/grid
link: all
```

```attnviz small/lines
id: heads
link: all
heads: [0, 1, 2]
```

```attnviz small/lines
id: cells
view: matrix
link: all
```

```attnviz small/lines
id: neurons
view: neuron
link: all
```

```attnviz small/lines
id: alone
```
"""

TOUR = """\
# Tour

```attnviz small/lines
id: tour
steps:
  - caption: All heads <b>at once</b>.
    heads: [0, 1, 2]
  - caption: One of them, on the cat.
    heads: [1]
    query: 2
  - caption: The same as a table.
    view: matrix
    layer: 0
```
"""


def state(view):
    return view.evaluate("(view) => view.state")


def parts(view, *fields: str):
    now = state(view)
    return tuple(now[field] for field in fields)


def follow(tab, name: str):
    tab.page.get_by_role("link", name=name, exact=True).click()


IN_SIGHT = "(view) => { const { top, bottom } = view.getBoundingClientRect(); return top < innerHeight && bottom > 0 }"
# A view is marked for a moment, which a test may miss; and who goes back while the page moves does not come back.
REMEMBER = """() => {
  window.moved = false
  addEventListener("scrollend", () => { window.moved = true })
  window.marked = []
  const { animate } = Element.prototype
  Element.prototype.animate = function (...how) {
    marked.push(this.getRootNode().host)
    return animate.apply(this, how)
  }
}"""


@pytest.fixture
def opened(tab, site, served):
    def open_it(text: str, name: str = "material", **options):
        built = site(theme(name, **options), {"page.md": text})
        return tab.open(f"{served(built)}/page.html")

    return open_it


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_a_link_drives_its_view_and_the_back_button_leads_back(opened, name):
    tab = opened(PAGE + FAR, name)
    view = tab.view(0)
    first = state(view)
    follow(tab, "first")
    settle(tab.page)
    assert parts(view, "view", "layer", "heads", "query", "key") == ("head", 0, [1], 1, 2)
    follow(tab, "second")
    settle(tab.page)
    # What the first link set is not kept: the second one starts from what the author wrote.
    assert parts(view, "view", "layer", "head", "query", "key") == ("matrix", 1, 2, None, None)
    tab.page.go_back()
    settle(tab.page)
    assert parts(view, "view", "layer", "heads", "query", "key") == ("head", 0, [1], 1, 2)
    tab.page.go_back()
    settle(tab.page)
    assert state(view) == first
    tab.page.go_forward()
    tab.page.go_forward()
    settle(tab.page)
    assert parts(view, "view", "head") == ("matrix", 2)


def test_back_gives_the_view_as_the_reader_had_it(opened):
    tab = opened(PAGE + FAR)
    view = tab.view(0)
    view.evaluate("(view) => { view.state = { layer: 0, heads: [2, 1], scale: 'full' } }")
    before = state(view)
    follow(tab, "elsewhere")
    follow(tab, "second")
    settle(tab.page)
    assert state(view) != before
    tab.page.go_back()
    settle(tab.page)
    assert state(view) == before


def test_the_same_link_twice_sets_the_state_again(opened):
    tab = opened(PAGE + GRID)
    view = tab.view(0)
    follow(tab, "first")
    settle(tab.page)
    view.evaluate("(view) => { view.state = { layer: 1, heads: [0], query: null } }")
    follow(tab, "first")
    settle(tab.page)
    assert parts(view, "layer", "heads", "query") == (0, [1], 1)
    tab.page.go_back()
    settle(tab.page)
    assert parts(view, "layer", "heads") == (1, [0, 2])


def test_the_state_is_there_after_a_reload_and_elsewhere(opened, chromium):
    tab = opened(PAGE + GRID)
    tab.view(0)
    follow(tab, "second")
    settle(tab.page)
    tab.page.reload()
    tab.view(0)
    settle(tab.page)
    assert parts(tab.view(0), "view", "head") == ("matrix", 2)
    context = chromium.new_context(bypass_csp=True)
    other = Tab(context.new_page()).open(tab.page.url)
    other.view(0)
    settle(other.page)
    assert parts(other.view(0), "view", "head") == ("matrix", 2)
    context.close()


def test_a_view_out_of_sight_comes_into_sight_and_is_marked(opened):
    tab = opened(PAGE + FAR)
    grid = tab.page.locator("attn-view").nth(1)
    tab.page.evaluate(REMEMBER)
    follow(tab, "grid")
    tab.page.wait_for_function("moved")
    assert grid.evaluate(IN_SIGHT)
    assert state(grid)["head"] == 2
    assert tab.page.evaluate("scrollY") > 0
    assert grid.evaluate("(view) => marked.map((host) => host === view)") == [True]
    # Back leads to where the reader was.
    tab.page.go_back()
    tab.page.wait_for_function("scrollY === 0")
    assert state(grid)["head"] is None
    # An address that was typed leads there as well.
    tab.page.evaluate("location.hash = '#attn:small/grid?heads=1'")
    tab.page.wait_for_function(IN_SIGHT, arg=grid.element_handle())
    assert state(grid)["head"] == 1


def test_nothing_moves_where_less_motion_is_asked_for(opened, tab):
    tab.page.emulate_media(reduced_motion="reduce")
    opened(PAGE + FAR)
    follow(tab, "grid")
    tab.page.wait_for_function("document.querySelectorAll('attn-view')[1].state?.head === 2")
    settle(tab.page)
    grid = tab.page.locator("attn-view").nth(1)
    assert grid.evaluate(IN_SIGHT)
    assert grid.evaluate("(view) => view.shadowRoot.firstElementChild.getAnimations().length") == 0


def test_an_address_from_elsewhere_does_no_harm(opened):
    tab = opened(PAGE + GRID)
    view = tab.view(0)
    first = state(view)
    for address in ("#attn:", "#attn:%", "#attn:nobody?layer=1", "#attn:%22%5D,*?layer=0", "#attn:small/lines?layer=x"):
        tab.page.evaluate("(hash) => { location.hash = hash }", address)
        settle(tab.page)
        assert state(view) == first
    tab.page.evaluate("location.hash = '#attn:small/lines?layer=99999999&heads=1,99,1&query=1&__proto__=1'")
    settle(tab.page)
    assert parts(view, "layer", "heads", "query") == (1, [1], 1)


def test_links_work_within_and_across_pages_of_instant_navigation(tab, site, served):
    pages = {
        "page.md": PAGE + GRID + "\n[other](other.md)\n",
        "other.md": "# Other\n\n[back](page.md)\n\n" + PAGE + GRID,
    }
    built = site(f"site_url: http://127.0.0.1/\n{theme('material', features=['navigation.instant'])}", pages)
    address = served(built)
    sitemap = built / "sitemap.xml"
    sitemap.write_text(sitemap.read_text().replace("http://127.0.0.1", address))
    tab.open(f"{address}/page.html")
    view = tab.view(0)
    first = state(view)
    tab.page.evaluate("window.marked = true")
    settle(tab.page)
    follow(tab, "first")
    settle(tab.page)
    assert parts(view, "layer", "heads", "query") == (0, [1], 1)
    follow(tab, "second")
    settle(tab.page)
    assert parts(view, "view", "head") == ("matrix", 2)
    tab.page.go_back()
    settle(tab.page)
    assert parts(view, "layer", "heads", "query") == (0, [1], 1)
    tab.page.go_back()
    settle(tab.page)
    assert state(view) == first
    follow(tab, "first")
    tab.page.get_by_role("link", name="other", exact=True).click()
    tab.page.wait_for_selector("h1:has-text('Other')")
    assert state(tab.view(0)) == first
    tab.page.go_back()
    tab.page.wait_for_selector("h1:has-text('Links')")
    tab.view(0)
    settle(tab.page)
    assert parts(tab.view(0), "layer", "heads", "query") == (0, [1], 1)
    assert tab.page.evaluate("window.marked"), "the page was loaded anew, so this shows nothing"


def test_linked_views_follow_one_another(opened):
    tab = opened(LINKED)
    grid, heads, cells, neurons, alone = (tab.view(number) for number in range(5))
    before = state(alone)
    tab.page.evaluate("""() => {
      window.changes = []
      document.addEventListener("attn-change", ({ target }) => window.changes.push(target.dataset.name))
    }""")
    grid.evaluate("(view) => { view.state = { layer: 0, head: 2 } }")
    assert parts(heads, "view", "layer", "heads") == ("head", 0, [2])
    assert parts(cells, "view", "layer", "head") == ("matrix", 0, 2)
    assert parts(neurons, "view", "layer", "head") == ("neuron", 0, 2)
    # One change each, and none comes back.
    assert sorted(tab.page.evaluate("changes")) == ["cells", "heads", "neurons", "small/grid"]
    # A reader's click does the same as a script.
    cells.get_by_role("button", name="Head 1", exact=True).click()
    assert [state(view)["heads"] for view in (grid, heads, neurons)] == [[1]] * 3
    assert state(grid)["head"] == 1
    heads.evaluate("(view) => { view.state = { query: 2, view: 'matrix', scale: 'full' } }")
    assert parts(grid, "view", "query") == ("model", 2)
    assert parts(cells, "query", "scale") == (2, "head")
    assert state(alone) == before


def test_a_model_view_marks_the_head_that_others_show(opened):
    tab = opened(LINKED)
    grid, heads = tab.view(0), tab.view(1)
    heads.evaluate("(view) => { view.state = { layer: 1, heads: [2] } }")
    assert state(grid)["head"] is None
    marked = "(view) => [...view.shadowRoot.querySelectorAll('.row')].map((row) => row.classList.contains('open') && row.style.getPropertyValue('--open'))"
    assert grid.evaluate(marked) == [False, "2"]
    heads.evaluate("(view) => { view.state = { layer: 0 } }")
    assert grid.evaluate(marked) == ["2", False]
    heads.evaluate("(view) => { view.state = { heads: [1, 2] } }")
    assert grid.evaluate(marked) == [False, False]


def test_a_view_that_comes_late_takes_what_was_chosen(opened):
    tab = opened(LINKED)
    tab.view(0).evaluate("(view) => { view.state = { layer: 0, head: 1 } }")
    late = tab.page.evaluate_handle("""async () => {
      const late = document.querySelectorAll("attn-view")[1].cloneNode(true)
      document.querySelector("h1").after(late)
      await late.ready
      return late
    }""")
    assert late.evaluate("(view) => [view.state.layer, view.state.heads]") == [0, [1]]


def tour_of(view):
    return view.locator(".tour p").inner_text(), view.locator(".ways span").inner_text()


def test_a_tour_leads_from_step_to_step(opened):
    tab = opened(TOUR)
    view = tab.view()
    assert tour_of(view) == ("All heads <b>at once</b>.", "1 of 3")
    assert parts(view, "step", "heads", "layer", "query") == (0, [0, 1, 2], 1, None)
    back, on = view.locator(".ways button").first, view.locator(".ways button").last
    assert back.is_disabled()
    on.click()
    assert tour_of(view) == ("One of them, on the cat.", "2 of 3")
    assert parts(view, "step", "heads", "layer", "query") == (1, [1], 1, 2)
    # Off the path, and on.
    view.evaluate("(view) => { view.state = { layer: 0, heads: [2], query: 0 } }")
    assert state(view)["step"] == 1
    on.focus()
    tab.page.keyboard.press("Enter")
    assert tour_of(view) == ("The same as a table.", "3 of 3")
    assert parts(view, "view", "layer", "heads", "query") == ("matrix", 0, [0, 2], None)
    assert on.is_disabled()
    back.click()
    assert parts(view, "view", "step", "heads", "query") == ("head", 1, [1], 2)
    assert view.locator(".tour p").get_attribute("aria-live") == "polite"


def test_a_step_is_in_the_address(opened):
    tab = opened(TOUR)
    view = tab.view()
    view.locator(".ways button").last.click()
    view.evaluate("(view) => { view.state = { layer: 0 } }")
    now = state(view)
    address = view.evaluate("(view) => view.address")
    assert address == "#attn:tour?layer=0&step=1"
    tab.open(tab.page.url.split("#")[0] + address)
    tab.page.reload()
    view = tab.view()
    settle(tab.page)
    assert state(view) == now
    assert tour_of(view)[1] == "2 of 3"


def test_damaged_steps_are_told_in_words(opened):
    tab = opened("# Page\n")
    told = tab.page.evaluate("""async () => {
      const view = document.createElement("attn-view")
      view.dataset.steps = "[{"
      document.body.append(view)
      return view.ready.catch((error) => error.message)
    }""")
    assert told


@pytest.mark.parametrize("place", ["served", "file"])
def test_copy_link_gives_the_address_of_what_is_shown(tab, site, served, place):
    built = site(theme("material"), {"page.md": PAGE + GRID})
    if place == "served":
        address = f"{served(built)}/page.html"
        parts_of = urlsplit(address)
        tab.page.context.grant_permissions(
            ["clipboard-read", "clipboard-write"], origin=f"{parts_of.scheme}://{parts_of.netloc}"
        )
    else:
        address = (built / "page.html").as_uri()
    tab.open(f"{address}#attn:small/lines?layer=0")
    view = tab.view(0)
    settle(tab.page)
    if place == "file":
        tab.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    view.evaluate("(view) => { view.state = { layer: 0, heads: [2, 1], query: 1, scale: 'full' } }")
    view.get_by_role("button", name="Save & share").click()
    view.get_by_role("menuitem", name="Copy link").click()
    wanted = f"{address}#attn:small/lines?heads=2,1&layer=0&query=1"
    if place == "served":
        tab.page.wait_for_function(
            "document.querySelector('attn-view').shadowRoot.querySelector('.readout').textContent === 'Copied.'"
        )
        assert tab.page.evaluate("navigator.clipboard.readText()") == wanted
    else:
        field = view.get_by_role("textbox", name="Link")
        field.wait_for()
        assert field.input_value() == wanted
        assert field.evaluate("(field) => field.selectionEnd - field.selectionStart") == len(wanted)


def test_a_view_without_a_name_has_no_link(opened):
    tab = opened("# Page\n\n```attnviz\nmodel: tiny\ntext: The cat\n```\n")
    view = tab.view()
    assert view.evaluate("(view) => view.address") is None
    view.get_by_role("button", name="Save & share").click()
    assert view.get_by_role("menuitem", name="Copy link").count() == 0
