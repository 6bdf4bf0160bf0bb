"""The attention layers of one batch, as they come → a track for each text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.weak import WeakIdKeyDictionary

from attnviz_mkdocs.capture.errors import NOT_FINITE, CaptureError
from attnviz_mkdocs.capture.listening.hook import is_masked
from attnviz_mkdocs.capture.listening.listener import ROUNDED
from attnviz_mkdocs.exhibit import Track, causal_pairs, is_causal
from attnviz_mkdocs.quantise import ESCAPE, dequantise, quantise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from attnviz_mkdocs.capture.listening.hook import Call
    from attnviz_mkdocs.capture.recording.quantiser import Quantiser

# A layer is quantised in parts of about this many weights, so that what is in work stays small
# beside the weights themselves, and in a processor's cache.
_PART = 1 << 18


class TrackRecorder:
    """Quantises every layer when it comes, straight into the layout of `Track`; no layer's weights are kept.

    Args:
        queries: Tokens of each text of the batch that attend; the batch is padded on the right to the longest.
        keys: Tokens of each text that are attended to, likewise.
        quantiser: The table, on the device where the model runs.
        device: That device.
        layers: Layers that have the attention.
        heads: Heads of each layer.
        causal: Whether no token sees a later one.
        adds_up: Whether the weights of each token are to sum to 1, and not to less.
    """

    def __init__(
        self,
        queries: Sequence[int],
        keys: Sequence[int],
        quantiser: Quantiser,
        device: torch.device,
        *,
        layers: int,
        heads: int,
        causal: bool,
        adds_up: bool,
    ) -> None:
        self._lengths = list(zip(queries, keys, strict=True))
        self._longest = max(queries), max(keys)
        self._causal = causal
        self._least = 1 - ROUNDED if adds_up else 0.0
        self._quantiser = quantiser
        self._keys, self._queries = _pairs(*self._longest, causal=causal)
        self._places = torch.from_numpy(self._queries * self._longest[1] + self._keys).to(device)
        self._padding = self._beyond_texts(device)
        self._hidden = WeakIdKeyDictionary()
        batch = len(self._lengths)
        shape = (layers, batch, heads, len(self._keys))
        self._codes = torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda")
        # All of it in place from the start: small tensors that stay between large ones that go fragment the heap.
        self._errors = torch.zeros(batch, device=device)
        self._lowest = torch.ones(batch, device=device)
        self._row_maxima = torch.empty((layers, batch, heads, self._longest[0]), device=device)
        self._row_sums = torch.empty_like(self._row_maxima)
        self._there = [False] * layers

    def record(self, position: int, call: Call) -> None:
        """Take what ran in the layer at ``position``, from 0.

        Raises:
            CaptureError: It isn't attention from every token to every token of the batch.
        """
        weights = call.weights
        batch, heads, pairs = self._codes.shape[1:]
        expected = (batch, heads, *self._longest)
        if weights.shape != expected:
            raise CaptureError(
                f"layer {position} gave attention of shape {tuple(weights.shape)}, expected {expected}, "
                "as it does for a short text"
            )
        hidden = self._hidden_by(call.mask)
        self._row_maxima[position] = weights.amax(-1)
        self._row_sums[position] = weights.sum(-1, dtype=torch.float32)
        step = max(2, _PART // (batch * pairs))
        for first in range(0, heads, step):
            some = slice(first, first + step)
            codes, lowest, errors = self._quantiser(self._pack(weights[:, some]), _of_heads(hidden, some))
            self._codes[position, :, some].copy_(codes, non_blocking=True)
            torch.maximum(self._errors, errors, out=self._errors)
            torch.minimum(self._lowest, lowest, out=self._lowest)
        self._there[position] = True

    def tracks(self) -> list[Track | CaptureError]:
        """What was captured of each text, in order.

        Raises:
            CaptureError: Layers are missing.
        """
        if not all(self._there):
            raise CaptureError(
                f"{sum(self._there)} layers gave attention, expected {len(self._there)}, as for a short text"
            )
        # Reading these also waits for the codes, which were copied before them.
        errors, lowest = self._errors.tolist(), self._lowest.tolist()
        row_maxima, row_sums = self._row_maxima.cpu().numpy(), self._row_sums.cpu().numpy()
        texts, top, off = self._escapes(row_maxima)
        tracks = []
        for text, (queries, _) in enumerate(self._lengths):
            own = texts == text
            highest, sums = float(row_maxima[:, text, :, :queries].max()), row_sums[:, text, :, :queries]
            wrong = self._wrong(errors[text], lowest[text], highest, sums)
            error = max(errors[text], float(off[own].max(initial=0)))
            tracks.append(wrong or self._track(text, top[own], error))
        return tracks

    def _track(self, text: int, top: NDArray[np.uint8], error: float) -> Track:
        queries, keys = self._lengths[text]
        codes = self._codes[:, text].numpy()
        if (queries, keys) != self._longest:
            codes = codes[:, :, (self._keys < keys) & (self._queries < queries)]
        layers, heads, _ = codes.shape
        shape = (layers, heads, queries, keys)
        # A single token has no later one, and its track is a square.
        causal = self._causal and queries > 1
        packed = np.ascontiguousarray(codes)
        if not causal:
            packed = packed.reshape(layers, heads, keys, queries)
        return Track(shape, "causal" if causal else "full", packed, top, error)

    def _wrong(self, error: float, lowest: float, highest: float, sums: NDArray[np.float32]) -> CaptureError | None:
        """What keeps a text's weights from being drawn as attention."""
        if not np.isfinite([error, lowest, highest]).all():
            return CaptureError(NOT_FINITE)
        if lowest < 0 or highest > 1 + 1e-3:
            return CaptureError(f"the model's attention must lie in [0, 1], but it runs from {lowest:g} to {highest:g}")
        least, most = float(sums.min()), float(sums.max())
        if least < self._least or most > 1 + ROUNDED:
            odd = most if most > 1 + ROUNDED else least
            return CaptureError(
                f"the model's attention must sum to 1 for each token, but that of one sums to {odd:.3g}"
            )
        return None

    def _escapes(
        self, row_maxima: NDArray[np.float32]
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8], NDArray[np.float32]]:
        """Of each code 255, in C order: which text it is of, its entry of ``top``, and its error.

        The weights of a row sum to 1, so that at most one of them is near 1: the row's largest. What
        it was can therefore be looked up when all is done, and no device is waited for on the way.
        """
        _, batch, heads, pairs = self._codes.shape
        places = []
        for layer, codes in enumerate(self._codes.numpy()):
            heads_of_texts, pair = np.divmod(np.flatnonzero(codes == ESCAPE), pairs)
            places.append((layer * batch * heads + heads_of_texts) * self._longest[0] + self._queries[pair])
        rows = np.concatenate(places)
        # What isn't a weight at all is told of text by text.
        largest = np.clip(np.nan_to_num(row_maxima.reshape(-1)[rows], nan=1), 0, 1)
        codes, top = quantise(largest)
        off = np.abs(dequantise(codes, top) - largest)
        return rows // (heads * self._longest[0]) % batch, top, off

    def _pack(self, weights: Tensor) -> Tensor:
        """A copy of weights ``[batch, head, query, key]`` as float32 ``[batch, head, pair]``, in a track's order."""
        if self._causal:
            return weights.flatten(2).gather(2, self._places.expand(*weights.shape[:2], -1)).float()
        # The same without a look-up a pair; faster.
        key_major = weights.transpose(-1, -2)
        return key_major.to(torch.float32, copy=True, memory_format=torch.contiguous_format).flatten(2)

    def _hidden_by(self, mask: Tensor | None) -> Tensor | None:
        """Pairs that are masked or beyond the text: bool ``[batch or 1, head or 1, pair]``; None for none."""
        if mask is None:
            return self._padding
        # Layers share masks: one look a mask, forgotten when the model drops it.
        if mask not in self._hidden:
            self._hidden[mask] = self._look_at(mask)
        hidden: Tensor | None = self._hidden[mask]
        return hidden

    def _look_at(self, mask: Tensor) -> Tensor | None:
        masked = is_masked(mask)[..., : self._longest[1]]
        masked = masked.expand(*masked.shape[:2], *self._longest)
        if self._causal and self._longest[0] > 1 and not is_causal(masked.cpu().numpy()):
            raise CaptureError("the model keeps tokens from seeing later ones in a short text, but not in this one")
        pairs = masked.flatten(2).gather(2, self._places.expand(*masked.shape[:2], -1))
        if not pairs.any():
            return self._padding
        return pairs if self._padding is None else pairs | self._padding

    def _beyond_texts(self, device: torch.device) -> Tensor | None:
        """Pairs of which a token is padding: bool ``[batch, 1, pair]``; None for none."""
        if all(lengths == self._longest for lengths in self._lengths):
            return None
        queries, keys = np.array(self._lengths).T[..., None, None]
        return torch.from_numpy((self._queries >= queries) | (self._keys >= keys)).to(device)


def _of_heads(hidden: Tensor | None, some: slice) -> Tensor | None:
    return hidden if hidden is None or hidden.shape[1] == 1 else hidden[:, some]


def _pairs(queries: int, keys: int, *, causal: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Keys and queries in the order of a track's codes."""
    if causal:
        return causal_pairs(queries)
    of_key, of_query = np.indices((keys, queries)).reshape(2, -1)
    return of_key, of_query
