"""Runs that are killed: what was kept is whole, stays, and is gone on with."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest
import tiny
from forks import Forks

from attnviz_mkdocs.codec import decode, decode_neurons, peek_header

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 100


@pytest.fixture
def config(tmp_path) -> Path:
    """A project with 24 exhibits. Its texts are so long that each is a batch: company would show in the last bits."""
    model = tiny.config("bert", max_position_embeddings=160, num_hidden_layers=1, num_attention_heads=1)
    tiny.save(tmp_path / "models/tiny", model)
    words = random.Random(0)
    texts = {f"text{index}": " ".join(words.choices(tiny.WORDS, k=130)) for index in range(20)}
    lines = ["models:", "  tiny: {source: models/tiny}", "texts:"]
    lines += [f'  {name}: "{text}"' for name, text in texts.items()]
    lines += ["views:"]
    lines += [f"  - {{id: {name}, model: tiny, text: {name}}}" for name in texts]
    lines += [f"  - {{id: own{index}, view: neuron, model: tiny, text: text{index}}}" for index in range(4)]
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery/all.yaml").write_text("\n".join(lines))
    config = tmp_path / "mkdocs.yml"
    config.write_text("site_name: Killed\nplugins: [attnviz]\n")
    return config


def whole(store: Path) -> dict[str, tuple[int, int]]:
    """The exhibits that a store shows, each read, and when and as which file it was written."""
    files = {}
    for file in store.glob("exhibits/*/*.gz"):
        data = file.read_bytes()
        assert hashlib.sha256(data).hexdigest()[:16] == file.name.split(".")[1]
        decode_neurons(data) if peek_header(data)["kind"] == "neurons" else decode(data)
        about = file.stat()
        files[file.name] = (about.st_ino, about.st_mtime_ns)
    return files


def content(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*.*") if file.suffix != ".part"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a run is a copy of a process, which Windows can't make")
def test_killed_at_a_hundred_moments_nothing_is_lost_torn_or_captured_again(config):
    store, reference = config.parent / "gallery/store", config.parent / "reference"
    moments = random.Random(0)
    kills = 0
    with Forks(config) as forks:
        expected = content(reference)
        assert len(expected) == 25
        while kills < KILLS:
            # All is captured anew as often as it is complete.
            shutil.rmtree(store, ignore_errors=True)
            kept: dict[str, tuple[int, int]] = {}
            status = -9
            while status:
                status = forks.capture(moments.uniform(0, forks.seconds / 2) if kills < KILLS else 600)
                assert status in (-9, 0)
                kills += status == -9
                found = whole(store)
                assert kept.items() <= found.items()
                kept = found
            assert content(store) == expected
