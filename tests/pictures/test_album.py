from __future__ import annotations

from dataclasses import replace

import pytest
from builders import attention, exhibit, neurons
from drawn_pictures import figure_of

import attnviz_mkdocs.pictures.album as album_module
from attnviz_mkdocs.codec import CodecError, encode, encode_neurons
from attnviz_mkdocs.kept import sealed
from attnviz_mkdocs.pictures import Album, picture_of
from attnviz_mkdocs.spec.types import Step
from attnviz_mkdocs.supply import Encoded


@pytest.fixture
def encoded():
    return Encoded("key", encode(exhibit(attention())))


@pytest.fixture
def drawings(monkeypatch):
    """The figures that were drawn, not found."""
    made = []

    def count(figure, *of):
        made.append(figure)
        return picture_of(figure, *of)

    monkeypatch.setattr(album_module, "picture_of", count)
    return made


def test_a_picture_is_drawn_once_and_kept_from_build_to_build(tmp_path, encoded, drawings):
    first = Album(tmp_path / "kept").picture(figure_of(), encoded)
    # What is kept needs no numbers any more.
    again = Album(tmp_path / "kept").picture(figure_of(), replace(encoded, data=b""))
    assert first == again == picture_of(figure_of(), exhibit(attention()))
    assert len(drawings) == 1
    assert (tmp_path / "kept/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda figure: replace(figure, kind="matrix"),
        lambda figure: replace(figure, model_name="other"),
        lambda figure: figure_of(layer=1),
        lambda figure: figure_of(steps=(Step(caption="A."),)),
        lambda figure: figure_of(steps=(Step(caption="B."),)),
        lambda figure: figure_of(steps=(Step(caption="A."), Step(caption="C."))),
    ],
)
def test_what_is_drawn_otherwise_is_drawn_anew(tmp_path, encoded, drawings, change):
    album = Album(tmp_path)
    album.picture(figure_of(), encoded)
    album.picture(
        figure_of(steps=(Step(caption="A."),)) if "A." not in repr(change(figure_of())) else figure_of(), encoded
    )
    count = len(drawings)
    album.picture(change(figure_of()), encoded)
    assert len(drawings) == count + 1


def test_what_looks_the_same_is_found(tmp_path, encoded, drawings):
    album = Album(tmp_path)
    album.picture(figure_of(), encoded)
    album.picture(replace(figure_of(), caption="Another caption", name="a/name", link="group"), encoded)
    assert len(drawings) == 1


def test_other_numbers_are_drawn_anew(tmp_path, encoded, drawings):
    album = Album(tmp_path)
    album.picture(figure_of(), encoded)
    album.picture(figure_of(), replace(encoded, key="other"))
    album.picture(figure_of(), encoded, None, encoded)
    assert len(drawings) == 3


def test_another_version_draws_anew(tmp_path, encoded, drawings, monkeypatch):
    Album(tmp_path).picture(figure_of(), encoded)
    monkeypatch.setattr(album_module, "PICTURE_VERSION", album_module.PICTURE_VERSION + 1)
    Album(tmp_path).picture(figure_of(), encoded)
    assert len(drawings) == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"alt": 1}', '{"wide": {}, "narrow": {}}', "null"])
def test_what_is_damaged_is_drawn_anew(tmp_path, encoded, drawings, damage):
    whole = Album(tmp_path).picture(figure_of(), encoded)
    (kept,) = tmp_path.glob("*.picture")
    content = kept.read_bytes()
    # Words that are no picture, whole; and a picture of which one bit is another.
    for damaged in (
        sealed(damage.encode()),
        damage.encode(),
        content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
    ):
        kept.write_bytes(damaged)
        assert Album(tmp_path).picture(figure_of(), encoded) == whole
        assert kept.read_bytes() == content


def test_a_folder_that_can_t_be_written_is_no_mistake(tmp_path, encoded, drawings):
    (tmp_path / "kept").write_text("a file")
    for _ in range(2):
        assert Album(tmp_path / "kept").picture(figure_of(), encoded).alt
    assert len(drawings) == 2


def test_neurons_are_drawn_and_damaged_bytes_are_told(tmp_path):
    made, own = neurons()
    album = Album(tmp_path)
    picture = album.picture(figure_of("neuron"), Encoded("a", encode(made)), Encoded("b", encode_neurons(own)))
    assert "q·k" in picture.alt
    with pytest.raises(CodecError):
        album.picture(figure_of(), Encoded("c", b"damaged"))
