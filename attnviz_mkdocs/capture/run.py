"""Requests → exhibits: model by model, batch by batch."""

from __future__ import annotations

import gc
import io
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture.batches import by_length, pad
from attnviz_mkdocs.capture.errors import CaptureError, first_line
from attnviz_mkdocs.capture.limits import find_limit
from attnviz_mkdocs.capture.listener import listen
from attnviz_mkdocs.capture.loading import load
from attnviz_mkdocs.capture.progress import Progress
from attnviz_mkdocs.capture.quantiser import Quantiser
from attnviz_mkdocs.capture.recorder import TrackRecorder
from attnviz_mkdocs.capture.tokens import encode, joins_pairs
from attnviz_mkdocs.exhibit import Exhibit, Provenance
from attnviz_mkdocs.sources import SourceError, locate, published

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.limits import Limit
    from attnviz_mkdocs.capture.listener import Listener
    from attnviz_mkdocs.capture.tokens import Encoding
    from attnviz_mkdocs.exhibit import Track
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.sources import Located
    from attnviz_mkdocs.spec import Model, Text

#: Packages whose version can change what is captured.
_PACKAGES = ("attnviz-mkdocs", "gguf", "tokenizers", "torch", "transformers")
#: What a model is checked on when it is loaded: a short batch with padding.
_CHECK = ("The cat sat on the mat because it was warm.", "It was warm.")


def run(
    requests: Iterable[Request], root: Path, device: torch.device, progress: Progress | None
) -> Iterator[tuple[Request, Exhibit | CaptureError]]:
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
                    progress.captured(len(result.query))
                yield request, result
            _free(device)
    finally:
        progress.close()


def _of_one_model(
    model: Model, requests: Sequence[Request], root: Path, device: torch.device
) -> Iterator[tuple[Request, Exhibit | CaptureError]]:
    try:
        subject = _prepare(locate(model, root, download=True), model, device)
    except (CaptureError, SourceError) as error:
        yield from ((request, CaptureError(str(error), concerns="source")) for request in requests)
        return
    jobs = []
    for request in requests:
        try:
            jobs.append(_Job(request, subject.encode(request.text)))
        except CaptureError as error:
            yield request, error
    for batch in by_length(jobs):
        yield from subject.capture(batch)


def _prepare(located: Located, model: Model, device: torch.device) -> _Subject:
    loaded, tokenizer = load(located, model, device)
    check = pad([encode(tokenizer, text) for text in _CHECK], _pad_id(tokenizer), device)
    with _in_words("the model can't be run"):
        listener = listen(loaded, check)
    return _Subject(listener, tokenizer, find_limit(loaded, tokenizer), Quantiser(device), device, located.revision)


@dataclass(frozen=True, slots=True)
class _Job:
    """A request, tokenised."""

    request: Request
    encoding: Encoding

    def __len__(self) -> int:
        return len(self.encoding)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A model in memory, with all that is needed to capture texts."""

    listener: Listener
    tokenizer: PreTrainedTokenizerBase
    limit: Limit
    quantiser: Quantiser
    device: torch.device
    revision: str | None

    def encode(self, text: Text) -> Encoding:
        """Tokenise a text.

        Raises:
            CaptureError: The model can't read it.
        """
        if text.target is not None:
            raise CaptureError('"target" is for encoder-decoder models, which this is not; remove it')
        if text.pair is not None and (self.listener.causal or not joins_pairs(self.tokenizer)):
            raise CaptureError(
                'this model was not trained on pairs of texts: "pair" is for BERT and its kin; write both as one text'
            )
        encoding = encode(self.tokenizer, text.text, text.pair)
        self.limit.check(len(encoding))
        return encoding

    def capture(self, batch: Sequence[_Job]) -> Iterator[tuple[Request, Exhibit | CaptureError]]:
        """Run a batch; where it fails as a whole, each of its texts by itself, so that only what is to blame fails."""
        tracks: Sequence[Track | CaptureError]
        try:
            with _in_words("the model fails on this text"):
                tracks = self._tracks(batch)
        except CaptureError as error:
            if len(batch) > 1:
                for job in batch:
                    yield from self.capture([job])
                return
            tracks = [error]
        for job, track in zip(batch, tracks, strict=True):
            yield job.request, track if isinstance(track, CaptureError) else self._exhibit(job, track)

    def _tracks(self, batch: Sequence[_Job]) -> list[Track | CaptureError]:
        listener = self.listener
        recorder = TrackRecorder(
            [len(job) for job in batch],
            listener.layers,
            listener.heads,
            self.quantiser,
            self.device,
            causal=listener.causal,
        )
        listener.run(pad([job.encoding for job in batch], _pad_id(self.tokenizer), self.device), recorder)
        return recorder.tracks()

    def _exhibit(self, job: _Job, track: Track) -> Exhibit:
        request = job.request
        return Exhibit(
            text=request.text.text,
            pair=request.text.pair,
            query=job.encoding.tokens,
            key=job.encoding.tokens,
            tracks={"attention": track},
            provenance=Provenance(
                model=request.model_name,
                source=published(request.model.source),
                revision=self.revision,
                fingerprint=request.fingerprint,
                architecture=type(self.listener.model).__name__,
                dtype=request.model.dtype,
                disagreement=self.listener.disagreement,
                versions=_versions(),
            ),
        )


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """A model is other people's code, and may fail in any way."""
    try:
        yield
    except CaptureError:
        raise
    except Exception as error:
        raise CaptureError(f"{what}: {type(error).__name__}: {first_line(error)}") from error


def _pad_id(tokenizer: PreTrainedTokenizerBase) -> int:
    # A decoder's tokenizer may have none; any will do, because what it pads is masked and dropped.
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _free(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
