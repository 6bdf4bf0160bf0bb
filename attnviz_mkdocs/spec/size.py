"""Sizes as people write and read them: ``2MB``, ``900 kB``, ``1GiB``, or plain bytes."""

from __future__ import annotations

import re

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}

#: What a size looks like.
SIZE_PATTERN = r"^\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([kKmMgGtT]?[iI]?[bB])?\s*$"
#: What a message says of what a size can be.
A_SIZE = "a size such as 2MB, 900kB or 1GiB, or a number of bytes"


def parse_size(written: object) -> int | None:
    """The bytes of a size, at least one; None for what is none."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        return None
    found = re.match(SIZE_PATTERN, str(written))
    if found is None or (found[2] or "B").upper() not in _UNITS:
        return None
    return round(float(found[1]) * _UNITS[(found[2] or "B").upper()]) or None


def readable(size: int) -> str:
    """A number of bytes in words: in bytes, kB, MB or GB, with three digits or so."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        # What would be rounded to 1000 of a unit is written in the next.
        if size >= 0.9995 * factor:
            share = size / factor
            digits = f"{share:.0f}" if share >= 99.95 else f"{share:.1f}".removesuffix(".0")  # noqa: PLR2004 - see above
            return f"{digits} {unit}"
    return f"{size} byte{'' if size == 1 else 's'}"
