"""Queries on the left, keys on the right, a line for each weight: the head view, and a head that is opened.

What is where is as in the browser: frontend/src/views/bipartite/.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import SMALLER, Drawing, badge, row_height
from attnviz_mkdocs.pictures.format import FLOOR, format_cell, format_weight
from attnviz_mkdocs.pictures.heatmap import largest_of, scale_legend
from attnviz_mkdocs.pictures.svg import at, element, group, number
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import (
    ACCENT,
    HAIR,
    LESS,
    MORE,
    MUTED,
    WASH,
    focus_opacity,
    head_class,
    rank_of,
    readable_on_head,
)
from attnviz_mkdocs.pictures.tokens import runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene, Shown, Side
    from attnviz_mkdocs.pictures.tokens import Run

#: Weaker lines are not seen.
FAINTEST = 0.005
#: The strongest lines that a picture holds; with more it would be heavy and say no more.
MOST_LINES = 600
# Lines are thinner where there are many.
_FEW_WIDTH, _MANY_WIDTH, _MANY = 1.9, 1.1, 2000
# A curve drops by 0.35 t + 0.65 (3t² - 2t³), nearly level at its ends; this is where its control points are.
_LEVEL = 0.35 / 3
# Between a token and its lines, and between a token and its bands.
_PAD, _GAP = 10, 6
# On narrower drawings bands lie under the tokens.
_NARROW = 480
_LINES = (40, 420)
_ABOVE_LEGEND = 12
# What tells apart heads of one hue.
_DASHES = (None, "8", "4", "2")
# Up to here a hundredth of opacity is seen, above a fortieth.
_FAINT = 0.1
_SPEAKER = 22
_TITLES = 22
# Of the row: what a badge leaves.
_UNDERLINE = 1 / 8
# A band's cell carries its head's number from this weight and from this width on.
_NUMBERED_FROM, _NUMBERED_WIDTH = 0.1, 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is, in pixels from the left.

    Attributes:
        row: Height of a row.
        font: Size of the tokens.
        left: Where lines begin.
        right: Where they end.
        query: Right edge of the tokens that look.
        key: Left edge of those that are looked at.
        column: Width of either.
        bands: Left edges of the bands beside the queries and the keys.
        cell: Width of a head's column in them.
        inside: Whether the bands lie under the tokens, for want of room beside them.
        speakers: Left edges of the brackets beside what one speaker says.
    """

    row: float
    font: float
    left: int
    right: int
    query: float
    key: float
    column: int
    bands: tuple[float, float]
    cell: float
    inside: bool
    speakers: tuple[float, float]

    @classmethod
    def of(cls, stage: Stage, heads: int) -> Layout:
        """Of so many heads."""
        scene, width = stage.scene, stage.width
        row = row_height(max(len(scene.query), len(scene.key)), is_touched=stage.is_touched)
        labels = [*scene.query.labels, *scene.key.labels]
        widest = max((lettering.width(label.text, 13) for label in labels), default=0)
        column = ceil(min(widest * 1.1 + 12, width * 0.23))
        inside = width < _NARROW
        most = column if inside else 34 if heads <= 1 else min(15 * heads, 150, width * 0.17)
        cell = max(2, most / max(1, heads))
        band = cell * max(1, heads)
        speaker = _SPEAKER if any(label.token.role is not None for label in labels) else 0
        side = column + _PAD + (0 if inside else _GAP + band) + speaker
        room = max(_LINES[0], min(width - 2 * side, _LINES[1]))
        left = floor((width - room) / 2)
        right = floor(left + room)
        query, key = left - _PAD, right + _PAD
        beside = (query - column - speaker - _GAP - band, key + column + speaker + _GAP)
        return cls(
            row=row,
            font=min(14, row - 3.5),
            left=left,
            right=right,
            query=query,
            key=key,
            column=column,
            bands=(query - column, key) if inside else beside,
            cell=cell,
            inside=inside,
            speakers=(query - column - speaker, key + column),
        )


def height(scene: Scene, *, is_touched: bool) -> float:
    """How high the drawing is."""
    rows = max(len(scene.query), len(scene.key))
    return rows * row_height(rows, is_touched=is_touched) + (_TITLES if scene.is_across else 0)


def bipartite(stage: Stage, heads: Sequence[Shown], *, own_colours: bool = True) -> Drawing:
    """Lines between tokens.

    Args:
        stage: What is drawn.
        heads: Each has lines of its own.
        own_colours: Whether each head has a colour of its own; if not, all have the accent's. Numbers of either sign
            have the colours of their signs.
    """
    scene = stage.scene
    layout = Layout.of(stage, len(heads))
    colours = [head_class(head.head) if own_colours and head.head is not None else ACCENT for head in heads]
    strongest = 1.0 if scene.signs is None else largest_of(stage.scenes)
    numbers = [head.head for head in heads if head.head is not None]
    inks = [
        _Ink(
            colours=(LESS, MORE) if scene.signs else (colour, colour),
            strongest=strongest,
            dash=_DASHES[rank_of(head.head, numbers)] if colour != ACCENT and head.head is not None else None,
        )
        for head, colour in zip(heads, colours, strict=True)
    ]
    lines, count = _strongest_lines(scene, heads)
    opacity = focus_opacity if scene.is_focused else float
    top = _TITLES if scene.is_across else 0
    parts = [
        *_titles(scene, layout),
        group(
            0,
            top,
            *_strands(lines, count, inks, layout, opacity),
            *_tokens(scene, heads, layout, "query"),
            *_tokens(scene, heads, layout, "key"),
            *_speakers(scene.query, layout, layout.speakers[0], towards=1),
            *_speakers(scene.key, layout, layout.speakers[1] + _SPEAKER, towards=-1),
            *(_bands(scene, heads, inks, layout) if scene.is_focused else ()),
        ),
    ]
    high = height(scene, is_touched=stage.is_touched)
    if scene.signs is not None:
        below = scale_legend(strongest, "", stage, masked=False, room=stage.width)
        parts.append(group((stage.width - below.width) / 2, high + _ABOVE_LEGEND, below.body))
        high += _ABOVE_LEGEND + below.height
    return Drawing(stage.width, high, "".join(parts), _note(lines, count))


@dataclass(frozen=True, slots=True)
class _Ink:
    """The colour of a head's weights, negative and others, the weight that is opaque, and the dashes of its lines."""

    colours: tuple[str, str]
    strongest: float
    dash: str | None

    def colour(self, weight: float) -> str:
        return self.colours[weight >= 0]

    def strength(self, weight: float) -> float:
        return min(1.0, abs(weight) / self.strongest)


def _in_focus(scene: Scene, head: Shown) -> NDArray[np.float32]:
    """The weights of the tokens that the author chose; 0 for others."""
    weights = head.weights
    for axis, side in enumerate((scene.query, scene.key)):
        if side.pinned:
            chosen = np.isin(np.arange(len(side)), side.pinned)
            weights = weights * np.expand_dims(chosen, 1 - axis)
    return weights


@dataclass(frozen=True, eq=False, slots=True)
class _Line:
    """A line of one head: its tokens and its weight."""

    head: int
    query: int
    key: int
    weight: float


def _strongest_lines(scene: Scene, heads: Sequence[Shown]) -> tuple[list[_Line], int]:
    """The lines that are drawn, the weakest first, and how many there are."""
    if not heads:
        return [], 0
    weights = np.stack([_in_focus(scene, head) for head in heads])
    sizes = np.abs(weights).ravel()
    seen = np.flatnonzero(sizes >= FAINTEST)
    drawn = seen[np.argsort(sizes[seen], kind="stable")][-MOST_LINES:]
    places = np.unravel_index(drawn, weights.shape)
    lines = [
        _Line(int(head), int(query), int(key), float(weights[head, query, key]))
        for head, query, key in zip(*places, strict=True)
    ]
    return lines, len(seen)


def _note(lines: Sequence[_Line], count: int) -> str:
    if len(lines) == count:
        return ""
    weakest = format_weight(abs(lines[0].weight))
    return f"The {len(lines):,} strongest of {count:,} lines are drawn: those of {weakest} and more."


def _strands(
    lines: Sequence[_Line], count: int, inks: Sequence[_Ink], layout: Layout, opacity: Callable[[float], float]
) -> Iterator[str]:
    """The lines of each head, so that heads that agree don't cover each other.

    Lines of one shade are one path, a third of the bytes of a path each; where they cross they don't add up.
    """
    wide = layout.right - layout.left
    thirds = [number(round(wide * part / 3)) for part in (1, 2)]
    strands: dict[int, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        drop = (line.key - line.query) * layout.row
        start, end = (round(part * drop) for part in (_LEVEL, 1 - _LEVEL))
        path = f"M0 {line.query * layout.row}c{thirds[0]} {start} {thirds[1]} {end} {wide} {drop}".replace(" -", "-")
        ink = inks[line.head]
        shade = _shade(opacity(ink.strength(line.weight)))
        strands[line.head][ink.colour(line.weight), shade].append(path)
    for head, shades in sorted(strands.items()):
        middle = layout.row * (0.5 + (head + 0.5 - len(inks) / 2) * (0.5 / len(inks)))
        yield element(
            "g",
            *(
                element("path", d="".join(paths), class_=colour, stroke="currentColor", stroke_opacity=shade)
                for (colour, shade), paths in shades.items()
            ),
            fill="none",
            stroke_width=_FEW_WIDTH if count < _MANY else _MANY_WIDTH,
            stroke_dasharray=inks[head].dash,
            transform=at(layout.left, middle),
        )


def _shade(opacity: float) -> str:
    """An opacity with the digits that are seen."""
    return f"{opacity:.2f}" if opacity < _FAINT else f"{round(opacity * 40) / 40:.3g}"


def _titles(scene: Scene, layout: Layout) -> Iterator[str]:
    if scene.is_across:
        for x, name, anchor in ((layout.query, scene.attention.query, "end"), (layout.key, scene.attention.key, None)):
            yield element("text", words(name), x=x, y=12, font_size=12, text_anchor=anchor, fill_opacity=str(MUTED))


def _tokens(scene: Scene, heads: Sequence[Shown], layout: Layout, name: str) -> Iterator[str]:
    side, x, anchor = (scene.query, layout.query, "end") if name == "query" else (scene.key, layout.key, None)
    sign = -1 if name == "query" else 1
    for place, label in enumerate(side):
        middle = (place + 0.5) * layout.row
        token = label.token
        pinned = place in side.pinned
        if token.continues:
            edge = x - sign * 4 - (0 if sign > 0 else 2)
            yield element(
                "rect", x=edge, y=middle - 0.8 * layout.row, width=2, height=0.6 * layout.row, fill_opacity=str(HAIR)
            )
        is_taken = name == "key" and place == scene.taken
        is_unseen = _is_unseen(scene, heads, name, place)
        if token.special:
            yield badge(
                label.text,
                x,
                middle,
                row=layout.row,
                room=layout.column,
                anchor=anchor,
                chosen=pinned,
                is_unseen=is_unseen,
                is_taken=is_taken,
            )
            continue
        font = layout.font * (SMALLER if is_unseen else 1)
        shown = lettering.clip(label.text, layout.column, font)
        yield element(
            "text",
            words(shown),
            x=x,
            y=middle + 0.35 * font,
            font_size=font,
            text_anchor=anchor,
            class_=ACCENT if pinned else None,
            font_weight="600" if pinned else None,
            text_decoration="line-through" if is_taken else None,
            fill_opacity=str(MUTED) if is_taken or is_unseen else None,
        )
        if pinned or token.generated:
            wide = lettering.width(shown, font, bold=pinned)
            yield element(
                "line",
                x1=x,
                x2=x + sign * wide,
                y1=middle + 0.35 * font + 4,
                y2=middle + 0.35 * font + 4,
                class_=ACCENT,
                stroke="currentColor",
                stroke_width=2 if pinned else 1.5,
                stroke_dasharray=None if pinned else "1.5 1.5",
            )


def _pairs(scene: Scene, head: Shown, name: str, place: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The weights of a token and those of the other side that the author chose, and which of these it can't see."""
    chosen = list(scene.query.pinned or scene.key.pinned)
    pairs = (chosen, place) if name == "key" else (place, chosen)
    return head.weights[pairs], head.masked[pairs]


def _band_side(scene: Scene) -> str:
    """The side whose tokens tell what they have to do with those that the author chose."""
    return "key" if scene.query.pinned else "query"


def _is_unseen(scene: Scene, heads: Sequence[Shown], name: str, place: int) -> bool:
    if not scene.is_focused or name != _band_side(scene) or not heads:
        return False
    return all(_pairs(scene, head, name, place)[1].all() for head in heads)


def _bands(scene: Scene, heads: Sequence[Shown], inks: Sequence[_Ink], layout: Layout) -> Iterator[str]:
    """A cell a head beside each token of the other side: its column is the head, its shade the weight."""
    name = _band_side(scene)
    left = layout.bands[name == "key"]
    high, below = (_UNDERLINE * layout.row, 0) if layout.inside else (layout.row - 2, 1)
    for place in range(len(scene.key if name == "key" else scene.query)):
        bottom = (place + 1) * layout.row - below
        for column, (head, ink) in enumerate(zip(heads, inks, strict=True)):
            weights, masked = _pairs(scene, head, name, place)
            if masked.all():
                continue
            # Shades of sums are those of their means, which end at 1 like single weights.
            total, weight = float(weights.sum()), float(weights.mean())
            x = left + column * layout.cell
            box = {"x": x, "y": bottom - high, "width": layout.cell - 1, "height": high}
            yield element("rect", **box, fill_opacity=str(WASH))
            if abs(weight) < FLOOR:
                continue
            colour, opacity = ink.colour(weight), focus_opacity(ink.strength(weight))
            yield element("rect", **box, class_=colour, fill_opacity=f"{opacity:.2f}")
            is_numbered = (
                ink.strength(weight) >= _NUMBERED_FROM and layout.cell >= _NUMBERED_WIDTH and head.head is not None
            )
            label = (
                format_cell(total, is_signed=scene.signs is not None)
                if len(heads) == 1
                else str(head.head)
                if is_numbered
                else ""
            )
            if label and not layout.inside:
                yield element(
                    "text",
                    label,
                    x=x + (layout.cell - 1) / 2,
                    y=bottom - high / 2 + 3.5,
                    font_size=11 if len(heads) == 1 else 9,
                    text_anchor="middle",
                    class_=readable_on_head(colour, opacity),
                )


def _speakers(side: Side, layout: Layout, x: float, *, towards: int) -> Iterator[str]:
    """Brackets beside what one speaker says, with its name; they open towards the tokens."""
    for run in runs_of(tuple(side)):
        yield _bracket(run, layout.row, x, towards)


def _bracket(run: Run, row: float, x: float, towards: int) -> str:
    top, bottom = run.first * row + 3, (run.last + 1) * row - 3
    # The name is read from top to bottom on either side.
    edge = x + (17 if towards > 0 else -17)
    middle = x + (8 if towards > 0 else -8)
    path = f"M{number(edge + 3 * towards)} {number(top)}h{-3 * towards}V{number(bottom)}h{3 * towards}"
    name = lettering.clip(run.role, bottom - top, 11)
    return element("path", d=path, fill="none", stroke="currentColor", stroke_opacity="0.5") + element(
        "text",
        words(name),
        transform=f"translate({number(middle - 4)} {number((top + bottom) / 2)}) rotate(90)",
        font_size=11,
        text_anchor="middle",
        fill_opacity=str(MUTED),
    )
