"""Numbers and tokens as a reader sees them; as in the browser, frontend/src/scene/format.ts."""

from __future__ import annotations

import re
import unicodedata
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Smaller weights are stored as 0, so no more is known of them.
FLOOR = 0.001

MASKED, HIDDEN, UNPAIRED = "masked", "hidden", "no counterpart"

_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}
_LONGEST = 60
# Controls, and what reorders, joins or breaks text: as labels they would be unseen, or upset their surroundings.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
# What shapes its neighbours and has no shape of its own, such as a joiner of emoji, where it stands alone.
_SHAPELESS = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)


def format_weight(weight: float) -> str:
    """A weight with the digits that are known of it."""
    size = abs(weight)
    if size < FLOOR:
        return "< 0.001"
    digits = 3 if size < 0.0995 else 2  # noqa: PLR2004 - rounds to 0.10
    return ("−" if weight < 0 else "") + f"{size:.{digits}f}"


def format_value(weight: float, parts: Sequence[float] = ()) -> str:
    """A weight, or a difference and what is taken of what: "0.41", or "+0.12", and in brackets the two."""
    if not parts:
        return format_weight(weight)
    difference, *of = ("0" if abs(one) < FLOOR else format_weight(one) for one in (weight, *parts))
    return f"{'+' if weight >= FLOOR else ''}{difference} ({' − '.join(of)})"


def format_cell(weight: float, *, is_signed: bool = False) -> str:
    """A weight where there is little room: ".41", "1", nothing where it would read ".00"."""
    size = abs(weight)
    if size < 0.005:  # noqa: PLR2004 - rounds to 0.00
        return ""
    sign = "−" if weight < 0 else "+" if is_signed else ""
    return sign + ("1" if size >= 0.995 else f"{size:.2f}"[1:])  # noqa: PLR2004 - rounds to 1.00


def format_share(weight: float) -> str:
    """A weight with three digits where there is little room: ".410", "1"."""
    if weight >= 0.9995:  # noqa: PLR2004 - rounds to 1.000
        return "1"
    return "0" if weight < 0.0005 else f"{weight:.3f}"[1:]  # noqa: PLR2004 - rounds to 0.000


def format_aligned(value: float, largest: float) -> str:
    """Numbers of a column, of which none is larger than ``largest``: their points stand below one another."""
    digits = next((digits for below, digits in ((0.995, 3), (99.95, 2), (9999.5, 0)) if largest < below), None)
    size = f"{abs(value):.3g}" if digits is None else f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(size) else "") + size


def format_number(value: float) -> str:
    """A number of either sign, with about three digits."""
    size = abs(value)
    if size < 0.0005:  # noqa: PLR2004 - rounds to 0.000
        return "0"
    digits = next((digits for below, digits in ((0.995, 3), (99.95, 2), (9999.5, 0)) if size < below), None)
    return ("−" if value < 0 else "") + (f"{size:.3g}" if digits is None else f"{size:.{digits}f}")


def format_error(error: float) -> str:
    """The largest error of some numbers, rounded up."""
    return f"{ceil(error * 1e4) / 1e4:g}"


def format_factor(factor: float) -> str:
    """A scale with the digits that matter: 0.125, 0.0884."""
    return f"{factor:.3g}"


def format_percent(share: float) -> str:
    """A share in percent."""
    percent = round(share * 100)
    return f"{'−' if percent < 0 else ''}{abs(percent)}\u202f%"


def format_token(label: str, longest: int = _LONGEST) -> str:
    """A token's label with its whitespace and controls made visible, and cut where it is very long."""
    if not label:
        return "∅"
    short = label if len(label) <= longest else f"{label[:longest]}…"
    if _SHAPELESS.fullmatch(short):
        return "".join(map(_code_of, short))
    is_blank = not short.strip()
    # A mark without its letter stands on a circle, as in Unicode's charts.
    standing = f"◌{short}" if unicodedata.category(short[0]).startswith("M") else short
    seen = "".join(_VISIBLE.get(sign, sign) if is_blank or sign != " " else sign for sign in standing)
    return _UNSEEN.sub(lambda found: _code_of(found[0]), seen)


def _code_of(sign: str) -> str:
    return f"U+{ord(sign):04X}"
