"""What the benchmarks have in common: the models, the text, BertViz's way and ours."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock, patch

import torch
from bertviz import model_view
from figures import ROOT
from models import MODELS, WORDS
from transformers import AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import capture
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

_FOR_DOWNLOADS = ("six", "boto3", "botocore", "botocore.config", "botocore.exceptions", "sentencepiece", "sacremoses")


class Peer:
    """BertViz's way: one text at a time, attentions asked for, the view's HTML written."""

    def __init__(self, model: Model) -> None:
        located = locate(model, ROOT, download=False)
        where: dict[str, Any] = {"gguf_file": located.gguf} if located.gguf else {}
        self.tokenizer = AutoTokenizer.from_pretrained(located.folder, **where)
        self.model = AutoModel.from_pretrained(located.folder, attn_implementation="eager", **where).eval()

    def page(self, text: str) -> str:
        encoded = self.tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            attention = self.model(**encoded, output_attentions=True).attentions
        tokens = self.tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
        return str(model_view(attention, tokens, html_action="return").data)

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

    def text_of(self, length: int) -> str:
        """Words that make `length` tokens, or one or two fewer."""
        words = WORDS * (1 + length // len(WORDS))
        count = length
        while len(self.tokenizer(" ".join(words[:count]))["input_ids"]) > length:
            count -= 1
        return " ".join(words[:count])


def our_page(name: str, text: str, kind: str = "head") -> str:
    """The page that stands alone, with the viewer's code."""
    model = MODELS[name]
    request = Request("0" * 32, name, model, Text(text=text), "")
    both = [request, replace(request, what="neurons")] if kind == "neuron" else [request]
    captured = {request.what: result for request, result in capture(both, root=ROOT, device="cpu")}
    for result in captured.values():
        if isinstance(result, Exception):
            raise result
    figure = Figure(kind, name, model, request.text, Options(), None, Place("benchmark"))
    neurons = encode_neurons(captured["neurons"]) if kind == "neuron" else None
    return draw_page(figure, request.key, encode(captured["attention"]), neurons)
