"""One head as a matrix: a row for each query, a column for each key; as in frontend/src/views/matrix/."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.format import format_cell
from attnviz_mkdocs.pictures.heatmap import images, largest_of, palette, pool, scale_legend, shades
from attnviz_mkdocs.pictures.svg import element, group, number
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, MUTED, readable_on_scale
from attnviz_mkdocs.pictures.tokens import is_right_to_left, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene, Signs
    from attnviz_mkdocs.pictures.theme import Theme
    from attnviz_mkdocs.pictures.tokens import Label

_LEAST_CELL, _MOST_CELL = 2, 40
# Cells from this size on are set apart, and from that size on show their value.
_SPACED, _VALUED = 7, 28
_PAD = 6
_SPEAKER = 20
_FONT, _MEASURED_FONT = 12, 13
# Distance between the labels of rows, and of columns, which lean so that they are read without turning the head.
_ROW_LABELS, _COLUMN_LABELS = 13, 18
_FADED = "0.4"
_BADGE_PAD, _BADGE_HEIGHT, _BADGE_RADIUS = 3, 14, 4
# A picture has no more cells a side: there would be less than two pixels for each.
_MOST_CELLS = 256
_ABOVE_LEGEND = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is, in pixels.

    Attributes:
        width: Of the matrix with its labels.
        height: Likewise.
        left: Of the first cell.
        top: Likewise.
        cell: Size of a cell.
        label: Longest label.
        mirrored: Labels of rows stand where their text begins: on the right if it runs from right to left.
    """

    width: int
    height: int
    left: float
    top: float
    cell: float
    label: float
    mirrored: bool

    @classmethod
    def of(cls, scene: Scene, width: float) -> Layout:
        """Of a matrix for which there is so much room."""
        most = min(120, width * 0.22)
        row_label, column_label = (
            min(most, max((lettering.width(label.text, _MEASURED_FONT) for label in side.labels), default=0))
            for side in (scene.query, scene.key)
        )
        speaker = _SPEAKER if any(label.token.role for side in (scene.query, scene.key) for label in side) else 0
        mirrored = is_right_to_left([label.token for label in scene.query])
        names = ceil(row_label + _PAD + 4)
        lean = ceil(column_label * sqrt(0.5) + _PAD)
        left = speaker + _PAD if mirrored else names
        right = max(lean, names) if mirrored else max(lean, speaker)
        top = lean + _PAD
        cell = max(_LEAST_CELL, min(_MOST_CELL, (width - left - right) / max(1, len(scene.key))))
        whole = floor(cell) if cell >= _SPACED else cell
        return cls(
            width=ceil(left + len(scene.key) * whole + right),
            height=ceil(top + len(scene.query) * whole + 1 + speaker),
            left=left,
            top=top,
            cell=whole,
            label=most,
            mirrored=mirrored,
        )


def matrix(stage: Stage) -> Drawing:
    """The head that is shown, or what several come to."""
    scene, width, theme = stage.scene, stage.width, stage.theme
    shown = scene.chosen_head
    layout = Layout.of(scene, width)
    # A text that runs from right to left begins at the right.
    order = -1 if is_right_to_left([label.token for label in scene.key]) else 1
    columns = tuple(scene.key)[::order]
    cells = pool(shown.weights, shown.masked, len(scene.query), len(scene.key))[:, ::order]
    largest = largest_of(stage.scenes)
    scope = "both" if len(stage.scenes) > 1 else "this picture" if shown.head is None else "this head"
    masked = bool(np.isnan(cells).any())
    # It stands in the middle.
    left = max(0, (width - layout.width) // 2)
    room = max(layout.width, width - left) - layout.left
    below = scale_legend(largest, f"square-root scale, of {scope}", stage, masked=masked, room=room)
    pinned_columns = [len(columns) - 1 - place if order < 0 else place for place in scene.key.pinned]
    taken = None if scene.taken is None else [scene.taken, len(columns) - 1 - scene.taken][order < 0]
    body = [
        _gaps(layout),
        group(layout.left, layout.top, *_cells(cells, largest, layout, theme, scene.signs)),
        *_row_labels(scene, layout),
        *_column_labels(columns, pinned_columns, taken, layout),
        group(layout.left, layout.top, *_bands(scene.query.pinned, pinned_columns, cells.shape, layout.cell)),
        *_speakers(scene, columns, layout),
        group(layout.left, layout.height + _ABOVE_LEGEND, below.body),
    ]
    return Drawing(width, layout.height + _ABOVE_LEGEND + below.height, group(left, 0, *body))


def _gaps(layout: Layout) -> str:
    """What sets cells apart, as a mask with a name for their size: two matrices may stand in a picture."""
    cell = layout.cell
    if cell < _SPACED:
        return ""
    name = f"cell{cell:.0f}"
    square = element("rect", width=cell - 1, height=cell - 1, fill="#fff")
    pattern = element("pattern", square, id=name, width=cell, height=cell, patternUnits="userSpaceOnUse")
    box: dict[str, float] = {"width": layout.width, "height": layout.height}
    whole = element("rect", **box, fill=f"url(#{name})")
    return pattern + element("mask", whole, id=f"{name}s", maskUnits="userSpaceOnUse", x=0, y=0, **box)


def _cells(
    cells: NDArray[np.float32], largest: float, layout: Layout, theme: Theme, signs: Signs | None
) -> Iterator[str]:
    rows, columns = cells.shape
    size = layout.cell
    pooled = pool(cells, np.isnan(cells), min(rows, _MOST_CELLS), min(columns, _MOST_CELLS))
    drawn = images(
        shades(pooled, largest, signs),
        lambda scheme: palette(scheme, signs),
        theme,
        width=columns * size,
        height=rows * size,
        image_rendering="pixelated",
        # Where pixels are not ours, the border between two colours falls somewhere near; between cells nobody sees it.
        transform="translate(-.5 -.5)" if size >= _SPACED else None,
    )
    yield element("g", *drawn, mask=f"url(#cell{size:.0f}s)" if size >= _SPACED else None)
    hatched = "".join(_runs(np.isnan(pooled), columns * size / pooled.shape[1], rows * size / pooled.shape[0]))
    if hatched:
        yield element("path", d=hatched, fill="url(#hatch)")
    if size >= _VALUED:
        for (row, column), weight in np.ndenumerate(cells):
            label = "" if np.isnan(weight) else format_cell(float(weight), is_signed=signs is not None)
            if label:
                yield element(
                    "text",
                    label,
                    x=(column + 0.5) * size - 0.5,
                    y=(row + 0.5) * size + 3.5,
                    font_size=11,
                    text_anchor="middle",
                    class_=readable_on_scale(float(weight) / largest, signed=signs is not None),
                )


def _runs(unseen: NDArray[np.bool_], wide: float, high: float) -> Iterator[str]:
    """A path around what is unseen, row by row; equal rows are one."""
    row = 0
    while row < len(unseen):
        end = row + 1
        while end < len(unseen) and (unseen[end] == unseen[row]).all():
            end += 1
        edges = np.flatnonzero(np.diff(np.concatenate([[0], unseen[row].astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            length = number((last - first) * wide)
            yield f"M{number(first * wide)} {number(row * high)}h{length}v{number((end - row) * high)}h-{length}z"
        row = end


def _row_labels(scene: Scene, layout: Layout) -> Iterator[str]:
    every = ceil(_ROW_LABELS / layout.cell)
    edge = layout.left + len(scene.key) * layout.cell + _PAD if layout.mirrored else layout.left - _PAD
    for place, label in enumerate(scene.query):
        chosen = place in scene.query.pinned
        if place % every == 0 or chosen:
            middle = layout.top + (place + 0.5) * layout.cell
            yield group(edge, middle, _label(label, layout.label, leftwards=not layout.mirrored, chosen=chosen))


def _column_labels(columns: Sequence[Label], pinned: Sequence[int], taken: int | None, layout: Layout) -> Iterator[str]:
    every = ceil(_COLUMN_LABELS / layout.cell)
    for place, label in enumerate(columns):
        chosen = place in pinned
        if place % every == 0 or chosen:
            x, y = layout.left + (place + 0.5) * layout.cell, layout.top - _PAD
            yield element(
                "g",
                _label(label, layout.label, leftwards=False, chosen=chosen),
                transform=f"translate({number(x)} {number(y)}) rotate(-45)",
                opacity=_FADED if place == taken else None,
            )


def _label(label: Label, longest: float, *, leftwards: bool, chosen: bool) -> str:
    """A token's label, whose end or start is at the origin."""
    special, generated = label.token.special, label.token.generated
    shown = lettering.clip(label.text, longest - (2 * _BADGE_PAD if special else 0), _FONT)
    wide = lettering.width(shown, _FONT)
    sign = -1 if leftwards else 1
    parts = [
        element(
            "text",
            words(shown),
            x=sign * _BADGE_PAD if special else 0,
            y=4,
            font_size=_FONT,
            text_anchor="end" if leftwards else None,
            fill_opacity=str(MUTED) if special and not chosen else None,
            font_weight="600" if chosen else None,
            textLength=wide if special else None,
            lengthAdjust="spacingAndGlyphs" if special else None,
        )
    ]
    if special:
        parts.append(
            element(
                "rect",
                x=-wide - 2 * _BADGE_PAD if leftwards else 0,
                y=-_BADGE_HEIGHT / 2 - 0.5,
                width=wide + 2 * _BADGE_PAD,
                height=_BADGE_HEIGHT,
                rx=_BADGE_RADIUS,
                fill="none",
                stroke="currentColor",
                stroke_opacity="0.3",
            )
        )
    elif generated:
        parts.append(
            element(
                "path",
                d=f"M0 7h{number(sign * wide)}",
                class_=ACCENT,
                stroke="currentColor",
                stroke_dasharray="2 2",
            )
        )
    return element("g", *parts, class_=ACCENT if chosen else None)


def _bands(rows: Sequence[int], columns: Sequence[int], shape: tuple[int, ...], cell: float) -> Iterator[str]:
    """Outlines of the rows and columns that the author chose."""
    high, wide = (count * cell for count in shape)
    boxes = [(0, row * cell, wide, cell) for row in rows] + [(column * cell, 0, cell, high) for column in columns]
    for x, y, width, height in boxes:
        yield element(
            "rect",
            x=x - 0.5,
            y=y - 0.5,
            width=width + 1,
            height=height + 1,
            fill="none",
            class_=ACCENT,
            stroke="currentColor",
        )


def _speakers(scene: Scene, columns: Sequence[Label], layout: Layout) -> Iterator[str]:
    """Lines where another speaker begins, and each speaker's name beside its rows and columns."""
    wide, high = len(columns) * layout.cell, len(scene.query) * layout.cell
    left, top, cell = layout.left, layout.top, layout.cell
    edge = left - 4.5 if layout.mirrored else left + wide + 3.5
    lines, names = [], []
    for run in runs_of(tuple(scene.query)):
        start, end = top + run.first * cell, top + (run.last + 1) * cell
        lines += [f"M{number(left)} {number(y)}h{number(wide)}" for y in (start, end)]
        lines.append(f"M{number(edge)} {number(start + 2)}V{number(end - 3)}")
        turn = -90 if layout.mirrored else 90
        x = edge + (-1 if layout.mirrored else 1) * _SPEAKER / 2
        names.append(_name(run.role, end - start, f"translate({number(x)} {number((start + end) / 2)}) rotate({turn})"))
    below = top + high + 3.5
    for run in runs_of(columns):
        start, end = left + run.first * cell, left + (run.last + 1) * cell
        lines += [f"M{number(x)} {number(top)}v{number(high)}" for x in (start, end)]
        lines.append(f"M{number(start + 2)} {number(below)}H{number(end - 3)}")
        names.append(_name(run.role, end - start, f"translate({number((start + end) / 2)} {number(below + 10)})"))
    if lines:
        yield element("path", d="".join(lines), fill="none", stroke="currentColor", stroke_opacity="0.4")
    yield from names


def _name(role: str, room: float, place: str) -> str:
    return element(
        "text",
        words(lettering.clip(role, room, 11)),
        y=4,
        transform=place,
        font_size=11,
        text_anchor="middle",
        fill_opacity=str(MUTED),
    )
