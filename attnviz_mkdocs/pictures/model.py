"""All layers and heads at once, a thumbnail each; as in frontend/src/views/model.ts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures.bipartite import bipartite
from attnviz_mkdocs.pictures.bipartite import height as height_of_opened
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.format import FLOOR
from attnviz_mkdocs.pictures.heatmap import images, palette, pool, scale_legend, shades
from attnviz_mkdocs.pictures.svg import element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, HAIR, MUTED, ink
from attnviz_mkdocs.pictures.tokens import is_right_to_left

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene
    from attnviz_mkdocs.pictures.theme import Theme

#: Up to here a thumbnail's lines are told apart.
MOST_TOKENS_AS_LINES = 48
# The strongest lines that all thumbnails together hold, each as many as the others.
_MOST_LINES = 5000
# Weaker lines are not seen in a thumbnail.
_FAINTEST = 0.01
# Cells that all heat maps together hold.
_MOST_CELLS = 60_000
_MARGIN = 22
_LEAST, _MOST = 14, 72
_NARROW_GAP, _WIDE_GAP, _WIDE_FROM = 2, 4, 28
_TOP = 15
# With those of hatches and gaps, the fewer fit into half a byte.
_COLOURS, _SIGNED_COLOURS = 14, 31
_HATCH_EVERY, _HATCH_OPACITY = 6, 56
_ABOVE_LEGEND = 12
_TITLE, _ABOVE_DETAIL, _BELOW_DETAIL = 40, 14, 24
_LEVEL = 0.35 / 3
_UNITS = 100
_SHADES = ("0.02", "0.03", "0.05", "0.07", "0.1", "0.15", "0.2", "0.3", "0.4", "0.55", "0.7", "0.85", "1")
_BETWEEN = tuple((float(one) * float(other)) ** 0.5 for one, other in pairwise(_SHADES))


@dataclass(frozen=True, slots=True)
class Grid:
    """Where thumbnails are, in pixels.

    Attributes:
        cell: Size of a thumbnail.
        gap: Between two.
    """

    cell: int
    gap: int

    @classmethod
    def of(cls, scene: Scene, width: float) -> Grid:
        """Of all heads where there is so much room."""
        room = (width - _MARGIN) / scene.heads
        gap = _NARROW_GAP if room < _WIDE_FROM else _WIDE_GAP
        return cls(floor(max(_LEAST, min(_MOST, room - gap))), gap)

    @property
    def step(self) -> int:
        """From one thumbnail to the next."""
        return self.cell + self.gap


def height(scene: Scene, width: float, *, is_touched: bool) -> float:
    """How high the drawing is at some width."""
    opened = _ABOVE_DETAIL + _TITLE + height_of_opened(scene, is_touched=is_touched) + _BELOW_DETAIL
    detail = 0 if scene.state.opened is None else opened
    return _TOP + len(scene.layers) * Grid.of(scene, width).step + detail


def model(stage: Stage) -> Drawing:
    """All heads, and the one that the author opened."""
    scene, width, theme = stage.scene, stage.width, stage.theme
    grid = Grid.of(scene, width)
    as_lines = scene.signs is None and max(len(scene.query), len(scene.key)) <= MOST_TOKENS_AS_LINES
    largest = None if as_lines else _largest(stage.scenes)
    thumbnails = _as_lines(scene, grid) if largest is None else _as_heatmaps(scene, grid, theme, largest)
    parts = [_numbers(range(scene.heads), grid)]
    top = _TOP
    for layer, thumbnail in zip(scene.layers, thumbnails, strict=True):
        middle = top + grid.cell / 2 + 4
        name = element("text", str(layer), x=16, y=middle, font_size=11, text_anchor="end", fill_opacity=str(MUTED))
        parts += [name, group(_MARGIN, top, thumbnail)]
        if layer == scene.state.layer and scene.state.opened is not None:
            parts.append(_outline(scene.state.opened, top, grid))
            detail = _detail(stage)
            parts.append(group(0, top + grid.step + _ABOVE_DETAIL, detail.body))
            top += _ABOVE_DETAIL + ceil(detail.height)
        top += grid.step
    if scene.signs is not None and largest is not None:
        said = "square-root scale, the same for all heads"
        below = scale_legend(float(largest.max()), said, stage, masked=bool(scene.unseen), room=width)
        parts.append(group(0, top + _ABOVE_LEGEND, below.body))
        top += _ABOVE_LEGEND + ceil(below.height)
    return Drawing(width, top, "".join(parts), _note(scene, as_lines=as_lines))


def _numbers(heads: range, grid: Grid) -> str:
    return "".join(
        element(
            "text",
            str(head),
            x=_MARGIN + head * grid.step + grid.cell / 2,
            y=11,
            font_size=11,
            text_anchor="middle",
            fill_opacity=str(MUTED),
        )
        for head in heads
    )


def _outline(head: int, top: float, grid: Grid) -> str:
    return element(
        "rect",
        x=_MARGIN + head * grid.step - 0.75,
        y=top - 0.75,
        width=grid.cell + 1.5,
        height=grid.cell + 1.5,
        rx=1,
        fill="none",
        class_=ACCENT,
        stroke="currentColor",
        stroke_width=1.5,
    )


def _detail(stage: Stage) -> Drawing:
    """The opened head in large, between two lines."""
    scene, width = stage.scene, stage.width
    head = scene.state.opened or 0
    drawing = bipartite(stage, scene.shown((head,)), own_colours=False)
    high = _TITLE + drawing.height + _BELOW_DETAIL
    title = element("text", words(f"Layer {scene.state.layer} · head {head}"), y=24, font_weight="600")
    rules = (element("rect", y=y, width=width, height=1, fill_opacity=str(HAIR)) for y in (0, high - _ABOVE_DETAIL))
    return Drawing(width, high, "".join([*rules, title, group(0, _TITLE, drawing.body)]))


def _note(scene: Scene, *, as_lines: bool) -> str:
    """How a thumbnail tells what has no weight from what has little."""
    if not scene.unseen or scene.signs is not None:
        return ""
    return f"No line: {scene.unseen}, or weak." if as_lines else f"Hatched: {scene.unseen}."


def _as_lines(scene: Scene, grid: Grid) -> Iterator[str]:
    """The thumbnails of each layer, as lines: of each head the strongest."""
    most = _MOST_LINES // (len(scene.layers) * scene.heads)
    # In whole units of a thumbnail's size, as short as numbers can be.
    starts, ends = (_UNITS * (np.arange(len(side)) + 0.5) / len(side) for side in (scene.query, scene.key))
    drops = ends - starts[:, None]
    bends = (np.rint(part * drops).astype(int) for part in (_LEVEL, 1 - _LEVEL))
    curves = zip(*bends, np.rint(drops).astype(int), strict=True)
    paths = [
        [
            f"M0 {start:.0f}c{_UNITS // 3} {first} {_UNITS * 2 // 3} {last} {_UNITS} {drop}"
            for first, last, drop in zip(*row, strict=True)
        ]
        for start, row in zip(starts, curves, strict=True)
    ]
    scaled = f"scale({grid.cell / _UNITS:.3g})"
    for weights, _ in scene.by_layer():
        thumbnails = []
        for head, own in enumerate(weights):
            of_shade: dict[str, list[str]] = defaultdict(list)
            flat = own.ravel()
            for place in np.argsort(flat, kind="stable")[-most:]:
                if flat[place] >= _FAINTEST:
                    query, key = divmod(int(place), own.shape[1])
                    of_shade[_SHADES[int(np.searchsorted(_BETWEEN, flat[place]))]].append(paths[query][key])
            # Lines of about the same weight are one path, and don't add up where they cross; others do.
            drawn = [element("path", d="".join(lines), stroke_opacity=shade) for shade, lines in of_shade.items()]
            thumbnails.append(group(head * grid.step * _UNITS / grid.cell, 0, *drawn))
        yield element(
            "g",
            *thumbnails,
            class_=ACCENT,
            stroke="currentColor",
            stroke_width=_UNITS / grid.cell,
            fill="none",
            transform=scaled,
        )


def _largest(scenes: Sequence[Scene]) -> NDArray[np.float32]:
    """At which weight the scale of each head ends, ``[layer, head]``; those of differences all end at the same."""
    shape = max(len(scene.layers) for scene in scenes), max(scene.heads for scene in scenes)
    largest = np.full(shape, FLOOR, np.float32)
    for scene in scenes:
        for layer, (weights, masked) in enumerate(scene.by_layer()):
            own = np.abs(np.where(masked, np.float32(0), weights)).max(axis=(1, 2))
            largest[layer, : scene.heads] = np.maximum(largest[layer, : scene.heads], own)
    return np.full(shape, largest.max()) if scenes[0].signs else largest


def _as_heatmaps(scene: Scene, grid: Grid, theme: Theme, largest: NDArray[np.float32]) -> Iterator[str]:
    """The thumbnails of each layer, as a heat map each."""
    count = max(1, floor(sqrt(_MOST_CELLS / (len(scene.layers) * scene.heads))))
    rows = min(grid.cell, count, len(scene.query))
    columns = min(grid.cell, count, len(scene.key))
    order = -1 if is_right_to_left([label.token for label in scene.key]) else 1
    colours = _COLOURS if scene.signs is None else _SIGNED_COLOURS
    for layer, (weights, masked) in enumerate(scene.by_layer()):
        cells = pool(weights, masked, rows, columns)[..., ::order]
        indices = shades(cells, largest[layer, : scene.heads, None, None], scene.signs, colours)
        row = _laid_out(indices, np.isnan(cells), colours, grid)
        yield "".join(
            images(
                row,
                lambda scheme: [*palette(scheme, scene.signs, colours), ink(scheme, _HATCH_OPACITY), ink(scheme, 0)],
                theme,
                width=row.shape[1],
                height=grid.cell,
            )
        )


def _laid_out(indices: NDArray[np.uint8], unseen: NDArray[np.bool_], colours: int, grid: Grid) -> NDArray[np.uint8]:
    """A row of thumbnails at its size in pixels, with hatches where nothing is seen; after the colours come theirs."""
    hatched, clear = np.uint8(colours), np.uint8(colours + 1)
    across, down = (np.arange(grid.cell) * count // grid.cell for count in indices.shape[:0:-1])
    places = np.add.outer(np.arange(grid.cell), np.arange(grid.cell))
    hatch = np.where(places % _HATCH_EVERY == 0, hatched, clear)
    large = np.where(unseen[:, down[:, None], across], hatch, indices[:, down[:, None], across])
    apart = np.pad(large, ((0, 0), (0, 0), (0, grid.gap)), constant_values=clear)
    row: NDArray[np.uint8] = apart.transpose(1, 0, 2).reshape(grid.cell, -1)
    return row
