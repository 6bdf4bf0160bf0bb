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
from attnviz_mkdocs.pictures.ranking import Place, format_statistic, ranked, ranked_by
from attnviz_mkdocs.pictures.svg import element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, HAIR, MUTED, ink
from attnviz_mkdocs.pictures.tokens import is_right_to_left

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene

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
# Above the thumbnails: the grid's own edge, and the numbers of heads or how many heads there are.
_ROOT, _NUMBERS, _COUNT = 2, 15, 27
# Of a head in a ranking; less where there are many. Its name and value, and what is below them.
_RANKED, _RANKED_MANY, _MANY_RANKED = 48, 32, 300
_NAMES, _BELOW_NAMES = 28, 10
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
        margin: Left of them.
        below: Of a row's thumbnails, before the next row.
    """

    cell: int
    gap: int
    margin: int
    below: int

    @classmethod
    def of(cls, scene: Scene, width: float) -> Grid:
        """Of all heads where there is so much room."""
        if ranked_by(scene):
            is_many = len(scene.layers) * scene.heads >= _MANY_RANKED
            return cls(_RANKED_MANY if is_many else _RANKED, _WIDE_GAP, 0, _NAMES + _BELOW_NAMES)
        room = (width - _MARGIN) / scene.heads
        gap = _NARROW_GAP if room < _WIDE_FROM else _WIDE_GAP
        return cls(floor(max(_LEAST, min(_MOST, room - gap))), gap, _MARGIN, gap)

    @property
    def step(self) -> int:
        """From one thumbnail to the next."""
        return self.cell + self.gap

    @property
    def row(self) -> int:
        """From one row to the next."""
        return self.cell + self.below


@dataclass(frozen=True, slots=True)
class _Row:
    """Thumbnails beside one another: those of a layer, or some of a ranking with their values."""

    heads: tuple[Place, ...]
    values: tuple[float, ...] = ()


def height(scene: Scene, width: float, *, is_touched: bool) -> float:
    """How high the drawing is at some width."""
    opened = _ABOVE_DETAIL + _TITLE + height_of_opened(scene, is_touched=is_touched) + _BELOW_DETAIL
    detail = 0 if scene.state.opened is None else opened
    return _top(scene) + len(_rows(scene, width)) * Grid.of(scene, width).row + detail


def _top(scene: Scene) -> int:
    return _ROOT + (_COUNT if ranked_by(scene) else _NUMBERS)


def _rows(scene: Scene, width: float) -> list[_Row]:
    """A row for each layer; in a ranking, as many heads beside one another as there is room for."""
    name = ranked_by(scene)
    if name is None:
        return [_Row(tuple((layer, head) for head in range(scene.heads))) for layer in scene.layers]
    heads = ranked(scene, name)
    columns = max(1, floor(width / Grid.of(scene, width).step))
    rows = (heads[first : first + columns] for first in range(0, len(heads), columns))
    return [_Row(tuple(place for place, _ in row), tuple(value for _, value in row)) for row in rows]


def model(stage: Stage) -> Drawing:
    """All heads, and the one that the author opened."""
    scene, width = stage.scene, stage.width
    state, name = scene.state, ranked_by(scene)
    grid, rows = Grid.of(scene, width), _rows(scene, width)
    as_lines = scene.signs is None and max(len(scene.query), len(scene.key)) <= MOST_TOKENS_AS_LINES
    largest = None if as_lines else _largest(stage.scenes)
    draw = _lines(scene, grid) if largest is None else _heatmaps(stage, grid, largest)
    parts = [_numbers(range(scene.heads), grid) if name is None else _count(scene, name, rows)]
    top = _top(scene)
    opened = (state.layer, state.opened)
    if state.opened is not None and not any(opened in row.heads for row in rows):
        detail = _detail(stage)
        parts.append(group(0, top + _ABOVE_DETAIL, detail.body))
        top += _ABOVE_DETAIL + ceil(detail.height)
    for row in rows:
        parts.append(group(grid.margin, top, draw(row.heads)))
        parts.append(group(0, top, _layer(row, grid) if name is None else _names(row, grid, name)))
        if opened in row.heads:
            parts.append(_outline(row.heads.index(opened), top, grid))
            detail = _detail(stage)
            parts.append(group(0, top + grid.row + _ABOVE_DETAIL, detail.body))
            top += _ABOVE_DETAIL + ceil(detail.height)
        top += grid.row
    if scene.signs is not None and largest is not None:
        said = "square-root scale, the same for all heads"
        below = scale_legend(float(largest.max()), said, stage, masked=bool(scene.unseen), room=width)
        parts.append(group(0, top + _ABOVE_LEGEND, below.body))
        top += _ABOVE_LEGEND + ceil(below.height)
    return Drawing(width, top, "".join(parts), _note(scene, as_lines=as_lines))


def _numbers(heads: range, grid: Grid) -> str:
    return "".join(_small(str(head), grid.margin + head * grid.step + grid.cell / 2, 13) for head in heads)


def _layer(row: _Row, grid: Grid) -> str:
    return _small(str(row.heads[0][0]), 16, grid.cell / 2 + 4, anchor="end")


def _count(scene: Scene, name: str, rows: Sequence[_Row]) -> str:
    """How many heads there are in the ranking, and of what."""
    every = len(scene.layers) * scene.heads
    least = scene.state.options.least
    shown = sum(len(row.heads) for row in rows)
    of = f"All {every} heads" if least is None else f"{shown} of {every} heads have {name} ≥ {least:.2f}"
    return _small(f"{of}, largest first.", 0, 12, size=12, anchor=None)


def _names(row: _Row, grid: Grid, name: str) -> str:
    """Of each head its layer and its number, and below them its value."""
    parts = []
    for place, ((layer, head), value) in enumerate(zip(row.heads, row.values, strict=True)):
        middle = place * grid.step + grid.cell / 2
        parts.append(_small(f"{layer}.{head}", middle, grid.cell + 12, opacity=1))
        parts.append(_small(format_statistic(name, value), middle, grid.cell + 25))
    return "".join(parts)


def _small(
    said: str, x: float, y: float, *, size: float = 11, anchor: str | None = "middle", opacity: float = MUTED
) -> str:
    return element("text", words(said), x=x, y=y, font_size=size, text_anchor=anchor, fill_opacity=str(opacity))


def _outline(head: int, top: float, grid: Grid) -> str:
    return element(
        "rect",
        x=grid.margin + head * grid.step - 0.75,
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
    drawing = bipartite(stage, scene.of_heads((head,)), own_colours=False)
    high = _TITLE + drawing.height + _BELOW_DETAIL
    title = element("text", words(f"Layer {scene.state.layer} · head {head}"), y=24, font_weight="600")
    rules = (element("rect", y=y, width=width, height=1, fill_opacity=str(HAIR)) for y in (0, high - _ABOVE_DETAIL))
    return Drawing(width, high, "".join([*rules, title, group(0, _TITLE, drawing.body)]))


def _note(scene: Scene, *, as_lines: bool) -> str:
    """How a thumbnail tells what has no weight from what has little."""
    if not scene.unseen or scene.signs is not None:
        return ""
    return f"No line: {scene.unseen}, or weak." if as_lines else f"Hatched: {scene.unseen}."


def _lines(scene: Scene, grid: Grid) -> Callable[[Sequence[Place]], str]:
    """Draws thumbnails of lines beside one another: of each head the strongest."""
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

    def lines(weights: NDArray[np.float32]) -> str:
        """Lines of about the same weight are one path, and don't add up where they cross; others do."""
        of_shade: dict[str, list[str]] = defaultdict(list)
        flat = weights.ravel()
        for place in np.argsort(flat, kind="stable")[-most:]:
            if flat[place] >= _FAINTEST:
                query, key = divmod(int(place), weights.shape[1])
                of_shade[_SHADES[int(np.searchsorted(_BETWEEN, flat[place]))]].append(paths[query][key])
        return "".join(element("path", d="".join(own), stroke_opacity=shade) for shade, own in of_shade.items())

    drawn = {
        (layer, head): lines(own)
        for layer, (weights, _) in zip(scene.layers, scene.by_layer(), strict=True)
        for head, own in enumerate(weights)
    }
    return lambda row: element(
        "g",
        *(group(place * grid.step * _UNITS / grid.cell, 0, drawn[head]) for place, head in enumerate(row)),
        class_=ACCENT,
        stroke="currentColor",
        stroke_width=_UNITS / grid.cell,
        fill="none",
        transform=f"scale({grid.cell / _UNITS:.3g})",
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


def _heatmaps(stage: Stage, grid: Grid, largest: NDArray[np.float32]) -> Callable[[Sequence[Place]], str]:
    """Draws thumbnails beside one another, a heat map each."""
    scene = stage.scene
    count = max(1, floor(sqrt(_MOST_CELLS / (len(scene.layers) * scene.heads))))
    rows = min(grid.cell, count, len(scene.query))
    columns = min(grid.cell, count, len(scene.key))
    order = -1 if is_right_to_left([label.token for label in scene.key]) else 1
    colours = _COLOURS if scene.signs is None else _SIGNED_COLOURS
    drawn: dict[Place, tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}
    for at, (layer, (weights, masked)) in enumerate(zip(scene.layers, scene.by_layer(), strict=True)):
        cells = pool(weights, masked, rows, columns)[..., ::order]
        indices = shades(cells, largest[at, : scene.heads, None, None], scene.signs, colours)
        for head, own in enumerate(indices):
            drawn[layer, head] = own, np.isnan(cells[head])

    def draw(row: Sequence[Place]) -> str:
        indices, unseen = (np.stack(parts) for parts in zip(*(drawn[head] for head in row), strict=True))
        laid = _laid_out(indices, unseen, colours, grid)
        return "".join(
            images(
                laid,
                lambda scheme: [*palette(scheme, scene.signs, colours), ink(scheme, _HATCH_OPACITY), ink(scheme, 0)],
                stage.theme,
                width=laid.shape[1],
                height=grid.cell,
            )
        )

    return draw


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
