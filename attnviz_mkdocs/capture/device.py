"""Where models run."""

from __future__ import annotations

import torch

from attnviz_mkdocs.capture.errors import CaptureError


def find_device(name: str) -> torch.device:
    """The device of a name; ``auto`` is CUDA where it is there, else MPS, else the CPU.

    Raises:
        CaptureError: There is no such device.
    """
    there = _there()
    if name == "auto":
        return torch.device(there[0])
    if name not in there:
        message = f'there is no device "{name}" on this machine; expected auto, {" or ".join(there)}'
        raise CaptureError(message)
    return torch.device(name)


def _there() -> list[str]:
    """Names of the devices, the one to prefer first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*(["cuda"] if cuda else []), *cuda, *mps, "cpu"]
