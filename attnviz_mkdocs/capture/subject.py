"""A model in memory, and the texts that it reads → what is captured of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture.device import free
from attnviz_mkdocs.capture.errors import CaptureError, first_line, in_words
from attnviz_mkdocs.capture.listening.listener import listen
from attnviz_mkdocs.capture.loading import load
from attnviz_mkdocs.capture.quiet import quiet
from attnviz_mkdocs.capture.reading.reader import Reader, encode_both
from attnviz_mkdocs.capture.reading.tokens import encode
from attnviz_mkdocs.capture.recording.batches import pad
from attnviz_mkdocs.capture.recording.quantiser import Quantiser
from attnviz_mkdocs.capture.recording.recorder import TrackRecorder
from attnviz_mkdocs.capture.recording.scores import ScoresRecorder
from attnviz_mkdocs.capture.recording.windows import notes_on_windows
from attnviz_mkdocs.exhibit import Attention, Exhibit, Provenance
from attnviz_mkdocs.neurons import Neurons, digest_of
from attnviz_mkdocs.sources import published

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from transformers import PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.device import Place
    from attnviz_mkdocs.capture.listening.hook import Call
    from attnviz_mkdocs.capture.listening.listener import Listener
    from attnviz_mkdocs.capture.listening.matching import Slot
    from attnviz_mkdocs.capture.loading import Loaded
    from attnviz_mkdocs.capture.reading.tokens import Encoding
    from attnviz_mkdocs.exhibit import Track
    from attnviz_mkdocs.neurons import Scores
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.sources import Located
    from attnviz_mkdocs.spec import Model

    Captured: TypeAlias = Exhibit | Neurons | CaptureError
    #: Of each text of a batch, name → weights of each attention, and name → what they are made of.
    Ran: TypeAlias = tuple[list[dict[str, Track | CaptureError]], list[dict[str, Scores | CaptureError]]]

#: Packages whose version can change what is captured.
_PACKAGES = ("attnviz-mkdocs", "gguf", "tokenizers", "torch", "transformers")
#: What a model is checked on when it is loaded: a short batch with padding, on both sides of an
#: encoder-decoder model, and of other lengths on each.
_CHECK = ("The cat sat on the mat because it was warm.", "It was warm.")
_CHECK_TARGETS = ("It sat on the mat.", "Warm.")


@dataclass(frozen=True, slots=True)
class Job:
    """A text as the model reads it, and what is wanted of it: its exhibit, its neurons, or both."""

    requests: tuple[Request, ...]
    encoding: Encoding

    def __len__(self) -> int:
        return len(self.encoding)

    @property
    def wants_neurons(self) -> bool:
        """Whether its neurons are wanted."""
        return any(request.what == "neurons" for request in self.requests)


def prepare(located: Located, model: Model, place: Place, *, writes: bool = False) -> Subject:
    """Load a model and find out how its attention is had.

    Args:
        located: Its files.
        model: What its author says of it.
        place: Where it is to run.
        writes: Whether it is to write text.

    Raises:
        CaptureError: It can't be loaded or run, or its attention can't be had.
    """
    loaded = load(located, model, place, writes=writes)
    # transformers warns of models that keep to their own attention; they are checked here.
    with quiet(), in_words("the model can't be run"):
        listener = listen(loaded.model, pad(_check(loaded), _pad_id(loaded.tokenizer), place.device))
    return Subject(listener, loaded, Quantiser(place.device), place.device, located.revision)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model in memory, with all that is needed to capture texts."""

    listener: Listener
    loaded: Loaded
    quantiser: Quantiser
    device: torch.device
    revision: str | None

    @property
    def reader(self) -> Reader:
        """What makes of an author's text what the model reads."""
        return Reader(self.loaded, self.listener.causal)

    def capture(self, batch: Sequence[Job]) -> Iterator[tuple[Request, Captured]]:
        """Run a batch; where it fails as a whole, its halves, so that only the texts that are to blame fail.

        A batch for which the device has too little memory so becomes as small as it must.
        """
        if self.listener.alone and len(batch) > 1:
            for job in batch:
                yield from self.capture([job])
            return
        ran = self._try(batch)
        if not isinstance(ran, CaptureError):
            for job, tracks, scores in zip(batch, *ran, strict=True):
                for request in job.requests:
                    if request.what == "neurons":
                        yield request, self._neurons(request, job.encoding, scores)
                    else:
                        yield request, self._exhibit(request, job.encoding, tracks)
        elif len(batch) == 1:
            yield from ((request, ran) for request in batch[0].requests)
        else:
            half = len(batch) // 2
            yield from self.capture(batch[:half])
            yield from self.capture(batch[half:])

    def _try(self, batch: Sequence[Job]) -> Ran | CaptureError:
        """Run a batch once, and tell what kept it from running."""
        try:
            with in_words("the model fails on this text"):
                return self.run(batch)
        except CaptureError as error:
            # A new one, for the frames that the old one came through still hold what was on the device.
            failure = CaptureError(_why(error, self.device), error.concerns)
        free(self.device)
        return failure

    def run(self, batch: Sequence[Job]) -> Ran:
        """Run a batch once.

        Returns:
            Of each text, name → weights of each attention, and name → what they are made of; the latter
            is empty where no neurons are wanted of the batch.

        Raises:
            CaptureError: The model attends to these texts otherwise than to those of the check.
        """
        sides = {name: [len(job.encoding.tokens[name]) for job in batch] for name in batch[0].encoding.tokens}
        tracks = {
            name: TrackRecorder(
                sides[form.query],
                sides[form.key],
                self.quantiser,
                self.device,
                layers=len(form.layers),
                heads=form.heads,
                causal=form.causal,
                adds_up=form.adds_up,
            )
            for name, form in self.listener.forms.items()
        }
        scores = {
            name: ScoresRecorder(sides[form.query], sides[form.key], len(form.layers))
            for name, form in self.listener.forms.items()
            if any(job.wants_neurons for job in batch)
        }

        def record(slot: Slot, call: Call) -> None:
            tracks[slot.attention].record(slot.position, call)
            if slot.attention in scores:
                scores[slot.attention].record(slot.position, call)

        inputs = pad([job.encoding for job in batch], _pad_id(self.loaded.tokenizer), self.device)
        self.listener.run(inputs, record)
        recorded = {name: recorder.tracks() for name, recorder in tracks.items()}
        return (
            [{name: of_texts[text] for name, of_texts in recorded.items()} for text in range(len(batch))],
            [{name: recorder.scores(text) for name, recorder in scores.items()} for text in range(len(batch))],
        )

    def _exhibit(
        self, request: Request, encoding: Encoding, tracks: Mapping[str, Track | CaptureError]
    ) -> Exhibit | CaptureError:
        attentions = {}
        for name, track in tracks.items():
            if isinstance(track, CaptureError):
                return track
            form = self.listener.forms[name]
            attentions[name] = Attention(form.query, form.key, form.layers, track)
        return Exhibit(
            text=encoding.text,
            pair=request.text.pair,
            target=encoding.target,
            tokens=encoding.tokens,
            attentions=attentions,
            notes=(*self.listener.notes, *notes_on_windows(attentions)),
            provenance=self._provenance(request),
        )

    def _neurons(
        self, request: Request, encoding: Encoding, scores: Mapping[str, Scores | CaptureError]
    ) -> Neurons | CaptureError:
        attentions = {}
        for name, of_one in scores.items():
            if isinstance(of_one, CaptureError):
                return of_one
            attentions[name] = of_one
        return Neurons(digest_of(encoding.tokens), attentions, self._provenance(request))

    def _provenance(self, request: Request) -> Provenance:
        return Provenance(
            model=request.model_name,
            source=published(request.model.source),
            revision=self.revision,
            fingerprint=request.fingerprint,
            asked=request.asked,
            architecture=type(self.listener.model).__name__,
            dtype=request.model.dtype,
            disagreement=self.listener.disagreement,
            versions=_versions(),
        )


def _why(error: CaptureError, device: torch.device) -> str:
    cause = error.__cause__
    if not isinstance(cause, torch.OutOfMemoryError):
        return str(error)
    mend = "choose a shorter text, another dtype, or a device with more memory"
    return f"{device} has too little memory for this text, even by itself; {mend}: {first_line(cause)}"


def _check(loaded: Loaded) -> list[Encoding]:
    if loaded.model.config.is_encoder_decoder:
        both = zip(_CHECK, _CHECK_TARGETS, strict=True)
        return [encode_both(loaded.model, loaded.tokenizer, text, target) for text, target in both]
    return [encode(loaded.tokenizer, text) for text in _CHECK]


def _pad_id(tokenizer: PreTrainedTokenizerBase) -> int:
    # A decoder's tokenizer may have none; any will do, because what it pads is masked and dropped.
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0


# Looked up once: reading them took a third of the time of small texts.
@cache
def _versions() -> Mapping[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
