from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.analysis import align
from attnviz_mkdocs.exhibit import Token


def tokens(text: str) -> list[Token]:
    return [Token(word, special=word.startswith("[")) for word in text.split()]


def longest(first: str, second: str) -> int:
    """The length of a longest common subsequence, by its definition."""

    @cache
    def of(i: int, j: int) -> int:
        if i == len(first) or j == len(second):
            return 0
        if first[i] == second[j]:
            return 1 + of(i + 1, j + 1)
        return max(of(i + 1, j), of(i, j + 1))

    return of(0, 0)


def test_one_word_in_the_place_of_another_is_its_counterpart():
    assert align(tokens("[CLS] a question . She [SEP]"), tokens("[CLS] a question . He [SEP]")) == [
        (at, at) for at in range(6)
    ]


def test_as_many_words_between_two_matches_are_paired_and_others_are_not():
    assert align(tokens("the black cat sat"), tokens("the dog sat down")) == [
        (0, 0), (1, None), (2, None), (None, 1), (3, 2), (None, 3),
    ]  # fmt: skip


def test_what_is_called_the_same_is_the_same_only_in_the_same_part():
    mark, word, other = Token("a", special=True), Token("a"), Token("a", segment=1)
    assert align([mark, word], [word]) == [(0, None), (1, 0)]
    assert align([word, other], [other]) == [(0, None), (1, 0)]
    assert align([], [word]) == [(None, 0)]


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_each_token_comes_once_in_order_and_no_more_could_be_equal(first, second):
    pairs = align([Token(sign) for sign in first], [Token(sign) for sign in second])
    for side, text in enumerate((first, second)):
        assert [pair[side] for pair in pairs if pair[side] is not None] == list(range(len(text)))
    equal = [(a, b) for a, b in pairs if a is not None and b is not None and first[a] == second[b]]
    assert len(equal) == longest(first, second)


@given(st.text("abc", max_size=9))
def test_a_text_is_its_own_counterpart(text):
    assert align([Token(sign) for sign in text], [Token(sign) for sign in text]) == [
        (at, at) for at in range(len(text))
    ]
