"""Words, sinks, reductions and the strongest keys, against formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from builders import attention, later
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.analysis import (
    hidden_share,
    join_tokens,
    join_weights,
    parts_of_characters,
    reduced,
    strongest,
    without_first_key,
    word_starts,
)
from attnviz_mkdocs.exhibit import Token


def test_words_start_where_nothing_continues_and_never_across_marks_or_texts():
    tokens = (
        Token("[CLS]", special=True),
        Token("slow", continues=True),
        Token("ly", continues=True),
        Token("[SEP]", special=True, continues=True),
        Token("a", segment=0),
        Token("b", segment=1, continues=True),
    )
    assert word_starts(tokens) == [0, 1, 3, 4, 5]
    assert [word.label for word in join_tokens(tokens, word_starts(tokens))] == ["[CLS]", "slowly", "[SEP]", "a", "b"]


def test_pieces_of_one_character_carry_it_once():
    tokens = tuple(Token("中", 4, 5, continues=piece > 0, generated=piece == 2) for piece in range(3))
    assert parts_of_characters((Token("a", 0, 1), *tokens, Token("")))[1:4] == [(1, 3), (2, 3), (3, 3)]
    assert parts_of_characters((Token("x"), Token("y"), Token("", 3, 3), Token("", 3, 3))) == [None] * 4
    (word,) = join_tokens(tokens, [0])
    assert (word.label, word.generated, word.continues) == ("中", True, False)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.booleans())
def test_words_are_sums_over_keys_and_means_over_queries_that_see(continues, causal):
    n = len(continues)
    weights = attention(1, 2, n, causal=causal)
    masked = np.broadcast_to(later(n) if causal else np.zeros((n, n), bool), weights.shape).copy()
    masked[..., 0, :] = True  # one that sees nothing
    weights[masked] = 0
    tokens = [Token(str(index), continues=goes_on) for index, goes_on in enumerate(continues)]
    starts = word_starts(tokens)
    words = [list(range(a, b)) for a, b in zip(starts, [*starts[1:], n], strict=True)]
    joined, unseen = join_weights(weights, masked, starts, starts)
    for head, row, column in np.ndindex(joined.shape[1:]):
        seeing = [q for q in words[row] if not masked[0, head, q].all()]
        sums = [sum(weights[0, head, q, k] for k in words[column]) for q in seeing]
        assert joined[0, head, row, column] == pytest.approx(np.mean(sums) if sums else 0, abs=1e-6)
        assert unseen[0, head, row, column] == all(masked[0, head, q, k] for q in words[row] for k in words[column])


def test_without_the_first_key_rows_sum_to_1_again():
    weights = attention(causal=True)
    masked = np.broadcast_to(later(5), weights.shape)
    left, unseen = without_first_key(weights, masked)
    assert unseen[..., 0].all()
    assert unseen[..., 0, :].all()  # it saw nothing but the first
    assert left[..., 1:, :].sum(-1) == pytest.approx(1, abs=1e-6)
    assert left[1, 2, 4, 3] == pytest.approx(weights[1, 2, 4, 3] / (1 - weights[1, 2, 4, 0]), abs=1e-6)
    assert not masked[..., 4, 0].any(), "the caller's own are left alone"


@pytest.mark.parametrize(("over", "axes"), [("layers", 0), ("heads", 1), ("all", (0, 1))])
def test_many_become_one(over, axes):
    weights = attention()
    masked = weights < 0.01
    masked[..., 3, 4] = True
    for by, plain in (("mean", np.mean), ("max", np.max)):
        one, unseen = reduced(weights, masked, over, by)
        assert one == pytest.approx(plain(weights, axis=axes, keepdims=True))
        assert (unseen == masked.all(axis=axes, keepdims=True)).all()
    assert reduced(weights, masked, over, "mean")[0].sum(-1) == pytest.approx(1, abs=1e-6)


@given(st.floats(0.01, 1), st.integers(0, 9))
def test_the_strongest_keys_make_up_the_share_and_none_of_them_is_too_many(share, seed):
    weights = attention(1, 1, 6, seed=seed)[0, 0]
    chosen = strongest(weights, share)
    for row, kept in zip(weights.astype(float), chosen, strict=True):
        assert row[kept].sum() >= share * row.sum() - 1e-5
        assert row[kept].sum() - row[kept].min() < share * row.sum()
        assert row[kept].min() >= row[~kept].max(initial=0)


def test_however_small_a_share_is_the_strongest_key_makes_it_up():
    weights = np.float32([[0.25, 0.75], [0, 0]])
    assert strongest(weights, 1e-9).tolist() == [[False, True], [False, False]]


def test_what_is_hidden_is_stated():
    weights = np.array([[0.5, 0.3, 0.2], [1, 0, 0], [0, 0, 0]], np.float32)
    shown = strongest(weights, 0.7)
    assert shown.tolist() == [[True, True, False], [True, False, False], [False] * 3]
    assert hidden_share(weights, shown) == pytest.approx([0.2, 0, 0])
    assert strongest(np.full((1, 4), 0.25, np.float32), 0.5).tolist() == [[True, True, False, False]]
