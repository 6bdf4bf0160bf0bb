"""A picture as its elements, and the figures that pictures are drawn of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

SVG = "{http://www.w3.org/2000/svg}"


class Line(NamedTuple):
    """Where a line starts and how far it drops, in pixels; how strongly it is inked, and in which colour."""

    start: int
    drop: int
    shade: float
    colour: str


@dataclass
class Drawn:
    """A picture as its elements."""

    content: str

    @cached_property
    def root(self) -> ET.Element:
        return ET.fromstring(self.content)

    def all(self, name: str) -> Iterator[ET.Element]:
        return self.root.iter(f"{SVG}{name}")

    @property
    def words(self) -> list[str]:
        return [node.text or "" for node in self.all("text")]

    @property
    def lines(self) -> list[Line]:
        """Lines of attention; those of one shade are one path."""
        return [
            Line(int(start), int(drop), float(path.get("stroke-opacity")), path.get("class"))
            for path in self.all("path")
            for start, drop in re.findall(r"M0 (\d+)c[^M]*?(-?\d+)(?=M|$)", path.get("d", ""))
        ]


def figure_of(kind: str | None = "head", *, steps: tuple = (), **options: object) -> Figure:
    return Figure(kind, "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"), steps=steps)
