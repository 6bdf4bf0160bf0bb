from __future__ import annotations

import pytest
import tiny
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers_of_each_kind import bytewise
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.reading.tokens import encode, joins_pairs


def unsplit() -> PreTrainedTokenizerFast:
    """A whole text is one word to the tokenizer, as for many Llamas."""
    vocabulary = {"▁": 0, "a": 1, "b": 2, "▁a": 3, "<unk>": 4}
    backend = Tokenizer(models.BPE(vocabulary, [("▁", "a")], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def columns(encoding, name: str) -> list:
    return [getattr(token, name) for token in encoding.tokens["text"]]


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
    assert [(token.start, token.end) for token in encoding.tokens["text"]] == [(0, 1), (0, 1), (1, 2), (2, 3)]
    assert columns(encoding, "continues") == [False, True, False, False]


def test_pieces_of_a_word_continue_it():
    assert columns(encode(bytewise(), "cat"), "continues") == [False, True, True]


def test_a_space_begins_a_word_even_if_the_tokenizer_knows_no_words():
    encoding = encode(unsplit(), "ab ab")
    assert columns(encoding, "label") == ["a", "b", "a", "b"]
    assert columns(encoding, "continues") == [False, True, False, True]


def test_a_tokenizer_without_offsets_is_asked_what_its_ids_spell():
    encoding = encode(ByT5Tokenizer(), "hé")
    assert columns(encoding, "special") == [False, False, False, True]
    assert columns(encoding, "label") == ["h", "é", "é", "</s>"]
    assert columns(encoding, "start") == [0, 1, 1, -1]
    assert encoding.inputs["input_ids"] == [104 + 3, 0xC3 + 3, 0xA9 + 3, 1]


def test_where_ids_spell_another_text_the_tokenizers_own_pieces_are_shown():
    tokenizer = ByT5Tokenizer()
    tokenizer.decode = lambda *_, **__: "something else"
    encoding = encode(tokenizer, "hi")
    assert columns(encoding, "label") == ["h", "i", "</s>"]
    assert columns(encoding, "start") == [-1] * 3


@pytest.mark.parametrize("text", ["a\ud83d", "\udc00"])
def test_half_a_character_is_refused_in_words(text):
    with pytest.raises(CaptureError, match=r"character \d of the text is U\+D\w+, one half of a character"):
        encode(tiny.tokenizer(), text)
    with pytest.raises(CaptureError, match="one half of a character"):
        encode(tiny.tokenizer(), "the cat", text)


def test_a_special_token_that_the_author_wrote_is_special():
    encoding = encode(tiny.tokenizer(), "the [SEP] cat")
    assert columns(encoding, "special") == [True, False, True, False, True]
    assert columns(encoding, "start") == [-1, 0, 4, 10, -1]


def test_what_the_tokenizer_does_not_know_is_shown_as_the_text_has_it():
    encoding = encode(tiny.tokenizer(), "the zebra")
    assert columns(encoding, "label") == ["[CLS]", "the", "zebra", "[SEP]"]
    assert not encoding.tokens["text"][2].special


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
