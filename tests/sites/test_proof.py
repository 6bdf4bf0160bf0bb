"""`attnviz check` looks at links as a build does, and loads no model for it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from attnviz_mkdocs.cli import main

VIEW = "\n```attnviz small/lines\n```\n"
CASES = {
    "no such view": ("[x](attn:linse)", '1:5: this page has no view "linse". It has: small/lines'),
    "no such key": ("[x](attn:lines?layr=1)", '1:5: unknown "layr" in a link; did you mean "layer"?'),
    "twice": ("[x](attn:lines?layer=1&layer=1)", '1:5: "layer" stands twice in a link'),
    "after front matter": ("---\na: 1\n---\n\n[x](attn:linse)", '5:5: this page has no view "linse"'),
    "by reference": ("[x][y]\n\n[y]: attn:linse", '3:6: this page has no view "linse"'),
    "in an admonition": ("!!! note\n\n    [x](attn:linse)", '3:9: this page has no view "linse"'),
    "in a tab": ('=== "One"\n\n    [x](attn:linse)', '3:9: this page has no view "linse"'),
}
LAYER = "[x](attn:lines?layer=7)"
NO_LINKS = (
    "[x](attn:lines?layer=1&head=2&query=The) [x](attn:grid)\n\n```attnviz small/grid\n```\n",
    "```markdown\n[x](attn:linse)\n```\n",
    "`[x](attn:linse)`\n",
    "    [x](attn:linse)\n",
    "<!-- [x](attn:linse) -->\n",
)


@pytest.fixture
def check(folder, captured, monkeypatch):
    monkeypatch.chdir(folder.root)

    def check_it(page: str):
        folder.write("docs/page.md", page)
        result = CliRunner().invoke(main, ["check"])
        assert not captured.requests
        return result

    return check_it


@pytest.mark.parametrize("case", CASES)
def test_a_link_that_leads_nowhere_is_told(check, case):
    page, words = CASES[case]
    result = check(f"{page}\n{VIEW}")
    assert result.exit_code == 1
    assert f"docs/page.md:{words}" in result.stderr
    assert "1 mistake to mend" in result.stderr


@pytest.mark.parametrize("page", NO_LINKS)
def test_what_is_right_or_no_link_is_left_alone(check, page):
    result = check(f"{page}{VIEW}")
    assert (result.exit_code, "no mistakes" in result.stderr) == (0, True), result.stderr


def test_what_only_the_exhibit_knows_is_checked_where_it_is_there(check, folder, captured):
    assert check(f"{LAYER}\n{VIEW}").exit_code == 0
    assert CliRunner().invoke(main, ["capture"]).exit_code == 0
    captured.requests.clear()
    result = check(f"{LAYER}\n{VIEW}")
    assert (result.exit_code, "docs/page.md:1:5: layer 7 is not in tiny" in result.stderr) == (1, True)


def test_a_link_to_a_view_that_can_not_be_shown_is_no_second_mistake(check, folder):
    page = "[x](attn:own?layer=1)\n\n```attnviz\nid: own\narrays: nowhere.safetensors\n```\n"
    result = check(page)
    assert "docs/page.md:5:9: " in result.stderr
    assert "1 mistake to mend" in result.stderr
