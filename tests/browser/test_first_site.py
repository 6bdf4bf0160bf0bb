"""The site that `attnviz init` makes, in front of a reader."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real


def test_the_first_page_shows_the_view_that_it_talks_of(started, tab):
    tab.open(started / "site/index.html")
    view = tab.view()
    assert tab.page.locator("attn-view").count() == 1
    assert tab.page.get_by_role("heading", level=1).inner_text().startswith("What does this model look at?")
    shown = view.evaluate("view => ({...view.state, keys: view.exhibit.tokens.key})")
    assert (shown["view"], shown["layer"]) == ("head", 0)
    assert shown["keys"] == [
        "[CLS]",
        "The",
        "cat",
        "sat",
        "on",
        "the",
        "mat",
        "because",
        "it",
        "was",
        "warm",
        ".",
        "[SEP]",
    ]
    rows = view.evaluate("view => Array.from(view.exhibit.attention(5, 11))")
    size = len(shown["keys"])
    assert [round(sum(rows[query * size : (query + 1) * size]), 1) for query in range(size)] == [1] * size
