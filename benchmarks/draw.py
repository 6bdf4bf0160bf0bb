"""First full drawing of the model view, against BertViz in the same run, in a real browser.

BertViz gets the libraries that it loads from a CDN from this disk. Its drawing is over when its
document has stopped changing, ours when `ready` resolves; both wait for a frame more, so that what
was made is on the screen. Both clocks start with the navigation, so reading the page counts too.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import ROOT, machine, publish
from models import MODELS
from peer import Peer, our_page
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(ROOT / "tools"))
from browser import find

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

REPEATS = 3
LENGTHS = (16, 64, 128)
LIBRARIES = {
    "require.min": "requirejs/require.js",
    "d3.min": "d3/dist/d3.min.js",
    "jquery.min": "jquery/dist/jquery.min.js",
}
WATCH = """
window.lastChange = 0
new MutationObserver(() => { window.lastChange = performance.now() })
  .observe(document, { childList: true, subtree: true, attributes: true })
window.frameTimes = []
const tick = () => { window.frameTimes.push(performance.now()); requestAnimationFrame(tick) }
requestAnimationFrame(tick)
"""
THEIRS = """() => new Promise((resolve) => {
  const look = () => {
    const shown = window.frameTimes.filter((time) => time > window.lastChange)[1]
    const still = performance.now() - window.lastChange > 1000
    if (document.querySelector("svg line") && still && shown) resolve(shown)
    else setTimeout(look, 100)
  }
  look()
})"""
OURS = """async () => {
  await document.querySelector("attn-view").ready
  await new Promise(requestAnimationFrame)
  await new Promise(requestAnimationFrame)
  return performance.now()
}"""
NODES = """() => document.querySelectorAll("*").length
  + (document.querySelector("attn-view")?.shadowRoot.querySelectorAll("*").length ?? 0)"""


def serve_library(route: Route) -> None:
    name = route.request.url.rpartition("/")[2].removesuffix(".js")
    route.fulfill(path=ROOT / "benchmarks/node_modules" / LIBRARIES[name])


def measure(browser: Browser, file: Path, script: str) -> tuple[float, int]:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.route(re.compile("^https:"), serve_library)
    page.add_init_script(WATCH)
    page.set_default_timeout(120_000)
    page.goto(file.as_uri(), wait_until="commit")
    time, nodes = page.evaluate(script), page.evaluate(NODES)
    page.close()
    return time, nodes


def compare(browser: Browser, peer: Peer, length: int, folder: Path) -> dict[str, Any]:
    text = peer.text_of(length)
    pages = {"bertviz": (peer.page(text), THEIRS), "ours": (our_page("MiniLM", text, "model"), OURS)}
    times: dict[str, list[float]] = {name: [] for name in pages}
    row: dict[str, Any] = {"tokens": len(peer.tokenizer(text)["input_ids"])}
    for name, (html, _) in pages.items():
        (folder / f"{name}.html").write_text(f"<!doctype html><meta charset=utf-8>{html}", encoding="utf-8")
    for _ in range(REPEATS):
        for name, (_, script) in pages.items():
            time, row[f"{name}_nodes"] = measure(browser, folder / f"{name}.html", script)
            times[name].append(time)
    row |= {name: statistics.median(found) for name, found in times.items()}
    return row | {"ratio": row["bertviz"] / row["ours"]}


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| tokens | BertViz | ours | faster | nodes, BertViz | nodes, ours |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row['tokens']} | {row['bertviz']:,.0f} ms | {row['ours']:,.0f} ms | {row['ratio']:.0f} times "
        f"| {row['bertviz_nodes']:,} | {row['ours_nodes']:,} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    peer = Peer(MODELS["MiniLM"])
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        rows = [compare(browser, peer, length, Path(folder)) for length in LENGTHS]
        here = {**machine("bertviz", "torch", "transformers"), "browser": browser.version}
        browser.close()
    print(table(rows))
    print(json.dumps(here))
    (ROOT / "benchmarks/draw.json").write_text(json.dumps({**here, "drawing": rows}, indent=1) + "\n", encoding="utf-8")
    how = f"Medians of {REPEATS}, Chromium {here['browser']} without a GPU, on {here['cores']} cores."
    publish("draw", f"{table(rows)}\n\n{how}")


if __name__ == "__main__":
    main()
