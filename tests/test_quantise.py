from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attnviz_mkdocs.quantise import ABSOLUTE_ERROR, ESCAPE, FLOOR, LEVELS, MASKED, RELATIVE_ERROR, dequantise, quantise


def bits(weight: float) -> int:
    return int(np.float32(weight).view(np.uint32))


def all_weights() -> np.ndarray:
    """Float32 in [0, 1]: each cell of the look-up twice, both ends, and the neighbourhood of every level."""
    floor, one = bits(FLOOR), bits(1)
    samples = np.concatenate([np.arange(0, floor, 99_991), np.arange(floor - 5_000, one, 251), [0, floor, one]])
    near = LEVELS.view(np.uint32).astype(np.int64)[:, None] + np.arange(-3, 4)
    return np.unique(np.clip(np.concatenate([samples, near.ravel()]), 0, one)).astype(np.uint32).view(np.float32)


def test_every_weight_keeps_both_promises():
    weights = all_weights().astype(np.float64)
    decoded = dequantise(*quantise(weights.astype(np.float32))).astype(np.float64)
    error = np.abs(decoded - weights)
    assert error.max() <= ABSOLUTE_ERROR
    large = weights >= FLOOR
    assert (error[large] / weights[large]).max() <= RELATIVE_ERROR
    assert (decoded[weights < FLOOR * 0.999] == 0).all()


def test_larger_weights_never_get_a_lower_level():
    decoded = dequantise(*quantise(all_weights()))
    assert (np.diff(decoded) >= 0).all()
    assert decoded[-1] == 1


def test_masked_is_not_zero():
    codes, _ = quantise(np.zeros((2, 2)), np.array([[False, True], [False, False]]))
    assert codes.tolist() == [[1, MASKED], [1, 1]]
    assert dequantise(codes, np.empty(0, np.uint8)).tolist() == [[0, 0], [0, 0]]


def test_nothing_is_nothing_with_either_sign():
    codes, top = quantise(np.array([0.0, -0.0], np.float32))
    assert codes.tolist() == [1, 1]
    assert not top.size


@given(arrays(np.float32, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.floats(0, 1, width=32)))
def test_weights_near_one_escape_in_reading_order(weights):
    codes, top = quantise(weights)
    assert (codes == ESCAPE).sum() == top.size
    assert np.abs(dequantise(codes, top) - weights).max(initial=0) <= ABSOLUTE_ERROR


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.01, 1.01])
def test_what_is_no_weight_is_refused(bad):
    with pytest.raises(ValueError, match="attention weights"):
        quantise(np.array([0.5, bad]))


def test_codes_that_name_no_level_are_refused():
    with pytest.raises(ValueError, match="names level"):
        dequantise(np.array([ESCAPE], np.uint8), np.array([200], np.uint8))
    with pytest.raises(ValueError, match="look into"):
        dequantise(np.array([ESCAPE], np.uint8), np.empty(0, np.uint8))
