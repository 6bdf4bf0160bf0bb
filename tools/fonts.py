"""Make the fonts of pictures: Arimo with DejaVu's signs, and DejaVu for scripts that Arimo lacks, both without hints.

In a text of which a font lacks a sign, resvg draws all of the text in another font, which may be wider. Therefore the
signs that stand beside Latin letters are put into Arimo. Run with fonttools installed:

    python tools/fonts.py Arimo-Regular.ttf Arimo-SemiBold.ttf DejaVuSans.ttf

Arimo is at https://github.com/googlefonts/arimo, DejaVu at https://dejavu-fonts.github.io.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parents[1] / "attnviz_mkdocs" / "pictures" / "fonts"
NAME = "Attnviz Sans"
# Unicode's blocks of signs, from superscripts to dingbats.
SIGNS = range(0x2070, 0x27C0)
# What stands beside the letters of other scripts too.
LATIN = {*range(0x20, 0x180), *range(0x2000, 0x2070)}
# Entries of a font's table of names: family, full name, PostScript's name, and the family of all weights.
FAMILY, FULL, POSTSCRIPT, FAMILIES = 1, 4, 6, 16


def main(regular: str, bold: str, signs: str) -> None:
    other = TTFont(signs, recalcTimestamp=False)
    # An editor's own note.
    del other["FFTM"]
    for source, weight in ((regular, "Regular"), (bold, "SemiBold")):
        font = TTFont(source, recalcTimestamp=False)
        add(other, font)
        rename(font, weight)
        save(font, f"AttnvizSans-{weight}.ttf", set(font.getBestCmap()))
    save(other, "DejaVuSans.ttf", set(other.getBestCmap()) - set(font.getBestCmap()) | LATIN)


def add(source: TTFont, font: TTFont) -> None:
    """Copy the signs that a font lacks; both have the same units."""
    assert source["head"].unitsPerEm == font["head"].unitsPerEm
    drawn, had = source.getGlyphSet(), font.getBestCmap()
    order = font.getGlyphOrder()
    for code, name in source.getBestCmap().items():
        if code not in SIGNS or code in had:
            continue
        # A sign may be made of parts that the font doesn't have.
        outline, pen = DecomposingRecordingPen(drawn), TTGlyphPen(None)
        drawn[name].draw(outline)
        outline.replay(pen)
        own = f"sign{code:04X}"
        order.append(own)
        font["glyf"][own] = pen.glyph()
        font["hmtx"][own] = source["hmtx"][name]
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[code] = own
    font.setGlyphOrder(order)


def rename(font: TTFont, weight: str) -> None:
    """Give a changed font a name of its own."""
    names: Any = font["name"]
    for entry in list(names.names):
        if entry.nameID in (FAMILY, FAMILIES):
            entry.string = NAME
        elif entry.nameID == FULL:
            entry.string = f"{NAME} {weight}"
        elif entry.nameID == POSTSCRIPT:
            entry.string = f"{NAME.replace(' ', '')}-{weight}"


def save(font: TTFont, name: str, characters: set[int]) -> None:
    options = Options(hinting=False, notdef_outline=True, name_IDs=["*"], glyph_names=False, recalc_timestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.save(FONTS / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
