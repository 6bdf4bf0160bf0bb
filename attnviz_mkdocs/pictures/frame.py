"""What stands around a drawing in a picture: what is shown above it, and where the numbers are from below it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.format import format_error, format_token
from attnviz_mkdocs.pictures.notes import notes_of
from attnviz_mkdocs.pictures.ranking import statistics_line
from attnviz_mkdocs.pictures.readout import readouts
from attnviz_mkdocs.pictures.svg import element, group, number
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, HAIR, MUTED, head_class, rank_of, readable_on_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.pictures.drawing import Drawing
    from attnviz_mkdocs.pictures.scene import Scene

_FONT, _SMALL, _CAPTION = 13, 12, 14
_LINE, _FOOT = 26, 18
# Of a text as much is shown, in so many lines.
_LONGEST, _MOST_LINES = 300, 2
#: Between what is said above and the drawing, and between that and what is said below.
_BELOW_LINE, _ABOVE_FOOT = 16, 12
_GAP = 22
# The hues come again after ten heads: paths below a number, how wide they are, and their dashes.
_MARKS = (
    ("", 0, None),
    ("M{left} 21h{wide}", 2, "5 3"),
    ("M{left} 21h{wide}", 2, "2 2"),
    ("M{left} 20h{wide}M{left} 22h{wide}", 1, None),
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the line above a drawing."""

    width: float
    body: str
    gap: float


def framed(scenes: Sequence[Scene], drawing: Drawing) -> tuple[int, int, str]:
    """A drawing with all that is said above and below it: the height, where the drawing starts, and the elements."""
    scene, width = scenes[0], drawing.width
    parts: list[str] = []
    above = (
        _subject(scenes, width),
        _header(scene, width),
        _caption(scene.state.caption, width),
        _paragraph(" ".join(notes_of(scenes)), width, above=-6, after=12),
    )
    top = 0.0
    for height, body in (*above, (drawing.height, drawing.body), _foot(scenes, drawing)):
        parts.append(group(0, top, body))
        top += height
    return ceil(top), floor(sum(height for height, _ in above)), "".join(parts)


def _subject(scenes: Sequence[Scene], width: float) -> tuple[float, str]:
    """Whose attention it is, on which text."""
    exhibits = [part.exhibit for scene in scenes for part in scene.parts]
    models = dict.fromkeys(exhibit.provenance.model for exhibit in exhibits)
    shown = scenes[0].state.view == "text"
    read = [said for one in exhibits for said in (one.text, one.pair) if said is not None and not shown]
    texts = dict.fromkeys(f"“{format_token(' '.join(said.split()), _LONGEST)}”" for said in read)
    said = " and ".join(models) + (" on " if texts else "") + " and ".join(texts)
    lines = lettering.wrap(said, width, _FONT)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lettering.clip(" ".join(lines[_MOST_LINES - 1 :]), width, _FONT)]
    body = (element("text", words(line), y=14 + 18 * at, fill_opacity=str(MUTED)) for at, line in enumerate(lines))
    return 18 * len(lines) + 6, "".join(body)


def _header(scene: Scene, width: float) -> tuple[float, str]:
    x, line = 0.0, 0
    parts = []
    for piece in _pieces(scene):
        if x and x + piece.width > width:
            x, line = 0.0, line + 1
        parts.append(group(x, line * _LINE, piece.body))
        x += piece.width + piece.gap
    bottom = (line + 1) * _LINE + 8
    rule = element("rect", y=bottom, width=width, height=1, fill_opacity=str(HAIR))
    return bottom + 1 + _BELOW_LINE, "".join(parts) + rule


def _pieces(scene: Scene) -> Iterator[_Piece]:
    """What is shown, in the order of the browser's own line."""
    options = scene.state.options
    if len(scene.exhibit.attentions) > 1:
        yield _said(f"{scene.state.attention.capitalize()} attention")
    if scene.state.view == "model":
        yield _said(f"{len(scene.layers)} layers × {scene.heads} heads")
    elif scene.joins_layers:
        yield _said(scene.layer_name)
    else:
        yield _said("Layer", str(scene.state.layer))
    if scene.state.view in ("head", "text") and scene.joins_heads and len(scene.state.heads) > 1:
        yield _said(scene.chosen[0].name.capitalize())
    elif scene.state.view == "head":
        yield _said("Heads" if len(scene.state.heads) > 1 else "Head", gap=9)
        hues = () if scene.signs else scene.state.heads
        yield from (_tile(head, hues) for head in scene.state.heads)
    elif scene.state.view != "model":
        yield _said("Head", str(scene.state.head))
    if options.filter != "all":
        yield _said(options.filter.upper().replace("-", " → "))


def _said(muted: str, strong: str = "", gap: float = _GAP) -> _Piece:
    wide = lettering.width(muted, _FONT)
    parts = [element("text", words(muted), y=18, fill_opacity=str(MUTED))]
    if strong:
        parts.append(element("text", words(strong), x=wide + 7, y=18, font_weight="600"))
        wide += 7 + lettering.width(strong, _FONT, bold=True)
    return _Piece(wide, "".join(parts), gap)


def _tile(head: int, hues: Sequence[int]) -> _Piece:
    """A head's number on its colour, underlined if another of those that have hues has the same."""
    colour = head_class(head) if head in hues else ACCENT
    own = lettering.width(str(head), _SMALL)
    wide = max(26, own + 8)
    box = element("rect", y=1, width=wide, height=24, rx=3, class_=colour)
    name = element(
        "text",
        str(head),
        x=wide / 2,
        y=17.5,
        font_size=_SMALL,
        font_weight="600",
        text_anchor="middle",
        class_=readable_on_head(colour),
    )
    path, line, dashes = _MARKS[rank_of(head, hues)]
    under = element(
        "path",
        d=path.format(left=number((wide - own) / 2), wide=number(own)),
        stroke="currentColor",
        stroke_width=line,
        stroke_dasharray=dashes,
        class_=readable_on_head(colour),
    )
    return _Piece(wide, box + name + (under if path else ""), gap=3)


def _caption(caption: str | None, width: float) -> tuple[float, str]:
    """What the first step of a tour says."""
    if caption is None:
        return 0, ""
    lines = lettering.wrap(caption, width - 12, _CAPTION)
    bar = element("rect", width=2, height=20 * len(lines), class_=ACCENT)
    body = "".join(
        element("text", words(line), x=12, y=15 + 20 * at, font_size=_CAPTION) for at, line in enumerate(lines)
    )
    return 20 * len(lines) + 12, bar + body


def _paragraph(content: str, width: float, *, above: float = 0, after: float = 0) -> tuple[float, str]:
    lines = lettering.wrap(content, width, _SMALL)
    if not lines:
        return 0, ""
    body = (
        element("text", words(line), y=above + 12 + 17 * at, font_size=_SMALL, fill_opacity=str(MUTED))
        for at, line in enumerate(lines)
    )
    return above + 17 * len(lines) + after, "".join(body)


def _foot(scenes: Sequence[Scene], drawing: Drawing) -> tuple[float, str]:
    """What a reader must know of the drawing, and where the numbers are from."""
    made = scenes[0].exhibit.provenance
    error = max(attention.track.largest_error for attention in scenes[0].exhibit.attentions.values())
    about = f"{made.model} · {made.dtype} · error ≤ {format_error(error)}"
    room = drawing.width - lettering.width(about, _SMALL) - _GAP
    is_beside = room > drawing.width / 2
    said = _readout(scenes, room if is_beside else drawing.width)
    told = [
        line if len(scenes) == 1 else f"{scene.name}: {line}" for scene in scenes if (line := statistics_line(scene))
    ]
    notes = _paragraph(" · ".join(note for note in [drawing.note, *told] if note), room if is_beside else drawing.width)
    above = said[0] + notes[0]
    top = 0 if is_beside or not above else above
    source = element(
        "text",
        words(about),
        x=drawing.width if is_beside else 0,
        y=12,
        text_anchor="end" if is_beside else None,
        font_size=_SMALL,
        fill_opacity=str(MUTED),
    )
    body = said[1] + group(0, said[0], notes[1]) + group(0, top, source)
    return _ABOVE_FOOT + max(above, top + _FOOT), group(0, _ABOVE_FOOT, body)


def _readout(scenes: Sequence[Scene], width: float) -> tuple[float, str]:
    """What the tokens that the author chose have to do with the others."""
    lines = [line for said in readouts(scenes) for line in lettering.wrap(said, width, _FONT)]
    return 18 * len(lines), "".join(element("text", words(line), y=13 + 18 * at) for at, line in enumerate(lines))
