"""Models that accelerate lays over several devices; here the second one is the disk."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import tiny
import torch
from transformers import AutoModelForCausalLM

from attnviz_mkdocs.capture import CaptureError, capture
from attnviz_mkdocs.capture.device import Place, find_place
from attnviz_mkdocs.capture.listening.hook import Call
from attnviz_mkdocs.capture.loading import load
from attnviz_mkdocs.capture.run import run
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.exhibit import Exhibit
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Model, Text

CPU = Place(torch.device("cpu"))


def encoded(requests, root, place) -> dict[str, bytes]:
    found = {}
    for request, captured in run(requests, root, place, None):
        assert not isinstance(captured, CaptureError), captured
        found[request.key] = encode(captured) if isinstance(captured, Exhibit) else encode_neurons(captured)
    return found


@pytest.fixture
def crowded(tmp_path):
    """What ``balanced`` does where less than half of a model fits into the memory."""

    def place(source) -> Place:
        spec = Model(source=str(source))
        whole = load(locate(spec, source, download=False), spec, CPU).model
        size = sum(weights.nbytes for weights in whole.state_dict().values())
        spread = {**find_place("balanced").spread, "max_memory": {"cpu": size // 2}, "offload_folder": str(tmp_path)}
        place = Place(CPU.device, spread)
        parts = load(locate(spec, source, download=False), spec, place).model.parameters()
        assert {str(weights.device) for weights in parts} == {"cpu", "meta"}, "so that the test shows something"
        return place

    return place


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama", "bloom", "t5"])
def test_a_model_over_two_devices_gives_the_bytes_of_one(kind, saved, crowded):
    source, target = saved(kind), "a dog ran" if kind == "t5" else None
    exhibits = tiny.requests(source, *(Text(text=text, target=target) for text in (tiny.SHORT, tiny.LONG)))
    both = [*exhibits, *(replace(request, key=f"{request.key} neurons", what="neurons") for request in exhibits)]
    assert encoded(both, source, crowded(source)) == encoded(both, source, CPU)


def test_a_model_over_two_devices_writes_what_it_does_on_one(tmp_path, crowded):
    source = tiny.save(tmp_path / "llama", tiny.config("llama"), auto=AutoModelForCausalLM)
    requests = tiny.requests(source, Text(text=tiny.SHORT, generate=5), Text(text="a dog", generate=5, seed=3))
    assert encoded(requests, source, crowded(source)) == encoded(requests, source, CPU)


def test_balanced_is_a_device_of_every_machine(saved):
    requests = tiny.requests(saved("bert"), tiny.SHORT)
    [(_, exhibit)] = capture(requests, root=saved("bert"), device="balanced")
    assert isinstance(exhibit, Exhibit)
    with pytest.raises(CaptureError, match="expected auto, balanced, .*cpu"):
        find_place("cuda:99")


def test_all_numbers_of_a_layer_move_together():
    numbers = torch.zeros(1, 2, 3, 3)
    call = Call(numbers, numbers, None, numbers, numbers, 0.5, 2.0, numbers, numbers[0, :, 0, 0])
    assert call.on(CPU.device) is call
    moved = call.on(torch.device("meta"))
    tensors = [field.name for field in fields(Call) if isinstance(getattr(call, field.name), torch.Tensor)]
    assert len(tensors) == 6
    assert {getattr(moved, name).device.type for name in tensors} == {"meta"}
    assert (moved.scale, moved.softcap) == (0.5, 2.0)
    assert Call(numbers).on(torch.device("meta")).mask is None
