"""A page with one exhibit, against BertViz in the same run: its bytes, then what a browser makes of it.

    python benchmarks/page.py [--models MiniLM SmolLM2] [--lengths 16 64 128 256]

Ours is the page that stands alone, with the viewer's code, which serves head, model, matrix and text view. BertViz's is
the HTML of one of its views, without the libraries that it loads from a CDN; the browser gets them from this disk.
Its neuron view knows BERT, GPT-2 and RoBERTa; that page is compared for MiniLM, and ours carries all five views.

Both pages are opened by turns, five times, or fewer where that takes more than `PATIENCE` seconds; the figures are
medians. A page that isn't drawn within the limits of `tabs.py` is not opened again.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from figures import ROOT, machine, publish, table, where
from models import MODELS
from peer import Peer, our_page
from tabs import LIMIT, FailedError, browser, measure

if TYPE_CHECKING:
    from tabs import Tabs

REPEATS = 5
PATIENCE = 40
SIDES = ("bertviz", "ours")
VIEWS = ("head", "model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--lengths", nargs="+", type=int, default=[16, 64, 128, 256], help="in tokens")
    arguments = parser.parse_args()

    here = machine("bertviz", "torch", "transformers")
    pages, opened, neurons = [], [], []
    with tempfile.TemporaryDirectory() as name, browser() as tabs:
        here["browser"] = tabs.browser.version
        for model in arguments.models:
            peer = Peer(MODELS[model])
            for length in arguments.lengths:
                for view in VIEWS:
                    of = {"model": model, "tokens": length, "view": view}
                    files = write(model, peer, length, view, Path(name))
                    if view == "model":
                        pages.append(of | bytes_of(files))
                    opened.append(of | open_by_turns(tabs, files, view, peer.model.config.num_attention_heads))
                    print(json.dumps(opened[-1]), flush=True)
            if model == "MiniLM":
                for length in (16, 32, 64):
                    files = write(model, peer, length, "neuron", Path(name))
                    neurons.append({"model": model, "tokens": length} | bytes_of(files))
            del peer

    (ROOT / "benchmarks/page.json").write_text(
        json.dumps({**here, "pages": pages, "neurons": neurons, "opened": opened}, indent=1) + "\n", encoding="utf-8"
    )
    print(json.dumps(here))
    how = f"Chromium {here['browser']} without a GPU, {here['cores']} cores. {where(here)}"
    publish("page", f"{table_of_bytes(pages, 'one view', 'four views')}\n\n{where(here)}")
    publish("neurons", table_of_bytes(neurons, "neuron view", "all views"))
    for view in VIEWS:
        rows = [row for row in opened if row["view"] == view]
        publish(f"opened-{view}", f"{table_of_times(rows, view)}\n\n{how}")
        publish(f"takes-{view}", table_of_room(rows))
        if view == "model":
            publish("draw", f"{table_in_short([row for row in rows if row['model'] == 'MiniLM'])}\n\n{how}")


def write(model: str, peer: Peer, length: int, view: str, folder: Path) -> dict[str, Path]:
    """The page of each side."""
    text = peer.text_of(length)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = peer.neuron_page(text) if view == "neuron" else peer.page(text, view)
    files = {side: folder / f"{side}.html" for side in SIDES}
    files["bertviz"].write_text(f"<!doctype html><meta charset=utf-8>{theirs}", encoding="utf-8")
    files["ours"].write_text(our_page(model, text, view), encoding="utf-8")
    return files


def bytes_of(files: dict[str, Path]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for side, file in files.items():
        data = file.read_bytes()
        row |= {side: len(data), f"{side}_gzip": len(gzip.compress(data, 6))}
    return row


def open_by_turns(tabs: Tabs, files: dict[str, Path], view: str, heads: int) -> dict[str, Any]:
    """Medians of what `tabs.measure` finds of each side, or why there are none."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    failed: dict[str, str] = {}
    end = time.monotonic() + PATIENCE
    for _ in range(REPEATS):
        for side in SIDES:
            if side not in failed:
                try:
                    found[side].append(measure(tabs, files[side], side, view, heads))
                except FailedError as failure:
                    failed[side] = str(failure)
        if time.monotonic() > end:
            break
    return {
        "repeats": len(found["ours"]),
        **{side: {"failed": failed[side]} if side in failed else _medians(found[side]) for side in SIDES},
    }


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    names = set.intersection(*(set(row) for row in rows))
    return {name: median(row[name] for row in rows) for name in sorted(names)}


def table_of_bytes(rows: list[dict[str, Any]], theirs: str, ours: str) -> str:
    return table(
        ["model", "tokens", f"BertViz, {theirs}", f"ours, {ours}", "ratio", "gzipped, ratio"],
        (
            [
                row["model"],
                row["tokens"],
                f"{row['bertviz'] / 1e6:.2f} MB",
                f"{row['ours'] / 1e3:.0f} kB",
                f"1/{row['bertviz'] / row['ours']:.0f}",
                f"1/{row['bertviz_gzip'] / row['ours_gzip']:.0f}",
            ]
            for row in rows
        ),
    )


def table_of_times(rows: list[dict[str, Any]], view: str) -> str:
    """First paint, all drawn and an answer, theirs and ours in milliseconds, and how many times sooner ours is."""
    answer = {"head": "token pointed at", "model": "thumbnail clicked"}[view]
    return table(
        ["model", "tokens", "first paint, ms", "all drawn, ms", "sooner", f"{answer}, ms", "sooner", "repeats"],
        (
            [
                row["model"],
                row["tokens"],
                _pair(row, "first_paint"),
                *(_pair(row, "drawn"), _times(row, "drawn")),
                *(_pair(row, "answer"), _times(row, "answer")),
                row["repeats"],
            ]
            for row in rows
        ),
    )


def table_in_short(rows: list[dict[str, Any]]) -> str:
    """Until all is drawn, and nodes, for those who read no further."""
    return table(
        ["tokens", "all drawn, BertViz / **ours**, ms", "sooner", "nodes"],
        ([row["tokens"], _pair(row, "drawn"), _times(row, "drawn"), _pair(row, "nodes")] for row in rows),
    )


def table_of_room(rows: list[dict[str, Any]]) -> str:
    """Nodes, the scripts' heap and the process of the tab, theirs and ours."""
    return table(
        ["model", "tokens", "nodes", "heap of scripts, MB", "process of the tab, MB"],
        (
            [row["model"], row["tokens"], _pair(row, "nodes"), _pair(row, "heap", 1e6), _pair(row, "memory", 1e6)]
            for row in rows
        ),
    )


def _pair(row: dict[str, Any], name: str, unit: float = 1) -> str:
    theirs, ours = (
        row[side].get("failed") or (f"{row[side][name] / unit:,.0f}" if name in row[side] else "no answer")
        for side in SIDES
    )
    return f"{theirs} / **{ours}**"


def _times(row: dict[str, Any], name: str) -> str:
    """How many times sooner ours is; where BertViz reached a limit, how many at least."""
    ours = row["ours"].get(name)
    if not ours:
        return ""
    if theirs := row["bertviz"].get(name):
        return f"{theirs / ours:.1f} times" if theirs < 10 * ours else f"{theirs / ours:,.0f} times"
    return f"over {LIMIT * 1000 / ours:,.0f} times" if f"{LIMIT} s" in row["bertviz"].get("failed", "") else ""


if __name__ == "__main__":
    main()
