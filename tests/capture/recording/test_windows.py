from __future__ import annotations

import numpy as np
import pytest

from attnviz_mkdocs.capture.recording.windows import notes_on_windows
from attnviz_mkdocs.exhibit import Attention, Track

TOKENS = 6
BEHIND = np.arange(TOKENS)[:, None] - np.arange(TOKENS)
LATER = BEHIND < 0
#: Two halves that don't see one another.
HALVES = np.arange(TOKENS)[:, None] // 3 != np.arange(TOKENS) // 3


def notes(*hidden: np.ndarray, name: str = "self", layers: tuple[int, ...] = ()) -> list[str]:
    masked = np.stack(hidden)[:, None].repeat(2, axis=1)
    weights = ~masked / (~masked).sum(-1, keepdims=True)
    side = "text" if name == "self" else "source"
    attention = Attention(side, side, layers or tuple(range(len(hidden))), Track.from_weights(weights, masked))
    return notes_on_windows({name: attention})


@pytest.mark.parametrize("hidden", [LATER, np.zeros_like(LATER)])
def test_where_nothing_is_hidden_but_later_tokens_nothing_is_said(hidden):
    assert notes(hidden, hidden) == []


def test_a_window_of_all_layers():
    near = LATER | (BEHIND > 2)
    assert notes(near, near) == ["A token sees itself and at most 2 tokens before it."]
    assert notes(abs(BEHIND) > 1) == ["A token sees itself and at most 1 token on each side."]


def test_windows_of_some_layers_are_told_by_the_models_numbers():
    assert notes(LATER, LATER | (BEHIND > 2), LATER | (BEHIND > 1), LATER | (BEHIND > 2), layers=(1, 4, 6, 9)) == [
        "In layer 6 a token sees itself and at most 1 token before it.",
        "In layers 4 and 9 a token sees itself and at most 2 tokens before it.",
    ]


def test_windows_of_an_encoder():
    everything, near = np.zeros_like(LATER), abs(BEHIND) > 2
    assert notes(near, name="encoder") == ["In the encoder a token sees itself and at most 2 tokens on each side."]
    assert notes(near, everything, name="encoder") == [
        "In layer 0 of the encoder a token sees itself and at most 2 tokens on each side."
    ]


def test_a_token_that_sees_only_itself():
    assert notes(BEHIND != 0, LATER) == ["In layer 0 a token sees only itself."]


def test_what_is_no_window():
    assert notes(HALVES | LATER) == ["A token doesn't see all tokens before it."]
    assert notes(HALVES, np.zeros_like(HALVES)) == ["In layer 0 a token doesn't see all others."]
