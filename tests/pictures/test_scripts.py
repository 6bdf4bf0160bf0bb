from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from attnviz_mkdocs.pictures.scripts import parted

FOREIGN = frozenset("猫قطةबिल्ली🐈แมว")


def texts(written: str, **attributes: str) -> list[tuple[str, float, dict[str, str]]]:
    """The texts of a document with one text, where they begin and what else they have; a sign is as wide as its font."""
    said = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" font-size="10"><g><text{said}>{written}</text><path/></g></svg>'
    done = parted(svg, FOREIGN, lambda runs: {run: float(len(run.text)) for run in runs})
    *found, path = ET.fromstring(done)[0]
    assert path.tag.endswith("path")
    return [(node.text, float(node.get("x", 0)), dict(node.attrib)) for node in found]


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("a cat", ["a cat"]),
        ("बिल्ली", ["बिल्ली"]),
        ("cat बिल्ली", ["cat ", "बिल्ली"]),
        ("“قطة قطة” → a", ["“", "قطة قطة", "” → a"]),
        ("बिल्ली แมว猫🐈\u200d🐈", ["बिल्ली ", "แมว", "猫", "🐈\u200d🐈"]),
        ("a &lt;猫&gt;", ["a <", "猫", ">"]),
    ],
)
def test_a_text_is_parted_where_its_script_changes(written, runs):
    assert [text for text, _, _ in texts(written)] == runs


def test_what_is_of_one_script_stays_as_it_is():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1">a cat</text></svg>'
    assert parted(svg, FOREIGN, lambda _: {}) == svg


@pytest.mark.parametrize(("anchor", "left"), [("start", 100), ("middle", 100 - 25), ("end", 100 - 50)])
def test_parts_stand_where_the_text_stood(anchor, left):
    first, second, third = texts("ab猫cd", x="100", text_anchor=anchor, fill="red")
    assert (first[1], second[1], third[1]) == (left, left + 20, left + 30)
    assert all(
        attributes["fill"] == "red" and "text-anchor" not in attributes for _, _, attributes in (first, second, third)
    )


def test_parts_have_the_size_of_the_text_and_its_spaces():
    first, second = texts("ab 猫", x="0", font_size="20")
    assert second[1] == pytest.approx(20 * 2.278)
    assert first[0] == "ab "


def test_parts_of_a_text_with_a_length_share_it():
    parts = texts("ab猫cd", x="0", textLength="100", text_anchor="end")
    assert [(left, float(attributes["textLength"])) for _, left, attributes in parts] == [
        (-100, 40),
        (-60, 20),
        (-40, 40),
    ]
