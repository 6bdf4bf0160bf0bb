from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import later, neurons

from attnviz_mkdocs.analysis import HeadScores
from attnviz_mkdocs.exhibit import SELF
from attnviz_mkdocs.neurons import Bias

NONE = np.zeros((5, 5), bool)


@pytest.fixture
def numbers():
    _, own = neurons()
    return own.attentions[SELF]


def test_scores_are_scaled_dot_products_within_the_cap_and_with_the_bias(numbers):
    offsets = np.arange(9, dtype=np.float32).reshape(1, 1, 9).repeat(4, axis=1)
    numbers = replace(numbers, softcap=np.array([0, 2], np.float32), bias=Bias("distance", offsets, (-1, 0)))
    head = HeadScores.of(numbers, 1, 3, later(5))
    for i, j in np.ndindex(5, 5):
        dot = sum(float(q) * float(k) for q, k in zip(numbers.queries[1, 3, i], numbers.keys[1, 1, j], strict=True))
        capped = 2 * np.tanh(dot / np.sqrt(8) / 2)
        assert head.capped[i, j] == pytest.approx(capped, abs=1e-5)
        assert head.scores[i, j] == (pytest.approx(capped + j - i + 4, abs=1e-5) if j <= i else -np.inf)
    exponents = np.exp(head.scores)
    assert head.weights == pytest.approx(exponents / exponents.sum(-1, keepdims=True), abs=1e-5)


def test_shares_are_covariances_with_the_score(numbers):
    head = HeadScores.of(numbers, 0, 2, later(5))
    for query in (3, 4):
        brought = head.scale * head.queries[query] * head.keys[: query + 1]
        total = brought.sum(1)
        expected = [np.cov(brought[:, d], total, bias=True)[0, 1] / np.var(total) for d in range(8)]
        assert head.shares([query]) == pytest.approx(expected)
        assert head.shares([query]).sum() == pytest.approx(1)
    assert head.shares().sum() == pytest.approx(1)
    assert (head.shares([0]) == 0).all(), "one key is not told apart from any other"


def test_a_neuron_that_gives_the_same_to_all_keys_has_no_share(numbers):
    keys = numbers.keys.copy()
    keys[..., 5] = 3
    head = HeadScores.of(replace(numbers, keys=keys), 0, 0, NONE)
    assert head.shares()[5] == pytest.approx(0, abs=1e-9)
    assert abs(head.shares()).max() > 0.05
