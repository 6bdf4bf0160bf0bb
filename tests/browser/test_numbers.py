"""What the page shows is what transformers computes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from opened_pages import ROOT
from transformers import AutoModel, AutoTokenizer

from attnviz_mkdocs.codec import decode_neurons
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Model
from attnviz_mkdocs.supply import Supplied, Supply

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure

ATTENTIONS = ("self", "encoder", "decoder", "cross")
READ_ALL = """async (view) => {
  const { exhibit } = view, all = []
  for (let layer = 0; layer < exhibit.layers; layer++)
    for (let head = 0; head < exhibit.heads; head++)
      all.push(...exhibit.attention(layer, head))
  return { all, shape: [exhibit.layers, exhibit.heads, exhibit.tokens.query.length, exhibit.tokens.key.length] }
}"""


SUM_ALL = """async (view) => {
  const { exhibit, neurons } = view
  const all = exhibit.attentions.map(({ name, layers, heads, query, key }) => {
    const shown = [], summed = []
    for (const layer of layers) for (let head = 0; head < heads; head++) {
      shown.push(...exhibit.attention(layer, head, name))
      summed.push(...neurons.attention(layer, head, name))
    }
    return { name, shape: [layers.length, heads, query.length, key.length], shown, summed }
  })
  return { all, said: view.shadowRoot.textContent }
}"""


@lru_cache
def own_of(source: str):
    """A model and its tokenizer, as transformers has them."""
    located = locate(Model(source=source), ROOT, download=False)
    where = {"gguf_file": located.gguf} if located.gguf else {}
    tokenizer = AutoTokenizer.from_pretrained(located.folder, **where)
    load = AutoModel.from_pretrained
    return load(located.folder, attn_implementation="eager", dtype=torch.float32, **where).eval(), tokenizer


@dataclass
class Shown:
    """A figure of our own galleries, and transformers' way to the same numbers."""

    figure: Figure
    supplied: Supplied

    def __post_init__(self) -> None:
        self.model, self.tokenizer = own_of(self.figure.model.source)

    @torch.inference_mode()
    def own(self, *texts: str | None, **more: torch.Tensor) -> dict[str, np.ndarray]:
        """Name of an attention → `[layer, head, query, key]`."""
        encoded = self.tokenizer(*texts, return_tensors="pt")
        outputs = self.model(**encoded, **more, output_attentions=True)
        names = {name: "attentions" if name == "self" else f"{name}_attentions" for name in ATTENTIONS}
        return {
            name: torch.stack(outputs[output])[:, 0].numpy() for name, output in names.items() if outputs.get(output)
        }

    def page(self, folder) -> Path:
        exhibit, neurons = self.supplied.exhibit, self.supplied.neurons
        page = folder / "page.html"
        page.write_text(draw_page(self.figure, exhibit.key, exhibit.data, neurons and neurons.data), encoding="utf-8")
        return page


def shown_in(name: str) -> Shown:
    project = Project.from_options(ROOT, {})
    figure = project.load().figure(name)
    return Shown(figure, Supply(project).get(figure))


@pytest.mark.real
@pytest.mark.parametrize("name", ["who-is-she/she", "pairs/same-word", "induction/induction"])
def test_every_number_is_what_transformers_computes(tab, tmp_path, name):
    of = shown_in(name)
    text = of.figure.text
    expected = of.own(text.text, text.pair)["self"]
    read = tab.open(of.page(tmp_path)).view().evaluate(READ_ALL)
    shown = np.array(read["all"]).reshape(read["shape"])
    assert shown.shape == expected.shape
    error = np.abs(shown - expected)
    assert error.max() <= 0.002 + 1e-5
    large = expected >= 0.001
    assert (error[large] / expected[large]).max() <= 0.1 + 1e-3

    labels = tab.view().evaluate("(view) => view.exhibit.tokens.query")
    pieces = of.tokenizer.tokenize(text.text, text.pair, add_special_tokens=True)
    bare = [re.sub(r"^(##|Ġ)", "", piece).lower() for piece in pieces]
    assert [label.lower() for label in labels] == bare


@pytest.mark.real
@pytest.mark.parametrize("name", ["neurons/previous-token", "neurons/induction", "dates/neurons"])
def test_queries_and_keys_on_the_page_make_the_attention_that_transformers_computes(tab, tmp_path, name):
    """In all layers and heads, by the page's own script: within the errors that the page states."""
    of = shown_in(name)
    text, more = of.figure.text, {}
    if text.target is not None:
        labels = of.tokenizer(text_target=text.target, return_tensors="pt")["input_ids"]
        # Of the target a decoder reads its start, and all but its end.
        more["decoder_input_ids"] = torch.cat([torch.tensor([[of.model.config.decoder_start_token_id]]), labels], 1)
        more["decoder_input_ids"] = more["decoder_input_ids"][:, :-1]
    expected = of.own(text.text, **more)
    stated = {
        name: scores.largest_error for name, scores in decode_neurons(of.supplied.neurons.data).attentions.items()
    }
    read = tab.open(of.page(tmp_path)).view().evaluate(SUM_ALL)
    assert {about["name"] for about in read["all"]} == set(expected) == set(stated)
    for about in read["all"]:
        own = expected[about["name"]]
        shown, summed = (np.array(about[what]).reshape(about["shape"]) for what in ("shown", "summed"))
        assert summed.shape == own.shape
        assert np.abs(summed - own).max() <= stated[about["name"]] + 1e-5
        assert np.abs(summed - shown).max() <= stated[about["name"]] + 0.002 + 1e-5
    assert "These numbers give the attention of the other views" in read["said"]


def test_the_readout_says_the_number(tab, site):
    """Each token is pointed at, and what the page says is compared with the exhibit's own number."""
    tab.open(site() / "index.html")
    view = tab.view()
    view.evaluate("(view) => { view.state = { heads: [0] } }")
    weights = np.array(view.evaluate("(view) => [...view.exhibit.attention(1, 0)]")).reshape(5, 5)
    labels = view.evaluate("(view) => view.exhibit.tokens.key")
    for query in range(5):
        view.locator(".tokens.query .token").nth(query).hover()
        said = view.locator(".readout").inner_text()
        strongest = int(weights[query].argmax())
        assert f"→ {labels[strongest]} {weights[query, strongest]:.2f}" in said, said
