from __future__ import annotations

import numpy as np
import pytest
from builders import attention, later
from scipy.stats import entropy as scipy_entropy

from attnviz_mkdocs.analysis import STATISTICS, entropy, statistic

SPECIAL = np.array([True, False, False, False, True])


def of(name, weights, masked=None, special=SPECIAL):
    masked = np.zeros(weights.shape, bool) if masked is None else np.broadcast_to(masked, weights.shape)
    return statistic(name, weights, masked, special)


def head_that_looks(offset: int, tokens: int = 5) -> np.ndarray:
    """A hand-wired head: each token looks at the one so far from it, and at itself where there is none."""
    keys = np.arange(tokens) + offset
    keys = np.where((keys < 0) | (keys >= tokens), np.arange(tokens), keys)
    return np.eye(tokens, dtype=np.float32)[keys][None, None]


@pytest.mark.parametrize(("name", "offset"), [("previous", -1), ("next", 1), ("self", 0)])
def test_a_hand_wired_head_scores_exactly_1(name, offset):
    assert of(name, head_that_looks(offset)) == 1
    assert {other: of(other, head_that_looks(offset)) for other in {"previous", "next", "self"} - {name}} == {
        other: pytest.approx(0.2 if other == "self" else 0) for other in {"previous", "next", "self"} - {name}
    }


def test_uniform_attention_has_the_entropy_ln_n():
    uniform = np.full((2, 3, 7, 7), 1 / 7, np.float32)
    assert of("entropy", uniform, special=np.zeros(7, bool)) == pytest.approx(np.full((2, 3), np.log(7)))
    assert of("distance", uniform, special=np.zeros(7, bool)) == pytest.approx(np.full((2, 3), 16 / 7))


def test_entropy_is_the_one_of_scipy():
    weights = attention()
    assert entropy(weights) == pytest.approx(scipy_entropy(weights, axis=-1), abs=1e-6)
    assert of("entropy", weights) == pytest.approx(scipy_entropy(weights, axis=-1).mean(-1), abs=1e-6)


def test_all_are_the_plain_formulas():
    weights = attention(causal=True)
    for layer, head in np.ndindex(weights.shape[:2]):
        A = weights[layer, head]  # noqa: N806 - as in the formulas
        n = len(A)
        expected = {
            "entropy": np.mean([-sum(a * np.log(a) for a in A[i] if a > 0) for i in range(n)]),
            "distance": np.mean([sum(A[i, j] * abs(i - j) for j in range(n)) for i in range(n)]),
            "previous": np.mean([A[i, i - 1] for i in range(1, n)]),
            "next": np.mean([A[i, i + 1] for i in range(n - 1)]),
            "self": np.mean([A[i, i] for i in range(n)]),
            "first": np.mean([A[i, 0] for i in range(n)]),
            "special": np.mean([A[i, 0] + A[i, 4] for i in range(n)]),
        }
        assert expected.keys() == STATISTICS.keys()
        for name, value in expected.items():
            assert of(name, weights, later(n))[layer, head] == pytest.approx(value, abs=1e-6), name


def test_queries_that_see_nothing_enter_no_mean():
    weights = head_that_looks(0)
    weights[..., 2, :] = 0
    masked = np.zeros((5, 5), bool)
    masked[2] = True
    assert of("self", weights, masked) == 1
    assert of("self", weights) == pytest.approx(0.8)
    assert of("self", np.zeros((1, 1, 5, 5), np.float32), np.ones((5, 5), bool)) == 0


@pytest.mark.parametrize("name", STATISTICS)
def test_positions_of_two_texts_are_not_compared(name):
    cross = np.full((1, 1, 2, 5), 0.2, np.float32)
    if name in ("distance", "previous", "next", "self"):
        with pytest.raises(ValueError, match="of different texts"):
            of(name, cross)
    else:
        assert of(name, cross) == pytest.approx({"entropy": np.log(5), "first": 0.2, "special": 0.4}[name])
