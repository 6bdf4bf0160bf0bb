"""Bytes of a page with one exhibit, against BertViz in the same run.

Ours is the page that stands alone, with the viewer's code, which serves head, model, matrix and text
view. BertViz's is the HTML of one of its views, without the libraries that it loads from a CDN. Its neuron
view knows BERT, GPT-2 and RoBERTa; that page is compared for MiniLM, and ours carries all five views.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from typing import Any

from figures import ROOT, machine, publish, where
from models import MODELS
from peer import Peer, our_page


def sizes(page: str) -> tuple[int, int]:
    data = page.encode()
    return len(data), len(gzip.compress(data, 6))


def compare(name: str, peer: Peer, length: int, kind: str = "head") -> dict[str, Any]:
    text = peer.text_of(length)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = sizes(peer.neuron_page(text) if kind == "neuron" else peer.page(text))
    ours = sizes(our_page(name, text, kind))
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


def table(rows: list[dict[str, Any]], theirs: str, ours: str) -> str:
    lines = [
        f"| model | tokens | BertViz, {theirs} | ours, {ours} | ratio | gzipped, ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['model']} | {row['tokens']} | {row['bertviz'] / 1e6:.2f} MB | {row['ours'] / 1e3:.0f} kB "
        f"| 1/{row['ratio']:.0f} | 1/{row['ratio_gzip']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    rows, neurons = [], []
    for name, lengths in (("MiniLM", (16, 32, 64, 128)), ("SmolLM2", (32, 64, 128))):
        peer = Peer(MODELS[name])
        rows += [compare(name, peer, length) for length in lengths]
        if name == "MiniLM":
            neurons = [compare(name, peer, length, "neuron") for length in (16, 32, 64)]
        del peer
    here = machine("bertviz", "torch", "transformers")
    attention = table(rows, "one view", "four views")
    of_neurons = table(neurons, "neuron view", "all views")
    print(attention, of_neurons, sep="\n\n")
    print(json.dumps(here))
    (ROOT / "benchmarks/page.json").write_text(
        json.dumps({**here, "pages": rows, "neurons": neurons}, indent=1) + "\n", encoding="utf-8"
    )
    publish("page", f"{attention}\n\n{where(here)}")
    publish("neurons", of_neurons)


if __name__ == "__main__":
    main()
