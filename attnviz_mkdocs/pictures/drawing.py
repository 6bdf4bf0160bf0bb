"""What a view draws, and what several of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.svg import element
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, MUTED

if TYPE_CHECKING:
    from attnviz_mkdocs.pictures.scene import Scene
    from attnviz_mkdocs.pictures.theme import Theme

#: Size of a badge's font, and of a token's that can't be seen, for that of the others.
SMALLER = 0.8
_BADGE = {"height": 0.74, "pad": 5, "radius": 5}


@dataclass(frozen=True, slots=True)
class Stage:
    """What is drawn, and for where.

    Attributes:
        scene: What is shown.
        scenes: What is drawn beside one another, the scene among them: one shade means the same in all of them.
        width: Of the drawing, in pixels.
        theme: Of the picture.
        is_touched: Whether it is for fingers, which need more room than a pointer.
    """

    scene: Scene
    scenes: tuple[Scene, ...]
    width: float
    theme: Theme
    is_touched: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A part of a picture.

    Attributes:
        width: In pixels.
        height: In pixels.
        body: Elements.
        note: What a reader must know of it.
    """

    width: float
    height: float
    body: str
    note: str = ""


def row_height(rows: int, *, is_touched: bool = False) -> int:
    """Of a token in a column of so many; a finger needs more than a pointer."""
    if is_touched:
        return 24
    return next((height for most, height in ((40, 24), (80, 20), (160, 17)) if rows <= most), 15)


def badge(
    label: str,
    x: float,
    middle: float,
    *,
    row: float,
    room: float,
    anchor: str | None,
    chosen: bool = False,
    is_unseen: bool = False,
    is_taken: bool = False,
) -> str:
    """A special token: a mark of the model's own.

    Args:
        label: What is in it.
        x: Its edge.
        middle: Of its height.
        row: Height of its row.
        room: How wide it may be.
        anchor: ``end`` where the edge is its right one.
        chosen: Whether the author chose it.
        is_unseen: Whether none may look at it of those that the author chose.
        is_taken: Whether its attention is hidden.
    """
    size = min(14, row - 3.5) * SMALLER
    shown = lettering.clip(label, room - 2 * _BADGE["pad"], size)
    inner = lettering.width(shown, size)
    wide = inner + 2 * _BADGE["pad"]
    left = x - wide if anchor == "end" else x
    high = _BADGE["height"] * row
    box = element(
        "rect",
        x=left + 0.5,
        y=middle - high / 2 + 0.5,
        width=wide - 1,
        height=high - 1,
        rx=_BADGE["radius"],
        fill="none",
        stroke="currentColor",
        stroke_opacity="0.35",
        stroke_dasharray="1 1" if is_unseen else None,
    )
    name = element(
        "text",
        words(shown),
        x=left + wide / 2,
        y=middle + 0.35 * size,
        font_size=size,
        text_anchor="middle",
        # Whatever font it is, it fits into its box.
        textLength=inner,
        lengthAdjust="spacingAndGlyphs",
        fill_opacity=None if chosen else str(MUTED),
        font_weight="600" if chosen else None,
        text_decoration="line-through" if is_taken else None,
    )
    return element("g", box, name, class_=ACCENT if chosen else None)
