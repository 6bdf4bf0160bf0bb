"""Weights → shaded cells, for a matrix as for a thumbnail; and the legend that says what shades mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.format import FLOOR, format_weight
from attnviz_mkdocs.pictures.png import png
from attnviz_mkdocs.pictures.svg import data_uri, element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import MUTED, css, ink, scale, schemes, signed_scale, stops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.png import Rgba
    from attnviz_mkdocs.pictures.scene import Scene, Shown, Signs
    from attnviz_mkdocs.pictures.theme import Scheme, Theme

# Opacity, of 255.
_WASH = 13

#: Of a scale; of numbers of either sign as many on both sides of the middle.
COLOURS = 63

_BAR = (120, 10)
_SWATCH = 18
_SMALL, _SMALLEST = 12, 11
_GAP, _SIGN_GAP, _LINE = 16, 8, 15


def pool(weights: NDArray[np.float32], masked: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.float32]:
    """The largest weight of the tokens that fall into each cell, so that a narrow diagonal survives being made small.

    Args:
        weights: ``[…, query, key]``; of numbers of either sign the largest is that farthest from 0.
        masked: Where a query may not see a key, of the same shape.
        rows: Of the grid, up to as many as there are queries.
        columns: Of the grid, up to as many as there are keys.

    Returns:
        ``[…, row, column]``, not a number where all of a cell is masked.
    """
    seen = np.where(masked, np.float32(np.nan), weights)
    queries, keys = weights.shape[-2:]
    # Token i falls into row i * rows // queries; so this one is the first of a row.
    firsts = [-(-np.arange(count) * of // count) for of, count in ((queries, rows), (keys, columns))]
    highest, lowest = (
        ufunc.reduceat(ufunc.reduceat(seen, firsts[0], axis=-2), firsts[1], axis=-1) for ufunc in (np.fmax, np.fmin)
    )
    pooled: NDArray[np.float32] = np.where(-lowest > highest, lowest, highest)
    return pooled


def largest_of(scenes: Sequence[Scene]) -> float:
    """The largest weight of the heads that are drawn beside one another, whatever its sign."""
    seen = [np.abs(head.weights[~head.masked]).max(initial=0) for scene in scenes for head in drawn_in(scene)]
    return max(FLOOR, *map(float, seen))


def drawn_in(scene: Scene) -> Sequence[Shown]:
    """The heads that a view draws."""
    return scene.chosen if scene.state.view == "head" else (scene.chosen_head,)


def shades(
    cells: NDArray[np.floating], largest: NDArray[np.floating] | float, signs: Signs | None, colours: int = COLOURS
) -> NDArray[np.uint8]:
    """Place of each cell in the palette: on the scale, or of what is unseen that of what has no weight.

    Args:
        cells: Weights.
        largest: At which the scale ends.
        signs: For numbers of either sign; what may come from rounding has no shade.
        colours: Of the palette.
    """
    known = np.nan_to_num(cells)
    if signs is not None:
        known = np.where(np.abs(known) <= signs.error, 0, known)
    places = np.sign(known) * np.sqrt(np.minimum(1, np.abs(known) / largest))
    first = 0 if signs is None else -1
    indices: NDArray[np.uint8] = np.rint((places - first) / (1 - first) * (colours - 1)).astype(np.uint8)
    return indices


def palette(scheme: Scheme, signs: Signs | None, colours: int = COLOURS) -> list[Rgba]:
    """The colours that `shades` gives places of."""
    if signs is None:
        return scale(scheme, colours)
    shown = signed_scale(scheme, colours)
    # A grid of differences of which most are none is still to be seen.
    shown[colours // 2] = ink(scheme, _WASH)
    return shown


def images(
    indices: NDArray[np.uint8],
    palette: Callable[[Scheme], list[Rgba]],
    theme: Theme,
    *,
    width: float,
    height: float,
    **attributes: str | float | None,
) -> Iterator[str]:
    """An image in the colours of each scheme.

    Args:
        indices: Entries of the palette, ``[row, column]``.
        palette: The colours.
        theme: Which schemes there are.
        width: Of the image in the drawing.
        height: Likewise.
        attributes: Others.
    """
    for scheme in schemes(theme):
        yield element(
            "image",
            href=data_uri("image/png", png(indices, palette(scheme))),
            width=width,
            height=height,
            preserveAspectRatio="none",
            class_=scheme if theme == "both" else None,
            **attributes,
        )


def hatch_pattern() -> str:
    """What stands for masked, as ``url(#hatch)``."""
    line = element("path", d="M-1 1l2-2M0 6l6-6M5 7l2-2", stroke="currentColor", stroke_width=0.7)
    return element("pattern", line, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse", stroke_opacity="0.35")


def gradient(theme: Theme, *, signed: bool = False) -> str:
    """The colours of a scale, as ``url(#light)`` and ``url(#dark)``."""
    return "".join(
        element(
            "linearGradient",
            *(
                element("stop", offset=f"{at:.2f}", stop_color=css(colour), stop_opacity=f"{colour[3] / 255:.2f}")
                for at, colour in stops(scheme, signed=signed)
            ),
            id=scheme,
        )
        for scheme in schemes(theme)
    )


def scale_legend(largest: float, said: str, stage: Stage, *, masked: bool, room: float) -> Drawing:
    """What the colours of weights mean, and their hatch if some are unseen.

    Args:
        largest: At which the scale ends.
        said: For what it holds.
        stage: What is drawn.
        masked: Whether something is unseen.
        room: As much width there is.
    """
    signs = stage.scene.signs
    unseen = stage.scene.unseen if masked else ""
    # Half-way along a square-root scale is a quarter.
    marks = (("−", largest), ("", 0), ("+", largest)) if signs else (("", 0), ("", largest / 4), ("", largest))
    labels = [sign + format_weight(mark) if mark else "0" for sign, mark in marks]
    return legend(labels, said, unseen, stage.theme, room=room, signs=signs)


def legend(
    marks: Sequence[str], said: str, unseen: str, theme: Theme, *, room: float, signs: Signs | None = None
) -> Drawing:
    """A scale with marks at its start, middle and end, what is to be said of it, and the hatch.

    What doesn't fit beside it wraps.
    """
    blocks = [_scale(marks, theme, signs, room)]
    if said:
        blocks.append(_said(said, room))
    if unseen:
        blocks.append(Drawing(_SWATCH + 6 + lettering.width(unseen, _SMALL), _LINE, _swatch(unseen)))
    parts: list[str] = []
    left = top = below = 0.0
    widest = 0.0
    for block in blocks:
        if left and left + block.width > room:
            left, top = 0.0, below + 4
        parts.append(group(left, top, block.body))
        left += block.width + _GAP
        widest, below = max(widest, left - _GAP), max(below, top + block.height)
    return Drawing(widest, below, "".join(parts))


def _said(said: str, width: float) -> Drawing:
    lines = lettering.wrap(said, width, _SMALL)
    body = (
        element("text", words(line), y=10.5 + _LINE * at, font_size=_SMALL, fill_opacity=str(MUTED))
        for at, line in enumerate(lines)
    )
    return Drawing(max(lettering.width(line, _SMALL) for line in lines), _LINE * len(lines), "".join(body))


def _scale(marks: Sequence[str], theme: Theme, signs: Signs | None, width: float) -> Drawing:
    """The colours, and for numbers of either sign what their signs mean on either side."""
    if signs is None:
        return Drawing(_BAR[0], 25, _bar(marks, theme))
    room = max(60, (width - _BAR[0]) / 2 - _SIGN_GAP)
    less, more = (_said(lettering.clip(sign, room, _SMALL), room) for sign in (signs.less, signs.more))
    left = less.width + _SIGN_GAP
    right = left + _BAR[0] + _SIGN_GAP
    return Drawing(right + more.width, 25, less.body + group(left, 0, _bar(marks, theme)) + group(right, 0, more.body))


def _bar(marks: Sequence[str], theme: Theme) -> str:
    wide, high = _BAR
    bars = (
        element("rect", width=wide, height=high, fill=f"url(#{scheme})", class_=scheme if theme == "both" else None)
        for scheme in schemes(theme)
    )
    anchors = (0, None), (wide / 2, "middle"), (wide, "end")
    labels = (
        element("text", words(mark), x=x, y=22, font_size=_SMALLEST, text_anchor=anchor, fill_opacity=str(MUTED))
        for mark, (x, anchor) in zip(marks, anchors, strict=True)
    )
    return "".join([*bars, *labels])


def _swatch(unseen: str) -> str:
    return element("rect", width=_SWATCH, height=_BAR[1], y=2, fill="url(#hatch)") + element(
        "text", words(unseen), x=_SWATCH + 6, y=10.5, font_size=_SMALL, fill_opacity=str(MUTED)
    )
