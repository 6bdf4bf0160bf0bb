"""Capturing on a Ray cluster: a driver that hands out portions, and a worker for each replica of a model.

Workers write into the store themselves, so that no exhibit travels through the driver. A worker may
die at any time, with its node or alone: what it was doing is handed to another, which leaves out
what the store has by then.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.capture.errors import CaptureError, first_line
from attnviz_mkdocs.capture.portions import portions
from attnviz_mkdocs.capture.worker import Driver, Outcome, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from attnviz_mkdocs.capture.portions import Portion
    from attnviz_mkdocs.capture.progress import Progress
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Model
    from attnviz_mkdocs.store import Store

#: A portion whose worker has died this often is given up.
ATTEMPTS = 3
#: After so many workers that failed to start, one after another, the others go on without more.
_FAILED_STARTS = 3
#: Cores of a worker without a GPU, at most: more of them hardly make one model faster, and memory limits replicas.
_CORES = 4
#: What the option may be; which GPU a worker gets is for Ray to say.
_DEVICES = ("auto", "balanced", "cpu", "cuda")
#: Seconds without news after which a line says what is waited for.
_PATIENCE = 30.0


class ClusterError(Exception):
    """Nothing can be captured on the cluster: what was wrong, what was expected, what to do."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The engine that spreads exhibits over a Ray cluster; see `attnviz_mkdocs.capture.engine.Engine`.

    Attributes:
        address: Of the cluster, as Ray has it: ``auto``, ``HOST:6379`` or ``ray://HOST:10001``; None for what
            the environment variable ``RAY_ADDRESS`` says, else for a cluster of this machine alone, for this run.
        workers: How many replicas of models there are at most; None for as many as fit.
    """

    address: str | None = None
    workers: int | None = None

    def __call__(
        self, requests: Sequence[Request], store: Store, *, root: Path, device: str, progress: Progress
    ) -> Iterator[tuple[Request, CaptureError | None]]:
        """Capture exhibits and write them to the store; see `Engine`.

        Raises:
            ClusterError: There is no cluster, no room in it, or its nodes can't do what they must.
            StoreError: The store can't be read or written.
        """
        with _connected(self.address) as ray, store.marked() as mark:
            nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            start = _Start(ray, find_room(nodes, device, self.workers), (Driver.here(mark), store.url, root, device))
            try:
                yield from _Run(start, store, progress, portions(requests)).results()
            finally:
                progress.close()
                store.refresh()


@dataclass(frozen=True, slots=True)
class Room:
    """How many workers a cluster has room for, and what each gets."""

    workers: int
    cpus: int
    gpus: int


def find_room(nodes: Sequence[Mapping[str, float]], device: str, wanted: int | None = None) -> Room:
    """Room for workers: one a GPU where there are any, else one for a few cores.

    Args:
        nodes: Of each node, what Ray counts of it.
        device: The option; ``balanced`` gives a worker all GPUs of a node, ``cpu`` none.
        wanted: How many workers there are to be, if there is room for them; None for as many as fit.

    Raises:
        ClusterError: There is none.
    """
    if device not in _DEVICES:
        raise ClusterError(f"on a cluster the device is {', '.join(_DEVICES)}, not {device}: Ray assigns the GPUs")
    of_cpus, of_gpus = ([int(node.get(kind, 0)) for node in nodes] for kind in ("CPU", "GPU"))
    if device != "cpu" and any(of_gpus):
        gpus = min(filter(None, of_gpus)) if device == "balanced" else 1
        cpus = min(cores // (count // gpus) for cores, count in zip(of_cpus, of_gpus, strict=True) if count)
        fit = sum(count // gpus for count in of_gpus)
        return Room(min(wanted or fit, fit), min(cpus, _CORES), gpus)
    if device == "cuda":
        raise ClusterError("no node of the cluster has a GPU; expected one, or the device auto or cpu")
    if not any(of_cpus):
        raise ClusterError("no node of the cluster has a CPU to give; expected one: ray start --num-cpus=…")
    for cpus in range(min(_CORES, *filter(None, of_cpus)), 0, -1):
        fit = sum(cores // cpus for cores in of_cpus)
        if fit >= (wanted or 1):
            break
    return Room(min(wanted or fit, fit), cpus, 0)


@dataclass(frozen=True, slots=True)
class _Start:
    """What it takes to start a worker."""

    ray: Any
    room: Room
    arguments: tuple[object, ...]

    def __call__(self) -> Any:
        """A handle of a worker that starts when the cluster has room."""
        actor = self.ray.remote(Worker).options(num_cpus=self.room.cpus, num_gpus=self.room.gpus)
        return actor.remote(*self.arguments)


@dataclass(slots=True)
class _Task:
    """A portion on its way."""

    portion: Portion
    done: set[str] = field(default_factory=set)
    attempts: int = 0


@dataclass(slots=True)
class _Busy:
    """A worker, and what it does; no task while it starts."""

    worker: Any
    task: _Task | None = None


class _Run:
    """Hands a portion to each worker that has none, until all are done."""

    def __init__(self, start: _Start, store: Store, progress: Progress, waiting: Sequence[Portion]) -> None:
        self._start = start
        self._ray = start.ray
        self._store = store
        self._progress = progress
        # To be captured again is no sign of having been.
        self._before = {r.key for portion in waiting for r in portion.requests if r.key in store}
        self._waiting: dict[Model, deque[_Task]] = {}
        for portion in waiting:
            self._waiting.setdefault(portion.model, deque()).append(_Task(portion))
        self._busy: dict[Any, _Busy] = {}
        self._idle: list[tuple[Any, Model | None]] = []
        self._loaded: set[Model] = set()
        self._failed_starts = 0

    def results(self) -> Iterator[tuple[Request, CaptureError | None]]:
        try:
            for _ in range(min(self._start.room.workers, sum(map(len, self._waiting.values())))):
                self._hire()
            while any(self._waiting.values()) or any(busy.task for busy in self._busy.values()):
                ready, _ = self._ray.wait(list(self._busy), timeout=_PATIENCE)
                if not ready and not any(busy.task for busy in self._busy.values()):
                    self._progress.news("waiting for a worker to start; the cluster may have no room for one")
                for news in ready:
                    yield from self._hear(news)
        finally:
            for worker in [*(busy.worker for busy in self._busy.values()), *(worker for worker, _ in self._idle)]:
                self._ray.kill(worker)

    def _hire(self) -> None:
        worker = self._start()
        self._busy[worker.prepare.remote()] = _Busy(worker)

    def _hear(self, news: Any) -> Iterator[tuple[Request, CaptureError | None]]:
        """Take what a worker has to say, and give it, or the one that takes its place, something to do."""
        busy = self._busy.pop(news)
        task = busy.task
        try:
            outcomes: list[Outcome] = self._ray.get(news) or []
        except self._ray.exceptions.RayTaskError as error:
            # What a worker raises is meant for us; the rest of the cluster is in order.
            self._ray.kill(busy.worker)
            raise _cause(error) from None
        except self._ray.exceptions.RayError as error:
            self._ray.kill(busy.worker)
            yield from self._mourn(task, error)
            if task is not None or self._failed_starts < _FAILED_STARTS:
                self._hire()
        else:
            self._failed_starts = 0
            if task is not None:
                yield from self._told(task, outcomes)
            self._idle.append((busy.worker, None if task is None else task.portion.model))
        self._feed()

    def _feed(self) -> None:
        still_idle = []
        for worker, model in self._idle:
            task = self._next(model)
            if task is None:
                still_idle.append((worker, model))
                continue
            if task.portion.model not in self._loaded:
                self._loaded.add(task.portion.model)
                self._progress.loading(task.portion.model_name)
            self._busy[worker.capture.remote(task.portion, frozenset(task.done))] = _Busy(worker, task)
        self._idle = still_idle

    def _next(self, model: Model | None) -> _Task | None:
        """The next task of a worker: of the model that it has in memory, else where most is left for each worker."""
        if model is not None and self._waiting[model]:
            return self._waiting[model].popleft()
        at_work = Counter(busy.task.portion.model for busy in self._busy.values() if busy.task)
        left = {
            other: sum(task.portion.cost for task in tasks) / (1 + at_work[other])
            for other, tasks in self._waiting.items()
            # Who has the model in memory is done with one more before another has loaded it.
            if len(tasks) > at_work[other]
        }
        return self._waiting[max(left, key=left.__getitem__)].popleft() if left else None

    def _told(self, task: _Task, outcomes: Sequence[Outcome]) -> Iterator[tuple[Request, CaptureError | None]]:
        requests = {request.key: request for request in task.portion.requests}
        for outcome in outcomes:
            self._progress.took(outcome.tokens)
            yield requests[outcome.key], outcome.failure

    def _mourn(self, task: _Task | None, error: Exception) -> Iterator[tuple[Request, CaptureError | None]]:
        """A worker died: what it had to do waits again, less what it wrote before."""
        if task is None:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS and not (self._busy or self._idle):
                raise ClusterError(f"no worker starts on the cluster: {_why(error)}")
            return
        self._progress.news("a worker died; another takes over")
        self._store.refresh()
        task.attempts += 1
        left = []
        for request in task.portion.requests:
            if request.key in task.done:
                continue
            if request.key in self._store and request.key not in self._before:
                task.done.add(request.key)
                self._progress.took(0)
                yield request, None
            else:
                left.append(request)
        if task.attempts < ATTEMPTS and left:
            self._waiting[task.portion.model].appendleft(task)
            return
        given_up = CaptureError(
            f"a worker died {task.attempts} times when it captured this text, or one beside it, which may be too long "
            f"for its memory: {_why(error)}"
        )
        for request in left:
            self._progress.took(None)
            yield request, given_up


@contextmanager
def _connected(address: str | None) -> Iterator[ModuleType]:
    """Ray, connected to a cluster; one that was connected before is left as it is."""
    try:
        import ray  # noqa: PLC0415
    except ImportError as error:
        message = 'Ray must be installed to capture on a cluster; run: pip install "attnviz-mkdocs[ray]"'
        raise ClusterError(message) from error
    if ray.is_initialized():
        yield ray
        return
    # Nobody is told of a run but who runs it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _knock(address)
    options: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"there is no Ray cluster at {address}: {first_line(error)}; expected auto, HOST:6379 or ray://HOST:10001"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """See that something answers at ``HOST:PORT``, for which Ray itself would wait for minutes.

    Raises:
        ClusterError: Nothing does.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"nothing answers at {address}: {first_line(error)}; expected the address of a cluster's head, as "
            "ray start --head tells it"
        ) from error


def _cause(error: Any) -> Exception:
    cause = error.cause
    if isinstance(cause, CaptureError):
        return ClusterError(str(cause))
    return cause if isinstance(cause, Exception) else error


def _why(error: Exception) -> str:
    """The first line of what Ray says, or what its node lacks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    module = next((line for line in lines if line.startswith("ModuleNotFoundError")), None)
    if module is not None:
        return f"{module}; attnviz-mkdocs[ray] must be installed on each node"
    return lines[0] if lines else type(error).__name__
