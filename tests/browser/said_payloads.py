"""Pages and exhibits that say words that mean harm, and what is looked for in a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from builders import neurons
from payloads import PAYLOADS

from attnviz_mkdocs.exhibit import TEXT, Exhibit, Provenance

if TYPE_CHECKING:
    from attnviz_mkdocs.neurons import Neurons

FENCE = "~" * 9
#: Some at once, so that a page need not be drawn for each.
GROUPS = tuple(PAYLOADS[first::18] for first in range(18))


def joined(group: tuple[str, ...]) -> str:
    return "\n".join(group)


def told_by(group: tuple[str, ...]) -> tuple[Exhibit, Neurons]:
    """An exhibit that says a group of payloads wherever it can say something, and its neurons."""
    words = joined(group)
    made, numbers = neurons(layers=1, heads=2, key_heads=2, tokens=len(group), size=2, labels=group)
    origin = Provenance(words, words, words, words, words, 0.0, words, words, {words: words})
    tokens = {TEXT: tuple(replace(token, role=token.label) for token in made.tokens[TEXT])}
    return replace(
        made, text=words, pair=words, target=words, notes=(words,), provenance=origin, tokens=tokens
    ), numbers


# Draws each view in all ways, presses all that can be pressed, and gives what was to be saved.
USE = """async () => {
  const saved = [];
  HTMLAnchorElement.prototype.click = function () {
    saved.push(fetch(this.href).then(async (file) => [file.headers.get("content-type"), await file.text()]));
  };
  const views = [...document.querySelectorAll("attn-view")];
  await Promise.all(views.map((view) => view.ready));
  const ways = [{view: "model", head: 0}, {view: "matrix", query: 0, key: 0}, {view: "text", query: 0}, {view: "head"}];
  for (const view of views) {
    const own = view.neurons ? [{view: "neuron", query: 0, key: 2, expanded: true}] : [];
    for (const way of [...ways, ...own, {units: "words"}, {step: 1}, {query: 0}]) view.state = way;
    await new Promise(requestAnimationFrame);
    for (const part of view.shadowRoot.querySelectorAll("button, summary, .token")) {
      part.click();
      if (part.ariaHasPopup !== "menu") continue;
      for (const item of view.shadowRoot.querySelectorAll("[role=menuitem]:not(:last-child)")) item.click();
    }
  }
  await new Promise((later) => setTimeout(later, 500));
  return Promise.all(saved);
}"""
# What no view, no panel and no caption has: a way to run something.
MARKUP = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((node) =>
    [node, ...(node.shadowRoot ? within(node.shadowRoot) : [])]);
  const ours = [...document.querySelectorAll(".attnviz, .attnviz-error, .attnviz-mistake")].flatMap((node) =>
    [node, ...within(node)]);
  const runs = (node) => node.matches("script, iframe, object, embed, base, link, meta, form, foreignObject") ||
    [...node.attributes].some(({name, value}) => /^on|^srcdoc$|action$/i.test(name) ||
      (/href$|^src$/i.test(name) && !/^(data:image\\/svg\\+xml,|https:\\/\\/arxiv\\.org|#|[\\w./-]+$)/.test(value)));
  return ours.filter(runs).map((node) => node.outerHTML.slice(0, 200));
}"""


def page_of_fences() -> str:
    written = []
    for number, group in enumerate(GROUPS):
        words, other = (json.dumps(joined(group) + end, ensure_ascii=False) for end in ("", " "))
        steps = f"[{{caption: {words}, heads: 0}}, {{caption: {words}, heads: 1}}]"
        shown = (f"compare: [{words}, {other}]",) if number % 4 == 1 else (f"text: {words}", f"pair: {words}")
        kind = ("view: neuron",) if number % 4 == 2 else ()
        lines = [f"id: v{number}", "model: tiny", *shown, *kind, f"caption: {words}", f"steps: {steps}"]
        written.append("\n".join([f"{FENCE}attnviz", *lines, FENCE, ""]))
    return "\n".join(written)
