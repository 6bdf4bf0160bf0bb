"""Requests → exhibits and neurons: model by model, batch by batch."""

from __future__ import annotations

import gc
import io
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.progress import Progress
from attnviz_mkdocs.capture.recording.batches import by_length
from attnviz_mkdocs.capture.subject import Job, prepare
from attnviz_mkdocs.exhibit import Exhibit
from attnviz_mkdocs.sources import SourceError, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from attnviz_mkdocs.capture.subject import Captured
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Model, Text


def run(
    requests: Iterable[Request], root: Path, device: torch.device, progress: Progress | None
) -> Iterator[tuple[Request, Captured]]:
    """See `attnviz_mkdocs.capture.capture`."""
    requests = list(requests)
    # Silence: lines that nobody reads.
    progress = progress or Progress(len(requests), stream=io.StringIO())
    groups: dict[Model, list[Request]] = {}
    for request in requests:
        groups.setdefault(request.model, []).append(request)
    try:
        for model, group in groups.items():
            progress.loading(group[0].model_name)
            for request, result in _of_one_model(model, group, root, device):
                if isinstance(result, CaptureError):
                    progress.failed()
                else:
                    # Neurons are of tokens that their exhibit counts.
                    progress.captured(len(result.query) if isinstance(result, Exhibit) else 0)
                yield request, result
            _free(device)
    finally:
        progress.close()


def _of_one_model(
    model: Model, requests: Sequence[Request], root: Path, device: torch.device
) -> Iterator[tuple[Request, Captured]]:
    writes = any(request.text.generate is not None for request in requests)
    try:
        subject = prepare(locate(model, root, download=True), model, device, writes=writes)
    except (CaptureError, SourceError) as error:
        yield from ((request, CaptureError(str(error), concerns="source")) for request in requests)
        return
    texts: dict[Text, list[Request]] = {}
    for request in requests:
        texts.setdefault(request.text, []).append(request)
    jobs = []
    for text, of_text in texts.items():
        try:
            jobs.append(Job(tuple(of_text), subject.reader.read(text)))
        except CaptureError as error:
            yield from ((request, error) for request in of_text)
    # Apart, so that what isn't asked for isn't kept.
    for neurons in (False, True):
        for batch in by_length(job for job in jobs if job.wants_neurons is neurons):
            yield from subject.capture(batch)


def _free(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
