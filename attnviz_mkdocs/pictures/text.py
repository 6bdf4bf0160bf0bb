"""The text itself, each token shaded by its attention; as in frontend/src/views/text/."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import Drawing
from attnviz_mkdocs.pictures.format import FLOOR, format_token
from attnviz_mkdocs.pictures.heatmap import scale_legend
from attnviz_mkdocs.pictures.svg import element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, HAIR, MUTED, ink_on_scale, shade_class, shade_place
from attnviz_mkdocs.pictures.tokens import is_right_to_left

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene, Side
    from attnviz_mkdocs.pictures.tokens import Label

_FONT, _SMALL, _LEGEND_FONT = 15, 12, 12
_LINE = 28.5
# Of the shade behind a token.
_HIGH, _RADIUS = 21, 3
_PARAGRAPH, _ROLE, _ROLE_INDENT, _TITLE = 8, 23, 12, 23
_LONGEST_LINE = 76 * 8.35
# Two texts stand beside one another where there is room for both.
_LEAST_COLUMN, _COLUMN_GAP, _ROW_GAP = 300, 36, 12
_ABOVE_LEGEND = 12
_BADGE_PAD, _BADGE_HEIGHT, _BADGE_RADIUS = 5, 17, 5
# On either side.
_BADGE_MARGIN = 3
_BREAK = "↵"
_SPACES = " \n\t␣↵⇥"


@dataclass(frozen=True, slots=True)
class _Box:
    """A token in its line."""

    index: int
    label: Label
    left: float
    line: int
    width: float


@dataclass(frozen=True, slots=True)
class _Look:
    """How tokens look: the weights of those that are shaded, where shades end, and which are outlined."""

    weights: dict[int, float | None]
    largest: float
    outlined: set[int]
    is_signed: bool
    error: float


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What one speaker says, or one text of a pair: its tokens where they stand, and how many lines there are."""

    role: str | None
    boxes: tuple[_Box, ...]
    lines: int
    room: float
    is_mirrored: bool

    @property
    def height(self) -> float:
        return self.lines * _LINE + (_ROLE if self.role is not None else 0)


def height(scene: Scene, width: float) -> float:
    """How high the text is at some width, without its legend."""
    columns, own = _columns(scene, width)
    heights = [(_TITLE if name else 0) + _height(_flow(side, own)) for name, side in _texts(scene)]
    return max(heights) if columns > 1 else sum(heights) + _ROW_GAP * (len(heights) - 1)


def flowing(stage: Stage) -> Drawing:
    """The text that is looked at and, if that is another, the one that looks."""
    scene = stage.scene
    largest = max(FLOOR, *(abs(weight or 0) for other in stage.scenes for weight in _shades(other)[1].values()))
    shaded, weights = _shades(scene)
    columns, own = _columns(scene, stage.width)
    parts: list[str] = []
    left = top = 0.0
    for name, side in _texts(scene):
        above = _TITLE if name else 0
        title = _muted(getattr(scene.attention, name), 0) if name else ""
        paragraphs = _flow(side, own)
        looks = _Look(
            weights=weights if name in ("", shaded) else {},
            largest=largest,
            outlined=_outlined(scene, name),
            is_signed=scene.signs is not None,
            error=0 if scene.signs is None else scene.signs.error,
        )
        parts.append(group(left, top, title, group(0, above, *_written(paragraphs, looks))))
        if columns > 1:
            left += own + _COLUMN_GAP
        else:
            top += above + _height(paragraphs) + _ROW_GAP
    high = height(scene, stage.width)
    below = scale_legend(largest, legend_of(scene), stage, masked=False, room=stage.width)
    parts.append(group(0, high + _ABOVE_LEGEND, below.body))
    return Drawing(stage.width, high + _ABOVE_LEGEND + below.height, "".join(parts))


def _muted(said: str, left: float) -> str:
    return element("text", words(said), x=left, y=15, font_size=_SMALL, fill_opacity=str(MUTED))


def legend_of(scene: Scene) -> str:
    """What the text is shaded by."""
    looking, looked_at = scene.query.pinned, scene.key.pinned
    many = len(looking or looked_at) > 1
    said = "what a token gets, on average from those that may see it"
    if looking or looked_at:
        verb = "give" if looking else "get"
        said = f"what the outlined token{'s' if many else ''} {verb}{' in sum' if many else 's'}"
    grey = f"; grey: {scene.unseen}" if None in _shades(scene)[1].values() else ""
    return f"square-root scale, {said}{grey}"


def _shades(scene: Scene) -> tuple[str, dict[int, float | None]]:
    """The side whose tokens are shaded, and the weight of each; none where it is masked.

    With chosen tokens, it is what those give to each key, or what each query gives to them, in sum; without, what each
    key gets, on average over the queries that may see it.
    """
    shown = scene.chosen[0]
    looking, looked_at = list(scene.query.pinned), list(scene.key.pinned)
    name = "key" if looking or not looked_at else "query"
    axis, others = (0, looking) if name == "key" else (1, looked_at)
    weights, masked = shown.weights, shown.masked
    if others:
        weights, masked = weights.take(others, axis), masked.take(others, axis)
    seen = (~masked).sum(axis=axis)
    sums = np.where(masked, 0, weights).sum(axis=axis) / (1 if others else np.maximum(seen, 1))
    tokens = (scene.key if name == "key" else scene.query).shown
    return name, {
        token: float(weight) if count else None for token, weight, count in zip(tokens, sums, seen, strict=True)
    }


def _outlined(scene: Scene, name: str) -> set[int]:
    """The chosen tokens of one text, or of the one that there is."""
    sides = {"query": [scene.query], "key": [scene.key]}.get(name, [scene.query, scene.key])
    return {side.shown[place] for side in sides for place in side.pinned}


@lru_cache(8)
def _texts(scene: Scene) -> list[tuple[str, Side]]:
    """The texts that are shown, with the sides that they are; without a side for one that looks at itself."""
    if scene.is_across:
        return [("query", scene.query), ("key", scene.key)]
    # A filter may leave one half to look and the other to be looked at.
    both = tuple(sorted({*scene.query.shown, *scene.key.shown}))
    return [("", replace(scene.key, shown=both, pinned=()))]


def _columns(scene: Scene, width: float) -> tuple[int, float]:
    """How many texts stand beside one another, and how wide each is."""
    if scene.is_across and width >= 2 * _LEAST_COLUMN + _COLUMN_GAP:
        return 2, (width - _COLUMN_GAP) / 2
    return 1, width


def _height(paragraphs: Sequence[_Paragraph]) -> float:
    return sum(paragraph.height for paragraph in paragraphs) + _PARAGRAPH * max(0, len(paragraphs) - 1)


def _flow(side: Side, width: float) -> list[_Paragraph]:
    """The tokens in paragraphs, and those in lines that are no wider than there is room."""
    paragraphs = []
    for role, words_, mirrored in _read(side):
        room = min(width, _LONGEST_LINE) - (0 if role is None else _ROLE_INDENT)
        boxes = _in_lines(words_, room)
        paragraphs.append(_Paragraph(role, boxes, boxes[-1].line + 1, room, mirrored))
    return paragraphs


@dataclass(frozen=True, slots=True)
class _Word:
    """Tokens between which no line breaks, with their widths, and what stands before them."""

    tokens: tuple[tuple[int, Label, float], ...]
    width: float
    breaks: int
    space: float


@lru_cache(8)
def _read(side: Side) -> list[tuple[str | None, list[_Word], bool]]:
    """What each speaker says, or each text of a pair, word by word, and whether it runs from right to left."""
    read = []
    first = 0
    for place in range(1, len(side) + 1):
        token = side[first].token
        if place < len(side) and (side[place].token.role, side[place].token.segment) == (token.role, token.segment):
            continue
        own = [(side.shown[at], side[at]) for at in range(first, place)]
        read.append((token.role, list(_words(own)), is_right_to_left([label.token for _, label in own])))
        first = place
    return read


def _words(tokens: Sequence[tuple[int, Label]]) -> Iterator[_Word]:
    word: list[tuple[int, Label]] = []
    for index, label in tokens:
        is_apart = label.before.strip() != label.before or label.token.special or label.text[:1] in _SPACES
        if word and (is_apart or word[-1][1].token.special or _is_wide(label.text[0])):
            yield _measured(word)
            word = []
        word.append((index, label))
    yield _measured(word)


def _measured(word: Sequence[tuple[int, Label]]) -> _Word:
    tokens = tuple((index, label, _width(label)) for index, label in word)
    before = word[0][1].before
    space = lettering.width(before.rpartition("\n")[2], _FONT)
    return _Word(tokens, sum(width for *_, width in tokens), before.count("\n"), space)


def _in_lines(words_: Sequence[_Word], room: float) -> tuple[_Box, ...]:
    """Words one after the other; they are not broken unless they are wider than a line."""
    boxes: list[_Box] = []
    left, line = 0.0, 0
    for word in words_:
        if word.breaks:
            left, line = 0.0, line + word.breaks
        left += word.space
        if left + word.width > room and boxes and left:
            left, line = 0.0, line + 1
        for index, label, width in word.tokens:
            if left + width > room and left:
                left, line = 0.0, line + 1
            boxes.append(_Box(index, label, left, line, width))
            left += width
            breaks = label.token.label.count("\n")
            if breaks:
                left, line = 0.0, line + breaks
    return tuple(boxes)


def _is_wide(letter: str) -> bool:
    """Whether a line may break before it, as before Chinese and Japanese signs."""
    return unicodedata.east_asian_width(letter) in "WF"


def _width(label: Label) -> float:
    if label.token.special:
        return lettering.width(label.text, _SMALL) + 2 * (_BADGE_PAD + _BADGE_MARGIN)
    return lettering.width(_shown(label), _FONT)


def _shown(label: Label) -> str:
    """A token as it stands in its text."""
    written = label.token.label
    if written.isspace():
        return _BREAK if "\n" in written else written
    return label.text


def _written(paragraphs: Sequence[_Paragraph], look: _Look) -> Iterator[str]:
    top = 0.0
    for paragraph in paragraphs:
        above, left = (0, 0) if paragraph.role is None else (_ROLE, _ROLE_INDENT)
        parts = []
        if paragraph.role is not None:
            role = format_token(paragraph.role)
            parts.append(element("rect", width=2, height=paragraph.height, fill_opacity=str(HAIR)))
            parts.append(_muted(role, left))
        boxes = []
        for box in paragraph.boxes:
            # What runs from right to left begins at the right.
            x = paragraph.room - box.left - box.width if paragraph.is_mirrored else box.left
            boxes.append(group(x, box.line * _LINE, *_token(box, look)))
        parts.append(group(left, above, *boxes))
        yield group(0, top, *parts)
        top += paragraph.height + _PARAGRAPH


def _token(box: _Box, look: _Look) -> Iterator[str]:
    """A token at the start of its line: its shade, its letters, and what is special about it."""
    weight = look.weights.get(box.index)
    share = 0.0 if weight is None or abs(weight) <= look.error else weight / look.largest
    middle = _LINE / 2
    is_special = box.label.token.special
    left, high, radius = (_BADGE_MARGIN, _BADGE_HEIGHT, _BADGE_RADIUS) if is_special else (0, _HIGH, _RADIUS)
    wide = box.width - 2 * left
    frame = {"x": left, "y": middle - high / 2, "width": wide, "height": high, "rx": radius}
    if share:
        place = shade_place(share, is_signed=look.is_signed)
        yield element("rect", **frame, class_=shade_class(place))
    if is_special:
        yield element("rect", **frame, fill="none", stroke="currentColor", stroke_opacity="0.35")
    if box.index in look.outlined:
        around = {**frame, "x": left - 1, "y": frame["y"] - 1, "width": wide + 2, "height": high + 2}
        yield element("rect", **around, fill="none", class_=ACCENT, stroke="currentColor", stroke_width=2)
    is_unseen = box.index in look.weights and weight is None
    shown = box.label.text if is_special else _shown(box.label)
    if shown.strip():
        yield element(
            "text",
            words(shown),
            x=left + _BADGE_PAD if is_special else 0,
            y=middle + 0.35 * (_SMALL if is_special else _FONT),
            font_size=_SMALL if is_special else _FONT,
            class_=ink_on_scale(share, signed=look.is_signed) if share else None,
            fill_opacity=str(MUTED) if is_unseen else "0.6" if shown == _BREAK else None,
            # Shades are as wide as fonts commonly are; in any font, letters stay in theirs.
            textLength=lettering.width(shown, _SMALL if is_special else _FONT),
            lengthAdjust="spacingAndGlyphs",
        )
    if box.label.token.generated and shown.strip():
        line = f"M0 {middle + 11:.0f}h{wide:.0f}"
        yield element("path", d=line, stroke="currentColor", stroke_width=1.5, stroke_dasharray="1.5 1.5")
