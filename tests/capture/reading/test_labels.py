"""What a reader sees of tokens, in many scripts and for every algorithm, against the sentences themselves."""

from __future__ import annotations

from itertools import groupby

import pytest
import tokenizers_of_each_kind as kinds
from tokenizers_of_each_kind import SENTENCES
from transformers import ByT5Tokenizer

from attnviz_mkdocs.capture.reading.labels import Piece, label
from attnviz_mkdocs.capture.reading.tokens import encode

TRAINED = {
    "bytes": kinds.bytewise,
    "byte-level BPE": kinds.byte_level,
    "SentencePiece BPE": kinds.sentencepiece_bpe,
    "Unigram": kinds.unigram,
    "Unigram with bytes": lambda: kinds.unigram(byte_fallback=True),
    "WordPiece": kinds.word_piece,
    "ByT5": ByT5Tokenizer,
}


@pytest.fixture(
    scope="module", params=[*TRAINED, *(pytest.param(name, marks=pytest.mark.real) for name in ("minilm", "smollm2"))]
)
def tokenizer(request):
    if request.param in TRAINED:
        return TRAINED[request.param]()
    return request.getfixturevalue(request.param)[0].reader.loaded.tokenizer


def content(tokenizer, text: str):
    return [token for token in encode(tokenizer, text).tokens["text"] if not token.special]


def bare(text: str) -> str:
    return "".join(text.split())


def units(tokens) -> list[str]:
    """Labels, those of pieces of one character once."""
    return [label for (_, _, label), _ in groupby(tokens, lambda token: (token.start, token.end, token.label))]


def words(tokens) -> list[str]:
    """Labels, put together to words."""
    joined: list[list] = []
    for token in tokens:
        if token.continues:
            joined[-1].append(token)
        elif token.label.strip():
            joined.append([token])
    return ["".join(units(word)) for word in joined]


@pytest.mark.parametrize("script", SENTENCES)
def test_labels_rebuild_the_sentence(tokenizer, script):
    text = SENTENCES[script]
    tokens = content(tokenizer, text)
    assert bare("".join(units(tokens))) == bare(text)
    for token in tokens:
        if token.start >= 0:
            assert token.label == text[token.start : token.end]
            assert token.label == token.label.strip() or not token.label.strip()


@pytest.mark.parametrize("script", SENTENCES)
def test_each_id_has_its_token(tokenizer, script):
    encoding = encode(tokenizer, SENTENCES[script])
    assert list(encoding.inputs["input_ids"]) == tokenizer(SENTENCES[script])["input_ids"]
    assert len(encoding) == len(encoding.inputs["input_ids"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Привет, мир", ["Привет", ",", "мир"]),
        ("我在 北京", ["我", "在", "北", "京"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("Ελληνικά γράμματα", ["Ελληνικά", "γράμματα"]),
        ("👩‍👩‍👧‍👦 🇫🇷 👍🏽", ["👩‍👩‍👧‍👦", "🇫🇷", "👍🏽"]),
    ],
)
def test_pieces_join_to_the_words_of_the_script(tokenizer, text, expected):
    tokens = content(tokenizer, text)
    # Where a vocabulary knows several characters of Chinese as one token, they stay together.
    if text.startswith("我") and any(len(token.label) > 1 for token in tokens):
        pytest.skip("the vocabulary has longer words")
    assert words(tokens) == expected


def test_scripts_without_spaces_have_words_no_longer_than_a_token():
    assert words(content(kinds.bytewise(), "สวัสดี")) == ["ส", "วั", "ส", "ดี"]


def test_kana_of_two_kinds_are_two_words():
    assert words(content(kinds.bytewise(), "猫はマットの上でスーパーらーめん")) == [
        *("猫", "は", "マット", "の", "上", "で", "スーパー", "らーめん")
    ]


def test_pieces_of_an_emoji_share_all_of_it():
    family, flag = "👩‍👩‍👧‍👦", "🇫🇷"
    tokens = content(kinds.bytewise(), f"{family}{flag}")
    assert {(token.label, token.start, token.end) for token in tokens} == {(family, 0, 7), (flag, 7, 9)}
    assert [token.continues for token in tokens] == [False, *[True] * 24, False, *[True] * 7]


def test_bytes_that_claim_a_whole_run_get_their_own_character():
    tokens = content(kinds.unigram(byte_fallback=True), "日本")
    assert [(token.label, token.start) for token in tokens] == [(" ", -1), *[("日", 0)] * 3, *[("本", 1)] * 3]


def test_a_token_across_two_characters_shares_both_with_its_neighbours():
    # ab|c|d with pieces (a, half of b), (half of b, c), d
    tokens = label("abcd", [Piece("x", 0, 2), Piece("y", 1, 3), Piece("d", 3, 4)])
    assert [(token.label, token.start, token.end) for token in tokens] == [("abc", 0, 3), ("abc", 0, 3), ("d", 3, 4)]


def test_a_mark_that_another_token_shares_keeps_to_itself():
    # "cafe" + acute accent: the letter under the mark belongs to a longer token.
    tokens = label("cafe\u0301", [Piece("cafe", 0, 4), Piece("mark", 4, 5)])
    assert [token.label for token in tokens] == ["cafe", "\u0301"]
    assert tokens[1].continues


def test_the_space_before_a_word_is_no_part_of_it():
    [token] = label(" the ", [Piece("Ġtheĉ", 0, 5)])
    assert (token.label, token.start, token.end) == ("the", 1, 4)


def test_a_token_of_space_is_labelled_with_it():
    tokens = label("a \n\t", [Piece("a", 0, 1), Piece("Ġ", 1, 2), Piece("Ċĉ", 2, 4)])
    assert [token.label for token in tokens] == ["a", " ", "\n\t"]


def test_a_special_token_in_the_text_keeps_its_place_and_ends_a_word():
    tokens = label("a<x>b", [Piece("a", 0, 1), Piece("<x>", 1, 4, special=True), Piece("b", 4, 5)])
    assert [(token.label, token.special, token.start, token.continues) for token in tokens] == [
        ("a", False, 0, False),
        ("<x>", True, 1, False),
        ("b", False, 4, False),
    ]
