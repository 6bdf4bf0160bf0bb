"""How a model's attention is had, and a check of it against the model's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from attnviz_mkdocs.capture import hook
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.recorder import is_masked
from attnviz_mkdocs.exhibit import is_causal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

#: Largest difference between captured attention and the model's own that is let pass.
TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 1e-2}


@dataclass(frozen=True, slots=True)
class Listener:
    """A model, and the way in which its attention is had.

    Attributes:
        model: The model.
        layers: Its layers, all of which attend.
        heads: Heads of each layer.
        causal: Whether no token sees a later one.
        through_interface: Whether each layer is heard of when it runs; else the model hands out the
            weights of all layers at the end.
        disagreement: Largest difference between captured attention and the model's own.
    """

    model: PreTrainedModel
    layers: int
    heads: int
    causal: bool
    through_interface: bool
    disagreement: float

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, Tensor], recorder: hook.Recorder) -> None:
        """Run the model, and tell ``recorder`` of each of its layers.

        Args:
            inputs: The model's arguments, ``[batch, token]``, padded on the right.
            recorder: Told of each layer, in order.
        """
        if self.through_interface:
            with hook.recording(recorder):
                self.model(**inputs)
            return
        for weights in _own_attention(self.model, inputs):
            seen = torch.ones(weights.shape[-2:], dtype=torch.bool, device=weights.device).tril()[None, None]
            recorder(weights, seen if self.causal else None)


@torch.inference_mode()
def listen(model: PreTrainedModel, inputs: Mapping[str, Tensor]) -> Listener:
    """Find out how a model's attention is had, and check it.

    Args:
        model: A model that was loaded with its eager attention.
        inputs: A short batch of texts of different lengths, padded on the right.

    Raises:
        CaptureError: No attention is to be had, or not of all layers, or it differs from the model's own.
    """
    own = _own_attention(model, inputs)
    heads = _heads(model, own, inputs)
    kept = _Kept()
    model.set_attn_implementation(hook.NAME)
    with hook.recording(kept):
        model(**inputs)
    if len(kept.weights) != len(own):
        # Many a type bypasses the interface, wholly or in part, and says nothing of it.
        model.set_attn_implementation("eager")
        causal = not any(weights.triu(1).any() for weights in own)
        return Listener(model, len(own), heads, causal, through_interface=False, disagreement=0.0)
    difference = _difference(kept.weights, own, inputs["attention_mask"].bool())
    # Written so that NaN fails.
    if not difference <= TOLERANCE[model.dtype]:
        raise CaptureError(
            f"what is captured of {type(model).__name__} differs from its own attention by {difference:.2g}, "
            f"expected at most {TOLERANCE[model.dtype]:g}; it can't be shown truly"
        )
    causal = all(mask is not None and is_causal(is_masked(mask).cpu().numpy()) for mask in kept.masks)
    return Listener(model, len(own), heads, causal, through_interface=True, disagreement=difference)


class _Kept:
    """A recorder that keeps what it is told: for short inputs only."""

    def __init__(self) -> None:
        self.weights: list[Tensor] = []
        self.masks: list[Tensor | None] = []

    def __call__(self, weights: Tensor, mask: Tensor | None) -> None:
        self.weights.append(weights)
        self.masks.append(mask)


def _own_attention(model: PreTrainedModel, inputs: Mapping[str, Tensor]) -> Sequence[Tensor]:
    """What the model itself says it attended to: a layer each ``[batch, head, query, key]``."""
    return getattr(model(**inputs, output_attentions=True), "attentions", None) or ()


def _heads(model: PreTrainedModel, own: Sequence[Tensor | None], inputs: Mapping[str, Tensor]) -> int:
    """Heads of each layer.

    Raises:
        CaptureError: Some layers give none, or not from every token to every token.
    """
    name = type(model).__name__
    layers = getattr(model.config.get_text_config(), "num_hidden_layers", len(own))
    there = [weights for weights in own if weights is not None]
    if not there:
        raise CaptureError(f"{name} has no attention that could be shown, or doesn't hand it out; choose another model")
    if len(there) < max(layers, len(own)):
        raise CaptureError(
            f"only {len(there)} of the {layers} layers of {name} have attention; such models are not supported yet"
        )
    batch, tokens = inputs["input_ids"].shape
    heads = there[0].shape[1]
    odd = next((weights.shape for weights in there if weights.shape != (batch, heads, tokens, tokens)), None)
    if odd is not None:
        raise CaptureError(
            f"{name} gives attention of shape {tuple(odd)}, expected {(batch, heads, tokens, tokens)}, the same in all "
            "layers; models that attend otherwise are not supported yet"
        )
    return int(heads)


def _difference(captured: Sequence[Tensor], own: Sequence[Tensor], real: Tensor) -> float:
    """The largest difference, over all layers, within the texts; infinite where shapes differ."""
    if any(ours.shape != theirs.shape for ours, theirs in zip(captured, own, strict=True)):
        return float("inf")
    padding = ~(real[:, None, :, None] & real[:, None, None, :])
    differences = [
        (ours.float() - theirs.float()).abs().masked_fill(padding, 0).max()
        for ours, theirs in zip(captured, own, strict=True)
    ]
    return float(torch.stack(differences).max())
