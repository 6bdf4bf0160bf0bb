"""A figure and its exhibit → an SVG picture of what the view shows first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures.bipartite import bipartite
from attnviz_mkdocs.pictures.frame import framed
from attnviz_mkdocs.pictures.matrix import matrix
from attnviz_mkdocs.pictures.model import model
from attnviz_mkdocs.pictures.neuron import neuron
from attnviz_mkdocs.pictures.scene import Scene
from attnviz_mkdocs.pictures.svg import element
from attnviz_mkdocs.pictures.theme import INK, Theme, stylesheet

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.pictures.drawing import Drawing
    from attnviz_mkdocs.spec import Figure

_FONTS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


def draw(figure: Figure, exhibit: Exhibit, width: int, theme: Theme = "both", neurons: Neurons | None = None) -> str:
    """A picture of what a view shows first, as an SVG document.

    Args:
        figure: What the author asked for.
        exhibit: Its exhibit.
        width: Of the picture, in pixels.
        theme: ``both`` follows the page that the picture is in, by ``prefers-color-scheme``.
        neurons: The exhibit's neurons, for a neuron view.
    """
    scene = Scene.of(figure, exhibit)
    height, body = framed(scene, _drawing(scene, width, theme, neurons))
    return element(
        "svg",
        element("style", stylesheet(theme)),
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


def _drawing(scene: Scene, width: int, theme: Theme, neurons: Neurons | None) -> Drawing:
    match scene.state.view:
        case "matrix":
            return matrix(scene, width, theme)
        case "model":
            return model(scene, width, theme)
        case "neuron" if neurons is not None:
            return neuron(scene, neurons.attentions[scene.state.attention], width, theme)
        case _:
            return bipartite(scene, scene.shown(), width)
