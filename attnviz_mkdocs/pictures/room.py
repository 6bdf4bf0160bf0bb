"""How high a view will be, before its browser has drawn it: room that is kept, so that nothing jumps when it comes.

`Room` adds up what frontend/src/frame/ and frontend/src/views/ put below one another, at some width; it is the only
place that must know. `style` turns that into CSS, which works it out from the width that the view has.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import bipartite, lettering, matrix, model, neuron
from attnviz_mkdocs.pictures import text as flowing
from attnviz_mkdocs.pictures.drawing import row_height
from attnviz_mkdocs.pictures.notes import notes_of
from attnviz_mkdocs.pictures.panes import NAME, pane_width, together
from attnviz_mkdocs.pictures.ranking import ranked_by, statistics_line
from attnviz_mkdocs.pictures.readout import readouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attnviz_mkdocs.neurons import Scores
    from attnviz_mkdocs.pictures.scene import Scene

# The frame's fonts, and how high their lines are.
_FONT, _SMALL, _CAPTION = 13, 12, 14
_LINE_HEIGHT = 1.4
_NARROW = 560
# Controls: their height, the gaps between them, and between the lines in which they stand.
_CONTROL, _TILE = 26, 24
_GAP, _ROW_GAP, _LINE_GAP = 22, 4, 6
_SWITCH_GAP, _NARROW_SWITCH_GAP = 12, 9
_TILE_GAP = 3
_NAME, _SLIDER, _BOLDER = 24 * 7.2, 110, 4
_BELOW_TOOLBAR = 8 + 1 + 16
_NOTES, _NOTES_WIDTH = 12 - 6, 100 * 6.7
_TOUR, _TOUR_GAP, _WAYS, _TOUR_WIDTH = 16 - 4, 24, 150, 80 * 7.8
_LEGEND, _LEGEND_LINE, _SCALE, _SCALE_WIDTH, _SPARE = 12, 19, 25, 120 + 16, 8
_FOOT, _FOOT_GAP, _FOOT_ROW_GAP, _WAY_GAP, _READOUT = 12, 20, 2, 16, 300
_SUMS, _SUMS_GAP = 12, 4
_STATISTICS, _TURN, _WIDER = 14, 150, 0.98

_TITLES = {"head": "Head", "model": "Model", "neuron": "Neuron", "matrix": "Matrix", "text": "Text"}
_OWN = {
    "model": ("Heads as", "lines", "heat map"),
    "neuron": ("Neurons by", "index", "token share", "head share"),
    "matrix": ("Scale", "to largest", "to 1"),
}
_HINTS = {
    "head": "Point at a token to see its links; click to pin it.",
    "model": "Each thumbnail is a head; click one to open it.",
    "neuron": "Point at a token or a neuron to read its numbers; click to open or pin it.",
    "text": "Point at a token to see what it gives or gets; click to pin it.",
    "matrix": "Rows are queries, columns keys; point at a cell for its weight, click to pin it.",
}

_SIGNED_LEGEND = (
    "square-root scale of this head; ends at q ±10.00, k ±10.00, q × k ±10.00; bars end at this query’s largest masked"
)
# What the browser adds to what is told of a neuron view's numbers.
_CHECK = (
    "✓ These numbers give the attention of the other views: over all tokens of this head, the largest difference is "
    "less than 0.0001, stated error 0.0025."
)

# Widths for which a height is worked out, and how much more room than needed is good enough.
_WIDTHS = range(240, 1441, 8)
_TOLERANCE = 20
# Fonts differ; so much is added to what is estimated.
_SLACK = 6


def style(scenes: tuple[Scene, ...], numbers: Scores | None = None) -> str:
    """Declarations for ``<attn-view>``: ``--attnviz-room``, a length, and ``--attnviz-touch`` where fingers need more.

    Args:
        scenes: What the view shows first.
        numbers: Of the neurons, for a neuron view.
    """
    room = as_css(Room(scenes, numbers, is_touched=False).height)
    rows = max(len(side) for scene in scenes for side in (scene.query, scene.key))
    if row_height(rows) == row_height(rows, is_touched=True):
        return f"--attnviz-room:{room}"
    return f"--attnviz-room:{room};--attnviz-touch:{as_css(Room(scenes, numbers, is_touched=True).height)}"


class Room:
    """How high a view will be.

    Args:
        scenes: What the view shows first.
        numbers: Of the neurons, for a neuron view.
        is_touched: Whether fingers touch it, for which rows are higher.
    """

    def __init__(self, scenes: tuple[Scene, ...], numbers: Scores | None = None, *, is_touched: bool = False) -> None:
        self._scenes = scenes
        self._scene = scene = scenes[0]
        self._numbers = numbers
        self._is_touched = is_touched
        self._notes = " ".join(notes_of(scenes))
        self._said = readouts(scenes) or [_HINTS[scene.state.view]]
        self._statistics = [f"▸ {line}" if line else "" for line in map(statistics_line, scenes)]
        self._sums = [] if numbers is None else neuron.said(scene, numbers)

    def height(self, width: float) -> float:
        """In pixels, at some width."""
        above = self._toolbar(width) + self._tour(width) + _paragraphs([self._notes], min(width, _NOTES_WIDTH), _SMALL)
        return above + (_NOTES if self._notes else 0) + self._drawing(width) + self._foot(width)

    def _toolbar(self, width: float) -> float:
        scene = self._scene
        state, attentions = scene.state, scene.exhibit.attentions
        titles = [title for name, title in _TITLES.items() if name != "neuron" or self._numbers is not None]
        what = [_switch(titles, width)]
        if any(part.name for part in self._scenes):
            names = [part.name for scene in self._scenes for part in scene.parts]
            what.append(_switch(["Both", "Difference", *(lettering.clip(name, _NAME, _FONT) for name in names)], width))
        if len(attentions) > 1:
            caption = [] if width < _NARROW else ["Attention"]
            what.append(_switch([*caption, *(name.capitalize() for name in attentions)], width))
        if state.view != "model" and not scene.joins_layers:
            widest = max(lettering.width(str(layer), _FONT, bold=True) for layer in scene.layers)
            what.append(lettering.width("Layer", _FONT) + 4 + 3 * 2 + 2 * _TILE + 12 + widest)
        if any({0, 1} <= {label.token.segment for label in side.labels} for side in (scene.query, scene.key)):
            what.append(lettering.width("All tokens", _FONT) + 24)
        what.append(lettering.width("Options ▾", _FONT))
        how = []
        if state.view == "model" and scene.signs is None:
            # By which statistic heads are sorted, and from which value on they are shown.
            by = lettering.width("Sort by layer and head", _FONT) + 30
            at_least = lettering.width("At least 0.00", _FONT) + _SLIDER if ranked_by(scene) else 0
            how.append(([by, at_least] if at_least else [by], _CONTROL, _ROW_GAP))
        if state.view != "model":
            tiles = [max(26, lettering.width(str(head), _SMALL) + 8) for head in range(scene.heads)]
            every = [6 + 26] if state.view in ("head", "text") or scene.joins_heads else []
            how.append(([lettering.width("Heads", _FONT), tiles[0] + 6, *tiles[1:], *every], _TILE, _TILE_GAP))
        if state.view in _OWN and (state.view != "model" or scene.signs is None):
            how.append(([_switch(_OWN[state.view], width)], _CONTROL, 0))
        first = _lines(what, width) * (_CONTROL + _ROW_GAP) - _ROW_GAP
        return first + _LINE_GAP + _flow(how, width) + _BELOW_TOOLBAR

    def _tour(self, width: float) -> float:
        caption = self._scene.state.caption
        if caption is None:
            return 0
        narrow = width < _NARROW
        room = min(_TOUR_WIDTH, width if narrow else width - _WAYS - _TOUR_GAP) - 12
        high = _paragraphs([caption], room, _CAPTION)
        return (high + _CONTROL + _ROW_GAP if narrow else max(high, _CONTROL)) + _TOUR

    def _drawing(self, width: float) -> float:
        own = pane_width(len(self._scenes), width)
        heights = [
            (NAME if scene.name else 0) + self._pane(scene, own) + self._below(said, own)
            for scene, said in zip(self._scenes, self._statistics, strict=True)
        ]
        return together(heights, width)

    @staticmethod
    def _below(statistics: str, width: float) -> float:
        return _STATISTICS + _paragraphs([statistics], width, _SMALL) if statistics else 0

    def _pane(self, scene: Scene, width: float) -> float:
        numbers, is_touched = self._numbers, self._is_touched
        match scene.state.view:
            case "matrix":
                # A font that is a little narrower may leave room for larger cells.
                layout = max((matrix.Layout.of(scene, width + more) for more in (0, _SPARE)), key=lambda of: of.height)
                return layout.height + _legend(_legend_of(scene), layout.width - layout.left)
            case "model":
                note = _SMALL * _LINE_HEIGHT if scene.unseen and scene.signs is None else 0
                return model.height(scene, width, is_touched=is_touched) + note + _legend(_legend_of(scene), width)
            case "neuron" if numbers is not None:
                sums = [*self._sums, _CHECK]
                below = _SUMS + _paragraphs(sums, width, _FONT) + _SUMS_GAP * (len(sums) - 1)
                table = neuron.height(scene, numbers, width, is_touched=is_touched)
                return table + _legend(_SIGNED_LEGEND, width) + below
            case "text":
                said = flowing.legend_of(scene)
                legend = _legend(said, width)
                if not scene.is_across and lettering.width(said, _SMALL) > width - _SCALE_WIDTH - _TURN:
                    legend += _CONTROL + _ROW_GAP
                # A font that is a little wider may need a line more.
                return flowing.height(scene, width * _WIDER) + legend
            case _:
                return bipartite.height(scene, is_touched=is_touched) + _legend(_legend_of(scene), width)

    def _foot(self, width: float) -> float:
        """What is looked at or to be done; beside it if there is room, or below it, ways to sources, table and menu."""
        made = [part.exhibit.provenance for scene in self._scenes for part in scene.parts]
        models = {(one.source, one.revision): one.model for one in made}.values()
        precision = "" if width < _NARROW else " · float32 · error ≤ 0.0021"
        ways = [f"{model}{precision} ▾" for model in models] + ["Table ▾", "Save & share ▾"]
        widths = [lettering.width(way, _SMALL) for way in ways]
        beside = width - sum(widths) - _WAY_GAP * (len(ways) - 1) - _FOOT_GAP
        if beside >= _READOUT:
            return _FOOT + max(_CONTROL, _paragraphs(self._said, beside, _FONT))
        below = _lines(widths, width, _WAY_GAP) * _CONTROL
        return _FOOT + _paragraphs(self._said, width, _FONT) + _FOOT_ROW_GAP + below


def _paragraphs(said: Sequence[str], width: float, size: float) -> float:
    return sum(len(lettering.wrap(paragraph, width, size)) for paragraph in said) * size * _LINE_HEIGHT


def _legend_of(scene: Scene) -> str:
    """What is said beside a scale; nothing where there is none."""
    if scene.signs is None:
        return f"square-root scale, of this picture {scene.unseen}" if scene.state.view == "matrix" else ""
    said = "" if scene.state.view == "head" else "square-root scale, the same for all heads"
    return f"{scene.signs.less} {scene.signs.more} {said} {scene.unseen}"


def _legend(said: str, width: float) -> float:
    """With its words beside the scale, or below it."""
    if not said:
        return _LEGEND
    if lettering.width(said, _SMALL) <= width - _SCALE_WIDTH:
        return _LEGEND + _SCALE
    return _LEGEND + _SCALE + len(lettering.wrap(said, width, _SMALL)) * _LEGEND_LINE


def _switch(titles: Sequence[str], width: float) -> float:
    gap = _NARROW_SWITCH_GAP if width < _NARROW else _SWITCH_GAP
    # One of them is bold.
    return sum(max(24, lettering.width(title, _FONT)) + gap for title in titles) - gap + _BOLDER


def _lines(items: Sequence[float], width: float, gap: float = _GAP) -> int:
    """In how many lines items stand that wrap."""
    lines, end = 1, 0.0
    for item in items:
        if end and end + gap + item > width:
            lines, end = lines + 1, item
        else:
            end += item + (gap if end else 0)
    return lines


def _flow(groups: Sequence[tuple[Sequence[float], float, float]], width: float) -> float:
    """How high groups of items are that wrap, and within which items wrap, in lines of that height and gap."""
    rows: list[float] = []
    end = 0.0
    for items, line, gap in groups:
        lines = _lines(items, width, gap or _GAP)
        high = lines * line + (lines - 1) * gap
        wide = min(width, sum(items) + (gap or _GAP) * (len(items) - 1))
        if rows and end + _GAP + wide <= width:
            rows[-1] = max(rows[-1], high)
            end += _GAP + wide
        else:
            rows.append(high)
            end = wide
    return sum(rows) + _ROW_GAP * max(0, len(rows) - 1)


def as_css(of_width: Callable[[float], float]) -> str:
    """A length that is at least so high at every width, and seldom much higher.

    It is a sum of slopes and steps, each at its part of the widths, in terms of ``100cqi``.
    """
    # Until the next width that is looked at, what is needed begins or ends with the most of it.
    needed = np.array([max(of_width(width), of_width(width + _WIDTHS.step - 1)) for width in _WIDTHS]) + _SLACK
    widths = np.array(_WIDTHS, float)
    terms: list[str] = []
    end = 0.0
    for first, last in _segments(widths, needed):
        slope, start = _line(widths[first : last + 1], needed[first : last + 1])
        # Of what is written, not of what was worked out: roundings would add up.
        slope, jump = round(slope, 4), ceil(start - end)
        if not terms:
            terms.append(f"{jump}px")
        elif jump:
            terms.append(_step(widths[first], jump))
        if slope:
            terms.append(f"{slope:g}*clamp(0px,100cqi - {widths[first]:.0f}px,{widths[last] - widths[first]:.0f}px)")
        end += jump + slope * (widths[last] - widths[first])
    return f"calc({' + '.join(terms)})"


def _step(width: float, jump: int) -> str:
    """What is added from a width on; where more is needed it comes in time, where less not too early."""
    if jump > 0:
        return f"clamp(0px,(100cqi - {width - _WIDTHS.step:.0f}px)*999,{jump}px)"
    return f"clamp({jump}px,({width:.0f}px - 100cqi)*999,0px)"


def _segments(widths: np.ndarray, needed: np.ndarray) -> Iterator[tuple[int, int]]:
    """Parts of the widths over which a line is good enough, each as long as can be."""
    first = 0
    while first < len(widths):
        last = first
        while last + 1 < len(widths) and _is_good(widths[first : last + 2], needed[first : last + 2]):
            last += 1
        yield first, last
        first = last + 1


def _line(widths: np.ndarray, needed: np.ndarray) -> tuple[float, float]:
    """Slope and start of a line that is never below what is needed, from each width to the next."""
    slope = (needed[-1] - needed[0]) / (widths[-1] - widths[0]) if len(widths) > 1 else 0.0
    ends = widths - widths[0] + (_WIDTHS.step if slope < 0 else 0)
    return float(slope), float((needed - slope * ends).max())


def _is_good(widths: np.ndarray, needed: np.ndarray) -> bool:
    slope, start = _line(widths, needed)
    return bool((start + slope * (widths - widths[0]) - needed).max() <= _TOLERANCE)
