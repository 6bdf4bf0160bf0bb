"""Texts of several scripts → an element for each stretch of one script.

resvg shapes a text as if it were all of one script, and draws all of it, or nothing of it, in another font. So what our
own font lacks is set apart, where it begins.
"""

from __future__ import annotations

import unicodedata
from copy import copy
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_SVG = "http://www.w3.org/2000/svg"
_TEXT = f"{{{_SVG}}}text"
_BEFORE = {"start": 0.0, "middle": 0.5, "end": 1.0}
_BOLD = 600
# How wide a space is, in widths of the font's size.
_SPACE = 0.278


class Run(NamedTuple):
    """Signs of one script, and whether they are bold."""

    text: str
    bold: bool

    @property
    def bare(self) -> Run:
        """The same without spaces around it, which are not drawn."""
        return Run(self.text.strip(" "), self.bold)


def parted(svg: str, foreign: frozenset[str], measure: Callable[[Collection[Run]], dict[Run, float]]) -> str:
    """A document in which each text is of one script.

    Args:
        svg: One of ours: a text has no elements in it, and begins at its own ``x``.
        foreign: Characters that our own font lacks.
        measure: How wide runs are, in widths of their font's size.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - drawn by us
    # What lies on a ground is a document in a document, which says how large its texts are.
    size = next(filter(None, (node.get("font-size") for node in root.iter(f"{{{_SVG}}}svg"))), "16")
    texts = [
        (parent, child, runs)
        for parent in root.iter()
        for child in list(parent)
        if child.tag == _TEXT and len(runs := list(_runs(child, foreign))) > 1
    ]
    if not texts:
        return svg
    inked = measure([run.bare for _, _, runs in texts for run in runs])
    for parent, child, runs in texts:
        font = float(child.get("font-size", size))
        own = [font * (inked[run.bare] + _SPACE * (len(run.text) - len(run.bare.text))) for run in runs]
        place = list(parent).index(child)
        parent[place : place + 1] = _placed(child, runs, own)
    return ET.tostring(root, encoding="unicode")


def _runs(text: ET.Element, foreign: frozenset[str]) -> Iterator[Run]:
    bold = int(text.get("font-weight", "400")) >= _BOLD
    run, script = "", ""
    for sign in text.text or "":
        other = _script(sign, foreign)
        if other and other != script and run:
            yield Run(run, bold)
            run = ""
        run += sign
        script = other or script
    yield Run(run, bold)


def _script(sign: str, foreign: frozenset[str]) -> str:
    """The script of a sign: empty for what goes with those before it, "own" for what our own font has."""
    kind = unicodedata.category(sign)
    if kind.startswith("M") or kind in ("Cf", "Zs"):
        return ""
    if sign not in foreign:
        return "own"
    # Unicode's names of letters begin with that of their script.
    return unicodedata.name(sign, "sign").split()[0] if kind.startswith("L") else "sign"


def _placed(text: ET.Element, runs: list[Run], widths: list[float]) -> list[ET.Element]:
    """Runs beside one another, all of them where the text was."""
    whole = sum(widths)
    kept = float(text.get("textLength", whole))
    factor = kept / whole if whole else 1.0
    left = float(text.get("x", "0")) - kept * _BEFORE[text.get("text-anchor", "start")]
    parts = []
    for run, width, before in zip(runs, widths, accumulate(widths, initial=0.0), strict=False):
        part = copy(text)
        part.text, part.tail = run.text, None
        part.attrib = {name: said for name, said in text.attrib.items() if name != "text-anchor"}
        part.set("x", f"{left + before * factor:.2f}")
        if "textLength" in part.attrib:
            part.set("textLength", f"{width * factor:.2f}")
        parts.append(part)
    return parts
