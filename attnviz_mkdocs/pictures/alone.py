"""A picture that stands alone: on a ground of its own, as nobody knows what it will lie on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures.alt import alternative, subject_of
from attnviz_mkdocs.pictures.comparison import scenes_of
from attnviz_mkdocs.pictures.picture import Svg, numbers_of, svg_of
from attnviz_mkdocs.pictures.svg import element
from attnviz_mkdocs.pictures.theme import ground

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.pictures.scene import Scene
    from attnviz_mkdocs.pictures.theme import Scheme
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.spec.types import Kind

MARGIN = 16

#: A walk through more tokens than these is no longer watched.
MOST_TOKENS = 64
# Seconds: for the whole, for a token, and for a caption and each of its characters.
_WHOLE, _TOKEN, _CAPTION, _CHARACTER = 2.0, 1.0, 2.0, 0.05


class WalkError(ValueError):
    """A view has nothing to walk through."""


@dataclass(frozen=True, slots=True)
class Motif:
    """A figure and all that is drawn of it.

    Attributes:
        figure: What the author asked for.
        exhibit: Its exhibit.
        neurons: The exhibit's neurons, for a neuron view.
        second: The other exhibit, for a comparison.
    """

    figure: Figure
    exhibit: Exhibit
    neurons: Neurons | None = None
    second: Exhibit | None = None

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """What is drawn, beside one another."""
        return scenes_of(self.figure, self.exhibit, self.second)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        scenes = self.scenes
        return alternative(self.figure, scenes, numbers_of(scenes, self.neurons))

    @property
    def subject(self) -> str:
        """Which attention it is: of which model on which text, in which layer and heads."""
        return subject_of(self.figure, self.scenes)

    @property
    def kind(self) -> Kind:
        """What is drawn."""
        return self.scenes[0].state.view

    @property
    def is_double(self) -> bool:
        """Whether two are drawn beside one another."""
        return len(self.scenes) > 1

    def still(self, width: int, scheme: Scheme) -> Svg:
        """The picture of what is shown first.

        Args:
            width: Of all of it, in pixels.
            scheme: Its colours.
        """
        inner = width - 2 * MARGIN
        svg = svg_of(self.figure, self.exhibit, inner, scheme, neurons=self.neurons, second=self.second)
        return _on_ground(svg, width, svg.height + 2 * MARGIN, scheme)

    def walk(self, width: int, scheme: Scheme) -> list[tuple[Svg, float]]:
        """Pictures of one size and for how many seconds each is seen.

        A tour has one a step. Otherwise the first is of the whole, and in each of the others a query is chosen.

        Args:
            width: Of each, in pixels.
            scheme: Their colours.

        Raises:
            WalkError: There is nothing to walk through, or too much.
        """
        seen = [(replace(self, figure=figure).still(width, scheme), seconds) for figure, seconds in self._moments()]
        height = max(svg.height for svg, _ in seen)
        return [(_on_ground(svg, width, height, scheme, margin=0), seconds) for svg, seconds in seen]

    def _moments(self) -> list[tuple[Figure, float]]:
        figure = self.figure
        if figure.steps:
            return [
                (replace(figure, steps=(step,)), _CAPTION + _CHARACTER * len(step.caption)) for step in figure.steps
            ]
        if self.kind == "model":
            raise WalkError("a model view shows all tokens at once; show one head, or give the view steps")
        options = figure.options.model_copy(update={"query": None, "key": None})
        # Of a comparison, what is chosen are tokens of the first.
        of_first = replace(figure, options=options.model_copy(update={"comparison": "first"}))
        side = scenes_of(of_first, self.exhibit, self.second)[0].query
        if len(side) > MOST_TOKENS:
            raise WalkError(f"a walk through {len(side)} tokens is too long, the most are {MOST_TOKENS}; give it steps")
        pieces = [side.starts[token] for token in side.shown]
        # A neuron view is always of a query.
        whole = [] if self.kind == "neuron" else [(replace(figure, options=options), _WHOLE)]
        chosen = (replace(figure, options=options.model_copy(update={"query": (piece,)})) for piece in pieces)
        return [*whole, *((one, _TOKEN) for one in chosen)]


def _on_ground(svg: Svg, width: int, height: int, scheme: Scheme, *, margin: int = MARGIN) -> Svg:
    below = element("rect", width=width, height=height, fill=ground(scheme))
    placed = svg.content.replace("<svg ", f'<svg x="{margin}" y="{margin}" ', 1)
    content = element(
        "svg",
        below,
        placed,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
    )
    return Svg(content, width, height, margin + svg.top)
