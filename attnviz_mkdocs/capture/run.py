"""Portions → exhibits and neurons: model by model, batch by batch."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.device import free
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.portions import portions
from attnviz_mkdocs.capture.progress import Progress
from attnviz_mkdocs.capture.recording.batches import by_length
from attnviz_mkdocs.capture.subject import Job, prepare
from attnviz_mkdocs.exhibit import Exhibit
from attnviz_mkdocs.sources import SourceError, locate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from attnviz_mkdocs.capture.device import Place
    from attnviz_mkdocs.capture.portions import Portion
    from attnviz_mkdocs.capture.subject import Captured, Subject
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Model, Text


def run(
    requests: Iterable[Request], root: Path, place: Place, progress: Progress | None
) -> Iterator[tuple[Request, Captured]]:
    """See `attnviz_mkdocs.capture.capture`."""
    requests = list(requests)
    # Silence: lines that nobody reads.
    progress = progress or Progress(len(requests), stream=io.StringIO())
    runner = Runner(root, place)
    try:
        for portion in portions(requests):
            if not runner.has(portion.model):
                progress.loading(portion.model_name)
            for request, result in runner.capture(portion):
                yield request, result
                # Whoever asked for it has kept it by now.
                progress.took(tokens_of(result))
    finally:
        progress.close()


def tokens_of(captured: Captured) -> int | None:
    """Tokens that were captured; none of neurons, which their exhibit counts. None for a failure."""
    if isinstance(captured, CaptureError):
        return None
    return len(captured.query) if isinstance(captured, Exhibit) else 0


class Runner:
    """Captures portions, one model in memory at a time.

    Args:
        root: What a model's relative folder is relative to.
        place: Where models run.
    """

    def __init__(self, root: Path, place: Place) -> None:
        self._root = root
        self._place = place
        self._model: Model | None = None
        self._subject: Subject | CaptureError | None = None

    def has(self, model: Model) -> bool:
        """Whether this model is the one that is in memory, or that could not be loaded."""
        return self._model == model

    def capture(self, portion: Portion, done: Collection[str] = ()) -> Iterator[tuple[Request, Captured]]:
        """Capture a portion.

        Args:
            portion: What is to be captured.
            done: Keys of what was captured of it before. Batches stay what they were, but none runs only for these.

        Yields:
            Each request that wasn't done with what was captured, or with what kept it from being captured.
        """
        subject = self._load(portion)
        if isinstance(subject, CaptureError):
            yield from ((request, subject) for request in portion.requests if request.key not in done)
            return
        texts: dict[Text, list[Request]] = {}
        for request in portion.requests:
            texts.setdefault(request.text, []).append(request)
        jobs = []
        for text, of_text in texts.items():
            try:
                jobs.append(Job(tuple(of_text), subject.reader.read(text)))
            except CaptureError as error:
                yield from ((request, error) for request in of_text if request.key not in done)
        # Apart, so that what isn't asked for isn't kept.
        for neurons in (False, True):
            for batch in by_length(job for job in jobs if job.wants_neurons is neurons):
                if any(request.key not in done for job in batch for request in job.requests):
                    yield from (found for found in subject.capture(batch) if found[0].key not in done)

    def _load(self, portion: Portion) -> Subject | CaptureError:
        if self._subject is None or not self.has(portion.model):
            self._model, self._subject = portion.model, None
            free(self._place.device)
            try:
                located = locate(portion.model, self._root, download=True)
                self._subject = prepare(located, portion.model, self._place, writes=portion.writes)
            except (CaptureError, SourceError) as error:
                self._subject = CaptureError(str(error), concerns="source")
        return self._subject
