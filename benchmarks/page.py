"""Bytes of a page with one exhibit, against BertViz in the same run.

Ours is the page that stands alone, with the viewer's code, which serves head, model and matrix
view. BertViz's is the HTML of one of its views, without the libraries that it loads from a CDN.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from typing import Any

from peer import MODELS, ROOT, Peer, machine, our_page, publish


def sizes(page: str) -> tuple[int, int]:
    data = page.encode()
    return len(data), len(gzip.compress(data, 6))


def compare(name: str, peer: Peer, length: int) -> dict[str, Any]:
    text = peer.text_of(length)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = sizes(peer.page(text))
    ours = sizes(our_page(name, text))
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
    publish("page", f"{table(rows)}\n\nPython {here['python']} on {here['system']} {here['machine']}; {versions}.")


if __name__ == "__main__":
    main()
