"""Indices of colours → a PNG file."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    #: Red, green, blue, opacity, each 0 to 255.
    Rgba = tuple[int, int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
#: As many colours fit into half a byte.
_SMALL = 16


def png(indices: NDArray[np.uint8], palette: Sequence[Rgba]) -> bytes:
    """An image whose pixels are entries of a palette (W3C, Portable Network Graphics, third edition).

    Args:
        indices: ``[row, column]``.
        palette: Up to 256 colours.
    """
    height, width = indices.shape
    depth = 4 if len(palette) <= _SMALL else 8
    rows = indices
    if depth == 4:  # noqa: PLR2004 - bits
        even = np.zeros((height, width + width % 2), np.uint8)
        even[:, :width] = indices
        rows = np.bitwise_or(np.left_shift(even[:, ::2], 4), even[:, 1::2], dtype=np.uint8)
    # Each row starts with how it is filtered: not at all.
    filtered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    colours = np.array(palette, np.uint8)
    return _SIGNATURE + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, _PALETTE, 0, 0, 0)),
            _chunk(b"PLTE", colours[:, :3].tobytes()),
            _chunk(b"tRNS", colours[:, 3].tobytes()),
            _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
