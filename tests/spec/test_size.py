from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ByteSize, TypeAdapter

from attnviz_mkdocs.spec.size import parse_size, readable

PYDANTIC = TypeAdapter(ByteSize)


@pytest.mark.parametrize(
    "written", ["2MB", "900 kB", "1GiB", "1.5 mb", "12", 12, "3b", "2 TB", " 7 KiB ", "0.5MB", "1Tib", "10MiB"]
)
def test_sizes_mean_what_they_mean_to_others(written):
    assert parse_size(written) == PYDANTIC.validate_python(written)


@pytest.mark.parametrize(
    "written", ["", "much", "2 M B", "-1", -1, 0, "0MB", 1.5, True, None, [1], "2MB more", "1ib", "1e3"]
)
def test_what_is_no_size_is_none(written):
    assert parse_size(written) is None


@given(st.integers(1, 10**13))
def test_what_is_written_is_read_within_the_digits_shown(size):
    words = readable(size).replace("bytes", "B").replace("byte", "B")
    assert abs(parse_size(words) - size) <= 0.051 * size if size >= 1000 else parse_size(words) == size


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2_340_000, "2.3 MB"),
        (10**9, "1 GB"),
    ],
)
def test_sizes_are_short(size, words):
    assert readable(size) == words
