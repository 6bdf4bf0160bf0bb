"""Model + text → exhibit: the only room that imports torch, and only once something is captured."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.plan import Request

__all__ = ["CaptureError", "Progress", "capture"]


def capture(
    requests: Iterable[Request], *, root: Path, device: str = "auto", progress: Progress | None = None
) -> Iterator[tuple[Request, Exhibit | Neurons | CaptureError]]:
    """Capture exhibits: one model in memory at a time, its texts in batches by length.

    Args:
        requests: What is needed.
        root: What a model's relative folder is relative to.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps`` or ``balanced``.
        progress: Told of what is done; None for silence.

    Yields:
        Each request with its exhibit or its neurons as soon as they are there, or with what kept it from being
        captured; one failure doesn't keep others.

    Raises:
        CaptureError: Nothing at all can be captured: torch isn't installed, or there is no such device.
    """
    lacking = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if lacking:
        message = f'{" and ".join(lacking)} must be installed to capture; run: pip install "attnviz-mkdocs[capture]"'
        raise CaptureError(message)
    from attnviz_mkdocs.capture.device import find_place  # noqa: PLC0415
    from attnviz_mkdocs.capture.run import run  # noqa: PLC0415

    return run(requests, root, find_place(device), progress)
