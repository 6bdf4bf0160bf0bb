from __future__ import annotations

import torch

from attnviz_mkdocs.capture.reading.tokens import Encoding
from attnviz_mkdocs.capture.recording.batches import BATCH_TOKENS, by_length, pad
from attnviz_mkdocs.exhibit import Token


def test_batches_hold_like_lengths_and_no_more_tokens_than_stated():
    items = [[0] * length for length in (300, 61, 60, 62, 257, 63, 64, 65, 256)]
    batches = [[len(item) for item in batch] for batch in by_length(items)]
    assert batches == [[60, 61, 62, 63], [64, 65], [256], [257], [300]]
    assert all(len(batch) == 1 or len(batch) * max(batch) <= BATCH_TOKENS for batch in batches)


def test_no_items_no_batches():
    assert list(by_length([])) == []


def test_padding_is_on_the_right_and_masked():
    short = Encoding({"input_ids": [7, 8], "token_type_ids": [0, 1]}, {"text": (Token("a"), Token("b"))}, "a b")
    long = Encoding({"input_ids": [7, 8, 9], "token_type_ids": [1, 1, 1]}, {"text": (Token("a"),) * 3}, "a a a")
    inputs = pad([short, long], 5, torch.device("cpu"))
    assert set(inputs) == {"input_ids", "token_type_ids", "attention_mask"}
    assert inputs["input_ids"].tolist() == [[7, 8, 5], [7, 8, 9]]
    assert inputs["token_type_ids"].tolist() == [[0, 1, 0], [1, 1, 1]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]


def test_both_sides_of_an_encoder_decoder_model_are_padded_to_their_own_length():
    texts = [([7, 8], [1, 2, 3, 4]), ([7, 8, 9], [1])]
    encodings = [
        Encoding(
            {"input_ids": source},
            {"source": (Token("a"),) * len(source), "target": (Token("b"),) * len(target)},
            "a",
            {"decoder_input_ids": target},
            "b",
        )
        for source, target in texts
    ]
    assert [len(encoding) for encoding in encodings] == [6, 4]
    inputs = {name: values.tolist() for name, values in pad(encodings, 5, torch.device("cpu")).items()}
    assert inputs == {
        "input_ids": [[7, 8, 5], [7, 8, 9]],
        "attention_mask": [[1, 1, 0], [1, 1, 1]],
        "decoder_input_ids": [[1, 2, 3, 4], [1, 5, 5, 5]],
        "decoder_attention_mask": [[1, 1, 1, 1], [1, 0, 0, 0]],
    }
