from __future__ import annotations

import io
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from attnviz_mkdocs.spec import Mistake, Place, SpecError
from attnviz_mkdocs.spec.marked import follow, plain, read, walk

ORDINARY = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ORDINARY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ORDINARY, inner, max_size=3),
    max_leaves=8,
)


def node_of(text: str):
    mistakes: list[Mistake] = []
    node = read(text, lambda line, column: Place("f", line, column), mistakes)
    assert not mistakes
    return node


@settings(max_examples=300, deadline=None)
@given(value=VALUES)
def test_json_is_read_as_json(value):
    assert plain(node_of(json.dumps([value], ensure_ascii=False))) == [value]


@settings(max_examples=200, deadline=None)
@given(
    value=st.dictionaries(ORDINARY, st.booleans() | ORDINARY | st.lists(ORDINARY, max_size=3), min_size=1, max_size=3)
)
def test_what_ruamel_writes_is_read_as_ruamel_meant_it(value):
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 10_000
    stream = io.StringIO()
    yaml.dump(value, stream)
    assume(YAML(typ="safe", pure=True).load(stream.getvalue()) == value)

    assert plain(node_of(stream.getvalue())) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("~", None), ("Null", None), ("nULL", "nULL"), ("TRUE", True), ("tRUE", "tRUE"), ("yes", "yes"),
        ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1f", 31), ("0b1", "0b1"), ("1e3", 1000.0), (".5", 0.5),
        ("5.", 5.0), (".", "."), ("-.inf", float("-inf")), ("1_0", "1_0"), ("9" * 40, 1e40), ("1:30", "1:30"),
    ],
)  # fmt: skip
def test_plain_values_follow_the_core_schema(written, value):
    [found] = plain(node_of(f"- {written}\n"))

    assert (found, type(found)) == (value, type(value))


def test_each_value_stands_where_its_first_character_stands():
    text = 'a:  "x"\nb:\n  - c: [1,  two]\n    dé: {e: f}\n'
    written = {"x": '"x"', 1: "1", "two": "two", "f": "f"}
    found = {
        value.value: text.splitlines()[value.place.line][value.place.column :].startswith(written[value.value])
        for _, value in walk(node_of(text))
        if not hasattr(value, "items")
    }

    assert found == dict.fromkeys(written, True)


def test_following_a_path_stops_where_the_values_do():
    node = node_of("a: [1, {b: 2}]\n")

    assert follow(node, ("a", 1, "b"))[1].value == 2
    assert follow(node, ("a", 1, "c", 0)) == (("a", 1), node.items["a"].items[1])
    assert follow(node, ("a", 2))[0] == ("a",)


@pytest.mark.parametrize("text", ["", "# only this\n", "---\n", "\ufeff", "{}"])
def test_nothing_is_none(text):
    assert node_of(text) is None


def test_mistakes_found_before_the_text_became_unreadable_are_told_too():
    with pytest.raises(SpecError) as error:
        read("a: 1\na: 2\nb: *none\n", lambda line, column: Place("f", line + 1, column + 1), [])

    assert [str(mistake.place) for mistake in error.value.mistakes] == ["f:2:1", "f:3:4"]
