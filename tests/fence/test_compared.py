from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attnviz_mkdocs.fence.compared import names_of

ASKED = "The doctor asked the nurse a question."


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("She asked.", "He asked.", ("She asked.", "He asked.")),
        (f"{ASKED} She", f"{ASKED} He", ("… She", "… He")),
        (f"She said: {ASKED}", f"He said: {ASKED}", ("She …", "He …")),
        (f"{ASKED} She left the room.", f"{ASKED} He left the room.", ("… She …", "… He …")),
        (f"{ASKED} She\n  left.", f"{ASKED}  He left.", ("… She …", "… He …")),
        # Something of each has to be left.
        (ASKED, f"{ASKED} She", ("… question.", "… question. She")),
        (f"{ASKED} {ASKED}", f"{ASKED} {ASKED} {ASKED}", ("… question.", "… question. The doctor asked the nurse …")),
        # No words to tell apart, or too long ones.
        ("猫" * 50 + "犬", "猫" * 50 + "鳥", ("…犬", "…鳥")),
        ("a" * 50, "a" * 51, ("…a", "…aa")),
        ("a" * 50 + "b" * 60, "a" * 50 + "c" * 60, (f"…{'b' * 38}…", f"…{'c' * 38}…")),
    ],
)
def test_long_sentences_are_called_by_what_differs(first, second, names):
    assert names_of((first, second), "text", ()) == names


def test_texts_and_models_keep_the_names_that_they_have():
    assert names_of(("she", f"{ASKED} He"), "text", {"she"}) == ("she", f"{ASKED} …")
    assert names_of(("one/small", "two/small"), "model", {}) == ("one/small", "two/small")


WORDS = st.lists(st.sampled_from(["a", "b", "a" * 25, "a" * 24 + "b"]), min_size=1, max_size=12).map(" ".join)


@given(first=WORDS, second=WORDS)
def test_names_fit_and_differ(first, second):
    assume(first != second)
    names = names_of((first, second), "text", ())

    assert names[0] != names[1]
    assert all(len(name) <= 40 for name in names)
    assert names_of((second, first), "text", ()) == names[::-1]
