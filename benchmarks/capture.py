"""Capture, against the bare forward pass and against BertViz's way, in the same run.

    python benchmarks/capture.py [--repetitions 7] [--threads 0]

Three questions, of both real models:

- How much longer does a model take when it is captured? Bare is the fastest attention that torch has, which hands out
  no weights; a batch of 256 tokens, which both read.
- How much faster does a text become finished page data? BertViz's way is one text at a time, with attentions asked for,
  and the HTML of its model view. Ours is all texts at once, captured, packed, written to a store, and the HTML of a
  page that stands alone. No picture is drawn.
- How much memory is needed beside the model's weights? Each way in processes of its own; the model's own is that of the
  attention that hands out weights, with each layer's forgotten when the next runs.

The sides take turns, and a ratio is the median of the ratios of the turns. With threads, torch gets as many, and time
is that of the processor, which tells the same when others work on the machine; without, time is on the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from bertviz import model_view
from figures import ROOT, machine, publish, table, where
from models import MODELS, WORDS
from transformers import AutoModel

from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.keeping import keep
from attnviz_mkdocs.capture.recording.batches import BATCH_TOKENS, by_length, pad
from attnviz_mkdocs.capture.subject import Job, Subject, prepare
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Figure, Options, Text
from attnviz_mkdocs.spec import Place as Written
from attnviz_mkdocs.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from transformers import PreTrainedModel

_CPU = torch.device("cpu")
_LENGTHS = (16, 64, 128, 256, 512)
#: BertViz's HTML of longer texts has gigabytes.
_FINISHED = (16, 64, 128, 256)
#: Tokens of the texts that become page data in one go, and how many texts at least.
_FINISHED_TOKENS, _FEWEST = 512, 2
_LONGEST = 1024
_WAYS = ("bare", "attentions", "captured")
#: What each way is called where memory is told; in processes of their own, as many times.
_MEMORIES = {
    "bare": "bare",
    "eager": "each layer's attention forgotten",
    "attentions": "all kept",
    "captured": "captured",
    "packed": "captured and packed",
}
_PROCESSES = 3


@dataclass(frozen=True)
class Ways:
    """A model in the three ways in which it can be run.

    Attributes:
        subject: As it is captured.
        bare: With the fastest attention.
        eager: With an attention that hands out weights.
    """

    subject: Subject
    bare: PreTrainedModel
    eager: PreTrainedModel

    @classmethod
    def of(cls, name: str) -> Ways:
        """The ways of a model of the benchmarks."""
        located = locate(MODELS[name], ROOT, download=False)
        gguf: dict[str, Any] = {"gguf_file": located.gguf} if located.gguf else {}

        def load(attention: str) -> PreTrainedModel:
            model = AutoModel.from_pretrained(located.folder, attn_implementation=attention, **gguf).eval()
            model.config.use_cache = False
            return model

        return cls(prepare(located, MODELS[name], Place(_CPU)), load("sdpa"), load("eager"))

    def texts(self, length: int, count: int) -> list[str]:
        """Texts of which each has so many tokens, or one or two fewer; no two are the same."""
        return [self._text(length, number) for number in range(count)]

    def jobs(self, texts: list[str]) -> list[Job]:
        """The texts as the model reads them."""
        return [Job((), self.subject.reader.read(Text(text=text))) for text in texts]

    def on(self, jobs: list[Job]) -> dict[str, Callable[[], object]]:
        """Each way of running the model on the texts, as one batch."""
        pad_id = self.subject.loaded.tokenizer.pad_token_id or 0
        inputs = pad([job.encoding for job in jobs], pad_id, _CPU)

        @torch.inference_mode()
        def bare() -> object:
            return self.bare(**inputs)

        @torch.inference_mode()
        def attentions() -> object:
            return self.eager(**inputs, output_attentions=True)

        @torch.inference_mode()
        def eager() -> object:
            return self.eager(**inputs)

        return {"bare": bare, "attentions": attentions, "captured": lambda: self.subject.run(jobs), "eager": eager}

    def _text(self, length: int, number: int) -> str:
        start = number * 7 % len(WORDS)
        words = [str(number), *((WORDS[start:] + WORDS) * (1 + length // len(WORDS)))[:length]]
        while len(self.subject.loaded.tokenizer(" ".join(words))["input_ids"]) > length:
            words.pop()
        return " ".join(words)


@dataclass
class Turns:
    """Works that take turns, and how long each took."""

    clock: Callable[[], float]
    works: Mapping[str, Callable[[], object]]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def take(self, repetitions: int) -> Turns:
        """Each work once to warm up, then so many turns."""
        self.seconds = {name: [] for name in self.works}
        for work in self.works.values():
            work()
        for _ in range(repetitions):
            for name, work in self.works.items():
                start = self.clock()
                work()
                self.seconds[name].append(self.clock() - start)
        return self

    def milliseconds(self, name: str) -> float:
        """How long a work took."""
        return 1e3 * statistics.median(self.seconds[name])

    def ratio(self, name: str, against: str) -> float:
        """How much longer a work took than another."""
        pairs = zip(self.seconds[name], self.seconds[against], strict=True)
        return statistics.median(one / other for one, other in pairs)


def against_bare(name: str, ways: Ways, length: int, clock: Callable[[], float], repetitions: int) -> dict[str, Any]:
    """A batch of texts of one length: bare, with attentions, and captured."""
    jobs = ways.jobs(ways.texts(length, max(1, BATCH_TOKENS // length)))
    works = ways.on(jobs)
    turns = Turns(clock, {way: works[way] for way in _WAYS}).take(repetitions)
    return {
        "model": name,
        "tokens": length,
        "texts": len(jobs),
        **{way: turns.milliseconds(way) for way in _WAYS},
        "ratio_attentions": turns.ratio("attentions", "bare"),
        "ratio": turns.ratio("captured", "bare"),
    }


def against_bertviz(name: str, ways: Ways, length: int, clock: Callable[[], float], repetitions: int) -> dict[str, Any]:
    """Texts of one length → finished page data, in BertViz's way and in ours."""
    texts = ways.texts(length, max(_FEWEST, _FINISHED_TOKENS // length))
    works = {"bertviz": lambda: _their_pages(ways, texts), "ours": lambda: _our_pages(name, ways, texts)}
    turns = Turns(clock, works).take(repetitions)
    return {
        "model": name,
        "tokens": length,
        "texts": len(texts),
        **{side: turns.milliseconds(side) / len(texts) for side in works},
        "ratio": turns.ratio("bertviz", "ours"),
    }


def _their_pages(ways: Ways, texts: list[str]) -> list[str]:
    tokenizer, pages = ways.subject.loaded.tokenizer, []
    for text in texts:
        encoded = tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            attention = ways.eager(**encoded, output_attentions=True).attentions
        tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
        pages.append(str(model_view(attention, tokens, html_action="return").data))
    return pages


def _our_pages(name: str, ways: Ways, texts: list[str]) -> list[str]:
    model = MODELS[name]
    requests = [Request(f"{number:032}", name, model, Text(text=text), "") for number, text in enumerate(texts)]
    jobs = [Job((request,), ways.subject.reader.read(request.text)) for request in requests]
    with tempfile.TemporaryDirectory() as folder:
        store = Store("store", Path(folder))
        captured = (found for batch in by_length(jobs) for found in ways.subject.capture(batch))
        for _, result in keep(store, captured):
            if isinstance(result, Exception):
                raise result
        figures = [
            Figure("model", name, model, request.text, Options(), None, Written("benchmark")) for request in requests
        ]
        return [
            draw_page(figure, request.key, store.read(request.key))
            for figure, request in zip(figures, requests, strict=True)
        ]


def memory(name: str, way: str) -> float:
    """Megabytes that a way needs beside what the process held before, on one text of 1,024 tokens.

    Linux alone tells the most that a process has held since it was last asked.
    """
    ways = Ways.of(name)
    texts = ways.texts(_LONGEST, 1)
    works = {**ways.on(ways.jobs(texts)), "packed": lambda: _our_pages(name, ways, texts)}
    # What torch sets up once.
    ways.on(ways.jobs(ways.texts(16, 1)))["bare"]()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before = _held("VmRSS")
    kept = works[way]()
    found = _held("VmHWM") - before
    del kept
    return found


def _held(what: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def _memories(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"model": name, "tokens": _LONGEST}
    for way in _MEMORIES:
        command = [sys.executable, __file__, "--memory", name, way]
        turns = (subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout for _ in range(_PROCESSES))
        found[way] = statistics.median(map(json.loads, turns))
    return found


def forward_table(rows: list[dict[str, Any]]) -> str:
    """Time of a batch, for people."""
    heads = ["model", "tokens", "texts", "bare", "attentions asked for", "captured"]
    return table(
        [*heads, "attentions, ratio", "captured, ratio"],
        (
            [
                *(row[what] for what in heads[:3]),
                *(f"{row[way]:,.0f} ms" for way in _WAYS),
                f"{row['ratio_attentions']:.2f}",
                f"{row['ratio']:.2f}",
            ]
            for row in rows
        ),
    )


def finished_table(rows: list[dict[str, Any]]) -> str:
    """Time of a text until its page data is finished, for people."""
    return table(
        ["model", "tokens", "texts", "BertViz, a text", "ours, a text", "faster"],
        (
            [
                *(row[what] for what in ("model", "tokens", "texts")),
                *(f"{row[side]:,.0f} ms" for side in ("bertviz", "ours")),
                f"{row['ratio']:.1f} times",
            ]
            for row in rows
        ),
    )


def memory_table(rows: list[dict[str, Any]]) -> str:
    """Memory beside the model's weights, for people."""
    return table(
        ["model", "tokens", *_MEMORIES.values()],
        ([row["model"], row["tokens"], *(f"{row[way]:,.0f} MB" for way in _MEMORIES)] for row in rows),
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="Capture, against the bare forward pass and against BertViz's way.")
    parser.add_argument("--repetitions", type=int, default=7, help="turns of each comparison")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 for all, with time on the clock")
    parser.add_argument("--memory", nargs=2, metavar=("MODEL", "WAY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        with contextlib.redirect_stdout(sys.stderr):
            found = memory(*options.memory)
        print(json.dumps(found))
        return
    clock = time.perf_counter
    if options.threads:
        torch.set_num_threads(options.threads)
        clock = time.process_time
    forward, finished = [], []
    for name in MODELS:
        ways = Ways.of(name)
        forward += [_told(against_bare(name, ways, length, clock, options.repetitions)) for length in _LENGTHS]
        finished += [_told(against_bertviz(name, ways, length, clock, options.repetitions)) for length in _FINISHED]
        del ways
    held = [_told(_memories("SmolLM2"))]
    here = machine("bertviz", "torch", "transformers")
    measured = {
        "threads": options.threads or torch.get_num_threads(),
        "clock": "process" if options.threads else "wall",
    }
    tables = [forward_table(forward), finished_table(finished), memory_table(held)]
    print(*tables, json.dumps(here), sep="\n\n")
    (ROOT / "benchmarks/capture.json").write_text(
        json.dumps({**here, **measured, "forward": forward, "finished": finished, "memory": held}, indent=1) + "\n",
        encoding="utf-8",
    )
    how = "processor time" if options.threads else "time on the clock"
    cores = f"{measured['threads']} of {here['cores']} cores"
    turns = f"Medians of {options.repetitions} turns, {how}, torch on {cores}, no GPU."
    for mark, text in zip(("capture-bare", "capture-bertviz", "capture-memory"), tables, strict=True):
        publish(mark, f"{text}\n\n{turns} {where(here)}" if mark == "capture-bare" else text)


if __name__ == "__main__":
    main()
