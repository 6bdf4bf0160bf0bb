"""Figures → encoded exhibits: from the store, or captured where the project allows it."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.arrays import ArraysError, read_arrays
from attnviz_mkdocs.codec import CodecError, decode, decode_neurons, encode, encode_neurons, peek, peek_header
from attnviz_mkdocs.cut import cut_exhibit, cut_neurons
from attnviz_mkdocs.plan import ArraysRequest, Needed, Planner, Request
from attnviz_mkdocs.project import ProjectError
from attnviz_mkdocs.sources import SourceError
from attnviz_mkdocs.spec import Mistake, SpecError
from attnviz_mkdocs.spec.characters import in_order
from attnviz_mkdocs.spec.secrets import without_secrets
from attnviz_mkdocs.store import DamagedError, Store, StoreError
from attnviz_mkdocs.views import Shown, check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from attnviz_mkdocs.capture import CaptureError
    from attnviz_mkdocs.capture.engine import Engine
    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.plan import What
    from attnviz_mkdocs.project import Project
    from attnviz_mkdocs.spec import Figure, Model, Place, Subject

log = logging.getLogger("mkdocs.plugins.attnviz")

#: What is told where a capture was broken off.
MEND = "mend this and run the command again, it goes on from there"

#: What the capture extra brings and a build without it lacks.
_NEEDED = ("torch", "transformers")


class MissingError(Exception):
    """Exhibits are missing and can't or may not be captured here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Bytes that a page can carry."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Supplied:
    """What a figure shows.

    Attributes:
        exhibit: Its exhibit.
        header: What that says of itself.
        neurons: For a neuron view, the exhibit's neurons.
        second: For a comparison, the other exhibit.
        second_header: What that says of itself.
    """

    exhibit: Encoded
    header: Header
    neurons: Encoded | None = None
    second: Encoded | None = None
    second_header: Header | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """The files that decide what a figure shows.

    Attributes:
        exhibits: Those of the store; their names say what is in them.
        sources: Files and folders of models, and authors' own arrays.
    """

    exhibits: set[Path]
    sources: set[Path]


@dataclass(slots=True)
class Wanted:
    """All that figures show, each once.

    Attributes:
        requests: Key → what must be captured.
        arrays: Key → what is made of an author's own arrays.
        places: Key → the first figure that shows it.
        unknown: Of figures whose models neither this machine nor the store knows, so that their keys aren't known.
    """

    requests: dict[str, Request] = field(default_factory=dict)
    arrays: dict[str, ArraysRequest] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    unknown: list[Mistake] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, Request | ArraysRequest]:
        """What is under each key."""
        return {**self.requests, **self.arrays}

    @property
    def models(self) -> set[Model]:
        """The models that are to be captured."""
        return {request.model for request in self.requests.values()}


@dataclass(slots=True)
class Supply:
    """Where a build gets its exhibits from.

    Args:
        project: The project's options.
        engine: What captures exhibits; this process where None.

    Raises:
        ProjectError: The store can't be opened.
    """

    project: Project
    engine: Engine | None = None
    store: Store = field(init=False)
    _planner: Planner = field(init=False)
    _failures: dict[str, CaptureError] = field(init=False, default_factory=dict)
    _fresh: set[str] = field(init=False, default_factory=set)
    _ensured: Wanted = field(init=False, default_factory=Wanted)
    _warned: set[Model] = field(init=False, default_factory=set)
    _cuts: dict[str, Encoded] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.store = Store(self.project.store, self.project.root)
        except StoreError as error:
            raise ProjectError(f"store: {error}", "store") from error
        self._planner = Planner(self.store, self.project.root, download=self._may_capture())

    def needed(self, figure: Figure) -> Needed:
        """What a figure needs.

        Raises:
            SpecError: The model or the arrays can't be found.
        """
        if figure.arrays is not None:
            try:
                return Needed(self._planner.arrays(figure.arrays))
            except ArraysError as error:
                raise SpecError([Mistake(figure.place_of(error.concerns), str(error))]) from error
        first = figure.subjects[0]
        exhibit = self._request(figure, first)
        neurons = self._request(figure, first, "neurons") if figure.kind == "neuron" else None
        second = None if figure.second is None else self._request(figure, figure.second)
        return Needed(exhibit, neurons, second)

    def wanted(self, figures: Iterable[Figure]) -> Wanted:
        """What the figures show; figures with mistakes are left to `get`."""
        wanted = Wanted()
        for figure in figures:
            if figure.arrays is not None:
                self._want_arrays(figure, wanted)
            # Of each by itself, so that of a comparison both are told.
            for subject, what in _parts(figure):
                try:
                    request = self._request(figure, subject, what)
                except SpecError as error:
                    wanted.unknown += error.mistakes
                else:
                    wanted.requests.setdefault(request.key, request)
                    wanted.places.setdefault(request.key, figure.place)
        return wanted

    def missing(self, figures: Iterable[Figure]) -> list[Request]:
        """What must be captured for the figures, each once; figures with mistakes are left to `get`."""
        return [request for request in self.wanted(figures).requests.values() if self._is_missing(request)]

    def ensure(self, figures: Iterable[Figure], only: Collection[str] | None = None) -> int:
        """Capture what is missing, all in one batch, and tell how many exhibits that were.

        A failure is kept and told where the exhibit is asked for.

        Args:
            figures: What asks for exhibits.
            only: Keys of those that may be captured; None for all.

        Raises:
            MissingError: Exhibits are missing, and the project's option is ``capture: never``, or there is no such
                device.
            StoreError: The store can't be used; the message says what it has kept by then.
        """
        if self.project.capture == "never":
            wanted = self.wanted(figures)
            absent = [
                _absence(request, wanted.places[key])
                for key, request in wanted.requests.items()
                if self._is_missing(request)
            ]
            if absent or wanted.unknown:
                raise MissingError(self._never([*absent, *wanted.unknown]))
            return 0
        wanted = self.wanted(figures)
        allowed = {key: request for key, request in wanted.requests.items() if only is None or key in only}
        self._ensured = replace(wanted, requests=allowed)
        requests = list(filter(self._is_missing, allowed.values()))
        try:
            return self._capture(requests)
        except (MissingError, StoreError) as error:
            raise type(error)(f"{self.kept_of(requests)}; {MEND}:\n{error}") from error

    def kept_of(self, requests: Iterable[Request]) -> str:
        """What became of a capture that was broken off."""
        left = sum(map(self._is_missing, requests))
        kept = f"{self.captured} exhibit{'' if self.captured == 1 else 's'} captured and kept"
        still = "to capture again" if self.project.capture == "always" else "missing"
        return f"{kept}, {left} {still}"

    @property
    def captured(self) -> int:
        """How many exhibits were captured so far, those too that took the place of damaged ones."""
        return len(self._fresh)

    def record(self, models: Iterable[Model]) -> None:
        """Write down what the models' files are, for machines that don't have them.

        Raises:
            StoreError: The store can't be written.
        """
        for model in models:
            self._planner.remember(model)

    def get(self, figure: Figure) -> Supplied:
        """The exhibit of one figure, captured now if need be.

        Raises:
            SpecError: It can't be had, or doesn't have what the author asked to see.
            MissingError: It is missing, and the project's option is ``capture: never``, or there is no such device.
        """
        try:
            needed = self.needed(figure)
            missing = [request for request in needed.requests if self._is_missing(request)]
            if missing and self.project.capture == "never":
                raise MissingError(self._never([_absence(request, figure.place) for request in missing]))
            self._capture(missing)
            exhibit = self._encoded(needed.exhibit, figure)
            neurons = None if needed.neurons is None else self._encoded(needed.neurons, figure)
            second = None if needed.second is None else self._encoded(needed.second, figure, position=1)
            header, second_header = peek(exhibit.data), None if second is None else peek(second.data)
            mistakes = check(Shown(figure, header, second_header))
            if neurons and peek_header(neurons.data, "neurons")["tokens"] != header.digest:
                mistakes.append(Mistake(figure.place, _OTHER_TOKENS))
        except (StoreError, CodecError) as error:
            raise SpecError([Mistake(figure.place, str(error))]) from error
        if mistakes:
            raise SpecError(mistakes)
        whole = Supplied(exhibit, header, neurons, second, second_header)
        return whole if figure.layers is None else self._of_layers(whole, figure.layers)

    def behind(self, figure: Figure) -> Behind | None:
        """The files of this machine that decide what a figure shows; None where others do.

        Raises:
            SpecError: The model or the arrays can't be found.
        """
        behind = Behind(set(), set())
        for part in self.needed(figure).parts:
            exhibit = self.store.path(part.key)
            sources = [part.file] if isinstance(part, ArraysRequest) else self._planner.files(part.model)
            if exhibit is None or sources is None:
                return None
            behind.exhibits.add(exhibit)
            behind.sources.update(sources)
        return behind

    def _of_layers(self, whole: Supplied, layers: Sequence[int]) -> Supplied:
        """The same with only those layers."""
        exhibit = self._cut(whole.exhibit, layers)
        neurons = None if whole.neurons is None else self._cut(whole.neurons, layers, whole.exhibit)
        second = None if whole.second is None else self._cut(whole.second, layers)
        return Supplied(exhibit, peek(exhibit.data), neurons, second, None if second is None else peek(second.data))

    def _cut(self, encoded: Encoded, layers: Sequence[int], neurons_of: Encoded | None = None) -> Encoded:
        """An exhibit, or the neurons of one, with only those layers; each is cut once a build."""
        name = f"{encoded.key} {sorted(layers)}"
        if name not in self._cuts:
            if neurons_of is None:
                data = encode(cut_exhibit(decode(encoded.data), layers))
            else:
                data = encode_neurons(cut_neurons(decode_neurons(encoded.data), decode(neurons_of.data), layers))
            key = hashlib.sha256(name.encode()).hexdigest()[: len(encoded.key)]
            self._cuts[name] = Encoded(key, data)
        return self._cuts[name]

    def _want_arrays(self, figure: Figure, wanted: Wanted) -> None:
        try:
            exhibit = self.needed(figure).exhibit
        except SpecError:
            return
        if isinstance(exhibit, ArraysRequest):
            wanted.arrays.setdefault(exhibit.key, exhibit)
            wanted.places.setdefault(exhibit.key, figure.place)

    def _request(self, figure: Figure, subject: Subject, what: What = "attention") -> Request:
        try:
            request = self._planner.request(subject, what)
        except SourceError as error:
            raise SpecError([Mistake(figure.place_of(*subject.path, "source"), str(error))]) from error
        self._warn_of_a_moving_model(figure, subject)
        return request

    def _encoded(self, request: Request | ArraysRequest, figure: Figure, position: int = 0) -> Encoded:
        """What is asked for, of the first or the second of the figure's subjects."""
        if isinstance(request, ArraysRequest):
            return Encoded(request.key, self._read_arrays(request, figure))
        return Encoded(request.key, self._read(request, figure, figure.subjects[position]))

    def _read(self, request: Request, figure: Figure, subject: Subject) -> bytes:
        if request.key in self._failures:
            failure = self._failures[request.key]
            # Several models may read one text, and not all of them fail.
            which = f"{subject.model_name}: " if failure.concerns == "text" else ""
            raise SpecError([Mistake(figure.place_of(*subject.path, failure.concerns), which + str(failure))])
        if request.key not in self.store:
            raise SpecError([Mistake(figure.place, _not_installed())])
        try:
            return self.store.read(request.key)
        except DamagedError as error:
            if not self._may_capture():
                raise StoreError(f"{error}. Delete it. {self._mend()}") from error
            # What was damaged is captured again, once.
            if request.key in self._fresh:
                raise
            self._renew(request, figure.place, error)
            return self._read(request, figure, subject)

    def _renew(self, request: Request, place: Place, error: DamagedError) -> None:
        """Capture what is damaged again, with all else that is: a model takes long to load."""
        damaged = {request.key: request}
        log.warning("%s: %s; it is captured again", place, error)
        for key, other in self._ensured.requests.items():
            if key in damaged or key in self._fresh or key not in self.store:
                continue
            try:
                self.store.read(key)
            except DamagedError as wrong:
                log.warning("%s: %s; it is captured again", self._ensured.places[key], wrong)
                damaged[key] = other
        for key in damaged:
            self.store.discard(key)
        self._capture(list(damaged.values()))

    def _read_arrays(self, request: ArraysRequest, figure: Figure) -> bytes:
        """An author's own arrays, encoded once; no model is needed, so that it happens wherever a page is built."""
        if request.key in self.store and self.project.capture != "always":
            try:
                return self.store.read(request.key)
            except DamagedError as error:
                log.warning("%s: %s; it is made again", figure.place, error)
                self.store.discard(request.key)
        try:
            exhibit = read_arrays(request.file, request.arrays)
        except ArraysError as error:
            raise SpecError([Mistake(figure.place_of(error.concerns), str(error))]) from error
        data = encode(exhibit, request.key)
        try:
            self.store.write(request.key, data)
        except StoreError as error:
            log.info("%s: %s; these arrays are encoded in each build", figure.place, error)
        return data

    def _capture(self, requests: list[Request]) -> int:
        """Capture what is missing, where that is allowed, and tell how many exhibits that were."""
        if not requests:
            return 0
        if not self._may_capture():
            return 0
        # The only way to torch: a build that finds everything in the store never imports it.
        from attnviz_mkdocs.capture import CaptureError, Progress  # noqa: PLC0415
        from attnviz_mkdocs.capture.engine import here  # noqa: PLC0415

        capture = self.engine or here
        root, device, progress = self.project.root, self.project.device, Progress(len(requests))
        try:
            for request, failure in capture(requests, self.store, root=root, device=device, progress=progress):
                if failure is None:
                    self._fresh.add(request.key)
                    self._planner.remember(request.model)
                else:
                    self._failures[request.key] = failure
        except CaptureError as error:
            # No text is at fault, so it is told once.
            raise MissingError(f"nothing can be captured: {error}") from error
        return len(self._fresh.intersection(request.key for request in requests))

    def _warn_of_a_moving_model(self, figure: Figure, subject: Subject) -> None:
        model = subject.model
        commit = self._planner.unpinned(model)
        if commit is not None and model not in self._warned:
            self._warned.add(model)
            log.warning(
                "%s: the hub model %s is not pinned, and a branch moves; write: revision: %s",
                figure.place_of(*subject.path, "source"),
                in_order(model.source),
                commit,
            )

    def _is_missing(self, request: Request) -> bool:
        if request.key in self._failures or request.key in self._fresh:
            return False
        return self.project.capture == "always" or request.key not in self.store

    def _never(self, absent: Iterable[Mistake]) -> str:
        """What is missing where nothing may be captured, and the commands that bring it."""
        lines = [f"  {mistake}" for mistake in sorted(set(absent))]
        what = f"not all that the views show is in the store {self.store.url}, and capture is never:"
        return "\n".join([what, *lines, self._mend()])

    def _mend(self) -> str:
        """The commands that bring what is missing where nothing may be captured."""
        if self.project.remote is None:
            return 'Run "attnviz capture" where a model can run, and commit or push the store.'
        return (
            f'Run "attnviz pull". What is not at {without_secrets(self.project.remote)} either: run "attnviz capture" '
            'where a model can run, then "attnviz push" there.'
        )

    def _may_capture(self) -> bool:
        return self.project.capture != "never" and not _absent()


_OTHER_TOKENS = (
    "the queries and keys in the store belong to other tokens than the attention: the model wrote another text when "
    "they were captured; run: attnviz capture --again"
)


def _absent() -> list[str]:
    return [name for name in _NEEDED if importlib.util.find_spec(name) is None]


def _not_installed() -> str:
    absent = _absent()
    why = f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed"
    return (
        f"the exhibit is not in the store, and it can't be captured here, because {why}; "
        'run "attnviz capture" where a model can run, or: pip install "attnviz-mkdocs[capture]"'
    )


def _parts(figure: Figure) -> Iterator[tuple[Subject, What]]:
    """All that must be captured of a figure."""
    for subject in figure.subjects:
        yield subject, "attention"
    if figure.kind == "neuron":
        yield figure.subjects[0], "neurons"


def _absence(request: Request, place: Place) -> Mistake:
    return Mistake(place, request.title)
