"""Disks that are full, folders that may not be read, pipes in the place of files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, BuildError

from attnviz_mkdocs.store import Store, StoreError

try:
    import resource
except ImportError:
    pytest.skip("Windows has neither such limits nor such pipes", allow_module_level=True)


@contextmanager
def no_file_above(size: int):
    """The system refuses to write more, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def files(folder) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.json", "x.safetensors"])
def test_an_export_that_finds_no_room_leaves_the_earlier_one(run, folder, captured, name):
    assert run("capture").exit_code == 0
    earlier = folder.write(name, "earlier")
    there = files(folder.root)
    with no_file_above(500):
        result = run("export", "small/lines", "-o", name)
    assert (result.exit_code, result.stderr) == (1, f"{name} can't be written: File too large\n")
    assert (earlier.read_text("utf-8"), files(folder.root)) == ("earlier", there)


def test_a_card_that_finds_no_room_is_what_it_was(run, folder, captured):
    written = "# A model\n" + "words " * 200
    readme = folder.write("README.md", written)
    assert run("capture").exit_code == 0
    assert run("card", "README.md", "--view", "small/lines").exit_code == 0
    readme.write_text(written, "utf-8")  # its pictures are there, so that the next writes nothing but this
    with no_file_above(500):
        result = run("card", "README.md", "--view", "small/lines")
    assert (result.exit_code, result.stderr) == (1, "README.md can't be written: File too large\n")
    assert readme.read_text("utf-8") == written


def test_what_is_written_anew_may_be_read_by_whom_it_was(run, folder, captured):
    assert run("capture").exit_code == 0
    folder.write("elsewhere/kept.json", "").chmod(0o600)
    (folder.root / "x.json").symlink_to("elsewhere/kept.json")
    assert run("export", "small/lines", "-o", "x.json").exit_code == 0
    assert (folder.root / "x.json").is_symlink()
    about = (folder.root / "elsewhere/kept.json").stat()
    assert (about.st_mode & 0o777, about.st_size > 0) == (0o600, True)


def test_a_site_that_finds_no_room_is_told_in_words(run, folder, captured):
    config = load_config(str(folder.root / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    with no_file_above(2000), pytest.raises((BuildError, Abort), match="make room and build again"):
        build(config)


def test_a_folder_that_may_not_be_listed_is_not_empty(tmp_path, monkeypatch):
    store = Store("store", tmp_path)
    store.write("aa", b"")
    store.refresh()

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # whoever runs this may be allowed all
    with pytest.raises(StoreError, match=r"the store store can't be listed: Permission denied"):
        list(store)


def test_a_server_that_can_not_be_reached_is_not_empty(run, folder):
    # Nothing listens there.
    result = run("--store", "http://127.0.0.1:9/store", "status")
    assert result.exit_code == 1
    assert result.stderr.startswith("the store http://127.0.0.1:9/store can't be listed: ")


def test_from_a_pipe_in_the_place_of_a_file_nothing_is_read(tmp_path):
    store = Store("store", tmp_path)
    store.write("aa", b"content")
    file = tmp_path / "store" / store.name("aa")
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(StoreError, match="can't be read: It is no file"):
        store.read("aa")


def test_a_gallery_that_is_a_pipe_is_told(run, folder):
    os.mkfifo(folder.root / "gallery/pipe.yaml")
    result = run("check")
    words = "gallery/pipe.yaml:1:1: this gallery can't be read (it is no file); expected a file that you may read"
    assert result.stderr.splitlines() == [words, "1 mistake to mend"]


def test_what_is_printed_and_finds_no_room_is_told(folder):
    command = [sys.executable, "-c", "from attnviz_mkdocs.cli import main; main()", "schema"]
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=folder.root)
    assert (done.returncode, done.stderr) == (1, "what is printed can't be written: No space left on device\n")


def test_a_store_whose_name_is_too_long_for_a_folder_is_told(run, folder):
    result = run("--store", "x" * 5000, "status")
    assert (result.exit_code, result.stderr) == (1, f"the store {'x' * 5000} can't be listed: File name too long\n")
