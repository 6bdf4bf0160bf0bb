"""The page on which models can be shown says what is so; it is written by `tools/model_coverage.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "tools"))

import model_coverage as coverage


def test_each_family_has_a_row():
    assert list(coverage.written()) == coverage.families()


@pytest.mark.parametrize("family", coverage.families())
def test_a_row_says_what_is_so(family):
    assert str(coverage.row(family)) == coverage.written().get(family)
