from __future__ import annotations

import torch

from attnviz_mkdocs.capture.batches import BATCH_TOKENS, by_length, pad
from attnviz_mkdocs.capture.tokens import Encoding
from attnviz_mkdocs.exhibit import Token


def test_batches_hold_like_lengths_and_no_more_tokens_than_stated():
    items = [[0] * length for length in (300, 61, 60, 62, 257, 63, 64, 65, 256)]
    batches = [[len(item) for item in batch] for batch in by_length(items)]
    assert batches == [[60, 61, 62, 63], [64, 65], [256], [257], [300]]
    assert all(len(batch) == 1 or len(batch) * max(batch) <= BATCH_TOKENS for batch in batches)


def test_no_items_no_batches():
    assert list(by_length([])) == []


def test_padding_is_on_the_right_and_masked():
    short = Encoding({"input_ids": [7, 8], "token_type_ids": [0, 1]}, (Token("a"), Token("b")))
    long = Encoding({"input_ids": [7, 8, 9], "token_type_ids": [1, 1, 1]}, (Token("a"), Token("b"), Token("c")))
    inputs = pad([short, long], 5, torch.device("cpu"))
    assert inputs["input_ids"].tolist() == [[7, 8, 5], [7, 8, 9]]
    assert inputs["token_type_ids"].tolist() == [[0, 1, 0], [1, 1, 1]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
