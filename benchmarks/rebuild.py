"""A rebuild with nothing new: a site of 100 pages and 1,000 exhibits against the same site without the plugin.

    python benchmarks/rebuild.py [--repeats 9]

MiniLM reads 1,000 sentences; each page shows ten of them, between paragraphs, and is searched. Without the plugin, the
pages have no fences. Both sites are built once, and then in turns, each in a process of its own. Time on the clock is
what an author waits for; that of the processor tells the same when others work on the machine, too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from figures import ROOT, machine, publish, table, where
from models import MODELS, WORDS

PAGES, VIEWS = 100, 10
_THEMES = {"Material": "{name: material, font: false}", "MkDocs's own": "mkdocs"}
#: What a build in which nothing is new must not import.
_HEAVY = ("torch", "transformers", "numpy", "pydantic", "fsspec")
_WHICH = f"""
import sys
from mkdocs.__main__ import cli
cli(["build", "-q", "-f", sys.argv[1]], standalone_mode=False)
print(*[name for name in {_HEAVY!r} if name in sys.modules])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(root)
        _run(root, "-c", "from attnviz_mkdocs.cli import main; main()", "-f", "with-Material.yml", "capture")
        rows = [_compare(root, theme, repeats) for theme in _THEMES]
        done = subprocess.run(
            [sys.executable, "-c", _WHICH, "with-Material.yml"], cwd=root, check=True, capture_output=True, text=True
        )
    imported = done.stdout.split()
    here = {**machine("mkdocs", "mkdocs-material"), "load": os.getloadavg()[0]}
    table = _table(rows)
    print(table, f"\nimported of {', '.join(_HEAVY)}: {', '.join(imported) or 'none'}")
    found = {
        **here,
        "repeats": repeats,
        "pages": PAGES,
        "exhibits": PAGES * VIEWS,
        "imported": imported,
        "themes": rows,
    }
    (ROOT / "benchmarks/rebuild.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    publish("rebuild", f"{table}\n\nMedians of {repeats}, in turns. {where(here)}")


def _write(root: Path) -> None:
    for folder in ("with", "without", "gallery"):
        (root / folder).mkdir()
    count = PAGES * VIEWS
    texts = "".join(f"  t{number}: {json.dumps(_sentence(number))}\n" for number in range(count))
    views = "".join(f"  - {{id: v{number}, model: minilm, text: t{number}}}\n" for number in range(count))
    source = json.dumps(MODELS["MiniLM"].source)
    (root / "gallery/g.yaml").write_text(f"models: {{minilm: {{source: {source}}}}}\ntexts:\n{texts}views:\n{views}")
    for page in range(PAGES):
        shown = range(page * VIEWS, (page + 1) * VIEWS)
        prose = [f"## Part {number}\n\n{_prose(number)}\n" for number in shown]
        fences = [f"```attnviz g/v{number}\n```\n" for number in shown]
        name = "index" if page == 0 else f"page-{page}"
        (root / f"without/{name}.md").write_text("\n".join([f"# Page {page}\n", *prose]))
        views = [part for both in zip(prose, fences, strict=True) for part in both]
        (root / f"with/{name}.md").write_text("\n".join([f"# Page {page}\n", *views]))
    for theme, written in _THEMES.items():
        common = f"site_name: A hundred pages\ntheme: {written}\n"
        name = theme.split("'")[0]
        for side, plugins in (("with", "search, attnviz"), ("without", "search")):
            folders = f"docs_dir: {side}\nsite_dir: {side}-{name}\n"
            (root / f"{side}-{name}.yml").write_text(f"{common}plugins: [{plugins}]\n{folders}")


def _sentence(number: int) -> str:
    start = number * 7 % (len(WORDS) - 20)
    return " ".join([str(number), *WORDS[start : start + 12]])


def _prose(number: int) -> str:
    start = number * 13 % (len(WORDS) - 60)
    return " ".join(WORDS[start : start + 60])


def _compare(root: Path, theme: str, repeats: int) -> dict[str, Any]:
    name = theme.split("'", maxsplit=1)[0]
    files = {side: f"{side}-{name}.yml" for side in ("without", "with")}
    # What is drawn once is kept.
    for file in files.values():
        _build(root, file)
    times: dict[str, list[tuple[float, float]]] = {side: [] for side in files}
    for _ in range(repeats):
        for side, file in files.items():
            times[side].append(_build(root, file))
    clock = {side: statistics.median(each[0] for each in found) for side, found in times.items()}
    processor = {side: statistics.median(each[1] for each in found) for side, found in times.items()}
    pairs = list(zip(times["with"], times["without"], strict=True))
    return {
        "theme": theme,
        "clock": clock,
        "processor": processor,
        "ratio_clock": statistics.median(ours[0] / theirs[0] for ours, theirs in pairs),
        "ratio_processor": statistics.median(ours[1] / theirs[1] for ours, theirs in pairs),
        "megabytes": {side: _size(root / f"{side}-{name}") / 1e6 for side in files},
    }


def _build(root: Path, file: str) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(root, "-m", "mkdocs", "build", "-q", "-f", file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


def _run(root: Path, *words: str) -> None:
    subprocess.run([sys.executable, *words], cwd=root, check=True)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _table(rows: list[dict[str, Any]]) -> str:
    return table(
        ["theme", "without", "with", "on the clock", "of the processor", "bytes, without", "bytes, with"],
        (
            [
                row["theme"],
                *(f"{row['clock'][side]:.2f} s" for side in ("without", "with")),
                *(f"{row[ratio]:.2f} times" for ratio in ("ratio_clock", "ratio_processor")),
                *(f"{row['megabytes'][side]:.1f} MB" for side in ("without", "with")),
            ]
            for row in rows
        ),
    )


if __name__ == "__main__":
    main()
