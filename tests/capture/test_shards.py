"""Shards of one capture as processes of their own, all at once, into one store."""

from __future__ import annotations

import json
import subprocess
import sys

import tiny
from click.testing import CliRunner

from attnviz_mkdocs.cli import main

ATTNVIZ = [sys.executable, "-c", "from attnviz_mkdocs.cli import main; main()"]


def test_shards_at_once_fill_a_store_with_the_bytes_of_one_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery").mkdir()
    texts = {f"t{i}": " ".join(tiny.WORDS[(i * 5 + j * j) % len(tiny.WORDS)] for j in range(3 + i)) for i in range(48)}
    lines = ["models:", *(f"  {kind}: {{source: {kind}}}" for kind in ("bert", "llama")), "texts:"]
    lines += [f"  {name}: {json.dumps(text)}" for name, text in texts.items()]
    for kind in ("bert", "llama"):
        tiny.save(tmp_path / kind, tiny.config(kind))
    views = [f"  - {{id: {kind}-{name}, model: {kind}, text: {name}}}" for kind in ("bert", "llama") for name in texts]
    (tmp_path / "gallery/small.yaml").write_text("\n".join([*lines, "views:", *views, ""]))
    shards = [
        subprocess.Popen([*ATTNVIZ, "--store", "shared", "capture", "--shard", f"{n}/3"], stderr=-1, text=True)
        for n in (1, 2, 3)
    ]
    told = [shard.communicate()[1] for shard in shards]
    assert [shard.returncode for shard in shards] == [0, 0, 0], told
    counts = [int(lines.rpartition("exhibits captured")[0].split()[-1]) for lines in told]
    assert sum(counts) == 96
    assert all(counts)
    assert CliRunner().invoke(main, ["--store", "local", "capture"]).exit_code == 0
    shared, local = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("shared", "local")
    )
    assert shared == local
