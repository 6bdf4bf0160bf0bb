"""What a view shows first, as the browser works it out of what its author wrote: frontend/src/state.ts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.views import kind_for

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.spec import Figure, Options
    from attnviz_mkdocs.spec.types import Kind


@dataclass(frozen=True, slots=True)
class State:
    """What a view shows first.

    Attributes:
        view: What is drawn.
        attention: Name of the attention that is shown.
        layer: The model's own number of a layer.
        heads: The heads that are shown, ascending.
        head: The head that a view of one head shows.
        opened: The head that the model view opens: one that is asked for by itself.
        options: What else the author chose.
        caption: Of the first step of a tour.
    """

    view: Kind
    attention: str
    layer: int
    heads: tuple[int, ...]
    head: int
    opened: int | None
    options: Options
    caption: str | None

    def fitted(self, layers: tuple[int, ...], heads: int) -> State:
        """The same for what has these layers and heads: the nearest layer; the heads that are there, or the last."""
        known = tuple(head for head in self.heads if head < heads) or (heads - 1,)
        head = min(self.head, heads - 1)
        opened = None if self.opened is None else min(self.opened, heads - 1)
        return replace(self, layer=nearest(self.layer, layers), heads=known, head=head, opened=opened)


def nearest(layer: int, layers: tuple[int, ...]) -> int:
    """The layer that comes nearest, the lower of two."""
    return min(layers, key=lambda other: (abs(other - layer), other))


def state_of(figure: Figure, exhibit: Exhibit) -> State:
    """What a view shows first; a tour begins with its first step."""
    first = figure.steps[0] if figure.steps else None
    options = first.over(figure.options) if first else figure.options
    name = next(iter(exhibit.attentions)) if options.attention is None else str(options.attention)
    attention = exhibit.attentions[name]
    _, heads, queries, keys = attention.track.shape
    chosen = options.heads or ()
    view = (first and first.view) or figure.kind or kind_for(max(queries, keys))
    if view == "text" and len(chosen or range(heads)) > 1:
        # A token has one shade, so several heads are shown as one.
        reduce = "all" if options.reduce in ("layers", "all") else "heads"
        options = options.model_copy(update={"reduce": reduce})
    elif view in ("model", "neuron"):
        # These show heads as they were captured, each by itself.
        options = options.model_copy(update={"reduce": "none", "mass": 1.0})
    return State(
        view=view,
        attention=name,
        layer=attention.layers[0] if options.layer is None else options.layer,
        heads=tuple(sorted(chosen or range(heads))),
        head=chosen[0] if chosen else 0,
        opened=chosen[0] if len(chosen) == 1 else None,
        options=options,
        caption=first.caption if first else None,
    )
