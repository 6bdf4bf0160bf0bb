"""A device with too little memory, and a disk or a store that fails: what is to blame is told, the rest goes on."""

from __future__ import annotations

import gc
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tiny
import torch

from attnviz_mkdocs.capture import CaptureError
from attnviz_mkdocs.capture.device import find_place
from attnviz_mkdocs.capture.run import Runner
from attnviz_mkdocs.capture.subject import Job, Subject, prepare
from attnviz_mkdocs.exhibit import Exhibit
from attnviz_mkdocs.sources import locate

if TYPE_CHECKING:
    from attnviz_mkdocs.capture.reading.reader import Reader

WORDS = " and ".join(["the cat sat"] * 3)


@pytest.fixture(scope="module")
def subject(tmp_path_factory) -> Subject:
    folder = tiny.save(tmp_path_factory.mktemp("faults") / "bert", tiny.config("bert"))
    [request] = tiny.requests(folder, WORDS)
    return prepare(locate(request.model, folder, download=False), request.model, find_place("cpu"))


def jobs(subject: Subject, *texts: str) -> list[Job]:
    """Jobs of one batch: texts of the same model, each wanted once."""
    reader: Reader = subject.reader
    return [Job((request,), reader.read(request.text)) for request in tiny.requests("models/tiny", *texts)]


@contextmanager
def room_for(model: torch.nn.Module, tokens: int):
    """A model that runs out of memory above so many tokens in a batch, padding counted; lists what it was run on.

    What was under way is kept in the frame that fails, as a device's memory is.
    """
    batches: list[tuple[int, int]] = []
    under_way: list[weakref.ref[torch.Tensor]] = []

    def check(_module, _args, kwargs):
        ids = kwargs["input_ids"]
        batches.append(tuple(ids.shape))
        activations = torch.zeros(8)
        under_way.append(weakref.ref(activations))
        if ids.numel() > tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nand more")

    handle = model.register_forward_pre_hook(check, with_kwargs=True)
    try:
        yield batches, under_way
    finally:
        handle.remove()


def test_a_batch_that_is_too_large_is_halved_until_it_fits(subject):
    batch = jobs(subject, *[WORDS] * 8)
    length = len(batch[0])
    expected = [captured for _, captured in subject.capture(batch)]
    with room_for(subject.listener.model, 2 * length) as (batches, _):
        found = list(subject.capture(batch))
    assert [size for size, _ in batches] == [8, 4, 2, 2, 4, 2, 2]
    assert [request.key for request, _ in found] == [f"key{index}" for index in range(8)]
    for (_, captured), other in zip(found, expected, strict=True):
        assert isinstance(captured, Exhibit)
        np.testing.assert_array_equal(captured.attention.codes, other.attention.codes)


def test_a_text_that_does_not_fit_by_itself_is_told_and_the_others_are_captured(subject):
    long = " and ".join(["the cat sat"] * 8)
    batch = jobs(subject, WORDS, WORDS, long, WORDS)
    with room_for(subject.listener.model, len(batch[2]) - 1) as (batches, _):
        found = dict(enumerate(captured for _, captured in subject.capture(batch)))
    assert [type(found[index]) for index in (0, 1, 3)] == [Exhibit] * 3
    assert (1, len(batch[2])) in batches
    failure = found[2]
    assert isinstance(failure, CaptureError)
    assert str(failure) == (
        "cpu has too little memory for this text, even by itself; choose a shorter text, another dtype, or a device "
        "with more memory: CUDA out of memory. Tried to allocate 20.00 GiB."
    )


def test_a_failure_that_is_kept_keeps_nothing_on_the_device(subject):
    with room_for(subject.listener.model, 0) as (_, under_way):
        found = list(subject.capture(jobs(subject, WORDS, WORDS)))
        gc.collect()
        assert [type(captured) for _, captured in found] == [CaptureError] * 2
        assert len(under_way) == 3
        assert [tensor() for tensor in under_way] == [None] * 3


def test_a_model_too_large_to_load_is_told_and_the_next_is_loaded(tmp_path, monkeypatch):
    from attnviz_mkdocs.capture import loading
    from attnviz_mkdocs.capture.portions import portions

    large, small = (tiny.save(tmp_path / name, tiny.config("bert")) for name in ("large", "small"))
    load = loading.AutoModel.from_pretrained

    def too_large(folder, **options):
        if Path(folder) == large:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80.00 GiB.")
        return load(folder, **options)

    monkeypatch.setattr(loading.AutoModel, "from_pretrained", too_large)
    runner = Runner(tmp_path, find_place("cpu"))
    asked = [*tiny.requests(large, WORDS), *tiny.requests(small, WORDS)]
    found = [captured for portion in portions(asked) for _, captured in runner.capture(portion)]
    told = [str(captured) for captured in found if isinstance(captured, CaptureError)]
    assert told == ["the model can't be loaded: OutOfMemoryError: CUDA out of memory. Tried to allocate 80.00 GiB."]
    assert [type(captured) for captured in found].count(Exhibit) == 1
