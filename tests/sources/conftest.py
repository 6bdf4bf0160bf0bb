from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass
class Folders:
    """Makes folders like a model's; nothing that is tested here looks into the weights."""

    root: Path

    def model(self, name: str, files=FILES) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            (folder / file).write_text(f"content of {file}")
        return folder

    def package(self, name: str) -> Path:
        """A package that is installed, and that must not be imported."""
        folder = self.root / "site" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("raise AssertionError('imported')")
        return folder

    def cached(self, repo: str, commit: str, files=FILES, refs=("main",)) -> Path:
        """A model in the hub's local cache, as the hub's own library lays it out."""
        cache = self.root / "hub" / f"models--{repo.replace('/', '--')}"
        snapshot = cache / "snapshots" / commit
        for folder in (cache / "blobs", cache / "refs", snapshot):
            folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            blob = cache / "blobs" / f"{commit}-{file}"
            blob.write_text(f"content of {file}")
            (snapshot / file).symlink_to(blob)
        for ref in refs:
            (cache / "refs" / ref).write_text(commit)
        return snapshot


@pytest.fixture
def folders(tmp_path, monkeypatch) -> Folders:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Folders(tmp_path)
