"""What our own pages reach, whatever BertViz does: decoding, drawing and answering, in a real browser.

    python benchmarks/reach.py

The exhibits are MiniLM and SmolLM2 on texts of 128 and 512 tokens, and random causal attention of 32 layers with 32
heads at 128 tokens, which is the shape of a 7-billion-parameter Llama. Each page is opened five times; the figures are
medians.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from figures import ROOT, machine, publish, table, where
from models import MODELS
from peer import Peer, exhibit_of, page_of
from tabs import Tabs, browser, decoding, measure

from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.exhibit import SELF, TEXT, Attention, Exhibit, Provenance, Token, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATS = 5
WIDE = "32 layers of 32 heads"
#: What is wanted, in milliseconds: of an answer one frame of the screen, or two where the text is long.
ANSWER = {128: 16, 512: 33}
DECODED, USABLE, NODES = 30, 500, 2000


def main() -> None:
    rows = []
    here = machine("torch", "transformers")
    with tempfile.TemporaryDirectory() as name, browser() as tabs:
        here["browser"] = tabs.browser.version
        for model, length, heads, data in exhibits():
            row = {"model": model, "tokens": length, **look_at(tabs, data, heads, Path(name))}
            print(json.dumps(row), flush=True)
            rows.append(row)
    (ROOT / "benchmarks/reach.json").write_text(json.dumps({**here, "reach": rows}, indent=1) + "\n", encoding="utf-8")
    how = f"Medians of {REPEATS}, Chromium {here['browser']} without a GPU, {here['cores']} cores. {where(here)}"
    publish("reach", f"{table_of_reach(rows)}\n\n{how}")


def exhibits() -> Iterator[tuple[str, int, int, bytes]]:
    """Models, lengths, heads of a layer, and the exhibits as a page carries them."""
    for name, model in MODELS.items():
        peer = Peer(model)
        for length in (128, 512):
            yield name, length, peer.model.config.num_attention_heads, exhibit_of(name, peer.text_of(length))
    yield WIDE, 128, 32, encode(wide())


def wide() -> Exhibit:
    """Random causal attention of 32 layers with 32 heads at 128 tokens."""
    shape = (32, 32, 128, 128)
    scores = np.random.default_rng(0).normal(0, 3, shape).astype(np.float32)
    masked = np.triu(np.ones(shape[2:], bool), 1)
    scores[..., masked] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    track = Track.from_weights(weights, masked)
    tokens = tuple(Token(f"t{i}") for i in range(shape[2]))
    told = Provenance("random", "random", "", "Random", "float32", 0.0)
    return Exhibit(None, {TEXT: tokens}, {SELF: Attention(TEXT, TEXT, tuple(range(32)), track)}, told)


def look_at(tabs: Tabs, data: bytes, heads: int, folder: Path) -> dict[str, Any]:
    files = {view: folder / f"{view}.html" for view in ("head", "model")}
    for view, file in files.items():
        file.write_text(page_of(data, view), encoding="utf-8")
    opened = {view: [measure(tabs, file, "ours", view, heads) for _ in range(REPEATS)] for view, file in files.items()}
    decoded = [decoding(tabs, files["head"]) for _ in range(REPEATS)]
    return {
        "weights": decoded[0]["weights"],
        "decoded": median(row["ms"] for row in decoded),
        "usable": median(row["usable"] for row in opened["model"]),
        "drawn": median(row["drawn"] for row in opened["model"]),
        "hover": median(row["answer"] for row in opened["head"]),
        "click": median(row["answer"] for row in opened["model"]),
        "nodes": max(row["nodes"] for rows in opened.values() for row in rows),
    }


def table_of_reach(rows: list[dict[str, Any]]) -> str:
    heads = ["", "tokens", "weights", "all decoded", "usable", "all drawn"]
    timed = ("decoded", "usable", "drawn", "hover", "click")
    return table(
        [*heads, "token pointed at", "thumbnail clicked", "nodes"],
        [
            *(
                [
                    row["model"],
                    row["tokens"],
                    f"{row['weights'] / 1e6:.1f} million",
                    *(f"{row[what]:.0f} ms" for what in timed),
                    row["nodes"],
                ]
                for row in rows
            ),
            [
                *("*wanted*", "", ""),
                *(f"*{DECODED} ms (MiniLM, 128)*", f"*{USABLE} ms ({WIDE})*", ""),
                *(f"*{ANSWER[128]} ms, {ANSWER[512]} ms at 512*", "*the same*", f"*{NODES:,}*"),
            ],
        ],
    )


if __name__ == "__main__":
    main()
