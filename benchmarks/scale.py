"""How the cost of capturing grows: with tokens, and with the processes that share the work.

Seconds of a core are what the process used, so that what else runs on the machine counts little; seconds
on the clock are of the whole command, with the start of Python, of torch and of the cluster.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from figures import ROOT, machine, publish, table, where
from models import MODELS, WORDS

from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.portions import portions
from attnviz_mkdocs.capture.run import Runner
from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.spec import Text
from attnviz_mkdocs.store import Store
from attnviz_mkdocs.supply import Supply

ATTNVIZ = [sys.executable, "-c", "from attnviz_mkdocs.cli import main; main()"]
#: Words that make about so many tokens, and how many texts of each length are captured.
LENGTHS = {"MiniLM": {12: 64, 27: 64, 55: 32, 110: 16, 220: 8}, "SmolLM2": {13: 16, 26: 16, 54: 8, 108: 4, 220: 2}}
#: Of a worker without a GPU, and of a process that shares this machine with another.
ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}


def sentence(words: int, number: int) -> str:
    start = number * 7 % len(WORDS)
    turned = (WORDS[start:] + WORDS[:start]) * (1 + words // len(WORDS))
    return " ".join([str(number), *turned[: words - 1]])


def grown(name: str, root: Path) -> list[dict[str, Any]]:
    """Cost of an exhibit for each length: captured, encoded and written."""
    runner, store = Runner(root, Place(torch.device("cpu"))), Store("store", root)
    rows = []
    for words, count in LENGTHS[name].items():
        texts = [Text(text=sentence(words, number)) for number in range(count + 1)]
        requests = [Request(f"{name}{words}x{n}", name, MODELS[name], text, "") for n, text in enumerate(texts)]
        # The first loads the model, and warms it up.
        list(runner.capture(portions(requests[:1])[0]))
        before, encoding, tokens, sizes, weights = time.process_time(), 0.0, 0, 0, 0
        for portion in portions(requests[1:]):
            for request, exhibit in runner.capture(portion):
                captured = time.process_time()
                data = encode(exhibit)
                store.write(request.key, data)
                encoding += time.process_time() - captured
                tokens += len(exhibit.query)
                weights += exhibit.attention.codes.size
                sizes += len(data)
        used = time.process_time() - before
        rows.append(
            {
                "model": name,
                "tokens": tokens / count,
                "seconds": used / count,
                "encoding": encoding / count,
                "bytes": sizes / count,
                "weights": weights / count,
                "bytes_a_weight": sizes / weights,
            }
        )
    return rows


def gallery(root: Path, count: int) -> None:
    (root / "gallery").mkdir(parents=True, exist_ok=True)
    texts = "".join(f"  t{number}: {json.dumps(sentence(27, number))}\n" for number in range(count))
    views = "".join(f"  - {{id: v{number}, model: minilm, text: t{number}}}\n" for number in range(count))
    source = json.dumps(MODELS["MiniLM"].source)
    (root / "gallery/g.yaml").write_text(f"models:\n  minilm: {{source: {source}}}\ntexts:\n{texts}views:\n{views}")


def together(root: Path, count: int) -> list[dict[str, Any]]:
    """Seconds on the clock of commands that capture the same exhibits."""
    gallery(root, count)
    ways = {
        "one process": [[]],
        "two shards": [["--shard", "1/2"], ["--shard", "2/2"]],
        "Ray, one worker": [["--engine", "ray", "--workers", "1"]],
        "Ray, two workers": [["--engine", "ray", "--workers", "2"]],
    }
    rows, stores = [], []
    for number, (way, commands) in enumerate(ways.items()):
        start = time.perf_counter()
        running = [
            subprocess.Popen([*ATTNVIZ, "--store", f"s{number}", "capture", *words], cwd=root, env=ONE_CORE)
            for words in commands
        ]
        if any(process.wait() for process in running):
            raise SystemExit(f"{way}: failed")
        rows.append({"way": way, "seconds": time.perf_counter() - start})
        stores.append({path.name: path.read_bytes() for path in (root / f"s{number}").rglob("*.gz")})
    if any(store != stores[0] for store in stores):
        raise SystemExit("the stores differ")
    return rows


def planned(root: Path, count: int) -> float:
    """Seconds a view that it takes to read the galleries and to know what is missing."""
    gallery(root, count)
    start = time.process_time()
    project = Project.from_options(root, {"store": "none"})
    if len(Supply(project).missing(project.load().figures())) != count:
        raise SystemExit("not all is missing")
    return (time.process_time() - start) / count


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        grows = [row for name in LENGTHS for row in grown(name, Path(folder))]
        count = 300
        plan = planned(Path(folder) / "plan", count)
        ways = together(Path(folder) / "ways", count)
    load = os.getloadavg()[1]
    here = machine("ray", "torch", "transformers")
    found = {**here, "load": load, "grows": grows, "planned": plan, "exhibits": count, "ways": ways}
    (ROOT / "benchmarks/scale.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    figures = {
        "grows": _grows(grows),
        "ways": _ways(ways, count),
        "where": f"{here['cores']} cores, load {load:.0f}. {where(here)} "
        f"To read a gallery and to find what is missing took {plan * 1e3:.1f} ms a view.",
    }
    for name, text in figures.items():
        print(text)
        publish(name, text)


def _grows(rows: list[dict[str, Any]]) -> str:
    return table(
        ["model", "tokens", "seconds of a core", "of these, encoding", "weights", "bytes", "bytes a weight"],
        (
            [
                row["model"],
                round(row["tokens"]),
                f"{row['seconds']:.3f}",
                f"{row['encoding']:.3f}",
                round(row["weights"]),
                round(row["bytes"]),
                f"{row['bytes_a_weight']:.2f}",
            ]
            for row in rows
        ),
    )


def _ways(rows: list[dict[str, Any]], count: int) -> str:
    heads = [f"{count} exhibits of MiniLM", "seconds on the clock"]
    return table(heads, ([row["way"], f"{row['seconds']:.0f}"] for row in rows))


if __name__ == "__main__":
    main()
