"""What runs on a node of a cluster: one replica of a model at a time, which writes into the store."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.keeping import keep
from attnviz_mkdocs.sources import SourceError, fingerprint, locate
from attnviz_mkdocs.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from attnviz_mkdocs.capture.portions import Portion
    from attnviz_mkdocs.capture.run import Runner
    from attnviz_mkdocs.spec import Model


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        key: The request's.
        tokens: Tokens that were captured; None where it failed.
        failure: What kept it from being captured; None where the store has it.
    """

    key: str
    tokens: int | None
    failure: CaptureError | None


@dataclass(frozen=True, slots=True)
class Driver:
    """What a worker must know of the process that it works for.

    Attributes:
        host: The name of its machine.
        version: Its version of this package.
        mark: The name under which it marked its store.
    """

    host: str
    version: str
    mark: str

    @classmethod
    def here(cls, mark: str) -> Driver:
        """This process."""
        return cls(socket.gethostname(), version("attnviz-mkdocs"), mark)


class Worker:
    """Captures portions on a node.

    Args:
        driver: Whom it works for.
        url: The store's.
        root: What a relative folder is relative to.
        device: The name of the device where models run.
    """

    def __init__(self, driver: Driver, url: str, root: Path, device: str) -> None:
        self._driver = driver
        self._store = Store(url, root)
        self._root = root
        self._device = device
        # Where all is on one machine, its name says nothing.
        self._node = "" if socket.gethostname() == driver.host else f"on the node {socket.gethostname()}: "
        self._wrong: dict[Model, CaptureError | None] = {}
        self._runner: Runner

    def prepare(self) -> None:
        """Get ready.

        Raises:
            CaptureError: This node can't do what its driver wants of it.
        """
        # The driver needs none of it.
        from attnviz_mkdocs.capture.device import find_place  # noqa: PLC0415
        from attnviz_mkdocs.capture.run import Runner  # noqa: PLC0415

        own = version("attnviz-mkdocs")
        if own != self._driver.version:
            raise CaptureError(
                f"{self._node}attnviz-mkdocs is {own}, expected {self._driver.version}, as where the run started"
            )
        if not self._store.has_mark(self._driver.mark):
            raise CaptureError(
                f"{self._node}the store {self._store.url} is not the one of the process that started the run; expected "
                "a folder that all nodes share at the same path, or a URL such as s3://bucket/attention"
            )
        self._runner = Runner(self._root, find_place(self._device))

    def capture(self, portion: Portion, done: Collection[str]) -> list[Outcome]:
        """Capture a portion, but for what is done, and write it to the store.

        Raises:
            StoreError: The store can't be written.
        """
        # Only here: what names this module need not have torch.
        from attnviz_mkdocs.capture.run import tokens_of  # noqa: PLC0415

        failure = self._other_files(portion)
        if failure is not None:
            return [Outcome(request.key, None, failure) for request in portion.requests if request.key not in done]
        return [
            Outcome(request.key, tokens_of(captured), captured if isinstance(captured, CaptureError) else None)
            for request, captured in keep(self._store, self._runner.capture(portion, done))
        ]

    def _other_files(self, portion: Portion) -> CaptureError | None:
        """What is wrong with the model's files, which are this node's own; looked at once."""
        if portion.model not in self._wrong:
            try:
                same = fingerprint(locate(portion.model, self._root, download=True)) == portion.requests[0].fingerprint
                self._wrong[portion.model] = None if same else self._no_model(_OTHERS)
            except SourceError as error:
                self._wrong[portion.model] = self._no_model(str(error))
        return self._wrong[portion.model]

    def _no_model(self, why: str) -> CaptureError:
        return CaptureError(f"{self._node}{why}", concerns="source")


_OTHERS = "the model's files are others than where the run started; copy them, so that all nodes have the same"
