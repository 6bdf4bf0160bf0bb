from __future__ import annotations

import pytest
import tiny
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.tokens import encode, joins_pairs


def bytewise() -> PreTrainedTokenizerFast:
    """Every byte a token, words begin with their space, as GPT-2 has it before any merge."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({character: index for index, character in enumerate(alphabet)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def unsplit() -> PreTrainedTokenizerFast:
    """A whole text is one word to the tokenizer, as for many Llamas."""
    vocabulary = {"▁": 0, "a": 1, "b": 2, "▁a": 3, "<unk>": 4}
    backend = Tokenizer(models.BPE(vocabulary, [("▁", "a")], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def columns(encoding, name: str) -> list:
    return [getattr(token, name) for token in encoding.tokens]


def test_special_tokens_and_segments_of_a_pair():
    encoding = encode(tiny.tokenizer(), "the cat", "a dog ran")
    assert columns(encoding, "label") == ["[CLS]", "the", "cat", "[SEP]", "a", "dog", "ran", "[SEP]"]
    assert columns(encoding, "special") == [True, False, False, True, False, False, False, True]
    assert columns(encoding, "segment") == [0, 0, 0, 0, 1, 1, 1, 1]
    assert columns(encoding, "start") == [-1, 0, 4, -1, 0, 2, 6, -1]
    assert columns(encoding, "end") == [-1, 3, 7, -1, 1, 5, 9, -1]
    assert not any(columns(encoding, "continues"))


def test_a_label_is_what_the_text_says_not_what_the_vocabulary_does():
    assert columns(encode(tiny.tokenizer(), "the Zebra"), "label") == ["[CLS]", "the", "Zebra", "[SEP]"]


def test_a_piece_of_a_character_is_labelled_with_the_character():
    encoding = encode(bytewise(), "é x")
    assert columns(encoding, "label") == ["é", "é", " ", "x"]
    assert [(token.start, token.end) for token in encoding.tokens] == [(0, 1), (0, 1), (1, 2), (2, 3)]
    assert columns(encoding, "continues") == [False, True, False, False]


def test_pieces_of_a_word_continue_it():
    assert columns(encode(bytewise(), "cat"), "continues") == [False, True, True]


def test_a_space_begins_a_word_even_if_the_tokenizer_knows_no_words():
    encoding = encode(unsplit(), "ab ab")
    assert columns(encoding, "label") == ["a", "b", "a", "b"]
    assert columns(encoding, "continues") == [False, True, False, True]


def test_a_tokenizer_without_offsets_gives_its_own_pieces():
    encoding = encode(ByT5Tokenizer(), "hé")
    assert columns(encoding, "special") == [False, False, False, True]
    assert columns(encoding, "start") == [-1] * 4
    assert encoding.inputs["input_ids"] == [104 + 3, 0xC3 + 3, 0xA9 + 3, 1]


def test_nothing_is_cut_off_even_where_the_tokenizer_is_set_to():
    tokenizer = tiny.tokenizer(model_max_length=4)
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=100)
    assert len(encode(tokenizer, "the cat " * 5)) == 12


def test_a_text_without_tokens_is_refused():
    with pytest.raises(CaptureError, match="makes no token of this text"):
        encode(tiny.tokenizer(special=False), " ")


def test_which_tokenizers_join_pairs():
    assert joins_pairs(tiny.tokenizer())
    assert not joins_pairs(tiny.tokenizer(special=False))
    assert not joins_pairs(bytewise())
