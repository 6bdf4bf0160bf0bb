"""The colours of pictures, light and dark. They are those of the browser's views: frontend/src/drawing/colour.ts."""

from __future__ import annotations

from math import copysign, sqrt
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.pictures.png import Rgba

    Rgb = tuple[int, int, int]

#: ``both`` follows the page that the picture is in.
Theme = Literal["both", "light", "dark"]
#: What is drawn in colours of its own for each.
Scheme = Literal["light", "dark"]
#: Which colours have classes: those of weights, or those of numbers of either sign.
Shades = Literal["scale", "signed"]
#: As many are told apart; of numbers of either sign, nothing is in the middle.
SHADES = 33
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

#: Text, and what pages commonly have behind it.
_INK = {"light": "212121", "dark": "d5d6de"}
_GROUND = {"light": "ffffff", "dark": "1e2029"}
_ACCENT = {"light": "2f4bc4", "dark": "8fb4ff"}
_HEADS = {
    "light": ["644eef", "fe600c", "3fa7d6", "a40ea6", "809d66", "ad0000", "54007f", "07898b", "15223c", "035e40"],
    "dark": ["5bb3fe", "ecb427", "c4f8ff", "de7bb4", "feff7a", "d47013", "8f7be5", "159d73", "b9c2d4", "71ec9f"],
}
_SCALE = {"light": ["bbcefa", "7c9bef", "445dae", "14206f"], "dark": ["324474", "4769c8", "8fa9e5", "dfe9ff"]}
_NEGATIVE = {"light": ["f9c19c", "e97f25", "974c02"], "dark": ["693812", "aa5601", "d89b71"]}
_POSITIVE = {"light": ["bbcefa", "7c9bef", "445dae"], "dark": ["324474", "4769c8", "8fa9e5"]}

#: How strongly what is muted, and what is only a line or a wash, is inked.
MUTED, HAIR, WASH = 0.7, 0.16, 0.05

# Place on the signed scale of the colour of a bar.
_OF_A_BAR = sqrt(0.45)

#: Luminance from which black is easier to read on a colour than white, and the contrast that text needs (WCAG 2, AA).
_BRIGHT, _LEGIBLE = 0.179, 4.5

INK, ACCENT, NEGATIVE, POSITIVE, LESS, MORE = "ink", "accent", "negative", "positive", "less", "more"


def head_class(head: int) -> str:
    """The class of what has a head's colour; there are ten."""
    return f"h{head % 10}"


def rank_of(head: int, heads: Sequence[int]) -> int:
    """How many of some heads come before one that they have the hue of; more than that is not told apart."""
    return sum(other < head and (head - other) % 10 == 0 for other in heads) % 4


def schemes(theme: Theme) -> tuple[Scheme, ...]:
    """What a picture is drawn in."""
    return SCHEMES if theme == "both" else (theme,)


def ground(scheme: Scheme) -> str:
    """What pages commonly have behind a picture, as CSS has it; all that is read is legible on it."""
    return f"#{_GROUND[scheme]}"


def stylesheet(theme: Theme, shades: Shades | None = None) -> str:
    """Classes that set ``color``, and those of what is seen in one scheme only.

    Args:
        theme: Of the picture.
        shades: The scale whose colours have classes of their own, see `shade_class`.
    """
    if theme != "both":
        return _rules(theme, shades)
    hidden = ".dark{display:none}"
    swapped = ".light{display:none}.dark{display:inline}"
    return f"{_rules('light', shades)}{hidden}@media (prefers-color-scheme:dark){{{_rules('dark', shades)}{swapped}}}"


def shade_class(place: int) -> str:
    """The class of what is filled with a colour of the scale, of which there are `SHADES`."""
    return f"s{place}"


def shade_place(share: float, *, is_signed: bool) -> int:
    """Which of the colours of the scale a weight has, which is such a share of the largest."""
    position = copysign(sqrt(min(1, abs(share))), share)
    return round((position + 1) / 2 * (SHADES - 1)) if is_signed else round(position * (SHADES - 1))


def _rules(scheme: Scheme, shades: Shades | None) -> str:
    inks = {"b": "000", "w": "fff", "i": _INK[scheme]}
    readable = {light + dark: inks[light if scheme == "light" else dark] for light in inks for dark in inks}
    heads = {head_class(head): colour for head, colour in enumerate(_HEADS[scheme])}
    sides = (
        (NEGATIVE, _NEGATIVE, _OF_A_BAR),
        (POSITIVE, _POSITIVE, _OF_A_BAR),
        (LESS, _NEGATIVE, 1),
        (MORE, _POSITIVE, 1),
    )
    signs = {name: css(_ramp(side[scheme], place))[1:] for name, side, place in sides}
    colours = {INK: _INK[scheme], ACCENT: _ACCENT[scheme], **signs, **heads, **readable}
    rules = [f".{name}{{color:#{colour}}}" for name, colour in colours.items()]
    filled = () if shades is None else (scale if shades == "scale" else signed_scale)(scheme, SHADES)
    for place, colour in enumerate(filled):
        rules.append(f".{shade_class(place)}{{fill:{css(colour)};fill-opacity:{colour[3] / 255:.2g}}}")
    return "".join(rules)


def readable_on_head(name: str, opacity: float = 1) -> str:
    """The class of text that is read on a colour, which lies on the page with some opacity."""
    return "".join(_readable(_blend(_hex(_GROUND[scheme]), _hex(_named(name, scheme)), opacity)) for scheme in SCHEMES)


def readable_on_scale(share: float, *, signed: bool = False) -> str:
    """The class of text that is read on the colour of a weight, which is such a share of the largest."""
    return "".join(_readable(colour) for _, colour in _on_scale(share, signed=signed))


def ink_on_scale(share: float, *, signed: bool) -> str:
    """The same for text that has the page's own ink as long as that is legible."""
    return "".join(
        "i" if _contrast(_hex(_INK[scheme]), colour) >= _LEGIBLE else _readable(colour)
        for scheme, colour in _on_scale(share, signed=signed)
    )


def _on_scale(share: float, *, signed: bool) -> Iterator[tuple[Scheme, Rgb]]:
    side = _NEGATIVE if share < 0 else _POSITIVE if signed else _SCALE
    position = sqrt(min(1, abs(share)))
    for scheme in SCHEMES:
        yield scheme, _over(_ramp(side[scheme], position), _GROUND[scheme])


def focus_opacity(weight: float) -> float:
    """How strongly the links of one token are inked: the gentle power keeps weak ones visible beside strong ones."""
    return float(weight**0.6)


def scale(scheme: Scheme, colours: int) -> list[Rgba]:
    """From nothing, which is clear, to the strongest: one hue in even steps of perceived lightness."""
    return [_ramp(_SCALE[scheme], at / (colours - 1)) for at in range(colours)]


def signed_scale(scheme: Scheme, colours: int) -> list[Rgba]:
    """From the most negative to the most positive; nothing, which is clear, is in the middle."""
    sides = ((_NEGATIVE, -1), (_POSITIVE, 1))
    return [
        _ramp(next(side for side, sign in sides if place * sign >= 0)[scheme], abs(place))
        for place in (2 * at / (colours - 1) - 1 for at in range(colours))
    ]


def ink(scheme: Scheme, opacity: int) -> Rgba:
    """The colour of text, as an entry of a palette."""
    return (*_hex(_INK[scheme]), opacity)


def stops(scheme: Scheme, *, signed: bool = False) -> Iterator[tuple[float, Rgba]]:
    """Where a gradient has which colour."""
    if signed:
        yield from ((at / 6, colour) for at, colour in enumerate(signed_scale(scheme, 7)))
    else:
        yield from ((at / 4, colour) for at, colour in enumerate(scale(scheme, 5)))


def css(colour: Rgba) -> str:
    """A colour without its opacity."""
    return "#" + bytes(colour[:3]).hex()


def _named(name: str, scheme: Scheme) -> str:
    others = {ACCENT: _ACCENT[scheme], LESS: _NEGATIVE[scheme][-1], MORE: _POSITIVE[scheme][-1]}
    return others.get(name) or _HEADS[scheme][int(name[1:])]


def _hex(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue


def _blend(ground: Rgb, colour: Rgb, opacity: float) -> Rgb:
    red, green, blue = (round(below + (above - below) * opacity) for below, above in zip(ground, colour, strict=True))
    return red, green, blue


def _over(colour: Rgba, ground: str) -> Rgb:
    return _blend(_hex(ground), colour[:3], colour[3] / 255)


def _ramp(colours: list[str], position: float) -> Rgba:
    """A place on a scale that begins with the page's own ground: its first part is the first colour, half clear."""
    at = position * len(colours)
    if at <= 1:
        return (*_hex(colours[0]), round(255 * at))
    before = min(int(at), len(colours) - 1)
    return (*_blend(_hex(colours[before - 1]), _hex(colours[before]), at - before), 255)


def _readable(colour: Rgb) -> str:
    return "b" if _luminance(colour) > _BRIGHT else "w"


def _contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio (WCAG 2), from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    """Relative luminance (WCAG 2), 0 to 1."""
    red, green, blue = (
        value / 3294.6 if value <= 10.31475 else ((value / 255 + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - as WCAG has it
        for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
