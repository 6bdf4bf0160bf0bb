"""How exhibits are captured and kept: here, or on a cluster (`attnviz_mkdocs.capture.cluster`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attnviz_mkdocs import capture as room
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.exhibit import Exhibit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attnviz_mkdocs.capture.progress import Progress
    from attnviz_mkdocs.neurons import Neurons
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
    for request, captured in room.capture(requests, root=root, device=device, progress=progress):
        yield request, keep(store, request, captured)


def keep(store: Store, request: Request, captured: Exhibit | Neurons | CaptureError) -> CaptureError | None:
    """Write to the store what was captured; what kept it from being captured is handed back.

    Raises:
        StoreError: It can't be written.
    """
    if isinstance(captured, CaptureError):
        return captured
    key = request.key
    store.write(key, encode(captured, key) if isinstance(captured, Exhibit) else encode_neurons(captured, key))
    return None
