"""What was captured → the store: encoded beside the model that reads on, and written in order."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.exhibit import Exhibit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from attnviz_mkdocs.capture.subject import Captured
    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.store import Store

#: Bytes of numbers that wait for their turn, at most; what is larger has the memory to itself.
UNDER_WAY = 1 << 27


def keep(store: Store, captured: Iterable[tuple[Request, Captured]]) -> Iterator[tuple[Request, Captured]]:
    """Write to the store what was captured.

    Packing takes longer than the model does, and needs no interpreter: so it runs on the other cores, while the model
    reads the next texts. What is written is what would be written one by one, in the same order.

    Args:
        store: Where it is kept.
        captured: Requests with what was captured of each, or with what kept it from being captured.

    Yields:
        The same, in order, each as soon as the store has it.

    Raises:
        StoreError: It can't be written.
    """
    encoders = ThreadPoolExecutor(os.cpu_count())
    waiting: deque[_Waiting] = deque()
    try:
        for request, result in captured:
            encoded = None if isinstance(result, CaptureError) else encoders.submit(_encode, result, request.key)
            waiting.append(_Waiting(request, result, encoded))
            while waiting and (waiting[0].is_encoded or sum(each.size for each in waiting) > UNDER_WAY):
                yield waiting.popleft().written(store)
        while waiting:
            yield waiting.popleft().written(store)
    finally:
        encoders.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What was captured and isn't written yet; ``encoded`` is None for a failure."""

    request: Request
    result: Captured
    encoded: Future[bytes] | None

    @property
    def is_encoded(self) -> bool:
        return self.encoded is None or self.encoded.done()

    @property
    def size(self) -> int:
        """Bytes of its numbers."""
        if isinstance(self.result, CaptureError):
            return 0
        if isinstance(self.result, Exhibit):
            return sum(attention.track.codes.nbytes for attention in self.result.attentions.values())
        return sum(scores.queries.nbytes + scores.keys.nbytes for scores in self.result.attentions.values())

    def written(self, store: Store) -> tuple[Request, Captured]:
        if self.encoded is not None:
            store.write(self.request.key, self.encoded.result())
        return self.request, self.result


def _encode(captured: Exhibit | Neurons, key: str) -> bytes:
    return encode(captured, key) if isinstance(captured, Exhibit) else encode_neurons(captured, key)
