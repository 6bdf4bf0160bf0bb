"""The drawings of a view: one, or two beside one another; as in frontend/src/frame/panes.ts."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.svg import element, group
from attnviz_mkdocs.pictures.svg import text as words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attnviz_mkdocs.pictures.drawing import Stage

# Narrower than this, drawings stand below one another; how far they are apart.
_LEAST_BESIDE, _GAP, _GAP_BELOW = 600, 28, 24
#: Height of a drawing's name.
NAME = 26
_FONT = 13


def pane_width(panes: int, width: float) -> float:
    """How wide each of so many drawings is."""
    return floor((width - _GAP) / 2) if panes > 1 and width >= _LEAST_BESIDE else width


def together(heights: Sequence[float], width: float) -> float:
    """How high drawings of these heights are together, which have a name each where they are several."""
    if len(heights) > 1 and width < _LEAST_BESIDE:
        return sum(heights) + _GAP_BELOW * (len(heights) - 1)
    return max(heights)


def panes(stage: Stage, draw: Callable[[Stage], Drawing]) -> Drawing:
    """A drawing for each scene.

    Args:
        stage: What is drawn, and for where.
        draw: Draws one.
    """
    scenes, width = stage.scenes, pane_width(len(stage.scenes), stage.width)
    parts, notes, heights = [], [], []
    left = top = 0.0
    for scene in scenes:
        drawing = draw(replace(stage, scene=scene, width=width))
        name = NAME if scene.name else 0
        title = element(
            "text",
            words(lettering.clip(scene.name, width, _FONT)),
            x=width / 2,
            y=14,
            text_anchor="middle",
            font_weight="600",
        )
        parts.append(group(left, top, title if scene.name else "", group(0, name, drawing.body)))
        notes.append(drawing.note)
        heights.append(ceil(name + drawing.height))
        if width < stage.width:
            left += stage.width - width
        else:
            top += heights[-1] + _GAP_BELOW
    said = " ".join(dict.fromkeys(note for note in notes if note))
    return Drawing(stage.width, together(heights, stage.width), "".join(parts), said)
