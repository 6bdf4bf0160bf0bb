"""What is drawn of what a command was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.codec import decode, decode_neurons
from attnviz_mkdocs.pictures.alone import Motif

if TYPE_CHECKING:
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supplied


def motif_of(figure: Figure, supplied: Supplied) -> Motif:
    """A figure and all that is drawn of it."""
    neurons = None if supplied.neurons is None else decode_neurons(supplied.neurons.data)
    second = None if supplied.second is None else decode(supplied.second.data)
    return Motif(figure, decode(supplied.exhibit.data), neurons, second)
