"""An SVG document → pixels, without a browser."""

from __future__ import annotations

import io
import logging
import re
import sys
from functools import lru_cache
from html import unescape
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures.scripts import Run, parted
from attnviz_mkdocs.pictures.svg import text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")

# Ours is as wide as Helvetica, whose widths pictures are laid out with; DejaVu Sans has other scripts. Made by
# tools/fonts.py.
_OURS = Path(__file__).parent / "fonts"
_OWN = tuple(str(_OURS / name) for name in ("AttnvizSans-Regular.ttf", "AttnvizSans-SemiBold.ttf"))
_FILES = (*_OWN, str(_OURS / "DejaVuSans.ttf"))
_FAMILY = "Attnviz Sans"

# Where systems keep fonts.
_FOLDERS = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
}
_FOLDERS_ELSEWHERE = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

_SIZE = re.compile(r'<svg[^>]*? width="([\d.]+)"[^>]*? height="([\d.]+)"')
_TAG = re.compile("<[^>]*>")
# Never a character, so no font has it.
_NOTHING = "\U0010ffff"
# What is tried out is drawn so large, each in a row of its own that has room for what stands high or low.
_SIGN, _ROW, _LINE = 16, 48, 32
# Between what is inked and what comes next, in widths of the font's size.
_BESIDE = 0.06
# What was measured: pictures of a walk say much the same.
_WIDTHS: dict[tuple[Run, tuple[str, ...]], float] = {}
# As many characters are told.
_MOST = 12
_NOT_INSTALLED = 'pixels need the extra "card": pip install "attnviz-mkdocs[card]"'


#: More pixels than these take more memory than most machines have; an image of WebP has sides of so many at most.
MOST_PIXELS, LONGEST_SIDE = 100_000_000, 16_383


class RasterError(Exception):
    """A picture can't be drawn in pixels; the message says why."""


def to_png(svg: str, *, scale: float = 2, ground: str | None = None) -> bytes:
    """A picture in pixels, the same ones on every machine.

    Fonts come with the package. Only a picture with characters that they lack asks for those of the system, and only
    for these characters; those that no font here has are named in a warning.

    Args:
        svg: A document in one theme; its ``prefers-color-scheme`` is not heeded.
        scale: Pixels of the image per pixel of the document.
        ground: Colour behind the picture, such as ``#ffffff``; without one it is clear.

    Returns:
        A PNG file.

    Raises:
        RasterError: The extra that draws pixels is not installed, or there are more of them than `MOST_PIXELS`.
    """
    _check_size(svg, scale, most=MOST_PIXELS)
    folders: tuple[str, ...] = ()
    foreign = _lacking(_characters(svg), _OWN, ())
    if foreign:
        strange = _lacking(foreign, _FILES, ())
        lacking = _lacking(strange, _FILES, _system())
        _tell(lacking)
        # The fonts of a system are many, and each character that none has is looked for in all of them.
        folders = _system() if strange - lacking else ()
        svg = parted(svg, foreign, lambda runs: _measured(runs, folders))
    return _rasterised(svg, _FILES, folders, scale, ground)


def to_webp(frames: Sequence[tuple[str, float]], *, scale: float = 2) -> bytes:
    """Pictures of one size, one after the other and again from the start, without loss.

    Args:
        frames: Documents as for `to_png`, and for how many seconds each is seen.
        scale: Pixels of the image per pixel of the document.

    Returns:
        A WebP file, which moves if there are several.

    Raises:
        RasterError: The extra that draws pixels is not installed, or a side is longer than `LONGEST_SIDE`.
    """
    for svg, _ in frames:
        _check_size(svg, scale, longest=LONGEST_SIDE)
    images = [_opened(to_png(svg, scale=scale)) for svg, _ in frames]
    written = io.BytesIO()
    images[0].save(
        written,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=[round(1000 * seconds) for _, seconds in frames],
        loop=0,
        lossless=True,
        method=4,
    )
    return written.getvalue()


def _check_size(svg: str, scale: float, *, most: float = inf, longest: float = inf) -> None:
    found = _SIZE.search(svg)
    width, height = (round(float(side) * scale) for side in found.groups()) if found else (0, 0)
    if width * height > most or max(width, height) > longest:
        limit = f"{most:,.0f}" if width * height > most else f"{longest:,.0f} a side"
        raise RasterError(
            f"the picture has {width:,} × {height:,} pixels, the most are {limit}; choose a smaller width or scale"
        )


def _characters(svg: str) -> frozenset[str]:
    """What is written in a document; ASCII is in any font."""
    return frozenset(character for character in unescape(_TAG.sub("", svg)) if not character.isascii())


def _system() -> tuple[str, ...]:
    folders = (Path(folder).expanduser() for folder in _FOLDERS.get(sys.platform, _FOLDERS_ELSEWHERE))
    return tuple(str(folder) for folder in folders if folder.is_dir())


@lru_cache(256)
def _lacking(characters: frozenset[str], files: tuple[str, ...], folders: tuple[str, ...]) -> frozenset[str]:
    """Those of some characters that are drawn as what stands for none."""
    if not characters:
        return characters
    signs = [_NOTHING, *sorted(characters)]
    cells = [row.tobytes() for row in _column([Run(sign, bold=False) for sign in signs], files, folders)]
    return frozenset(sign for sign, cell in zip(signs, cells, strict=True) if cell == cells[0]) - {_NOTHING}


def _measured(runs: Collection[Run], folders: tuple[str, ...]) -> dict[Run, float]:
    """How wide runs are, in widths of their font's size: as far as they are inked."""
    new = sorted({run for run in runs if (run, folders) not in _WIDTHS})
    for run, row in zip(new, _column(new, _FILES, folders) if new else (), strict=True):
        inked = np.flatnonzero(row.any(axis=0))
        _WIDTHS[run, folders] = float(inked[-1] + 1 - _SIGN) / _SIGN + _BESIDE if inked.size else 0.0
    return {run: _WIDTHS[run, folders] for run in runs}


def _column(runs: list[Run], files: tuple[str, ...], folders: tuple[str, ...]) -> list[NDArray[np.uint8]]:
    """The opacities of runs, each drawn in a row of its own, ``[row, column]``."""
    texts = "".join(
        f'<text x="{_SIGN}" y="{_ROW * at + _LINE}" font-weight="{600 if run.bold else 400}">{text(run.text)}</text>'
        for at, run in enumerate(runs)
    )
    width = _SIGN * (2 + 3 * max(len(run.text) for run in runs))
    size = f'width="{width}" height="{_ROW * len(runs)}" font-size="{_SIGN}"'
    column = _rasterised(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{texts}</svg>', files, folders, 1, None)
    return np.split(_opacities(column), len(runs))


def _opacities(png: bytes) -> NDArray[np.uint8]:
    with _opened(png) as image:
        return np.asarray(image.getchannel("A"))


def _opened(png: bytes) -> Image:
    try:
        from PIL import Image  # noqa: PLC0415 - comes with an extra
    except ImportError:
        raise RasterError(_NOT_INSTALLED) from None
    return Image.open(io.BytesIO(png))


@lru_cache(256)
def _tell(lacking: frozenset[str]) -> None:
    """Warn of what is not drawn, once for all pictures that lack the same."""
    if not lacking:
        return
    signs = sorted(lacking)
    named = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in signs[:_MOST])
    more = f" and {len(signs) - _MOST} more" if len(signs) > _MOST else ""
    log.warning(
        "a picture has empty boxes for characters that no font on this machine has: %s%s; install a font that has "
        "them, such as one of Noto's (Debian, Ubuntu: apt-get install fonts-noto)",
        named,
        more,
    )


def _rasterised(svg: str, files: tuple[str, ...], folders: tuple[str, ...], scale: float, ground: str | None) -> bytes:
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - comes with an extra
    except ImportError:
        raise RasterError(_NOT_INSTALLED) from None
    return svg_to_bytes(
        # The cells of an image stay cells, in the words that resvg knows.
        svg.replace('image-rendering="pixelated"', 'image-rendering="optimizeSpeed"'),
        zoom=scale,
        background=ground,
        # Those of the system come from folders, after ours: else they would come before.
        skip_system_fonts=True,
        font_files=list(files),
        font_dirs=list(folders),
        style_sheet=f"svg{{font-family:'{_FAMILY}'}}",
    )
