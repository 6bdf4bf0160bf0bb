"""Where models run."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A model's layers over all GPUs, and the rest of it in memory: transformers' own word for it.
BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model runs.

    Attributes:
        device: Where its inputs are, and where what it attends to is looked at.
        spread: What transformers is told of how to lay the model over several devices; empty for all of it on one.
    """

    device: torch.device
    spread: Mapping[str, object] = field(default_factory=dict)


def find_place(name: str) -> Place:
    """The place of a name; ``balanced`` is over all GPUs, for a model that is too large for one.

    Raises:
        CaptureError: There is no such device.
    """
    if name == BALANCED:
        return Place(find_device("auto"), {"device_map": BALANCED})
    return Place(find_device(name))


def find_device(name: str) -> torch.device:
    """The device of a name; ``auto`` is CUDA where it is there, else MPS, else the CPU.

    Raises:
        CaptureError: There is no such device.
    """
    there = _there()
    if name == "auto":
        return torch.device(there[0])
    if name not in there:
        message = f'there is no device "{name}" on this machine; expected auto, {BALANCED}, {" or ".join(there)}'
        raise CaptureError(message)
    return torch.device(name)


def free(device: torch.device) -> None:
    """Give back the memory of what is no longer used."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _there() -> list[str]:
    """Names of the devices, the one to prefer first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*(["cuda"] if cuda else []), *cuda, *mps, "cpu"]
