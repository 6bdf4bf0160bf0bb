"""A model whose vocabulary means harm: its tokens are texts like any other, read or written by it."""

from __future__ import annotations

import json

import tiny
from payloads import PAYLOADS
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from attnviz_mkdocs.capture import capture
from attnviz_mkdocs.codec import decode, encode
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Options, Place, Text

WORDS = [payload for payload in PAYLOADS if "\n" not in payload]


def tokenizer() -> PreTrainedTokenizerFast:
    """Whole payloads, one in a line."""
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), tiny.SPECIAL, strict=True))
    backend = Tokenizer(
        WordLevel({word: index for index, word in enumerate([*tiny.SPECIAL, *WORDS])}, unk_token="[UNK]")
    )
    backend.pre_tokenizer = Split("\n", "removed")
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)


def captured(folder, text: Text):
    [request] = tiny.requests(folder, text)
    [(_, made)] = capture([request], root=folder)
    assert not isinstance(made, Exception), made
    return request, decode(encode(made))


def assert_is_text(request, exhibit):
    figure = Figure("head", "tiny", request.model, request.text, Options(), None, Place("x"))
    page = draw_page(figure, "key", encode(exhibit))
    assert not [word for word in WORDS if word.startswith("<") and len(word) > 20 and word in page]


def test_tokens_that_are_read(tmp_path):
    config = tiny.config("bert", vocab_size=len(tiny.SPECIAL) + len(WORDS))
    folder = tiny.save(tmp_path / "model", config, tokenizer())
    # As many as the model has positions for.
    some = WORDS[:: 1 + len(WORDS) // 60]
    request, exhibit = captured(folder, Text(text="\n".join(some)))
    assert [token.label for token in exhibit.tokens["text"]] == some
    assert_is_text(request, exhibit)


def test_tokens_that_are_written(tmp_path):
    words = tiny.tokenizer(special=False)
    words.add_tokens(WORDS)
    folder = tiny.save(tmp_path / "model", tiny.config("llama", vocab_size=len(words)), words, AutoModelForCausalLM)
    request, exhibit = captured(folder, Text(text=tiny.SHORT, generate=12))
    written = [token.label.strip() for token in exhibit.tokens["text"] if token.generated]
    assert len(set(written).intersection(map(str.strip, WORDS))) > 1
    assert_is_text(request, exhibit)


def test_code_beside_a_known_kind_of_model_is_not_run(tmp_path):
    """Such as a folder of the hub that keeps the code of before its library knew the model."""
    folder = tiny.save(tmp_path / "model", tiny.config("bert"))
    for name, mapped in (
        ("config.json", {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}),
        ("tokenizer_config.json", {"AutoTokenizer": ["own.OwnTokenizer", "other/repository--own.OwnTokenizer"]}),
    ):
        about = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(about | {"auto_map": mapped}))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write('')\n")
    _, exhibit = captured(folder, Text(text=tiny.SHORT))
    assert exhibit.provenance.architecture == "BertModel"
    assert not (tmp_path / "ran").exists()
