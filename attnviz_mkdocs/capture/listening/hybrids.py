"""Models of which only some layers have attention."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PretrainedConfig

#: Where configurations say of what kind each layer is.
_KINDS = ("layers_block_type", "layer_types", "block_types")
_WORDS = {"conv": "convolution", "mlp": "feed-forward", "moe": "feed-forward"}
#: transformers calls all of these "linear attention"; what their configurations have tells them apart.
_MARKS = {"mamba_d_state": "mamba", "ssm_state_size": "mamba", "lru_width": "recurrent"}


def numbers_of(there: Sequence[bool], total: int, heard: Sequence[int | None]) -> tuple[int, ...]:
    """The model's own numbers of the layers with attention.

    Args:
        there: Of each layer that a model hands out, whether it is attention.
        total: Layers of the model.
        heard: Of each layer with attention, the number under which it ran; None where that isn't known.

    Raises:
        CaptureError: They can't be told.
    """
    # As many as there are layers: a place is a number.
    if len(there) >= total:
        return tuple(number for number, attends in enumerate(there) if attends)
    numbers = [number for number in heard if number is not None]
    if len(numbers) < len(heard) or any(later <= number for number, later in pairwise(numbers)):
        raise CaptureError(
            f"{sum(there)} of {total} layers have attention, but which of them can't be told; choose another model"
        )
    return tuple(numbers)


def note_on_hybrid(config: PretrainedConfig, layers: Sequence[int], total: int) -> str | None:
    """A sentence on the layers without attention; None where all have it."""
    if len(layers) >= total:
        return None
    kinds = next((getattr(config, name) for name in _KINDS if getattr(config, name, None)), ())
    others = sorted({_in_words(kind, config) for number, kind in enumerate(kinds) if number not in layers})
    what = f"are {' and '.join(others)} layers" if others else "have none"
    return f"Only {counted(layers)} of {total} {'has' if len(layers) == 1 else 'have'} attention; the others {what}."


def counted(layers: Sequence[int]) -> str:
    """``layer 4``, or ``layers 2, 4 and 8``."""
    *first, last = map(str, layers)
    return f"layers {', '.join(first)} and {last}" if first else f"layer {last}"


def _in_words(kind: str, config: PretrainedConfig) -> str:
    mark = next((words for name, words in _MARKS.items() if hasattr(config, name)), None)
    if kind == "linear_attention" and mark is not None:
        return mark
    return _WORDS.get(kind, kind.replace("_", " "))
