"""Which of the attentions that were heard is which layer's: the one whose weights it has."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from attnviz_mkdocs.capture.listening.hook import Call


class Slot(NamedTuple):
    """One layer of one of a model's attentions.

    Attributes:
        attention: The attention's name.
        position: Which of its layers, from 0; not the layer's number where some have no attention.
    """

    attention: str
    position: int


class Match(NamedTuple):
    """What was heard, assigned.

    Attributes:
        slots: The layer of each call; None for what is no layer's attention.
        difference: Largest difference between the weights of a call and of its layer.
    """

    slots: tuple[Slot | None, ...]
    difference: float


def match(heard: Sequence[Call], own: Mapping[Slot, Call], within: Mapping[str, Tensor]) -> Match | None:
    """Assign to each layer the call whose weights are closest to its own, in order where several are.

    Args:
        heard: What was heard, in order.
        own: What the model itself hands out of each layer.
        within: Name of an attention → which weights are of the texts and not of padding, bool, broadcastable
            to the weights.

    Returns:
        None where too few of the right shape were heard: attention was computed out of hearing.
    """
    of_shape: dict[tuple[int, ...], list[Slot]] = defaultdict(list)
    for slot, call in own.items():
        of_shape[tuple(call.weights.shape)].append(slot)
    slots: list[Slot | None] = [None] * len(heard)
    largest = 0.0
    for shape, layers in of_shape.items():
        calls = [index for index, call in enumerate(heard) if call.weights.shape == shape]
        if len(calls) < len(layers):
            return None
        differences = _differences([heard[index] for index in calls], [own[layer] for layer in layers], layers, within)
        open_layers = dict.fromkeys(layers)
        pairs = sorted(
            (difference, index, place)
            for index, row in zip(calls, differences, strict=True)
            for place, difference in enumerate(row)
        )
        for difference, index, place in pairs:
            if slots[index] is None and layers[place] in open_layers:
                slots[index] = layers[place]
                del open_layers[layers[place]]
                largest = max(largest, difference)
    return Match(tuple(slots), largest)


def _differences(
    calls: Sequence[Call], own: Sequence[Call], layers: Sequence[Slot], within: Mapping[str, Tensor]
) -> list[list[float]]:
    """Largest difference between each call and each layer, ``[call, layer]``; infinite for what is no number."""
    theirs = torch.stack([call.weights.float() for call in own])
    beyond = torch.stack([~within[layer.attention] for layer in layers])
    rows = [(call.weights.float() - theirs).abs().masked_fill(beyond, 0).amax((1, 2, 3, 4)) for call in calls]
    found: list[list[float]] = torch.stack(rows).nan_to_num(nan=float("inf")).tolist()
    return found
