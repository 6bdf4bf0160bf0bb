from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

import attnviz_mkdocs
from attnviz_mkdocs.spec.schema import gallery_schema

SHIPPED = Path(attnviz_mkdocs.__file__).parent / "gallery.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads(SHIPPED.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_shipped_schema_is_that_of_the_types():
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == gallery_schema()


def test_a_sound_gallery_is_valid(validator):
    written = (Path(__file__).parent / "who-is-she.yaml").read_text(encoding="utf-8")

    validator.validate(YAML(typ="safe", pure=True).load(written))


@pytest.mark.parametrize(
    "gallery",
    [
        {"titel": "A"},
        {"tags": [" a"]},
        {"tags": ["a", "a"]},
        {"tags": "x" * 41},
        {"views": [{"id": "v", "arrays": "a", "title": ""}]},
        {"title": ""},
        {"title": None},
        {"models": {"m": {}}},
        {"models": {"m": {"source": 1}}},
        {"models": {"m": {"source": "a", "dtype": "float64"}}},
        {"models": {"a name": {"source": "a"}}},
        {"models": []},
        {"texts": {"t": 42}},
        {"texts": {"t": ""}},
        {"texts": {"t": {"pair": "A"}}},
        {"texts": {"t": {"text": "A", "piar": "B"}}},
        {"texts": {"../t": "A"}},
        {"views": {}},
        {"views": [{"id": "v", "model": "m"}]},
        {"views": [{"id": "a b", "model": "m", "text": "t"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "view": "haed"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "layer": -1}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "layer": None}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "heads": []}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "heads": [1, 1]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "heads": "all"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "filter": "ab"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "sink": "gone"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "tokens": ["A"]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "arrays": "a"}]},
        {"views": [{"id": "v", "arrays": "a", "tokens": []}]},
        {"views": [{"id": "v", "arrays": "a", "tokens": {"query": ["A"]}}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "link": "a b"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "steps": {"caption": "A"}}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "steps": [{"layer": 1}]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "steps": [{"caption": " "}]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "steps": [{"caption": "A", "lyaer": 1}]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "steps": [{"caption": "A", "view": "haed"}]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "query": []}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "query": [1, 1]}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "mass": 0}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "mass": 1.1}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "reduce": "head"}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "sort": "entropy", "least": -1}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "compare": ["t", "u"]}]},
        {"views": [{"id": "v", "compare": ["t", "u"]}]},
        {"views": [{"id": "v", "arrays": "a", "compare": ["t", "u"]}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t"]}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t", "u", "v"]}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t", "t"]}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t", ""]}]},
        {"views": [{"id": "v", "model": "m", "compare": "t"}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t", "u"], "comparison": "diff"}]},
        {"texts": {"t": {}}},
        {"texts": {"t": {"messages": []}}},
        {"texts": {"t": {"messages": [{"role": "user"}]}}},
        {"texts": {"t": {"text": "A", "messages": [{"role": "user", "content": "B"}]}}},
        {"texts": {"t": {"text": "A", "target": "B", "generate": 1}}},
        {"texts": {"t": {"text": "A", "generate": 1025}}},
        {"texts": {"t": {"text": "A", "seed": 1}}},
    ],
    ids=str,
)
def test_a_broken_gallery_is_not_valid(gallery, validator):
    assert not validator.is_valid(gallery)


def test_one_head_may_stand_alone(validator):
    view = {"id": "v", "model": "m", "text": "t", "heads": 3}

    validator.validate({"views": [view]})


@pytest.mark.parametrize(
    "part",
    [
        {"texts": {"t": {"messages": [{"role": "user", "content": "A"}], "generate": 1, "seed": 0}}},
        {"texts": {"t": {"text": "A", "pair": "B"}}},
        {"views": [{"id": "v", "arrays": "a"}]},
        {"tags": "one tag", "views": [{"id": "v", "arrays": "a", "title": "A", "tags": ["b", "c d"]}]},
        {"views": [{"id": "v", "arrays": "a", "tokens": ["A"]}]},
        {"views": [{"id": "v", "arrays": "a", "tokens": {"query": ["A"], "key": ["B", "C"]}}]},
        {"views": [{"id": "v", "model": "m", "text": "t", "view": "neuron", "attention": "cross", "units": "words"}]},
        {"views": [{"id": "v", "arrays": "a", "link": "l", "steps": [{"caption": "A", "view": "matrix", "heads": 1}]}]},
        {"views": [{"id": "v", "arrays": "a", "steps": []}]},
        {"views": [{"id": "v", "model": "m", "compare": ["t", "u"], "comparison": "difference"}]},
        {"views": [{"id": "v", "text": "t", "compare": ["m", "n"], "view": "text"}]},
        {"views": [{"id": "v", "arrays": "a", "query": [1, 2], "key": 3, "mass": 0.7, "reduce": "all", "by": "max"}]},
        {"views": [{"id": "v", "arrays": "a", "view": "model", "sort": "special", "least": 0, "mass": 1}]},
    ],
    ids=str,
)
def test_a_sound_part_is_valid(part, validator):
    validator.validate(part)


def test_every_key_is_described(validator):
    definitions = validator.schema["$defs"]
    own = [definitions[name] for name in ("Model", "View", "Message", "Sides", "Step")]
    mappings = [validator.schema, *own, definitions["Text"]["anyOf"][1]]

    described = {key: "description" in value for mapping in mappings for key, value in mapping["properties"].items()}

    assert len(described) > 20
    assert all(described.values()), described
