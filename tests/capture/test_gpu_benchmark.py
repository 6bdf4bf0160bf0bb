from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


def test_the_benchmark_of_gpus_runs_on_a_cpu_too(tmp_path):
    subprocess.run([sys.executable, SCRIPT, "--small", "--device", "cpu", "--json", tmp_path / "gpu.json"], check=True)
    written = json.loads((tmp_path / "gpu.json").read_text())
    assert {(row["model"], row["dtype"], row["tokens"]) for row in written["rows"]} == {
        (model, dtype, tokens)
        for model in ("small BERT", "small Llama")
        for dtype in ("float32", "bfloat16")
        for tokens in (32, 64)
    }
    assert all(row["captured_ms"] > 0 and row["texts"] * row["tokens"] == 512 for row in written["rows"])
    assert [one["within"] for one in written["equality"]] == [True] * 4
