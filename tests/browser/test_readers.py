"""What readers do with a view in a real page, beside what its theme does."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from builders import attention, exhibit
from opened_pages import theme

SVG = "{http://www.w3.org/2000/svg}"
# Any look at the clock takes longer than a page may stand still: heads are measured one at a time.
SLOW = "const now = performance.now.bind(performance); let looks = 0; performance.now = () => now() + 100 * looks++"


@pytest.mark.parametrize("kind", ["head", "model", "matrix", "text"])
def test_keys_of_a_drawing_lead_to_no_other_page(site, tab, kind):
    folder = site(theme("material"), {"a.md": "# A\n", "z.md": "# Z\n"})
    tab.open(next(page for page in folder.rglob("*.html") if "<attn-view" in page.read_text(encoding="utf-8")))
    view = tab.view()
    view.evaluate("(view, kind) => { view.state = { view: kind } }", kind)
    address = tab.page.url
    view.locator("[role=application]").focus()
    for key in [",", ".", ".", "PageDown", "ArrowRight"]:
        tab.page.keyboard.press(key)
    # Time to be led away.
    tab.page.wait_for_timeout(300)
    assert tab.page.url == address
    # Outside of a drawing the theme has its keys.
    view.evaluate("(view) => view.shadowRoot.activeElement.blur()")
    tab.page.keyboard.press(".")
    tab.page.wait_for_url(lambda url: url != address)


def test_a_ranking_takes_the_room_of_no_grid_while_heads_are_measured(alone, tab):
    tab.page.add_init_script(SLOW)
    tab.page.add_init_script("""
      addEventListener("DOMContentLoaded", () => {
        const view = document.querySelector("attn-view")
        window.seen = []
        const look = () => {
          const all = (what) => view.shadowRoot?.querySelectorAll(what).length
          window.seen.push([all(".row:not(.ranked)"), all(".row.ranked"), all(".count")])
          requestAnimationFrame(look)
        }
        look()
      })
    """)
    view = alone(exhibit(attention(6, 8, 8)), "model", sort="entropy")
    view.locator(".row.ranked").first.wait_for()
    seen = tab.page.evaluate("seen")
    assert any(told and not ranked for _, ranked, told in seen), "heads were measured at once"
    assert not any(rows for rows, _, _ in seen)


def test_a_difference_without_heads_has_no_scale(compared):
    made = exhibit(attention(2, 3, 5))
    view = compared(made, made, comparison="difference")
    view.evaluate("(view) => { view.state = { heads: [] } }")
    assert not view.locator(".legend").is_visible()
    assert not re.search("Infinity|NaN", view.evaluate("(view) => view.shadowRoot.textContent"))


def test_pressed_buttons_and_shades_are_seen_in_forced_colours(alone, tab):
    tab.page.emulate_media(forced_colors="active")
    view = alone(exhibit(attention(2, 3, 5)), "text")
    colours = "(node) => { const { color, backgroundColor } = getComputedStyle(node); return [color, backgroundColor] }"
    pressed = {tuple(button.evaluate(colours)) for button in view.locator("[aria-pressed=true]").all()}
    assert len(pressed) == 1, "all of them are as the system says"
    [(ink, ground)] = pressed
    assert ink != ground
    grounds = {span.evaluate(colours)[1] for span in view.locator(".text span").all()}
    assert len(grounds) > 1


def test_a_taken_text_tells_its_scale_and_what_is_outlined(alone, tab):
    view = alone(exhibit(attention(2, 3, 5)), "text", query=2)
    view.locator("[role=application]").focus()
    view.get_by_role("button", name="Save & share").click()
    with tab.page.expect_download() as downloading:
        view.get_by_role("menuitem", name="Download SVG").click()
    root = ET.parse(downloading.value.path()).getroot()
    words = " ".join(root.itertext())
    assert "square-root scale, what the outlined token gives" in words
    assert "A token" not in words
    outlines = [rect for rect in root.iter(f"{SVG}rect") if rect.get("stroke-width") == "2"]
    assert len(outlines) == 1
    [at] = [text for text in root.iter(f"{SVG}text") if text.text == "token2"]
    assert abs(float(outlines[0].get("x")) - float(at.get("x"))) < 4


def test_a_text_can_be_selected_and_that_chooses_no_token(alone, tab):
    view = alone(exhibit(attention(2, 3, 5)), "text", query=0)
    first, last = (view.locator(".text span").nth(at).bounding_box() for at in (1, 3))
    tab.page.mouse.move(first["x"] + 2, first["y"] + first["height"] / 2)
    tab.page.mouse.down()
    tab.page.mouse.move(last["x"] + last["width"] - 2, last["y"] + last["height"] / 2, steps=5)
    tab.page.mouse.up()
    assert "token2" in tab.page.evaluate("getSelection().toString()")
    assert view.evaluate("(view) => view.state.query") == 0
    view.locator(".text span").nth(3).click()
    assert view.evaluate("(view) => view.state.query") == 3
