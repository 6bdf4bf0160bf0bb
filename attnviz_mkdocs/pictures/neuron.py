"""One query against all keys, neuron by neuron; as in frontend/src/views/neuron/."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.analysis import HeadScores
from attnviz_mkdocs.pictures import lettering
from attnviz_mkdocs.pictures.drawing import SMALLER, Drawing, badge, row_height
from attnviz_mkdocs.pictures.format import (
    MASKED,
    format_aligned,
    format_error,
    format_factor,
    format_number,
    format_percent,
    format_share,
)
from attnviz_mkdocs.pictures.heatmap import COLOURS, images, legend, shades
from attnviz_mkdocs.pictures.scene import Signs
from attnviz_mkdocs.pictures.svg import element, group
from attnviz_mkdocs.pictures.svg import text as words
from attnviz_mkdocs.pictures.theme import ACCENT, HAIR, MUTED, NEGATIVE, POSITIVE, signed_scale
from attnviz_mkdocs.pictures.tokens import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from attnviz_mkdocs.neurons import Scores
    from attnviz_mkdocs.pictures.drawing import Stage
    from attnviz_mkdocs.pictures.scene import Scene
    from attnviz_mkdocs.pictures.theme import Theme

# Neurons are this wide; narrower ones are stacked instead, so that they can be told apart.
_LEAST_CELL, _MOST_CELL, _WHOLE_FROM, _SPACED = 2, 14, 3, 6
# Widths of the columns of numbers, and the gaps between them.
_WIDE = {"score": 104, "bias": 48, "weight": 104, "gap": 26}
_NARROW = {"score": 72, "bias": 46, "weight": 72, "gap": 18}
_NARROWEST = {"score": 62, "bias": 40, "weight": 58, "gap": 14}
_ROOMY_WIDE, _ROOMY_NARROW = 560, 340
_TIMES, _LABEL_PAD = 60, 10
# Of a stacked row: the line of text, then the key's strip and the product's.
_STACK_PITCH, _STACK_LINE = 52, 24
_STACK_KEY, _STACK_PRODUCT = (24, 6), (31, 12)
# Between the strips of two rows.
_APART = 4
# Room for a number, and between it and its bar; height of a bar.
_NUMBER, _NUMBER_GAP, _BAR = 46, 7, 8
_TITLE, _HEADINGS, _ABOVE_LEGEND = 26, 43, 12
_VECTOR, _THIN_VECTOR, _MANY_HEADS, _AROUND_VECTOR, _VECTOR_NAME = 16, 8, 9, 8, 16
# Numbers of either sign, of which none comes from rounding alone.
_SIGNS = Signs("positive", "negative", error=0)
# As many neurons are named; smaller differences are not told.
_NAMED, _UNSEEN_DIFFERENCE = 5, 5e-5
_FONT, _SMALL = 13, 12
_FADED = "0.55"


@dataclass(frozen=True, slots=True)
class Span:
    """A column: its left edge and its width."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts are, in pixels.

    Attributes:
        pitch: Height of a key's row.
        line: Middle of the label and the numbers, from the top of a row.
        stacked: Whether the strips lie below the label and the numbers, for want of room beside them.
        cell: Width of a neuron.
        label: Of the keys.
        key: Strips of the keys.
        product: Strips of the products.
        score: Numbers and bars.
        bias: Numbers.
        weight: Numbers and bars.
        key_band: Top and height of a key's strip in its row.
        product_band: Likewise.
        width: Of all.
    """

    pitch: float
    line: float
    stacked: bool
    cell: float
    label: Span
    key: Span
    product: Span
    score: Span
    bias: Span | None
    weight: Span
    key_band: tuple[float, float]
    product_band: tuple[float, float]
    width: float

    @classmethod
    def of(cls, scene: Scene, numbers: Scores, width: float, *, is_touched: bool) -> Layout:
        """Of a head's neurons where there is so much room."""
        neurons, has_bias = numbers.queries.shape[-1], numbers.bias is not None
        widest = max((lettering.width(label.text, _FONT) for label in scene.key.labels), default=0) * 1.05 + 12
        label = ceil(min(widest, width * 0.2))
        pitch = row_height(len(scene.key), is_touched=is_touched)
        room = width - label - _LABEL_PAD - _TIMES - _WIDE["gap"] - _columns(_WIDE, has_bias=has_bias)
        cell = _cell(room / 2, neurons)
        if cell < _LEAST_CELL:
            return cls._stacked(neurons, width, has_bias=has_bias)
        key = Span(label + _LABEL_PAD, cell * neurons)
        product = Span(key.right + _TIMES, cell * neurons)
        band = (_APART / 2, pitch - _APART)
        score, bias, weight = _placed(product.right + _WIDE["gap"], _WIDE, has_bias=has_bias)
        return cls(
            pitch=pitch,
            line=pitch / 2,
            stacked=False,
            cell=cell,
            label=Span(0, label),
            key=key,
            product=product,
            score=score,
            bias=bias,
            weight=weight,
            key_band=band,
            product_band=band,
            width=weight.right,
        )

    @classmethod
    def _stacked(cls, neurons: int, width: float, *, has_bias: bool) -> Layout:
        sizes = _WIDE if width >= _ROOMY_WIDE else _NARROW if width >= _ROOMY_NARROW or not has_bias else _NARROWEST
        cell = _cell(width, neurons)
        strip = Span(0, cell * neurons)
        label = Span(0, width - _columns(sizes, has_bias=has_bias) - sizes["gap"])
        score, bias, weight = _placed(label.right + sizes["gap"], sizes, has_bias=has_bias)
        return cls(
            pitch=_STACK_PITCH,
            line=_STACK_LINE / 2,
            stacked=True,
            cell=cell,
            label=label,
            key=strip,
            product=strip,
            score=score,
            bias=bias,
            weight=weight,
            key_band=_STACK_KEY,
            product_band=_STACK_PRODUCT,
            width=width,
        )


def _columns(sizes: dict[str, int], *, has_bias: bool) -> int:
    own = sizes["score"] + sizes["gap"] + sizes["weight"]
    return own + (sizes["bias"] + sizes["gap"] if has_bias else 0)


def _placed(left: float, sizes: dict[str, int], *, has_bias: bool) -> tuple[Span, Span | None, Span]:
    score = Span(left, sizes["score"])
    bias = Span(score.right + sizes["gap"], sizes["bias"]) if has_bias else None
    return score, bias, Span((bias or score).right + sizes["gap"], sizes["weight"])


def _cell(room: float, neurons: int) -> float:
    """A whole number of halves of pixels where that doesn't waste much."""
    cell = min(_MOST_CELL, room / neurons)
    return cell if cell < _WHOLE_FROM else floor(2 * cell) / 2


@dataclass(frozen=True, eq=False, slots=True)
class _Opened:
    """One query of one head, and what comes of its numbers."""

    head: HeadScores
    #: Its index among all tokens that look, and those of the shown keys among all keys.
    query: int
    keys: list[int]
    #: Neurons from left to right.
    order: NDArray[np.intp]
    #: Vectors of the heads that read the same keys, by their numbers.
    vectors: dict[int, NDArray[np.floating]]
    number: int
    softcap: float
    has_bias: bool

    @property
    def is_masked(self) -> NDArray[np.bool_]:
        return ~np.isfinite(self.head.scores[self.query, self.keys])


def neuron(stage: Stage, numbers: Scores) -> Drawing:
    """One query of the head that is shown, against all keys."""
    scene, width, theme = stage.scene, stage.width, stage.theme
    opened = _open(scene, numbers)
    layout = Layout.of(scene, numbers, width, is_touched=stage.is_touched)
    table = layout.pitch * len(scene.key)
    parts = [element("defs", *_masks(opened, layout, table))]
    top = 0.0
    for high, body in (
        _title(scene, opened, layout),
        _vectors(opened, layout, theme),
        _headings(opened, layout),
        (table, _table(scene, opened, layout, theme)),
    ):
        parts.append(group(0, top, body))
        top += high
    legend = _legend(opened, theme, width)
    parts.append(group(0, top + _ABOVE_LEGEND, legend.body))
    return Drawing(
        width,
        top + _ABOVE_LEGEND + legend.height,
        "".join(parts),
        " ".join(_said(scene, opened, numbers.largest_error)),
    )


def height(scene: Scene, numbers: Scores, width: float, *, is_touched: bool) -> float:
    """How high the drawing is at some width, without its legend."""
    layout = Layout.of(scene, numbers, width, is_touched=is_touched)
    heads = numbers.queries.shape[1] // numbers.keys.shape[1]
    _, vector, _ = _vector_heights(heads, stacked=layout.stacked)
    return float(_TITLE + heads * vector + _HEADINGS + layout.pitch * len(scene.key))


def told(scene: Scene, numbers: Scores) -> list[str]:
    """How the largest weight comes about, and which neurons tell the keys apart."""
    opened = _open(scene, numbers)
    return [] if opened.is_masked.all() else [_sum(scene, opened), _drivers(scene, opened)]


def said(scene: Scene, numbers: Scores) -> list[str]:
    """What stands below the drawing, in paragraphs."""
    return _said(scene, _open(scene, numbers), numbers.largest_error)


def _said(scene: Scene, opened: _Opened, error: float) -> list[str]:
    if opened.is_masked.all():
        return []
    drivers = _drivers(scene, opened)
    return [f"{_sum(scene, opened)}. {_compared(scene, opened, error)}", f"{drivers[0].upper()}{drivers[1:]}."]


def _strongest(opened: _Opened) -> int:
    """The key that gets most, its index among all keys."""
    return opened.keys[int(opened.head.weights[opened.query, opened.keys].argmax())]


def _sum(scene: Scene, opened: _Opened) -> str:
    """How the largest weight comes about."""
    head, query, best = opened.head, opened.query, _strongest(opened)
    dot, scale = float(head.queries[query] @ head.keys[best]), head.scale
    capped, score, weight = (float(of[query, best]) for of in (head.capped, head.scores, head.weights))
    said = f"q·k {format_number(dot)} × {format_factor(scale)} = {format_number(scale * dot)}"
    if opened.softcap:
        said += f", kept within ±{format_factor(opened.softcap)}: {format_number(capped)}"
    if opened.has_bias:
        said += f" {'−' if score < capped else '+'} bias {format_number(abs(score - capped))} = {format_number(score)}"
    pair = f"{scene.query.labels[query].name} → {scene.key.labels[best].name}"
    return f"{pair}: {said} → softmax {weight:.3f}"


def _compared(scene: Scene, opened: _Opened, error: float) -> str:
    """Whether the largest weight is the one that the other views show."""
    query, best = opened.query, _strongest(opened)
    place = scene.query.shown.index(query), scene.key.shown.index(best)
    shown = float(scene.of_heads((opened.number,))[0].weights[place])
    stated = error + scene.attention.track.largest_error
    difference = abs(float(opened.head.weights[query, best]) - shown)
    size = "less than 0.0001" if difference < _UNSEEN_DIFFERENCE else f"{difference:.4f}"
    return f"The other views show {shown:.3f}; difference {size}, stated error {format_error(stated)}."


def _drivers(scene: Scene, opened: _Opened) -> str:
    """The neurons that carry most of what tells the keys apart."""
    by_token = scene.state.options.order == "token"
    where = f"for {scene.query.labels[opened.query].name}" if by_token else "in this head"
    shares = opened.head.shares([opened.query] if by_token else None)
    strongest = [int(at) for at in np.argsort(-shares, kind="stable")[:_NAMED] if shares[at] > 0]
    if not strongest:
        return f"no neuron tells the keys apart {where}"
    named = ", ".join(f"{at} ({format_percent(float(shares[at]))})" for at in strongest)
    carried = float(shares[strongest].sum())
    # Shares sum to 1, and some may be negative: then the strongest alone have more than all.
    if carried > 1:
        rest = format_percent(1 - carried)
        return f"neurons {named} lead in what tells the keys apart {where}; the others work against it ({rest})"
    return f"neurons {named} carry {format_percent(carried)} of what tells the keys apart {where}"


# The drawings of either width, the words and the room all ask for it.
@lru_cache(1)
def _open(scene: Scene, numbers: Scores) -> _Opened:
    layer = scene.layers.index(scene.state.layer)
    head = scene.state.head
    scores = HeadScores.of(numbers, layer, head, scene.captured_layer.masked()[0, head])
    query = scene.query.shown[_place_of_query(scene)]
    by = scene.state.options.order
    shares = scores.shares([query] if by == "token" else None)
    order = np.arange(len(shares)) if by == "index" else np.argsort(-shares, kind="stable")
    shared = len(numbers.queries[layer]) // len(numbers.keys[layer])
    first = head // shared * shared
    vectors = {other: numbers.queries[layer, other, query] for other in range(first, first + shared)}
    softcap = 0.0 if numbers.softcap is None else float(numbers.softcap[layer])
    has_bias = numbers.bias is not None
    return _Opened(scores, query, list(scene.key.shown), order, vectors, head, softcap, has_bias)


def _place_of_query(scene: Scene) -> int:
    """The author's query, or else the last word, or else the last that stands for something in the text."""
    if scene.query.pinned:
        return scene.query.pinned[0]
    tokens = [label.token for label in scene.query]
    words_ = [place for place, token in enumerate(tokens) if is_word(token)]
    plain = [place for place, token in enumerate(tokens) if not token.special]
    return (words_ or plain or [len(tokens) - 1])[-1]


def _title(scene: Scene, opened: _Opened, layout: Layout) -> tuple[float, str]:
    """Which query it is, where the browser has a chooser."""
    left = 0 if layout.stacked else layout.product.left
    name = scene.query.labels[opened.query].text
    return _TITLE, group(
        left,
        17,
        element("text", "q", font_weight="600"),
        element("text", "query", x=14, fill_opacity=str(MUTED)),
        element("text", words(name), x=54, font_weight="600"),
    )


def _vectors(opened: _Opened, layout: Layout, theme: Theme) -> tuple[float, str]:
    """The query's vector, and those of the other heads that read the same keys."""
    high, step, named = _vector_heights(len(opened.vectors), stacked=layout.stacked)
    parts = []
    for place, (head, vector) in enumerate(opened.vectors.items()):
        chosen = head == opened.number
        largest = float(np.abs(opened.head.queries).max()) if chosen else float(np.abs(vector).max())
        strip = images(
            shades(vector[opened.order][None], largest or 1, _SIGNS),
            lambda scheme: signed_scale(scheme, COLOURS),
            theme,
            width=layout.product.width,
            height=high,
            image_rendering="pixelated",
            opacity=None if chosen else _FADED,
        )
        top = place * step + _AROUND_VECTOR / 2
        parts.append(group(layout.product.left, top + named, *strip))
        if len(opened.vectors) > 1:
            name = element(
                "text",
                f"head {head}",
                y=named - 4 if layout.stacked else high / 2 + 4,
                font_size=_SMALL,
                text_anchor=None if layout.stacked else "end",
                class_=ACCENT if chosen else None,
                font_weight="600" if chosen else None,
                fill_opacity=None if chosen else str(MUTED),
            )
            parts.append(group(0 if layout.stacked else layout.product.left - 10, top, name))
    return step * len(opened.vectors), "".join(parts)


def _vector_heights(vectors: int, *, stacked: bool) -> tuple[int, int, int]:
    """Of so many vectors the height of a strip, of all that belongs to it, and of its name above it."""
    high = _VECTOR if vectors < _MANY_HEADS else _THIN_VECTOR
    named = _VECTOR_NAME if stacked and vectors > 1 else 0
    return high, high + _AROUND_VECTOR + named, named


def _headings(opened: _Opened, layout: Layout) -> tuple[float, str]:
    """The names of the columns, and between them the signs that make them an equation."""
    several = len(opened.vectors) > 1
    heads = list(opened.vectors)
    key_head = opened.number // len(heads)
    whose = f"key head {key_head} of heads {heads[0]}–{heads[-1]}" if several else "key"
    shared = f"key head {key_head}, shared" if several else "key"
    score = "score" if not opened.softcap else f"within ±{format_factor(opened.softcap)}"
    columns = [
        *([(layout.label, "k, q × k", shared)] if layout.stacked else _strips(layout, whose)),
        (layout.score, f"Σ × {format_factor(opened.head.scale)}", score),
        *([(layout.bias, "bias", "added")] if layout.bias else []),
        (layout.weight, "softmax", "weight"),
    ]
    before = layout.label if layout.stacked else layout.product
    signs = [(before, layout.score, "→")]
    signs += [(layout.score, layout.bias, "+")] if layout.bias else []
    signs += [(layout.bias or layout.score, layout.weight, "→")]
    signs += [] if layout.stacked else [(layout.key, layout.product, "× q =")]
    parts = [
        element("text", words(lettering.clip(bold, span.width, _FONT)), x=span.left, y=16, font_weight="600")
        + element(
            "text",
            words(lettering.clip(name, span.width, _SMALL)),
            x=span.left,
            y=33,
            font_size=_SMALL,
            fill_opacity=str(MUTED),
        )
        for span, bold, name in columns
    ]
    parts += [
        element("text", words(sign), x=(left.right + right.left) / 2, y=16, text_anchor="middle")
        for left, right, sign in signs
    ]
    rule = element("rect", y=_HEADINGS - 1, width=layout.width, height=1, fill_opacity=str(HAIR))
    return _HEADINGS, "".join([*parts, rule])


def _strips(layout: Layout, whose: str) -> list[tuple[Span, str, str]]:
    return [(layout.key, "k", whose), (layout.product, "q × k", "product")]


def _masks(opened: _Opened, layout: Layout, high: float) -> Iterator[str]:
    """What sets strips and their cells apart, as ``url(#keys)`` and ``url(#products)``: only what is seen is shown."""
    gap = 1 if layout.cell >= _SPACED else 0
    for name, (top, tall) in (("keys", layout.key_band), ("products", layout.product_band)):
        cell = element("rect", y=top, width=layout.cell - gap, height=tall, fill="#fff")
        yield element(
            "pattern",
            cell,
            id=f"cell-{name}",
            width=layout.cell,
            height=layout.pitch,
            patternUnits="userSpaceOnUse",
        )
        # Keys that are masked are faint, and their products are not there.
        shown = [
            element(
                "rect",
                y=place * layout.pitch,
                width=layout.product.width,
                height=layout.pitch,
                fill=f"url(#cell-{name})",
                opacity="0.3" if masked else None,
            )
            for place, masked in enumerate(opened.is_masked)
            if not masked or name == "keys"
        ]
        box = {"x": 0, "y": 0, "width": layout.product.width, "height": high}
        yield element("mask", *shown, id=name, maskUnits="userSpaceOnUse", **box)


def _table(scene: Scene, opened: _Opened, layout: Layout, theme: Theme) -> str:
    head = opened.head
    keys = head.keys[opened.keys][:, opened.order]
    query = head.queries[opened.query][opened.order]
    most = np.abs(head.queries).max(axis=0) * np.abs(head.keys).max(axis=0)
    strips = [
        (keys, float(np.abs(head.keys).max()), layout.key, "keys"),
        (keys * query, float(most.max()), layout.product, "products"),
    ]
    parts = []
    for values, largest, span, mask in strips:
        drawn = images(
            shades(values, largest or 1, _SIGNS),
            lambda scheme: signed_scale(scheme, COLOURS),
            theme,
            width=span.width,
            height=layout.pitch * len(keys),
            image_rendering="pixelated",
            # The border between two colours falls somewhere near; between cells nobody sees it.
            transform="translate(-.5 0)" if layout.cell >= _SPACED else None,
        )
        parts.append(group(span.left, 0, element("g", *drawn, mask=f"url(#{mask})")))
    parts += _labels(scene, opened, layout)
    parts += _numbers(opened, layout)
    return "".join(parts)


def _labels(scene: Scene, opened: _Opened, layout: Layout) -> Iterator[str]:
    row = 2 * layout.line
    size = min(14, row - 3.5)
    x, anchor = (0.0, None) if layout.stacked else (layout.label.right, "end")
    for place, (label, masked) in enumerate(zip(scene.key, opened.is_masked, strict=True)):
        middle = place * layout.pitch + layout.line
        pinned = place in scene.key.pinned[:1]
        if label.token.special:
            yield badge(
                label.text, x, middle, row=row, room=layout.label.width, anchor=anchor, chosen=pinned, is_unseen=masked
            )
            continue
        font = size * (SMALLER if masked else 1)
        yield element(
            "text",
            words(lettering.clip(label.text, layout.label.width, font)),
            x=x,
            y=middle + 0.35 * font,
            font_size=font,
            text_anchor=anchor,
            class_=ACCENT if pinned else None,
            font_weight="600" if pinned else None,
            fill_opacity=str(MUTED) if masked else None,
        )


def _numbers(opened: _Opened, layout: Layout) -> Iterator[str]:
    """What the strips come to: the score, the bias, the weight."""
    head, keys, masked = opened.head, opened.keys, opened.is_masked
    capped, weights = head.capped[opened.query, keys], head.weights[opened.query, keys]
    seen = capped[~masked]
    least, most = min(0.0, float(seen.min(initial=0))), max(0.0, float(seen.max(initial=0)))
    biases = np.where(masked, 0, head.scores[opened.query, keys]) - np.where(masked, 0, capped)
    largest_bias = float(np.abs(biases).max(initial=0))
    for place in range(len(keys)):
        top = place * layout.pitch
        middle = top + layout.line
        if masked[place]:
            band_top, band_height = layout.product_band
            yield element(
                "rect",
                x=layout.product.left,
                y=top + band_top,
                width=layout.product.width,
                height=band_height,
                fill="url(#hatch)",
            )
            # Rows after such a one are not named.
            if place == 0 or not masked[place - 1]:
                yield _number(MASKED, layout.score.left, middle, anchor=None)
            continue
        score, weight = float(capped[place]), float(weights[place])
        colour = NEGATIVE if score < 0 else POSITIVE
        said = format_aligned(score, max(-least, most))
        yield _bar(said, score, middle, least=least, most=most, span=layout.score, colour=colour)
        if layout.bias:
            yield _number(format_aligned(float(biases[place]), largest_bias), layout.bias.right, middle)
        share = format_share(weight)
        yield _bar(share, weight, middle, least=0, most=float(weights.max()), span=layout.weight, colour=ACCENT)


def _bar(said: str, value: float, middle: float, *, least: float, most: float, span: Span, colour: str) -> str:
    """A number, and a bar from zero to the left or to the right."""
    unit = (span.width - _NUMBER) / ((most - least) or 1)
    zero = span.left + _NUMBER - least * unit
    left, right = sorted((zero, zero + value * unit))
    bar = element("rect", x=left, y=middle - _BAR / 2, width=right - left, height=_BAR, class_=colour)
    start = element("rect", x=zero - 0.5, y=middle - _BAR / 2 - 2, width=1, height=_BAR + 4, fill_opacity="0.4")
    return _number(said, span.left + _NUMBER - _NUMBER_GAP, middle) + bar + start


def _number(said: str, x: float, middle: float, anchor: str | None = "end") -> str:
    return element("text", words(said), x=x, y=middle + 4, font_size=_SMALL, text_anchor=anchor)


def _legend(opened: _Opened, theme: Theme, width: float) -> Drawing:
    """What the colours of the strips mean, and where they end."""
    head = opened.head
    query, key = np.abs(head.queries).max(axis=0), np.abs(head.keys).max(axis=0)
    q, k, product = (format_number(float(ends.max())) for ends in (query, key, query * key))
    said = f"square-root scale of this head; ends at q ±{q}, k ±{k}, q × k ±{product}; bars end at this query’s largest"
    unseen = MASKED if opened.is_masked.any() else ""
    return legend(("negative", "0", "positive"), said, unseen, theme, room=width)
