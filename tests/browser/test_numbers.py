"""What the page shows is what transformers computes."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from conftest import ROOT
from transformers import AutoModel, AutoTokenizer

from attnviz_mkdocs.project import Project
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.supply import Supply

READ_ALL = """async (view) => {
  const { exhibit } = view, all = []
  for (let layer = 0; layer < exhibit.layers; layer++)
    for (let head = 0; head < exhibit.heads; head++)
      all.push(...exhibit.attention(layer, head))
  return { all, shape: [exhibit.layers, exhibit.heads, exhibit.tokens.query.length, exhibit.tokens.key.length] }
}"""


@pytest.mark.real
@pytest.mark.parametrize("name", ["who-is-she/she", "pairs/same-word", "induction/induction"])
def test_every_number_is_what_transformers_computes(tab, tmp_path, name):
    project = Project.from_options(ROOT, {})
    figure = project.load().figure(name)
    exhibit = Supply(project).get(figure)
    page = tmp_path / "page.html"
    page.write_text(draw_page(figure, exhibit.key, exhibit.data), encoding="utf-8")

    located = locate(figure.model, ROOT, download=False)
    where = {"gguf_file": located.gguf} if located.gguf else {}
    tokenizer = AutoTokenizer.from_pretrained(located.folder, **where)
    model = AutoModel.from_pretrained(located.folder, attn_implementation="eager", dtype=torch.float32, **where).eval()
    encoded = tokenizer(figure.text.text, figure.text.pair, return_tensors="pt")
    with torch.inference_mode():
        expected = torch.stack(model(**encoded, output_attentions=True).attentions)[:, 0].numpy()

    read = tab.open(page).view().evaluate(READ_ALL)
    shown = np.array(read["all"]).reshape(read["shape"])
    assert shown.shape == expected.shape
    error = np.abs(shown - expected)
    assert error.max() <= 0.002 + 1e-5
    large = expected >= 0.001
    assert (error[large] / expected[large]).max() <= 0.1 + 1e-3

    labels = tab.view().evaluate("(view) => view.exhibit.tokens.query")
    pieces = tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
    bare = [re.sub(r"^(##|Ġ)", "", piece).lower() for piece in pieces]
    assert [label.lower() for label in labels] == bare


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
