"""A picture that was kept is taken only if it is whole."""

from __future__ import annotations

import json

import pytest
from builders import attention, exhibit

from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.kept import sealed, unsealed
from attnviz_mkdocs.pictures import Album
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text
from attnviz_mkdocs.supply import Encoded

FIGURE = Figure("head", "small", Model(source="x"), Text(text="x"), Options(), None, Place("x"))


@pytest.mark.parametrize(
    "change",
    [
        {"alt": None},
        {"style": 3},
        {"wide": None},
        {"narrow": {"content": None, "width": 1, "height": 1}},
        {"wide": {"content": "<svg/>", "width": "wide", "height": 1}},
        {"wide": {"content": "<svg/>"}},
    ],
)
def test_what_is_kept_and_is_no_picture_is_drawn_anew(tmp_path, change):
    shown = Encoded("a key", encode(exhibit(attention())))
    drawn = Album(tmp_path).picture(FIGURE, shown)
    [file] = tmp_path.glob("*.picture")
    whole = file.read_bytes()
    file.write_bytes(sealed(json.dumps(json.loads(unsealed(whole).tobytes()) | change).encode()))
    assert Album(tmp_path).picture(FIGURE, shown) == drawn
    assert file.read_bytes() == whole


def test_what_is_kept_is_taken(tmp_path):
    shown = Encoded("a key", encode(exhibit(attention())))
    drawn = Album(tmp_path).picture(FIGURE, shown)
    [file] = tmp_path.glob("*.picture")
    file.write_bytes(sealed(json.dumps(json.loads(unsealed(file.read_bytes()).tobytes()) | {"alt": "Kept."}).encode()))
    assert drawn.alt != "Kept."
    assert Album(tmp_path).picture(FIGURE, shown).alt == "Kept."
