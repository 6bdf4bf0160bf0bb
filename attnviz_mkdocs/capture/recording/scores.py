"""Queries and keys of one batch, as its layers come → what each text's scores are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.bias import LeanBias, lean
from attnviz_mkdocs.capture.listening.hook import is_masked
from attnviz_mkdocs.neurons import Bias, Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from attnviz_mkdocs.capture.listening.hook import Call

#: Queries and keys are stored as float16 where no weight is off by more than this: about what the codes
#: of the weights themselves are off by.
_HALF_IS_ENOUGH = 0.005


class ScoresRecorder:
    """Keeps the queries and keys of one attention, and checks for each layer that they add up to its weights.

    Args:
        query_lengths: Tokens of each text of the batch on the side that attends.
        key_lengths: Tokens of each text on the side that is attended to.
        layers: Layers of the attention.
    """

    def __init__(self, query_lengths: Sequence[int], key_lengths: Sequence[int], layers: int) -> None:
        self._lengths = list(zip(query_lengths, key_lengths, strict=True))
        self._texts: list[list[_Layer | None]] = [[None] * layers for _ in self._lengths]
        self._tolerance = 0.0
        self._unknown: str | None = None

    def record(self, position: int, call: Call) -> None:
        """Take what ran in the layer at ``position``, from 0."""
        if call.query is None or call.key is None:
            self._unknown = (
                call.unknown or "it computes attention in a way of its own, in which queries and keys were not found"
            )
            return
        self._tolerance = max(self._tolerance, *(_tolerance(numbers) for numbers in (call.weights, call.query)))
        for text, (queries, keys) in enumerate(self._lengths):
            self._texts[text][position] = _layer(call, text, queries, keys)

    def scores(self, text: int) -> Scores | CaptureError:
        """What was captured of the text at that place in the batch, or why it can't be shown."""
        if self._unknown is not None:
            return _refused(self._unknown)
        layers = [layer for layer in self._texts[text] if layer is not None]
        if len(layers) < len(self._texts[text]):
            return _refused(f"only {len(layers)} of {len(self._texts[text])} layers gave queries and keys")
        if len({(layer.query.shape, layer.key.shape) for layer in layers}) > 1:
            return _refused("its layers differ in the number of key heads or neurons")
        error, half_error = torch.stack([layer.errors for layer in layers]).amax(0).tolist()
        # Written so that NaN fails.
        if not error <= self._tolerance:
            return _refused(
                f"its queries and keys give attention that differs from its own by {error:.2g}, expected at most "
                f"{self._tolerance:.2g}: it computes scores in a way that isn't known, or in too low a precision, "
                "where dtype: float32 helps"
            )
        # Where the model itself was less precise than that, half precision is no worse.
        half = half_error <= max(_HALF_IS_ENOUGH, error)
        dtype = torch.float16 if half else torch.float32
        return Scores(
            queries=torch.stack([layer.query.to(dtype) for layer in layers]).numpy(),
            keys=torch.stack([layer.key.to(dtype) for layer in layers]).numpy(),
            scale=np.array([layer.scale for layer in layers], np.float32),
            largest_error=half_error if half else error,
            softcap=_softcaps(layers),
            sinks=_sinks(layers),
            bias=_bias(layers),
        )


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of one text.

    Attributes:
        query: ``[head, query, neuron]``, on the CPU, in the model's own type.
        key: ``[key head, key, neuron]``, likewise.
        scale: What their product is multiplied with.
        softcap: 0 for none.
        sinks: float32 ``[head]``, on the CPU; None for none.
        bias: Of each head, on the CPU; None for none.
        errors: ``[2]``: largest difference between the layer's weights and those that come of its
            queries and keys as they are, and as float16 (infinite where that can't hold them).
    """

    query: Tensor
    key: Tensor
    scale: float
    softcap: float
    sinks: Tensor | None
    bias: LeanBias | None
    errors: Tensor


def _layer(call: Call, text: int, queries: int, keys: int) -> _Layer:
    assert call.query is not None, "asked for before"
    assert call.key is not None, "asked for before"
    query, key = call.query[text, :, :queries], call.key[text, :, :keys]
    weights = call.weights[text, :, :queries, :keys]
    seen = torch.ones(1, queries, keys, dtype=torch.bool, device=weights.device)
    bias = torch.zeros(1, queries, keys, device=weights.device)
    for added in (call.mask, call.bias):
        if added is not None:
            own = added[min(text, len(added) - 1), :, :queries, :keys]
            hidden = is_masked(own)
            seen = seen & ~hidden
            # What hides some keys may well say more of the others: ALiBi is often written there.
            bias = bias if own.dtype == torch.bool else bias + own.float().masked_fill(hidden, 0)

    def error(query: Tensor, key: Tensor, sinks: Tensor | None) -> Tensor:
        again = _weights(query.float(), key.float(), bias, seen, replace(call, sinks=sinks))
        finite = query.isfinite().all() & key.isfinite().all()
        # A query that sees nothing has no weights, whatever the model says.
        return (again - weights.float()).abs().masked_fill(~seen, 0).amax().where(finite, torch.inf)

    sinks = call.sinks
    if sinks is not None and bool(error(query, key, None) < error(query, key, sinks)):
        # Granite SWA's take from what the weights give, and not from the weights.
        sinks = None
    errors = [error(query, key, sinks), error(query.half(), key.half(), sinks)]
    leanest = lean(bias.expand(weights.shape), seen)
    return _Layer(
        query.cpu(),
        key.cpu(),
        call.scale,
        call.softcap or 0.0,
        None if sinks is None else sinks.float().cpu(),
        None if leanest is None else LeanBias(leanest.layout, leanest.values.cpu()),
        torch.stack(errors).cpu(),
    )


def _weights(query: Tensor, key: Tensor, bias: Tensor, seen: Tensor, call: Call) -> Tensor:
    """`Scores.weights` on the device where the model runs."""
    scores = call.scale * query @ key.repeat_interleave(len(query) // len(key), 0).mT
    if call.softcap:
        scores = call.softcap * torch.tanh(scores / call.softcap)
    scores = (scores + bias).masked_fill(~seen, -torch.inf)
    if call.sinks is None:
        return scores.softmax(-1)
    sinks = call.sinks.float()[:, None, None].expand(*scores.shape[:2], 1)
    return torch.cat([scores, sinks], -1).softmax(-1)[..., :-1]


def _tolerance(numbers: Tensor) -> float:
    """What a weight may be off by, for the precision in which it was computed.

    A score ``s`` is rounded by ``eps / 2 * s``, and a weight then moves by at most half of that; ``8 eps``
    lets scores of 32 pass in half precision, and scores in the thousands in float32.
    """
    return max(1e-4, 8 * torch.finfo(numbers.dtype).eps)


def _softcaps(layers: Sequence[_Layer]) -> NDArray[np.float32] | None:
    softcaps = np.array([layer.softcap for layer in layers], np.float32)
    return softcaps if softcaps.any() else None


def _sinks(layers: Sequence[_Layer]) -> NDArray[np.float32] | None:
    if all(layer.sinks is None for layer in layers):
        return None
    # A sink that gets nothing is none.
    nothing = torch.full(layers[0].query.shape[:1], -torch.inf)
    sinks: NDArray[np.float32] = torch.stack(
        [nothing if layer.sinks is None else layer.sinks for layer in layers]
    ).numpy()
    return sinks


def _bias(layers: Sequence[_Layer]) -> Bias | None:
    """One layout for all layers, and one row for those whose biases are equal."""
    layouts = {layer.bias.layout for layer in layers if layer.bias is not None}
    if not layouts:
        return None
    queries, keys = layers[0].query.shape[1], layers[0].key.shape[1]
    rows: list[Tensor] = []
    of_layer = []
    for bias in (layer.bias for layer in layers):
        if bias is None:
            of_layer.append(-1)
            continue
        values = bias.values
        if len(layouts) > 1:
            values = bias.expand(queries).expand(-1, queries, keys).contiguous()
        row = next((row for row, other in enumerate(rows) if torch.equal(other, values)), len(rows))
        if row == len(rows):
            rows.append(values)
        of_layer.append(row)
    layout = layouts.pop() if len(layouts) == 1 else "pair"
    return Bias(layout, torch.stack(rows).numpy(), tuple(of_layer))


def _refused(why: str) -> CaptureError:
    return CaptureError(f"this model has no neuron view: {why}; choose another view or model", concerns="view")
