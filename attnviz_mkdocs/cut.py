"""An exhibit and its neurons, cut to some of the layers, for pages that shall be lighter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.mistakes import some

if TYPE_CHECKING:
    from collections.abc import Collection

    from attnviz_mkdocs.exhibit import Attention, Exhibit
    from attnviz_mkdocs.neurons import Neurons


def cut_exhibit(exhibit: Exhibit, layers: Collection[int]) -> Exhibit:
    """The exhibit with those layers alone, and a note that says so.

    Args:
        exhibit: Each of its attentions has at least one of the layers.
        layers: The model's own numbers.
    """
    return replace(
        exhibit,
        attentions={name: _cut(attention, layers) for name, attention in exhibit.attentions.items()},
        notes=(*exhibit.notes, _note(layers)),
    )


def cut_neurons(neurons: Neurons, exhibit: Exhibit, layers: Collection[int]) -> Neurons:
    """The neurons of those layers alone.

    Args:
        neurons: Those of the exhibit.
        exhibit: The exhibit, whole.
        layers: The model's own numbers.
    """
    scores = {
        name: scores.of_layers(_positions(exhibit.attentions[name], layers))
        for name, scores in neurons.attentions.items()
    }
    return replace(neurons, attentions=scores)


def _cut(attention: Attention, layers: Collection[int]) -> Attention:
    positions = _positions(attention, layers)
    kept = tuple(attention.layers[position] for position in positions)
    return replace(attention, layers=kept, track=attention.track.of_layers(positions))


def _positions(attention: Attention, layers: Collection[int]) -> list[int]:
    return [position for position, layer in enumerate(attention.layers) if layer in layers]


def _note(layers: Collection[int]) -> str:
    words = [str(layer) for layer in sorted(layers)]
    which = f"layer {words[0]} of this exhibit is" if len(words) == 1 else f"layers {some(words)} of this exhibit are"
    return f"Only {which} here."
