"""A figure and its exhibit → what stands in its place until a browser has drawn it, and where none does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures import room
from attnviz_mkdocs.pictures.alt import alternative
from attnviz_mkdocs.pictures.bipartite import bipartite
from attnviz_mkdocs.pictures.comparison import scenes_of
from attnviz_mkdocs.pictures.drawing import Stage
from attnviz_mkdocs.pictures.frame import framed
from attnviz_mkdocs.pictures.heatmap import gradient, hatch_pattern
from attnviz_mkdocs.pictures.matrix import matrix
from attnviz_mkdocs.pictures.model import model
from attnviz_mkdocs.pictures.neuron import neuron
from attnviz_mkdocs.pictures.panes import panes
from attnviz_mkdocs.pictures.svg import element
from attnviz_mkdocs.pictures.text import flowing
from attnviz_mkdocs.pictures.theme import INK, Shades, Theme, stylesheet

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons, Scores
    from attnviz_mkdocs.pictures.drawing import Drawing
    from attnviz_mkdocs.pictures.scene import Scene
    from attnviz_mkdocs.spec import Figure

#: Raised when the same figure would be drawn differently, so that what is kept is drawn anew.
PICTURE_VERSION = 9

#: Widths of pictures in pixels: for a column of text, and for a telephone.
WIDE, NARROW = 688, 350

# As wide as a telephone: there, fingers need high rows.
_TOUCHED = 480
_FONTS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Svg:
    """An SVG document.

    Attributes:
        content: The document.
        width: In pixels.
        height: In pixels.
        top: Where the drawing starts, below what is said of it; in pixels.
    """

    content: str
    width: int
    height: int
    top: int

    @property
    def file_name(self) -> str:
        """What its file is called: the same for the same content."""
        return f"{hashlib.sha256(self.content.encode()).hexdigest()[:32]}.svg"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a view shows first, for where it isn't drawn by a browser.

    Attributes:
        alt: In words.
        wide: For a column of text.
        narrow: For a telephone.
        style: Declarations by which the element keeps as much room as the view will need.
    """

    alt: str
    wide: Svg
    narrow: Svg
    style: str


def svg_of(
    figure: Figure,
    exhibit: Exhibit,
    width: int,
    theme: Theme = "both",
    *,
    neurons: Neurons | None = None,
    second: Exhibit | None = None,
) -> Svg:
    """A picture of what a view shows first, and its size.

    Args:
        figure: What the author asked for.
        exhibit: Its exhibit.
        width: Of the picture, in pixels.
        theme: ``both`` follows the page that the picture is in, by ``prefers-color-scheme``.
        neurons: The exhibit's neurons, for a neuron view.
        second: The other exhibit, for a comparison.
    """
    scenes = scenes_of(figure, exhibit, second)
    return _drawn(scenes, width, theme, numbers_of(scenes, neurons))


def draw(
    figure: Figure,
    exhibit: Exhibit,
    width: int,
    theme: Theme = "both",
    *,
    neurons: Neurons | None = None,
    second: Exhibit | None = None,
) -> str:
    """The same as an SVG document alone."""
    return svg_of(figure, exhibit, width, theme, neurons=neurons, second=second).content


def picture_of(
    figure: Figure, exhibit: Exhibit, neurons: Neurons | None = None, second: Exhibit | None = None
) -> Picture:
    """All that a page needs of a figure's picture.

    Args:
        figure: What the author asked for.
        exhibit: Its exhibit.
        neurons: The exhibit's neurons, for a neuron view.
        second: The other exhibit, for a comparison.
    """
    scenes = scenes_of(figure, exhibit, second)
    numbers = numbers_of(scenes, neurons)
    return Picture(
        alt=alternative(figure, scenes, numbers),
        wide=_drawn(scenes, WIDE, "both", numbers),
        narrow=_drawn(scenes, NARROW, "both", numbers),
        style=room.style(scenes, numbers),
    )


def numbers_of(scenes: tuple[Scene, ...], neurons: Neurons | None) -> Scores | None:
    """The queries and keys that a neuron view shows; None for other views."""
    state = scenes[0].state
    return neurons.attentions[state.attention] if neurons and state.view == "neuron" else None


def _drawn(scenes: tuple[Scene, ...], width: int, theme: Theme, numbers: Scores | None) -> Svg:
    stage = Stage(scenes[0], scenes, width, theme, is_touched=width < _TOUCHED)
    drawing = panes(stage, lambda stage: _drawing(stage, numbers))
    height, top, body = framed(scenes, drawing)
    is_signed = numbers is not None or scenes[0].signs is not None
    shades: Shades | None = None if scenes[0].state.view != "text" else "signed" if is_signed else "scale"
    content = element(
        "svg",
        element("style", stylesheet(theme, shades)),
        element("defs", hatch_pattern(), gradient(theme, signed=is_signed)),
        body,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        class_=INK,
        fill="currentColor",
        font_family=_FONTS,
        font_size=13,
    )
    return Svg(content, width, height, top)


def _drawing(stage: Stage, numbers: Scores | None) -> Drawing:
    match stage.scene.state.view:
        case "matrix":
            return matrix(stage)
        case "model":
            return model(stage)
        case "neuron" if numbers is not None:
            return neuron(stage, numbers)
        case "text":
            return flowing(stage)
        case _:
            return bipartite(stage, stage.scene.chosen)
