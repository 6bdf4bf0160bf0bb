"""How a model's attention is had, and a check of it against the model's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch

from attnviz_mkdocs.capture.errors import NOT_FINITE, CaptureError
from attnviz_mkdocs.capture.listening import hook
from attnviz_mkdocs.capture.listening.families import (
    chooses_keys,
    longest,
    note_on,
    refuse_without_attention,
    settle,
)
from attnviz_mkdocs.capture.listening.hook import Call, is_masked
from attnviz_mkdocs.capture.listening.hybrids import note_on_hybrid, numbers_of
from attnviz_mkdocs.capture.listening.matching import Match, Slot, match
from attnviz_mkdocs.capture.listening.own import own_attention, sides_of, within
from attnviz_mkdocs.capture.listening.padding import suffers_from_padding
from attnviz_mkdocs.capture.listening.places import following
from attnviz_mkdocs.capture.listening.watch import watching
from attnviz_mkdocs.exhibit import SELF, is_causal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor
    from transformers import PreTrainedModel

    #: While it is entered, a recorder is told of each attention that runs; of a batch of so many texts.
    Way = Callable[[hook.Recorder, int], AbstractContextManager[None]]

#: Largest difference between captured attention and the model's own that is let pass.
TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 1e-2}
#: By how much what the weights of a token sum to may be off: what half precision rounds.
ROUNDED = 0.05
_LESS_THAN_ONE = "The weights of a token may sum to less than 1: the model gives the rest to no token."


@dataclass(frozen=True, slots=True)
class Form:
    """One of a model's attentions: what is the same for every text.

    Attributes:
        query: Name of the tokens that attend.
        key: Name of the tokens that are attended to.
        layers: The model's own numbers of the layers that have it.
        heads: Heads of each layer.
        causal: Whether no token sees a later one.
        adds_up: Whether the weights of each token sum to 1; a sink leaves less of them.
    """

    query: str
    key: str
    layers: tuple[int, ...]
    heads: int
    causal: bool
    adds_up: bool = True


class SlotRecorder(Protocol):
    """What is told of each layer of each attention."""

    def __call__(self, slot: Slot, call: Call) -> None:
        """Take one layer."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A model, and the way in which its attention is had.

    Attributes:
        model: The model.
        forms: Name → form of each of its attentions, the first of which is shown first.
        way: How each layer is heard of when it runs; None where the model hands out the weights of all
            layers at the end.
        slots: Which layer each call is of, in the order in which they run; None for what is no attention.
        disagreement: Largest difference between captured attention and the model's own.
        alone: Whether a text must be read by itself, because padding changes what is attended to.
        notes: What a reader must know of the model to read its attention.
    """

    model: PreTrainedModel
    forms: Mapping[str, Form]
    way: Way | None
    slots: tuple[Slot | None, ...]
    disagreement: float
    alone: bool
    notes: tuple[str, ...]

    @property
    def causal(self) -> bool:
        """Whether the model reads one text, and no token sees a later one."""
        return SELF in self.forms and self.forms[SELF].causal

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, Tensor], recorder: SlotRecorder) -> None:
        """Run the model, and tell ``recorder`` of each layer of its attentions.

        Args:
            inputs: The model's arguments, ``[batch, token]``, padded on the right.
            recorder: Told of each layer, in order.

        Raises:
            CaptureError: The model attends to texts as long as these otherwise than to the short ones of the check.
        """
        self._refuse_what_is_read_otherwise(inputs)
        if self.way is None:
            for slot, call in self._handed_out(inputs):
                recorder(slot, call)
            return
        # A call more than there were: of something that isn't known, and that the recorder will miss.
        slots = chain(self.slots, repeat(None))

        def hear(call: Call) -> None:
            slot = next(slots)
            if slot is not None:
                recorder(slot, call.on(device))

        device = inputs["input_ids"].device
        with self.way(hear, len(inputs["input_ids"])):
            self.model(**inputs)

    def _handed_out(self, inputs: Mapping[str, Tensor]) -> Iterator[tuple[Slot, Call]]:
        for slot, call in _slots(own_attention(self.model, inputs)).items():
            mask = call.mask
            if mask is None and self.forms[slot.attention].causal:
                mask = torch.ones(call.weights.shape[2:], dtype=torch.bool, device=call.weights.device).tril()[
                    None, None
                ]
            yield slot, Call(call.weights, mask)

    def _refuse_what_is_read_otherwise(self, inputs: Mapping[str, Tensor]) -> None:
        most, tokens = longest(self.model.config), inputs["input_ids"].shape[1]
        if most is not None and tokens > most:
            raise CaptureError(
                f"the text has {tokens:,} tokens, but to more than {most:,} {type(self.model).__name__} attends "
                "sparsely, which can't be shown; shorten it"
            )


@torch.inference_mode()
def listen(model: PreTrainedModel, inputs: Mapping[str, Tensor]) -> Listener:
    """Find out how a model's attention is had, and check it.

    Args:
        model: A model that was loaded with its eager attention.
        inputs: A short batch of texts of different lengths, padded on the right.

    Raises:
        CaptureError: No attention is to be had, or it differs from the model's own.
    """
    refuse_without_attention(model.config)
    settle(model)
    own = own_attention(model, inputs)
    if not own:
        name = type(model).__name__
        raise CaptureError(f"{name} has no attention that could be shown, or doesn't hand it out; choose another model")
    # A choice between keys of the same worth falls otherwise in other company.
    alone = chooses_keys(model.config) or suffers_from_padding(model, inputs, own, TOLERANCE[model.dtype])
    way, heard, found = _find_way(model, inputs, _slots(own))
    of_slot = {slot: one for slot, one in zip(found.slots, heard, strict=True) if slot is not None}
    forms = {name: _form(model, name, layers, of_slot, inputs) for name, layers in own.items()}
    notes = (
        note_on(model.config),
        None if all(form.adds_up for form in forms.values()) else _LESS_THAN_ONE,
        *(note_on_hybrid(model.config, form.layers, _depth(model, own[name])) for name, form in forms.items()),
    )
    told = tuple(note for note in notes if note is not None)
    return Listener(model, forms, way, found.slots, found.difference, alone, told)


class _Heard(NamedTuple):
    """What ran, and the number of the layer in which it did; None where that isn't known."""

    call: Call
    layer: int | None


def _find_way(
    model: PreTrainedModel, inputs: Mapping[str, Tensor], own: Mapping[Slot, Call]
) -> tuple[Way | None, Sequence[_Heard], Match]:
    """The best way to hear of all that a model attends to, what is heard in that way, and of which layers it is."""
    real = {name: within(inputs, sides) for name, sides in sides_of(model).items()}
    _refuse_what_is_no_attention(own, real)
    if not chooses_keys(model.config):
        model.set_attn_implementation(hook.NAME)
        heard = _hear(model, inputs, listening)
        found = match([one.call for one in heard], own, real)
        if found is not None:
            # Written so that NaN fails.
            if not found.difference <= TOLERANCE[model.dtype]:
                raise CaptureError(
                    f"what is captured of {type(model).__name__} differs from its own attention by "
                    f"{found.difference:.2g}, expected at most {TOLERANCE[model.dtype]:g}; it can't be shown truly"
                )
            return listening, heard, found
    # Many a type bypasses the interface, wholly or in part, and says nothing of it.
    model.set_attn_implementation("eager")
    heard = _hear(model, inputs, watching)
    found = match([one.call for one in heard], own, real)
    if found is not None and found.difference <= TOLERANCE[model.dtype]:
        return watching, heard, found
    found = match(list(_slots(own_attention(model, inputs)).values()), own, real)
    if found is None or not found.difference <= TOLERANCE[model.dtype]:
        # Some count how often they ran, or draw at random.
        raise CaptureError(
            f"{type(model).__name__} gives other attention each time that it reads the same text; "
            "it can't be shown truly"
        )
    return None, [_Heard(call, None) for call in own.values()], found


def _refuse_what_is_no_attention(own: Mapping[Slot, Call], real: Mapping[str, Tensor]) -> None:
    """Refuse what has the shape of attention and is something else, such as scores before their softmax.

    Raises:
        CaptureError: It is.
    """
    for slot, call in own.items():
        lowest = float(call.weights.float().masked_fill(~real[slot.attention], 0).amin())
        sums = float(_sums(call, real[slot.attention]).amax())
        if not math.isfinite(lowest + sums):
            raise CaptureError(NOT_FINITE)
        # Less than 1 is what a sink leaves.
        if lowest < 0 or sums > 1 + ROUNDED:
            raise CaptureError(
                f"what the model hands out as attention is none: its weights run from {lowest:.3g}, and those of a "
                f"token sum to as much as {sums:.3g}, expected at least 0, and a sum of 1; choose another model"
            )


def _sums(call: Call, real: Tensor) -> Tensor:
    """What the weights of each token of the texts sum to; ``real`` is where weights are of the texts."""
    sums = call.weights.float().masked_fill(~real, 0).sum(-1)
    return sums[real.any(-1).expand(sums.shape)]


def _hear(model: PreTrainedModel, inputs: Mapping[str, Tensor], way: Way) -> list[_Heard]:
    heard: list[_Heard] = []
    batch, device = len(inputs["input_ids"]), inputs["input_ids"].device
    with following(model) as layer, way(lambda call: heard.append(_Heard(call.on(device), layer())), batch):
        model(**inputs)
    return heard


def listening(recorder: hook.Recorder, _batch: int) -> AbstractContextManager[None]:
    """While this is entered, ``recorder`` is told of what goes through transformers' attention interface."""
    return hook.recording(recorder)


def _slots(own: Mapping[str, Sequence[Call | None]]) -> dict[Slot, Call]:
    return {
        Slot(name, position): call
        for name, layers in own.items()
        for position, call in enumerate(layer for layer in layers if layer is not None)
    }


def _form(
    model: PreTrainedModel,
    name: str,
    handed: Sequence[Call | None],
    heard: Mapping[Slot, _Heard],
    inputs: Mapping[str, Tensor],
) -> Form:
    sides = sides_of(model)[name]
    there = [one for slot, one in sorted(heard.items()) if slot.attention == name]
    heads = {one.call.weights.shape[1] for one in there}
    if len(heads) > 1:
        raise CaptureError(
            f"the layers of {type(model).__name__} have {' or '.join(map(str, sorted(heads)))} heads, expected the "
            "same number in each; such models are not supported yet"
        )
    layers = numbers_of([call is not None for call in handed], _depth(model, handed), [one.layer for one in there])
    causal = sides.query == sides.key and not any(_sees_later(one.call) for one in there)
    real = within(inputs, sides)
    adds_up = all(float(_sums(one.call, real).amin()) >= 1 - ROUNDED for one in there)
    return Form(sides.query, sides.key, layers, heads.pop(), causal, adds_up)


def _sees_later(call: Call) -> bool:
    """Whether a token sees one after it, of tokens that attend to themselves."""
    if call.mask is None:
        return bool(call.weights.triu(1).any())
    return not is_causal(is_masked(call.mask).cpu().numpy())


def _depth(model: PreTrainedModel, handed: Sequence[Call | None]) -> int:
    """Layers of the model, or of its encoder or decoder: none of these skips attention."""
    if model.config.is_encoder_decoder:
        return len(handed)
    return int(getattr(model.config.get_text_config(), "num_hidden_layers", len(handed)))
