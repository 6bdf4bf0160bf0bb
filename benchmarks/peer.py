"""What the benchmarks have in common: the models, the text, BertViz's way and ours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, patch

import torch
from bertviz import head_view, model_view
from figures import ROOT
from models import MODELS, WORDS
from transformers import AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import capture
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

if TYPE_CHECKING:
    from attnviz_mkdocs.plan import What

_FOR_DOWNLOADS = ("six", "boto3", "botocore", "botocore.config", "botocore.exceptions", "sentencepiece", "sacremoses")
_VIEWS = {"head": head_view, "model": model_view}


class Peer:
    """BertViz's way: one text at a time, attentions asked for, the view's HTML written."""

    def __init__(self, model: Model) -> None:
        located = locate(model, ROOT, download=False)
        where: dict[str, Any] = {"gguf_file": located.gguf} if located.gguf else {}
        self.tokenizer = AutoTokenizer.from_pretrained(located.folder, **where)
        self.model = AutoModel.from_pretrained(located.folder, attn_implementation="eager", **where).eval()

    def page(self, text: str, view: str = "model") -> str:
        encoded = self.tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            attention = self.model(**encoded, output_attentions=True).attentions
        tokens = self.tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
        return str(_VIEWS[view](attention, tokens, html_action="return").data)

    def neuron_page(self, text: str) -> str:
        """BertViz's neuron view, of a BERT: it runs a model of its own, which is given the same weights."""
        # It imports these to download files and to tokenise, which nobody asks it to.
        absent = {name: MagicMock() for name in _FOR_DOWNLOADS if name not in sys.modules}
        with patch.dict(sys.modules, absent):
            from bertviz import neuron_view
            from bertviz.transformers_neuron_view.modeling_bert import BertConfig, BertModel
        known = self.model.config.to_dict()
        config = BertConfig(vocab_size_or_config_json_file=known["vocab_size"])
        for name in set(vars(config)) & set(known):
            setattr(config, name, known[name])
        config.output_attentions = True
        vendored = BertModel(config).eval()
        vendored.load_state_dict(self.model.state_dict())
        return str(neuron_view.show(vendored, "bert", self.tokenizer, text, html_action="return").data)

    def tokens(self, text: str) -> int:
        return len(self.tokenizer(text)["input_ids"])

    def text_of(self, length: int) -> str:
        """Words that make `length` tokens, or one or two fewer."""
        words = WORDS * (1 + length // len(WORDS))
        count = length
        while self.tokens(" ".join(words[:count])) > length:
            count -= 1
        return " ".join(words[:count])


def our_page(name: str, text: str, kind: str = "head") -> str:
    """The page that stands alone, with the viewer's code."""
    neurons = encode_neurons(_captured(name, text, "neurons")) if kind == "neuron" else None
    return page_of(exhibit_of(name, text), kind, neurons)


def exhibit_of(name: str, text: str) -> bytes:
    """What a model does on a text, as a page carries it."""
    return encode(_captured(name, text, "attention"))


def page_of(exhibit: bytes, kind: str, neurons: bytes | None = None) -> str:
    """The page that stands alone of an exhibit that is there."""
    figure = Figure(kind, "model", Model(source="x"), Text(text="x"), Options(), None, Place("benchmark"))
    return draw_page(figure, "0" * 32, exhibit, neurons)


def _captured(name: str, text: str, what: What) -> Any:
    request = Request("0" * 32, name, MODELS[name], Text(text=text), "", what=what)
    [(_, result)] = capture([request], root=ROOT, device="cpu")
    if isinstance(result, Exception):
        raise result
    return result
