"""Weights → shaded cells, for a matrix as for a thumbnail; and the legend that says what shades mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import text
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.format import format_weight
from attnviz_mkdocs.pictures.png import png
from attnviz_mkdocs.pictures.svg import data_uri, element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import MUTED, css, schemes, stops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.png import Rgba
    from attnviz_mkdocs.pictures.theme import Scheme, Theme

#: In a pooled grid: no query of the cell may see any of its keys.
UNSEEN = -1.0

_BAR = (120, 10)
_SWATCH = 18
_SMALL, _SMALLEST = 12, 11
_GAP = 16


def pool(weights: NDArray[np.float32], masked: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.float32]:
    """The largest weight of the tokens that fall into each cell, so that a narrow diagonal survives being made small.

    Args:
        weights: ``[…, query, key]``.
        masked: Where a query may not see a key, of the same shape.
        rows: Of the grid, up to as many as there are queries.
        columns: Of the grid, up to as many as there are keys.

    Returns:
        ``[…, row, column]``, with `UNSEEN` where all of a cell is masked.
    """
    seen = np.where(masked, np.float32(UNSEEN), weights)
    queries, keys = weights.shape[-2:]
    # Token i falls into row i * rows // queries; so this one is the first of a row.
    firsts = [-(-np.arange(count) * of // count) for of, count in ((queries, rows), (keys, columns))]
    pooled: NDArray[np.float32] = np.maximum.reduceat(np.maximum.reduceat(seen, firsts[0], axis=-2), firsts[1], axis=-1)
    return pooled


def shades(cells: NDArray[np.float32], largest: NDArray[np.float32] | float, colours: int) -> NDArray[np.uint8]:
    """Place of each cell on a scale of so many colours; that of what is unseen is 0, as of what has no weight."""
    places = np.sqrt(np.clip(cells / largest, 0, 1)) * (colours - 1)
    indices: NDArray[np.uint8] = np.rint(places).astype(np.uint8)
    return indices


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


def scale_legend(largest: float, scope: str, unseen: str | None, theme: Theme, width: float) -> Drawing:
    """What the colours of a matrix mean, and its hatch if some cells are unseen."""
    # Half-way along a square-root scale is a quarter.
    marks = ("0", format_weight(largest / 4), format_weight(largest))
    return legend(marks, f"square-root scale, {scope}", unseen, theme, width)


def legend(marks: tuple[str, str, str], said: str, unseen: str | None, theme: Theme, width: float) -> Drawing:
    """A scale with marks at its start, middle and end, what is to be said of it, and the hatch."""
    parts = [_bar(marks, theme)]
    x, top, below = float(_BAR[0] + _GAP), 0.0, 25.0
    if x + text.width(said, _SMALL) > width:
        # It wraps below the scale, as a whole.
        x, top = 0.0, below + 4
    lines = text.wrap(said, width - x, _SMALL)
    parts += [
        element("text", words(line), x=x, y=top + 10.5 + 15 * at, font_size=_SMALL, fill_opacity=str(MUTED))
        for at, line in enumerate(lines)
    ]
    end = top + 15 * len(lines)
    if unseen:
        wide = text.width(lines[-1], _SMALL)
        needed = _GAP + _SWATCH + 6 + text.width(unseen, _SMALL)
        left, high = (x + wide + _GAP, end - 15) if x + wide + needed <= width else (x, end + 4)
        parts.append(group(left, high, _swatch(unseen)))
        end = high + 15
    return Drawing(width, max(below, end), "".join(parts))


def _bar(marks: tuple[str, str, str], theme: Theme) -> str:
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
