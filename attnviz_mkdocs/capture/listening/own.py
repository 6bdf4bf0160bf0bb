"""What a model itself says it attended to, when it is asked for attentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.families import straightened
from attnviz_mkdocs.exhibit import SELF, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from attnviz_mkdocs.capture.listening.hook import Call


@dataclass(frozen=True, slots=True)
class Sides:
    """What transformers calls an attention, and from which tokens to which it runs."""

    output: str
    query: str
    key: str


_ORDINARY = {SELF: Sides("attentions", TEXT, TEXT)}
#: In the order in which a reader sees them.
_ENCODER_DECODER = {
    "cross": Sides("cross_attentions", "target", "source"),
    "encoder": Sides("encoder_attentions", "source", "source"),
    "decoder": Sides("decoder_attentions", "target", "target"),
}


def sides_of(model: PreTrainedModel) -> Mapping[str, Sides]:
    """Name → sides of the attentions that a model may have."""
    return _ENCODER_DECODER if model.config.is_encoder_decoder else _ORDINARY


def is_real(inputs: Mapping[str, Tensor], tokens: str) -> Tensor:
    """Which places of a padded batch are tokens of the texts: bool ``[text, token]``.

    Args:
        inputs: The model's arguments.
        tokens: Name of the tokens.
    """
    return inputs["decoder_attention_mask" if tokens == "target" else "attention_mask"].bool()


def within(inputs: Mapping[str, Tensor], sides: Sides) -> Tensor:
    """Which weights are of the texts and not of padding: bool ``[text, 1, query, key]``."""
    return is_real(inputs, sides.query)[:, None, :, None] & is_real(inputs, sides.key)[:, None, None]


@torch.inference_mode()
def own_attention(model: PreTrainedModel, inputs: Mapping[str, Tensor]) -> dict[str, list[Call | None]]:
    """What a model hands out: for each of its attentions a call a layer, None for a layer without attention.

    Args:
        model: A model that computes attention by its eager function.
        inputs: Its arguments, a padded batch.

    Raises:
        CaptureError: Its attention isn't from every token to every token.
    """
    output = model(**inputs, output_attentions=True)
    own = {}
    for name, sides in sides_of(model).items():
        # A model that is laid over several devices hands out each layer's on its own.
        handed = [
            weights.to(inputs["input_ids"].device) if isinstance(weights, torch.Tensor) else weights
            for weights in getattr(output, sides.output, None) or ()
        ]
        if any(weights is not None for weights in handed):
            own[name] = _layers(model, name, handed, is_real(inputs, sides.query), is_real(inputs, sides.key))
    return own


def _layers(
    model: PreTrainedModel, name: str, handed: Sequence[object], queries: Tensor, keys: Tensor
) -> list[Call | None]:
    rows, columns = queries.shape[1], keys.shape[1]
    calls = [
        None if weights is None else straightened(model.config, name, weights, rows, columns) for weights in handed
    ]
    odd = [weights for weights, call in zip(handed, calls, strict=True) if weights is not None and call is None]
    # What a layer of another kind hands out in place of attention is none of it, where the list has a place for each.
    if odd and (len(odd) == len(handed) or len(handed) != model.config.get_text_config().num_hidden_layers):
        shape = getattr(odd[0], "shape", None)
        form = f"attention of shape {tuple(shape)}" if shape else f"a {type(odd[0]).__name__} as attention"
        raise CaptureError(
            f"{type(model).__name__} gives {form}, expected "
            f"({len(queries)}, heads, {rows}, {columns}), from each token to each token; it can't be shown"
        )
    return calls
