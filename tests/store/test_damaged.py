"""Real exhibits of which a bit was flipped, or more: found, named, and captured again or refused."""

from __future__ import annotations

import numpy as np
import pytest
from builders import attention, exhibit
from click.testing import CliRunner
from safetensors.numpy import save_file

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.codec import encode, peek_header
from attnviz_mkdocs.codec.files import load, pack
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import DamagedError, Store
from attnviz_mkdocs.supply import Supply

KINDS = ("attention", "neurons")
GALLERY = """\
models:
  tiny: {source: models/tiny}
texts:
  cat: The cat sat
views:
  - {id: own, view: neuron, model: tiny, text: cat}
"""


@pytest.fixture
def files(folder, captured):
    """Kind → the file of one exhibit, and that of its queries and keys."""
    folder.write("gallery/small.yaml", GALLERY)
    folder.write("docs/index.md", "# Small\n\n```attnviz small/own\n```\n")
    supply(folder).ensure(figures(folder))
    store = Store("gallery/store", folder.root)
    return {request.what: folder.root / "gallery/store" / store.name(request.key) for request in captured.requests}


def supply(folder, **options) -> Supply:
    return Supply(Project.from_options(folder.root, options))


def figures(folder) -> list:
    return list(Project.from_options(folder.root, {}).load().figures())


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1 << position % 8]) + data[position + 1 :]


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_in_any_byte_is_found_and_its_file_is_named(kind, files, folder):
    file = files[kind]
    data = file.read_bytes()
    store = Store("gallery/store", folder.root)
    key = file.name.split(".")[0]
    assert store.read(key) == data
    for position in range(len(data)):
        file.write_bytes(flipped(data, position))
        with pytest.raises(DamagedError, match=f"{file.name} is damaged: its checksum does not match"):
            store.read(key)


DAMAGES = {
    "gzip's header": lambda data: flipped(data, 1),
    "its time": lambda data: flipped(data, 5),
    "the safetensors header": lambda data: flipped(data, 30),
    "the numbers": lambda data: flipped(data, len(data) - 40),
    "gzip's trailer": lambda data: flipped(data, len(data) - 1),
    "cut": lambda data: data[: len(data) // 2],
    "nothing": lambda _: b"",
    "more than was written": lambda data: data + b"\0",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_named_and_captured_again_or_refused_with_the_command(
    kind, damage, files, folder, captured, caplog
):
    file = files[kind]
    whole = file.read_bytes()
    file.write_bytes(DAMAGES[damage](whole))
    with pytest.raises(SpecError) as refused:
        supply(folder, capture="never").get(figures(folder)[0])
    [mistake] = refused.value.mistakes
    assert str(mistake).startswith("gallery/small.yaml:6:5: gallery/store/exhibits/")
    assert f'{file.name} is damaged: its checksum does not match. Delete it. Run "attnviz capture"' in str(mistake)
    asked = len(captured.requests)
    shown = supply(folder).get(figures(folder)[0])
    assert f"{file.name} is damaged: its checksum does not match; it is captured again" in caplog.text
    assert [request.what for request in captured.requests[asked:]] == [kind]
    assert file.read_bytes() == whole
    assert {"attention": shown.exhibit, "neurons": shown.neurons}[kind].data == whole


def test_all_that_is_damaged_is_captured_again_in_one_batch(files, folder, captured, caplog):
    asked, batches = len(captured.requests), captured.batches
    whole = {kind: file.read_bytes() for kind, file in files.items()}
    for file in files.values():
        file.write_bytes(b"")
    build = supply(folder)
    build.ensure(figures(folder))
    shown = build.get(figures(folder)[0])
    assert {"attention": shown.exhibit.data, "neurons": shown.neurons.data} == whole
    assert {request.what for request in captured.requests[asked:]} == set(KINDS)
    assert captured.batches == batches + 1
    for file in files.values():
        assert caplog.text.count(f"{file.name} is damaged") == 1


def test_the_command_captures_it_again_and_says_how_many(files, folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    files["attention"].write_bytes(b"")
    said = CliRunner().invoke(main, ["capture"])
    assert said.exit_code == 0
    assert "1 exhibit captured, 2 in the store" in said.output
    assert "0 exhibits captured, 2 in the store" in CliRunner().invoke(main, ["capture"]).output


@pytest.mark.parametrize("name", ["renamed.gz", ".hidden", "0" * 32 + ".safetensors.gz"])
def test_a_file_under_a_name_that_is_none_is_missing(name, files, folder, captured):
    files["attention"].rename(files["attention"].with_name(name))
    assert supply(folder).ensure(figures(folder)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_given_the_name_of_another_exhibit_is_found_out(kind, files, folder, captured, caplog):
    folder.write("gallery/other.yaml", GALLERY.replace("The cat sat", "A dog ran"))
    supply(folder).ensure(figures(folder))
    own = {request.what: request.key for request in captured.requests if request.text.shown == "The cat sat"}[kind]
    other = next(r.key for r in captured.requests if r.what == kind and r.text.shown == "A dog ran")
    store = folder.root / "gallery/store"
    (theirs,) = store.rglob(f"{other}.*")
    kept = theirs.read_bytes()
    files[kind].unlink()
    misnamed = files[kind].with_name(theirs.name.replace(other, own))
    misnamed.write_bytes(kept)
    [figure] = [figure for figure in figures(folder) if figure.place.file == "gallery/small.yaml"]
    with pytest.raises(SpecError, match=f"{misnamed.name} holds another exhibit, whose key is {other}. Delete it. Run"):
        supply(folder, capture="never").get(figure)
    asked = len(captured.requests)
    shown = supply(folder).get(figure)
    assert f"{misnamed.name} holds another exhibit, whose key is {other}; it is captured again" in caplog.text
    assert [(request.what, request.key) for request in captured.requests[asked:]] == [(kind, own)]
    assert {"attention": shown.exhibit, "neurons": shown.neurons}[kind].data != kept
    assert theirs.read_bytes() == kept
    assert not misnamed.exists()


def test_a_file_that_does_not_say_its_key_is_read(tmp_path):
    tensors, header = load(encode(exhibit(attention())), "attention")
    older = pack("attention", tensors, {name: value for name, value in header.items() if name != "key"})
    Store("store", tmp_path).write("00ff", older)
    assert Store("store", tmp_path).read("00ff") == older
    assert peek_header(older).keys() == header.keys() - {"key"}


def test_bytes_that_another_process_put_in_their_place_meanwhile_are_read(files, folder):
    store, other = (Store("gallery/store", folder.root) for _ in range(2))
    key = files["attention"].name.split(".")[0]
    assert key in store
    other.write(key, b"captured elsewhere")
    assert store.read(key) == b"captured elsewhere"
    other.discard(key)
    with pytest.raises(DamagedError, match="is listed, but is not there"):
        store.read(key)


def test_damaged_arrays_are_made_again(folder, captured, caplog):
    save_file({"attention": np.ascontiguousarray(attention(1, 1, 2))}, folder.root / "own.safetensors")
    folder.write("gallery/small.yaml", "views:\n  - {id: own, arrays: own.safetensors, tokens: [A, B]}\n")
    data = supply(folder).get(figures(folder)[0]).exhibit.data
    (file,) = (folder.root / "gallery/store").rglob("*.gz")
    file.write_bytes(data[:-1])
    assert supply(folder, capture="never").get(figures(folder)[0]).exhibit.data == data
    assert "is damaged: its checksum does not match; it is made again" in caplog.text
    assert file.read_bytes() == data
