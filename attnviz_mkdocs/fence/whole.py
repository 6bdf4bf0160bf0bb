"""What only shows when all that a fence says is put together; galleries have `attnviz_mkdocs.spec.whole` for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.explain import (
    no_neurons,
    no_neurons_compared,
    no_neurons_in_step,
    no_pair,
    not_carried,
    of_kept_steps,
)
from attnviz_mkdocs.spec.mistakes import Mistake, quoted
from attnviz_mkdocs.spec.together import without_effect
from attnviz_mkdocs.spec.types import PAIR_FILTERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from attnviz_mkdocs.spec.gallery import Figure
    from attnviz_mkdocs.spec.marked import Path
    from attnviz_mkdocs.spec.types import Kind, Options


@dataclass(frozen=True, slots=True)
class _Part:
    """The view itself, or a step of its tour.

    Attributes:
        path: Where its options are in the figure.
        options: What it sets.
        kind: What it draws.
        written: Keys of it that stand in the fence.
        mend: What to do about what doesn't stand in the fence.
    """

    path: Path
    options: Options
    kind: Kind | None
    written: Collection[str]
    mend: str = ""


def wrong_as_a_whole(figure: Figure, written: Collection[str]) -> Iterator[Mistake]:
    """What is wrong with a figure of which each key is right.

    Args:
        figure: The figure.
        written: Keys that stand in the fence.
    """
    yield from _wrong_part(figure, _Part((), figure.options, figure.kind, written), written)
    own = "steps" in written
    for position, step in enumerate(figure.steps):
        keys = step.model_fields_set if own else ()
        part = _Part(("steps", position), step, step.view, keys, "" if own else of_kept_steps(figure.base))
        yield from _wrong_part(figure, part, written)


def _wrong_part(figure: Figure, part: _Part, written: Collection[str]) -> Iterator[Mistake]:
    unpaired = _text_without_pair(figure)
    if unpaired and part.options.filter in PAIR_FILTERS:
        message = no_pair(part.options.filter, unpaired) + part.mend
        yield Mistake(figure.place_of(*part.path, "filter"), message)
    if part.kind == "neuron" and (figure.arrays or figure.second or figure.kind != "neuron"):
        instead = next((key for key in ("view", "arrays", "compare") if key in written), "view")
        blamed = (*part.path, "view") if part.path and not part.mend else (instead,)
        yield Mistake(figure.place_of(*blamed), _no_neurons(figure) + part.mend)
    layer = part.options.layer
    if layer is not None and figure.layers is not None and layer not in figure.layers and "layers" not in figure.kept:
        blamed = (*part.path, "layer") if part.path or "layer" in written else ("layers",)
        yield Mistake(figure.place_of(*blamed), not_carried(layer, figure.layers) + part.mend)
    options = part.options.over(figure.options).model_dump()
    for key, message in without_effect(options, compares=figure.second is not None):
        if key in part.written:
            yield Mistake(figure.place_of(*part.path, key), message)


def _text_without_pair(figure: Figure) -> str | None:
    """What a message calls a text of the figure that has no pair."""
    names = figure.names if figure.compares == "text" else None
    for position, subject in enumerate(figure.subjects):
        if subject.text.pair is None:
            return "the text" if names is None else f"text {quoted(names[position])}"
    return None


def _no_neurons(figure: Figure) -> str:
    if figure.second:
        return no_neurons_compared()
    return no_neurons() if figure.arrays else no_neurons_in_step()
