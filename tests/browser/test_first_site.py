"""The site that `attnviz init` makes, in front of a reader."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real


def test_the_first_page_shows_what_it_says(started, tab):
    tab.open(started / "site/index.html")
    assert tab.page.locator("attn-view").count() == 2
    one = tab.view().evaluate("view => ({...view.state, keys: view.exhibit.tokens.key})")
    assert (one["view"], one["layer"], one["heads"], one["query"]) == ("head", 5, [11], 8)
    assert " ".join(one["keys"]) == "[CLS] The cat sat on the mat because it was warm . [SEP]"
    weights = tab.view().evaluate("view => Array.from(view.exhibit.attention(5, 11).slice(8 * 13, 9 * 13))")
    # The caption's claim, up to the separators on which heads rest.
    words = dict(zip(one["keys"][1:-1], weights[1:-1], strict=True))
    assert one["keys"][8] == "it"
    assert max(words, key=words.get) == "cat"
    assert tab.view(1).evaluate("view => view.state.view") == "model"
