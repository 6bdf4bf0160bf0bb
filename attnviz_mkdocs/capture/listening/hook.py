"""transformers' attention interface: what every attention module computes, handed to a recorder.

A model that is switched to the implementation `NAME` computes attention by its own eager function,
with its own mask and scale, and its result is handed on unchanged; all that is added is a look at
the weights. The mask function is registered beside it, because without one transformers passes no
mask at all, and the attention would be silently wrong.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from attnviz_mkdocs.capture.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor, nn

#: The attention implementation of a model that is listened to.
NAME = "attnviz"
#: A score that was lowered by this much has weight 0 in every precision.
_LOWERED = -1e4


@dataclass(frozen=True, slots=True)
class Call:
    """One attention that ran: one layer's, in most models.

    Attributes:
        weights: Attention ``[batch, head, query, key]``.
        mask: What was added to the scores to hide keys, or (bool) where keys may be seen; broadcastable
            to ``weights``; None for nothing.
        module: The module that ran it; None where that isn't known.
        query: ``[batch, head, query, neuron]``, after rotary embedding; None where it isn't known.
        key: ``[batch, key head, key, neuron]``, likewise, before it is repeated for groups.
        scale: What the product of both is multiplied with.
        softcap: What the scaled product is capped at, by a hyperbolic tangent; None for no cap.
        bias: What is added for positions, broadcastable to ``weights``; None for nothing. A bias may
            also stand in ``mask``.
        sinks: A further score of each head, ``[head]``, whose weight no key gets; None for none.
        unknown: Why query and key aren't known, in words that go on after "this model has no neuron view:".
    """

    weights: Tensor
    mask: Tensor | None = None
    module: nn.Module | None = None
    query: Tensor | None = None
    key: Tensor | None = None
    scale: float = 1.0
    softcap: float | None = None
    bias: Tensor | None = None
    sinks: Tensor | None = None
    unknown: str | None = None

    def on(self, device: torch.device) -> Call:
        """The same with its numbers on a device: the layers of a large model are on several."""
        if self.weights.device == device:
            return self
        names = ("weights", "mask", "query", "key", "bias", "sinks")
        numbers = {name: getattr(self, name) for name in names}
        return replace(self, **{name: part.to(device) for name, part in numbers.items() if part is not None})


def is_masked(mask: Tensor) -> Tensor:
    """Where a query may not see a key, from what a model adds to its scores, or from what it lets be seen."""
    return ~mask if mask.dtype == torch.bool else mask <= _LOWERED


class Recorder(Protocol):
    """What is told of each attention, in the order in which a model runs them.

    The order, and not the module or its ``layer_idx``, is what tells layers apart: ALBERT runs one
    module for all of them, and many modules have no index.
    """

    def __call__(self, call: Call) -> None:
        """Take one attention."""


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """While this lasts, ``recorder`` is told of every attention layer that runs."""
    token = _recorder.set(recorder)
    try:
        yield
    finally:
        _recorder.reset(token)


def _attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, Tensor | None]:
    output, weights = _eager_of(module)(module, query, key, value, attention_mask, **options)
    recorder = _recorder.get()
    if recorder is not None and weights is not None:
        recorder(
            Call(
                weights,
                attention_mask,
                module,
                query,
                key,
                # What every eager function of transformers does where it is told nothing.
                scale=query.shape[-1] ** -0.5 if options.get("scaling") is None else float(options["scaling"]),
                softcap=options.get("softcap"),
                bias=options.get("position_bias"),
                sinks=_sinks(module, options),
            )
        )
    return output, weights


def _sinks(module: nn.Module, options: Mapping[str, Any]) -> Tensor | None:
    """A model hands its sinks to the function, or lets it look for them in the module."""
    for sinks in (options.get("s_aux"), options.get("sinks"), getattr(module, "sinks", None)):
        if sinks is not None:
            flat: Tensor = sinks.detach().flatten()
            return flat
    return None


def _eager_of(module: nn.Module) -> Callable[..., tuple[Tensor, Tensor | None]]:
    """The eager attention function of the file that defines a module's class, or one of its bases."""
    for base in type(module).__mro__:
        function: Callable[..., tuple[Tensor, Tensor | None]] | None = getattr(
            sys.modules[base.__module__], "eager_attention_forward", None
        )
        if function is not None:
            return function
    message = f"{type(module).__name__} has no eager attention function to listen to"
    raise CaptureError(message)


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, eager_mask)
