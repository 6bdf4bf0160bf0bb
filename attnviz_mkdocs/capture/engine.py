"""How exhibits are captured and kept: here, or on a cluster (`attnviz_mkdocs.capture.cluster`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attnviz_mkdocs import capture as room
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.keeping import keep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attnviz_mkdocs.capture.progress import Progress
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.store import Store


class Engine(Protocol):
    """Captures exhibits and keeps them."""

    def __call__(
        self, requests: Sequence[Request], store: Store, *, root: Path, device: str, progress: Progress
    ) -> Iterator[tuple[Request, CaptureError | None]]:
        """Capture exhibits and write them to the store.

        Args:
            requests: What is needed.
            store: Where it is kept.
            root: What a model's relative folder is relative to.
            device: Where models run.
            progress: Told of what is done.

        Yields:
            Each request as soon as the store has what it asks for, or with what kept that from being captured.

        Raises:
            CaptureError: Nothing at all can be captured.
            StoreError: The store can't be written.
        """


def here(
    requests: Sequence[Request], store: Store, *, root: Path, device: str, progress: Progress
) -> Iterator[tuple[Request, CaptureError | None]]:
    """The engine of one process; see `Engine`."""
    for request, captured in keep(store, room.capture(requests, root=root, device=device, progress=progress)):
        yield request, captured if isinstance(captured, CaptureError) else None
