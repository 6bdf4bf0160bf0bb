"""Capture on a GPU, against the bare forward pass in the same run.

    python benchmarks/gpu.py [--device cuda] [--small] [--json FILE]

Needs torch, transformers and this package, and no file beside it: the models have random weights in the shape of
BERT-base and of a Llama of a billion parameters. Prints for each model, precision and length what a batch takes bare
(SDPA, what the model is fast with) and captured (recorded and quantised on the device, copied while the next layer
runs), tokens a second, peak memory, and how far what was captured is from what the CPU captures of the same weights.
`--small` is the same with small models and batches, to try the script itself.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModel, BertConfig, LlamaConfig

from attnviz_mkdocs.capture.listening.listener import listen
from attnviz_mkdocs.capture.quiet import quiet
from attnviz_mkdocs.capture.reading.tokens import Encoding
from attnviz_mkdocs.capture.recording.quantiser import Quantiser
from attnviz_mkdocs.capture.subject import Job, Subject
from attnviz_mkdocs.exhibit import SELF, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PretrainedConfig, PreTrainedModel

_REPETITIONS = 7
_TOKENS = 8192
_LENGTHS = (128, 512, 1024)
# What CPU and device are compared on: long enough to have every kind of weight, short enough for a CPU.
_COMPARED = 96


@dataclass(frozen=True)
class Shape:
    """A model's shape."""

    name: str
    config: PretrainedConfig


SHAPES = [
    Shape("BERT-base", BertConfig()),
    Shape(
        "Llama, 1.2 billion",
        LlamaConfig(
            vocab_size=128_256,
            hidden_size=2048,
            intermediate_size=8192,
            num_hidden_layers=16,
            num_attention_heads=32,
            num_key_value_heads=8,
            max_position_embeddings=131_072,
        ),
    ),
]
SMALL = [
    Shape("small BERT", BertConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128)),
    Shape(
        "small Llama",
        LlamaConfig(
            vocab_size=1000,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
        ),
    ),
]


def build(shape: Shape, dtype: torch.dtype, device: torch.device, attention: str) -> PreTrainedModel:
    """The model of a shape; the same weights each time."""
    torch.manual_seed(0)
    with quiet():
        model = AutoModel.from_config(shape.config, attn_implementation=attention)
    model.config.use_cache = False
    return model.to(device, dtype).eval()


def texts(shape: Shape, length: int, count: int) -> list[Job]:
    """Random tokens, as a model reads them."""
    generator = torch.Generator().manual_seed(length)
    # Small numbers, which no tokenizer would give a special meaning here.
    ids = torch.randint(10, min(shape.config.vocab_size, 1000), (count, length), generator=generator).tolist()
    tokens = tuple(Token(str(place)) for place in range(length))
    return [Job((), Encoding(text="", tokens={"text": tokens}, inputs={"input_ids": own})) for own in ids]


def subject(model: PreTrainedModel, device: torch.device, jobs: list[Job]) -> Subject:
    """A model, ready to be captured."""
    loaded = SimpleNamespace(model=model, tokenizer=SimpleNamespace(pad_token_id=0), writer=None)
    inputs = {"input_ids": torch.tensor([job.encoding.inputs["input_ids"][:16] for job in jobs[:2]], device=device)}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    inputs["attention_mask"][1, 12:] = 0
    with quiet():
        listener = listen(model, inputs)
    return Subject(listener, loaded, Quantiser(device), device, None)  # type: ignore[arg-type]


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long some work takes, with all that it started on the device."""
    _wait(device)
    start = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak(work: Callable[[], object], device: torch.device) -> int | None:
    """Bytes of the device that some work needs beside what was there before; None where nobody counts."""
    if device.type != "cuda":
        return None
    _wait(device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    work()
    _wait(device)
    return torch.cuda.max_memory_allocated(device) - before


def measure(
    shape: Shape, dtype: torch.dtype, device: torch.device, length: int, *, tokens: int, repetitions: int
) -> dict[str, Any]:
    """One row: a batch of texts of one length, bare and captured by turns."""
    jobs = texts(shape, length, max(1, tokens // length))
    ids = torch.tensor([job.encoding.inputs["input_ids"] for job in jobs], device=device)
    bare = build(shape, dtype, device, "sdpa")
    heard = subject(build(shape, dtype, device, "eager"), device, jobs)

    @torch.inference_mode()
    def forward() -> None:
        bare(input_ids=ids)

    def capture() -> None:
        heard.run(jobs)

    for work in (forward, capture):
        work()
    times: dict[str, list[float]] = {"bare": [], "captured": []}
    for _ in range(repetitions):
        times["bare"].append(seconds(forward, device))
        times["captured"].append(seconds(capture, device))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "model": shape.name,
        "dtype": str(dtype).removeprefix("torch."),
        "tokens": length,
        "texts": len(jobs),
        "bare_ms": 1e3 * medians["bare"],
        "captured_ms": 1e3 * medians["captured"],
        "ratio": medians["captured"] / medians["bare"],
        "tokens_per_second": length * len(jobs) / medians["captured"],
        "bare_bytes": peak(forward, device),
        "captured_bytes": peak(capture, device),
    }


def difference(shape: Shape, dtype: torch.dtype, device: torch.device) -> dict[str, Any]:
    """How far what the device captures is from what the CPU captures of the same weights, and what each states."""
    jobs = texts(shape, _COMPARED, 1)
    found = []
    for place in (torch.device("cpu"), device):
        tracks, _ = subject(build(shape, dtype, place, "eager"), place, [*jobs, *jobs]).run(jobs)
        track = tracks[0][SELF]
        if isinstance(track, Exception):
            raise track
        found.append(track)
    largest = float(abs(found[0].weights() - found[1].weights()).max())
    stated = sum(track.largest_error for track in found)
    return {"difference": largest, "stated": stated, "within": largest <= stated + 1e-6}


def machine(device: torch.device) -> dict[str, Any]:
    """Where this runs."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "CPU",
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("attnviz-mkdocs", "torch", "transformers")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Capture on a GPU, against the bare forward pass.")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--small", action="store_true", help="small models and batches, each once, to try the script")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    device = torch.device(options.device)
    size = {"tokens": 512, "repetitions": 1} if options.small else {"tokens": _TOKENS, "repetitions": _REPETITIONS}
    rows, equal = [], []
    for shape in SMALL if options.small else SHAPES:
        for dtype in (torch.float32, torch.bfloat16):
            equal.append(
                {"model": shape.name, "dtype": str(dtype).removeprefix("torch."), **difference(shape, dtype, device)}
            )
            print(json.dumps(equal[-1]), flush=True)
            for length in (32, 64) if options.small else _LENGTHS:
                if length > shape.config.max_position_embeddings:
                    continue
                rows.append(measure(shape, dtype, device, length, **size))
                print(json.dumps(rows[-1]), flush=True)
    here = machine(device)
    print(table(rows), json.dumps(here), sep="\n\n")
    if options.json:
        options.json.write_text(
            json.dumps({**here, "rows": rows, "equality": equal}, indent=1) + "\n", encoding="utf-8"
        )


def table(rows: list[dict[str, Any]]) -> str:
    """The figures, for people."""
    lines = [
        "| model | precision | tokens | texts | bare | captured | ratio | tokens a second | memory, bare | captured |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [
            row["model"],
            row["dtype"],
            str(row["tokens"]),
            str(row["texts"]),
            f"{row['bare_ms']:.1f} ms",
            f"{row['captured_ms']:.1f} ms",
            f"{row['ratio']:.2f}",
            f"{row['tokens_per_second']:,.0f}",
            *("-" if row[name] is None else f"{row[name] / 1e6:,.0f} MB" for name in ("bare_bytes", "captured_bytes")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
