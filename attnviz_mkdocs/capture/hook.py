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
from typing import TYPE_CHECKING, Any, Protocol

from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from attnviz_mkdocs.capture.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

#: The attention implementation of a model that is listened to.
NAME = "attnviz"


class Recorder(Protocol):
    """What is told of each attention layer, in the order in which a model runs them.

    The order, and not the module or its ``layer_idx``, is what tells layers apart: ALBERT runs one
    module for all of them, and many modules have no index.
    """

    def __call__(self, weights: Tensor, mask: Tensor | None) -> None:
        """Take one layer.

        Args:
            weights: Attention ``[batch, head, query, key]``.
            mask: What the model added to the scores, broadcastable to ``weights``; None for nothing.
        """


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
        recorder(weights, attention_mask)
    return output, weights


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
