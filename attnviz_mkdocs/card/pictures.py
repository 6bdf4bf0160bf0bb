"""A view → the picture files that stand beside a README."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from attnviz_mkdocs.pictures.raster import to_png, to_webp
from attnviz_mkdocs.pictures.theme import Scheme

if TYPE_CHECKING:
    from attnviz_mkdocs.card.wish import Format
    from attnviz_mkdocs.pictures.alone import Motif

#: Where they lie, beside the README.
FOLDER = "attention"

# A card's column is some 750 pixels wide, a telephone 350. What has room is drawn narrow, so that it is still legible
# where it is made smaller; what has many cells is drawn as wide as the column.
_NARROW, _WIDE = 480, 720
_WIDTHS = {"head": _NARROW, "text": _NARROW, "matrix": 560, "model": _WIDE, "neuron": _WIDE}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The light and the dark picture of a view.

    Attributes:
        width: Of both, in pixels of the document.
        files: Scheme → path relative to the README, and content.
        alt: What is to be seen, in words.
    """

    width: int
    files: dict[Scheme, tuple[str, bytes]]
    alt: str


def pictures_of(view: str, motif: Motif, width: int | None, form: Format) -> Pictures:
    """The pictures of a view.

    Args:
        view: ``gallery/id``, which gives them their names.
        motif: What is drawn.
        width: In pixels; None for one that suits the view.
        form: Of the files. ``webp`` walks through the tokens.

    Raises:
        RasterError: The extra that draws pixels is not installed.
        WalkError: There is nothing to walk through.
    """
    width = width or (_WIDE if motif.is_double else _WIDTHS[motif.kind])
    files = {
        scheme: (f"{FOLDER}/{view}-{scheme}.{form}", _content(motif, width, scheme, form))
        for scheme in get_args(Scheme)
    }
    alt = f"{motif.alt} {_moves(motif)}" if form == "webp" else motif.alt
    return Pictures(width, files, alt)


def _content(motif: Motif, width: int, scheme: Scheme, form: Format) -> bytes:
    if form == "webp":
        return to_webp([(svg.content, seconds) for svg, seconds in motif.walk(width, scheme)])
    svg = motif.still(width, scheme).content
    return to_png(svg) if form == "png" else svg.encode()


def _moves(motif: Motif) -> str:
    return "The picture goes through a tour." if motif.figure.steps else "The picture follows each query in turn."
