from __future__ import annotations

import io
import json
import os
import pickle
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from builders import attention, exhibit, later, translation
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save, save_file

from attnviz_mkdocs.arrays import ArraysError, find_arrays, read_arrays
from attnviz_mkdocs.codec import decode, encode
from attnviz_mkdocs.quantise import ABSOLUTE_ERROR
from attnviz_mkdocs.render.numbers import as_safetensors
from attnviz_mkdocs.spec import Arrays

if TYPE_CHECKING:
    from attnviz_mkdocs.exhibit import Exhibit, Token

LABELS = ("The", "cat", "sat", "on", "it")
WEIGHTS = attention()


def read(folder: Path, tensors: dict, arrays: Arrays | None = None, **metadata: object) -> Exhibit:
    path = folder / "mine.safetensors"
    save_file(
        tensors,
        path,
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in metadata.items()},
    )
    return read_arrays(path, arrays or Arrays("mine.safetensors"))


def labels(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.label for token in tokens)


def test_arrays_with_labels_are_an_exhibit(tmp_path):
    read_back = read(tmp_path, {"attention": WEIGHTS}, Arrays("mine.safetensors", LABELS, LABELS))

    assert np.abs(read_back.attention.weights() - WEIGHTS).max() <= ABSOLUTE_ERROR
    assert list(read_back.tokens) == ["text"]
    assert labels(read_back.query) == LABELS
    assert [(name, it.query, it.key, it.layers) for name, it in read_back.attentions.items()] == [
        ("self", "text", "text", (0, 1))
    ]
    assert (read_back.text, read_back.notes) == (None, ())
    provenance = read_back.provenance
    assert (provenance.model, provenance.source, provenance.dtype) == ("mine", "mine.safetensors", "float32")
    assert set(provenance.versions) == {"attnviz-mkdocs", "safetensors"}
    assert decode(encode(read_back)).tokens == read_back.tokens


@pytest.mark.parametrize("written", [list(LABELS), {"query": list(LABELS), "key": list(LABELS)}], ids=["list", "sides"])
def test_labels_may_come_with_the_file(written, tmp_path):
    assert labels(read(tmp_path, {"attention": WEIGHTS}, tokens=written).query) == LABELS


def test_labels_of_the_author_come_before_those_of_the_file(tmp_path):
    mine = tuple("abcde")

    assert labels(read(tmp_path, {"attention": WEIGHTS}, Arrays("m", mine, mine), tokens=list(LABELS)).key) == mine


def test_both_sides_may_have_tokens_of_their_own(tmp_path):
    weights = attention()[:, :, :3].copy()
    read_back = read(tmp_path, {"attention": weights}, Arrays("m", ("a", "b", "c"), LABELS))

    assert (labels(read_back.query), labels(read_back.key)) == (("a", "b", "c"), LABELS)
    assert list(read_back.tokens) == ["query", "key"]
    assert np.abs(read_back.attention.weights() - weights).max() <= ABSOLUTE_ERROR


def test_special_tokens_are_known_by_their_look(tmp_path):
    special = ("[CLS]", "<s>", "</s>", "<|endoftext|>", "<pad>", "[MASK]", "<start_of_turn>", "<unk>")
    plain = ("[", "]", "<", "s", "<0x0A>", "[a b]", "<html>", "|>")
    tokens = special + plain
    read_back = read(tmp_path, {"attention": attention(1, 1, len(tokens))}, Arrays("m", tokens, tokens))

    assert tuple(token.label for token in read_back.query if token.special) == special


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_float_of_numpy_is_read(dtype, tmp_path):
    weights = WEIGHTS.astype(dtype)
    read_back = read(tmp_path, {"attention": weights}, Arrays("m", LABELS, LABELS))

    assert read_back.provenance.dtype == dtype
    assert np.abs(read_back.attention.weights() - weights).max() <= ABSOLUTE_ERROR


def test_bfloat16_is_read_as_torch_writes_it(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    weights = torch.from_numpy(WEIGHTS).to(torch.bfloat16)
    save_torch({"attention": weights}, tmp_path / "t.safetensors")
    read_back = read_arrays(tmp_path / "t.safetensors", Arrays("t.safetensors", LABELS, LABELS))

    assert read_back.provenance.dtype == "bfloat16"
    assert np.abs(read_back.attention.weights() - weights.float().numpy()).max() <= ABSOLUTE_ERROR


@pytest.mark.parametrize(
    "mask", [later(5), later(5)[None, None].astype(np.uint8), np.broadcast_to(later(5), (2, 3, 5, 5)).copy()]
)
def test_a_mask_is_broadcast(mask, tmp_path):
    causal = attention(causal=True)
    read_back = read(tmp_path, {"attention": causal, "masked": mask}, Arrays("m", LABELS, LABELS))

    assert (read_back.attention.masked() == later(5)).all()
    assert read_back.attention.layout == "causal"


def test_a_mask_says_what_zeros_do_not(tmp_path):
    padded = attention(tokens=4)
    weights = np.concatenate([padded, np.zeros((2, 3, 4, 1), np.float32)], -1)[:, :, [0, 1, 2, 3, 3]]
    last = np.arange(5) == 4
    read_back = read(tmp_path, {"attention": weights, "masked": last}, Arrays("m", LABELS, LABELS))
    unmasked = read(tmp_path, {"attention": weights}, Arrays("m", LABELS, LABELS))

    assert read_back.attention.masked()[..., 4].all()
    assert not read_back.attention.masked()[..., :4].any()
    assert not unmasked.attention.masked().any()


def test_attention_that_never_falls_on_a_later_key_is_causal(tmp_path):
    causal = attention(causal=True)
    almost = causal.copy()
    almost[1, 2, 0] = [0.75, 0, 0, 0, 0.25]

    assert (read(tmp_path, {"attention": causal}, Arrays("m", LABELS, LABELS)).attention.masked() == later(5)).all()
    assert not read(tmp_path, {"attention": almost}, Arrays("m", LABELS, LABELS)).attention.masked().any()
    single = read(tmp_path, {"attention": np.ones((1, 1, 1, 1), np.float32)}, Arrays("m", ("a",), ("a",)))
    assert not single.attention.masked().any()


def test_rows_that_sum_to_less_than_one_are_told_to_the_reader(tmp_path):
    weights = WEIGHTS.copy()
    weights[0, 1, 2] *= 0.42
    weights[1, 1, 3] *= 0.98

    assert read(tmp_path, {"attention": weights}, Arrays("m", LABELS, LABELS)).notes == (
        "Rows sum to less than 1: 2 of 30, the least to 0.42.",
    )


def test_a_query_that_sees_nothing_is_no_row_that_lacks_something(tmp_path):
    weights = WEIGHTS.copy()
    weights[:, :, 4] = 0
    masked = np.zeros((5, 5), bool)
    masked[4] = True

    assert read(tmp_path, {"attention": weights, "masked": masked}, Arrays("m", LABELS, LABELS)).notes == ()


def test_encoder_decoder_arrays_have_three_attentions(tmp_path):
    made = translation(source=4, target=3)
    decoded = {f"{name}.attention": it.track.weights() for name, it in made.attentions.items()}
    tensors = {name: weights / weights.sum(-1, keepdims=True) for name, weights in decoded.items()}
    read_back = read(tmp_path, tensors, Arrays("m", ("a", "b", "c"), ("A", "B", "C", "D")))

    assert list(read_back.attentions) == ["cross", "encoder", "decoder"]
    assert {name: labels(tokens) for name, tokens in read_back.tokens.items()} == {
        "source": ("A", "B", "C", "D"),
        "target": ("a", "b", "c"),
    }
    assert (read_back.attentions["decoder"].track.masked() == later(3)).all()
    for name, weights in tensors.items():
        track = read_back.attentions[name.removesuffix(".attention")].track
        assert np.abs(track.weights() - weights).max() <= ABSOLUTE_ERROR


@pytest.mark.parametrize(
    "made",
    [exhibit(WEIGHTS), exhibit(attention(causal=True), masked=later(5)), translation()],
    ids=["full", "causal", "encoder-decoder"],
)
def test_what_is_exported_can_be_brought_back(made, tmp_path):
    (tmp_path / "e.safetensors").write_bytes(as_safetensors(made))
    read_back = read_arrays(tmp_path / "e.safetensors", Arrays("e.safetensors"))

    assert list(read_back.attentions) == list(made.attentions)
    for name, expected in made.attentions.items():
        found = read_back.attentions[name]
        assert (found.query, found.key, found.layers) == (expected.query, expected.key, expected.layers)
        assert (found.track.shape, found.track.layout) == (expected.track.shape, expected.track.layout)
        np.testing.assert_array_equal(found.track.codes, expected.track.codes)
        np.testing.assert_array_equal(found.track.top, expected.track.top)
        assert found.track.largest_error == expected.track.largest_error > 0
    for field in ("text", "pair", "target", "notes", "tokens", "provenance"):
        assert getattr(read_back, field) == getattr(made, field), field


def test_exported_layers_keep_their_numbers_and_new_labels_keep_the_origin(tmp_path):
    made = exhibit(WEIGHTS)
    about = json.loads(_metadata(as_safetensors(made)))
    about["attentions"]["self"]["layers"] = [4, 8]
    read_back = read(tmp_path, {"attention": made.attention.weights()}, Arrays("m", LABELS, LABELS), attnviz=about)

    assert read_back.attentions["self"].layers == (4, 8)
    assert labels(read_back.query) == LABELS
    assert read_back.provenance == made.provenance
    assert read_back.text is None


def test_layers_that_were_taken_out_of_an_export_are_counted_anew_and_the_reader_is_told(tmp_path):
    made = exhibit(WEIGHTS)
    about = json.loads(_metadata(as_safetensors(made)))
    read_back = read(tmp_path, {"attention": made.attention.weights()[1:].copy()}, attnviz=about)

    assert read_back.attentions["self"].layers == (0,)
    assert read_back.notes == ("Layers are counted as in the file of arrays: it holds 1, and the model has 2.",)


def _metadata(content: bytes) -> str:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]["attnviz"]


def changed(position: tuple[int, ...], value: float, weights: np.ndarray = WEIGHTS) -> dict[str, np.ndarray]:
    weights = weights.copy()
    weights[position] = value
    return {"attention": weights}


ABOUT = json.loads(_metadata(as_safetensors(exhibit(WEIGHTS))))
A = {"attention": WEIGHTS}
BROKEN = {
    "no tensor": (
        {"weights": WEIGHTS, "bias": WEIGHTS},
        LABELS,
        {},
        'the file has no tensor "attention" [layer, head, query, key]; it has: bias, weights; name yours so',
    ),
    "encoder alone": (
        {"encoder.attention": WEIGHTS},
        LABELS,
        {},
        'the file has no tensor "attention" [layer, head, query, key]; it has: encoder.attention',
    ),
    "nothing": (
        {},
        LABELS,
        {"about": "nothing"},
        'the file has no tensor "attention" [layer, head, query, key]; it has none',
    ),
    "very many tensors": (
        {f"layer.{i:03}": WEIGHTS for i in range(200)},
        LABELS,
        {},
        "layer.011 and 188 more; name yours so",
    ),
    "both kinds": (
        {"attention": WEIGHTS, "cross.attention": WEIGHTS},
        LABELS,
        {},
        '"attention" and "cross.attention" can\'t stand in one file',
    ),
    "a decoder of another text": (
        {"cross.attention": attention()[:, :, :3].copy(), "decoder.attention": attention(tokens=4)},
        (LABELS[:3], LABELS),
        {},
        '"query" of "tokens" has 3 labels, but "decoder.attention" has 4 keys; write one for each',
    ),
    "three axes": (
        {"attention": WEIGHTS[0]},
        LABELS,
        {},
        '"attention" has the shape [3, 5, 5] (float32); expected [layer, head, query, key]',
    ),
    "a batch": (
        {"attention": WEIGHTS[None]},
        LABELS,
        {},
        '"attention" has the shape [1, 2, 3, 5, 5] (float32); expected [layer, head, query, key]',
    ),
    "a number": (
        {"attention": np.ones((), np.float32)},
        LABELS,
        {},
        '"attention" has the shape [] (float32); expected [layer, head, query, key]',
    ),
    "no layers": (
        {"attention": WEIGHTS[:0]},
        LABELS,
        {},
        '"attention" has the shape [0, 3, 5, 5] (float32), so it has no layer; expected [layer, head, query, key], at least one of each',
    ),
    "no heads": (
        {"attention": WEIGHTS[:, :0]},
        LABELS,
        {},
        '"attention" has the shape [2, 0, 5, 5] (float32), so it has no head; expected [layer, head, query, key], at least one of each',
    ),
    "no keys": (
        {"attention": WEIGHTS[..., :0]},
        LABELS,
        {},
        '"attention" has the shape [2, 3, 5, 0] (float32), so it has no key; expected [layer, head, query, key], at least one of each',
    ),
    "too many tokens": (
        {"attention": np.zeros((1, 1, 1, 1025), np.float16)},
        LABELS,
        {},
        '"attention" has the shape [1, 1, 1, 1025] (float16); a view shows at most 1024 tokens on a side',
    ),
    "too many heads": (
        {"attention": np.ones((2, 2**14 + 1, 1, 1), np.float16)},
        ["a"],
        {},
        '"attention" has the shape [2, 16385, 1, 1] (float16); a view shows at most 32,768 heads in all layers',
    ),
    "whole numbers": (
        {"attention": np.ones((1, 1, 5, 5), np.int64)},
        LABELS,
        {},
        'tensor "attention" has the type I64; write it as one of float16, bfloat16, float32, float64',
    ),
    "not a number": (
        changed((1, 2, 3, 4), np.nan),
        LABELS,
        {},
        '"attention" is nan at layer 1, head 2, query 3, key 4; a weight is a number from 0 to 1',
    ),
    "infinite": (
        changed((0, 0, 0, 1), np.inf),
        LABELS,
        {},
        '"attention" is inf at layer 0, head 0, query 0, key 1; a weight is a number from 0 to 1',
    ),
    "less than 0": (
        changed((1, 0, 2, 1), -0.5),
        LABELS,
        {},
        '"attention" is -0.5 at layer 1, head 0, query 2, key 1; weights are what a softmax gives, and can\'t be less than 0',
    ),
    "more than 1": (
        changed((0, 2, 4, 0), 3.25),
        LABELS,
        {},
        '"attention" is 3.25 at layer 0, head 2, query 4, key 0; weights are what a softmax gives, and can\'t be more than 1',
    ),
    "the axes of another order": (
        {"attention": np.ascontiguousarray(attention(1, 1).swapaxes(2, 3))},
        LABELS,
        {},
        "over all keys; they can't be more than 1. Keys are the last axis: expected [layer, head, query, key]",
    ),
    "rows of more than 1": (
        {"attention": np.full((1, 1, 5, 5), 0.5, np.float32)},
        LABELS,
        {},
        'the weights in "attention" sum to 2.5 at layer 0, head 0, query 0, over all keys',
    ),
    "mask of another shape": (
        {**A, "masked": np.zeros((4, 4), bool)},
        LABELS,
        {},
        '"masked" has the shape [4, 4], and the weights [2, 3, 5, 5]; write a mask of that shape, or one that numpy broadcasts to it',
    ),
    "mask of more axes": (
        {**A, "masked": np.zeros((1, 2, 3, 5, 5), bool)},
        LABELS,
        {},
        '"masked" has the shape [1, 2, 3, 5, 5], and the weights [2, 3, 5, 5]',
    ),
    "mask of floats": (
        {**A, "masked": np.zeros((5, 5), np.float32)},
        LABELS,
        {},
        'tensor "masked" has the type F32; write it as uint8 or bool',
    ),
    "mask the other way round": (
        {**A, "masked": np.ones((5, 5), np.uint8)},
        LABELS,
        {},
        "a mask is 1 where a query may not see a key, and 0 elsewhere",
    ),
    "no labels": (
        A,
        None,
        {},
        'the tokens have no labels; write them under "tokens:", or as JSON into the file\'s metadata',
    ),
    "too few labels": (A, LABELS[:4], {}, '"tokens" has 4 labels, but "attention" has 5 keys; write one for each'),
    "too many labels": (
        A,
        (*LABELS, "!"),
        {},
        '"tokens" has 6 labels, but "attention" has 5 keys; write one for each',
    ),
    "one list for two sides": (
        {"attention": WEIGHTS[:, :, :3]},
        LABELS,
        {},
        '"tokens" is one list, but "attention" has 3 queries and 5 keys; write {query: […], key: […]}',
    ),
    "too few labels of a side": (
        A,
        (LABELS, LABELS[:1]),
        {},
        '"key" of "tokens" has 1 label, but "attention" has 5 keys; write one for each',
    ),
    "too few labels in the file": (
        A,
        None,
        {"tokens": ["a", "b"]},
        '"tokens" has 2 labels, but "attention" has 5 keys; write one for each',
    ),
    "labels that are no JSON": (A, None, {"tokens": "The cat"}, '"tokens" in the file\'s metadata is no JSON'),
    "labels that are numbers": (
        A,
        None,
        {"tokens": [1, 2, 3, 4, 5]},
        '"tokens" in the file\'s metadata can\'t be understood; write ["The", "cat"] or',
    ),
    "labels of other sides": (
        A,
        None,
        {"tokens": {"a": ["b"]}},
        "\"tokens\" in the file's metadata can't be understood",
    ),
    "labels of sides that are text": (
        A,
        None,
        {"tokens": {"query": "abcde", "key": "abcde"}},
        "\"tokens\" in the file's metadata can't be understood",
    ),
    "exported and changed": (
        A,
        None,
        {"attnviz": {"tokens": []}},
        '"attnviz" in the file\'s metadata is not what attnviz writes; export the file again, or take it out',
    ),
    "exported, other tokens": (
        A,
        None,
        {"attnviz": {**ABOUT, "tokens": {}}},
        '"attnviz" in the file\'s metadata is not what attnviz writes',
    ),
    "exported, other origin": (
        A,
        None,
        {"attnviz": {**ABOUT, "provenance": {}}},
        '"attnviz" in the file\'s metadata is not what attnviz writes',
    ),
    "exported, other attention": (
        A,
        None,
        {"attnviz": {**ABOUT, "attentions": {}}},
        '"attnviz" in the file\'s metadata says nothing of "attention"; export it again',
    ),
    "exported, no JSON": (A, None, {"attnviz": "{"}, '"attnviz" in the file\'s metadata is no JSON'),
    "exported, fewer tokens": (
        {"attention": attention(tokens=4)},
        None,
        {"attnviz": ABOUT},
        '"text" in the exported tokens has 5 labels, but "attention" has 4 keys; write one for each',
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_arrays_are_told_in_these_words(case, tmp_path):
    tensors, given_labels, metadata, told = BROKEN[case]
    query, key = given_labels if given_labels and isinstance(given_labels[0], tuple) else (given_labels, given_labels)

    with pytest.raises(ArraysError) as error:
        read(tmp_path, tensors, Arrays("mine.safetensors", query, key), **metadata)

    assert told in str(error.value)
    assert str(tmp_path) not in str(error.value)


def test_weights_a_little_above_one_are_rounding(tmp_path):
    weights = np.zeros((1, 1, 2, 2))
    weights[..., 0] = 1 + 1e-7

    read_back = read(tmp_path, {"attention": weights}, Arrays("m", ("a", "b"), ("a", "b")))

    assert read_back.attention.weights().max() == 1


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, attention=WEIGHTS)
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, WEIGHTS)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_npz(), "a zip archive, such as numpy's .npz"),
        (_npy(), "a file of numpy.save"),
        (pickle.dumps(WEIGHTS), "a pickle, which can run code"),
        (json.dumps({"attention": WEIGHTS.tolist()}).encode(), "JSON"),
        (b"\xef\xbb\xbf[[1.0]]", "JSON"),
        (b"<!doctype html>\n<title>404</title>", "a page of HTML or XML"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
            "what Git LFS leaves in place of a file",
        ),
    ],
)
def test_what_arrays_are_kept_in_elsewhere_is_called_by_its_name(content, kind, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(content)

    with pytest.raises(ArraysError, match=f"^this is {re.escape(kind)}.*; (write|run|fetch) "):
        read_arrays(tmp_path / "m.safetensors", Arrays("m.safetensors"))


def test_a_damaged_file_is_not_taken_for_another_kind(tmp_path):
    content = bytearray(save({"attention": WEIGHTS}))
    for first in (0x80, ord("<"), ord("{"), ord("[")):
        content[0] = first
        (tmp_path / "m.safetensors").write_bytes(bytes(content[:-3]))
        with pytest.raises(ArraysError, match="^this is no safetensors file"):
            read_arrays(tmp_path / "m.safetensors", Arrays("m.safetensors"))


@pytest.mark.parametrize("content", [b"", b"\x00" * 7, b"\xff" * 40, b"hello"])
def test_another_kind_of_file_is_told_so(content, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(content)

    with pytest.raises(
        ArraysError, match="^this is no safetensors file .*; write one with safetensors.numpy.save_file$"
    ):
        read_arrays(tmp_path / "m.safetensors", Arrays("m.safetensors"))


@pytest.mark.parametrize(
    ("there", "asked", "near"),
    [
        ("layer-attention.safetensors", "layer_attention.safetensors", "layer-attention.safetensors"),
        ("arrays/Mine.safetensors", "arrays/mine.safetensors", "Mine.safetensors"),
        ("arrays/mine.npz", "arrays/mine.safetensors", None),
        ("other.safetensors", "mine.safetensors", None),
    ],
)
def test_a_file_of_nearly_that_name_is_named(there, asked, near, tmp_path):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    save_file({"attention": WEIGHTS}, tmp_path / there)

    with pytest.raises(ArraysError) as error:
        find_arrays(asked, tmp_path)

    hint = f', but "{near}" is, in the same folder' if near else ""
    assert str(error.value) == f"{asked} is not there{hint}; write a path from the folder of mkdocs.yml on"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("none.safetensors", "none.safetensors is not there; write a path from the folder of mkdocs.yml on"),
        ("folder", "folder is a folder; name the file in it"),
        ("../out.safetensors", "../out.safetensors leads out of the folder of mkdocs.yml; put the file there"),
        ("link.safetensors", "link.safetensors leads out of the folder of mkdocs.yml; put the file there"),
        ("linked/out.safetensors", "linked/out.safetensors leads out of the folder of mkdocs.yml; put the file there"),
        ("loop", "loop "),
        ("a\0b", "a\0b can't be looked up; write a path from the folder of mkdocs.yml on"),
        ("a" * 5000, "can't be looked up; write a path from the folder of mkdocs.yml on"),
    ],
)
def test_a_file_that_is_not_found(file, told, tmp_path):
    root = tmp_path / "site"
    (root / "folder").mkdir(parents=True)
    save_file({"attention": WEIGHTS}, tmp_path / "out.safetensors")
    (root / "link.safetensors").symlink_to(tmp_path / "out.safetensors")
    (root / "linked").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")

    with pytest.raises(ArraysError) as error:
        find_arrays(file, root)

    assert told in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "m").touch(0o000)

    with pytest.raises(ArraysError, match="m can't be read; arrays are a file that you may read"):
        find_arrays("m", tmp_path)


def test_a_file_is_found_in_the_folder_of_the_site_and_behind_links_in_it(tmp_path):
    (tmp_path / "arrays").mkdir()
    save_file({"attention": WEIGHTS}, tmp_path / "arrays/m.safetensors")
    (tmp_path / "link").symlink_to("arrays/m.safetensors")

    for file in ("arrays/m.safetensors", "arrays/../arrays/m.safetensors", "link"):
        assert find_arrays(file, tmp_path) == (tmp_path / "arrays/m.safetensors").resolve()


def read_or_refuse(folder: Path, tensors: dict, arrays: Arrays) -> Exhibit | None:
    try:
        return read(folder, tensors, arrays)
    except ArraysError as error:
        return None if "\n" not in str(error) else pytest.fail("a message of several lines")


SIZES = st.integers(0, 4)
SHAPES = st.one_of(st.lists(SIZES, max_size=6).map(tuple), st.tuples(SIZES, SIZES, SIZES, SIZES))


@settings(max_examples=200, deadline=None)
@given(
    shape=SHAPES,
    mask=st.none() | SHAPES,
    query=st.lists(st.text(max_size=3), max_size=4).map(tuple),
    key=st.lists(st.text(max_size=3), max_size=4).map(tuple),
    dtype=st.sampled_from(["float16", "float32", "float64", "int8"]),
)
def test_any_shape_makes_an_exhibit_of_that_shape_or_is_refused_in_words(shape, mask, query, key, dtype):
    tensors = {"attention": np.zeros(shape, dtype)}
    if mask is not None:
        tensors["masked"] = np.ones(mask, bool)
    fits = len(shape) == 4 and all(shape) and shape[2:] == (len(query), len(key)) and dtype != "int8"
    if fits and mask is not None:
        try:
            fits = np.broadcast_shapes(shape, mask) == shape
        except ValueError:
            fits = False

    with tempfile.TemporaryDirectory() as folder:
        made = read_or_refuse(Path(folder), tensors, Arrays("m", query, key))
    assert (made is not None) == fits
    if made is None:
        return
    assert made.attention.shape == shape
    assert (labels(made.query), labels(made.key)) == (query, key)
    assert made.attention.masked().all() == (mask is not None)


@settings(max_examples=200, deadline=None)
@given(content=st.binary(min_size=1, max_size=60), cut=st.integers(0, 100))
def test_a_damaged_file_is_refused_in_words_or_holds_one_weight(content, cut):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")
        save_file({"attention": np.ones((1, 1, 1, 1), np.float32)}, path)
        whole = path.read_bytes()
        path.write_bytes(whole[:cut] + content + whole[cut + len(content) :])
        try:
            made = read_arrays(path, Arrays("m", ("a",), ("a",)))
        except ArraysError:
            return
    assert made.attention.shape == (1, 1, 1, 1)
