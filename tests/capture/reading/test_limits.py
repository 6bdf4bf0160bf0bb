"""How long a text may be: for the model, its tokenizer, a page and a browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import tiny
import torch
from torch import nn

from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.loading import load
from attnviz_mkdocs.capture.reading.limits import find_limit
from attnviz_mkdocs.capture.reading.reader import Reader
from attnviz_mkdocs.codec import LARGEST
from attnviz_mkdocs.plan import exhibit_key
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Model, Text

LIFT = 'shorten it, or write "longest:" with up to 4,096 under the model; a page grows with its square'


def reader(folder, **options) -> Reader:
    spec = Model(source=str(folder), **options)
    return Reader(load(locate(spec, folder, download=False), spec, Place(torch.device("cpu"))), causal=True)


@pytest.fixture(scope="module")
def bloom(tmp_path_factory):
    """A model without a number of positions of its own."""
    return tiny.save(tmp_path_factory.mktemp("bloom"), tiny.config("bloom"))


@pytest.mark.parametrize(
    ("options", "tokens", "told"),
    [
        ({}, 1025, f"the text has 1,025 tokens, but a page can show at most 1,024; {LIFT}"),
        ({}, 100_000, f"the text has 100,000 tokens, but a page can show at most 1,024; {LIFT}"),
        ({"longest": 2000}, 2001, f"the text has 2,001 tokens, but a page can show at most 2,000; {LIFT}"),
        ({"longest": 4096}, 4097, "the text has 4,097 tokens, but a page can show at most 4,096; shorten it"),
        ({"longest": 3}, 4, f"the text has 4 tokens, but a page can show at most 3; {LIFT}"),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_what_lifts_the_limit(bloom, options, tokens, told):
    with pytest.raises(CaptureError) as error:
        reader(bloom, **options).read(Text(text="cat " * tokens))
    assert str(error.value) == told


def test_a_limit_that_was_lifted_lets_a_text_pass(bloom):
    assert len(reader(bloom, longest=2000).read(Text(text="cat " * 2000))) == 2000


def test_what_an_exhibit_is_kept_under_does_not_depend_on_the_limit():
    one, other = (Model(source="a/b", **options) for options in ({}, {"longest": 4096}))
    assert exhibit_key(one, "f", Text(text="A")) == exhibit_key(other, "f", Text(text="A"))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("layers", "heads"), [(32, 32), (126, 128), (6, 12)])
def test_a_browser_has_room_for_the_weights_of_as_many_tokens(layers, heads, causal):
    config = SimpleNamespace(num_hidden_layers=layers, num_attention_heads=heads, is_encoder_decoder=False)
    model = nn.Module()
    model.config = SimpleNamespace(get_text_config=lambda: config)
    tokenizer = SimpleNamespace(model_max_length=10**30)
    tokens = find_limit(model, tokenizer, longest=4096, causal=causal).tokens

    def weights(tokens: int) -> int:
        return layers * heads * (tokens * (tokens + 1) // 2 if causal else tokens**2)

    assert weights(tokens) <= LARGEST
    assert tokens == 4096 or weights(tokens * 103 // 100 + 3) > LARGEST
