from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.network

MORE = """\
  - {id: neurons, view: neuron, model: tiny, text: cat}
  - {id: two, model: tiny, compare: [cat, both]}
"""


@pytest.fixture
def filled(run, folder, captured):
    """A project of which all is captured: two exhibits, and the queries and keys of one."""
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + MORE)
    assert run("capture").exit_code == 0
    return folder


def tree(root) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def remote(folder, url) -> None:
    folder.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{remote: '{url}'}}}}]\n")


@pytest.fixture(params=["folder", "s3", "hf"])
def url(request, tmp_path_factory) -> str:
    match request.param:
        case "folder":
            return str(tmp_path_factory.mktemp("remote"))
        case "s3":
            return request.getfixturevalue("s3")
        case _:
            request.getfixturevalue("hub")
            return "hf://datasets/me/attn"


def test_a_machine_without_the_model_pulls_what_another_pushed(run, filled, url):
    remote(filled, url)
    pushed = run("push")
    assert (pushed.exit_code, pushed.stdout) == (0, ""), pushed.stderr
    size = sum(row["bytes"] for row in json.loads(run("status", "--json").stdout))
    assert pushed.stderr == f"3 exhibits, {size / 1000:.1f} kB sent to {url}\n"
    assert run("push").stderr == f"0 exhibits, 0 bytes sent to {url}; 3 were there\n"
    for file in (filled.root / "models/tiny").iterdir():
        file.unlink()
    here = tree(filled.root / "gallery/store")
    (filled.root / "gallery/store").rename(filled.root / "elsewhere")
    pulled = run("pull")
    assert (pulled.exit_code, pulled.stderr) == (0, f"3 exhibits, {size / 1000:.1f} kB fetched from {url}\n")
    assert tree(filled.root / "gallery/store") == here
    assert run("pull").stderr.endswith("3 were there\n")
    assert run("status", "--check").exit_code == 0


def test_a_remote_may_be_named_and_is_seen_from_here(run, filled, monkeypatch):
    monkeypatch.chdir(filled.root / "docs")
    assert run("-f", "../mkdocs.yml", "push", "../shared").exit_code == 0
    assert tree(filled.root / "shared") == tree(filled.root / "gallery/store")
    assert run("-f", "../mkdocs.yml", "pull", "../shared").exit_code == 0


def test_own_arrays_go_along_but_nobody_misses_them(run, filled, tmp_path):
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"attention": np.full((1, 1, 2, 2), 0.5, "f4")}, filled.root / "own.safetensors")
    filled.write("docs/page.md", "```attnviz\narrays: own.safetensors\ntokens: [a, b]\n```\n")
    without = run("push", "shared")
    assert (without.exit_code, without.stderr[:10]) == (0, "3 exhibits")
    run("capture")  # encodes them
    assert run("push", "shared").stderr.startswith("1 exhibit, ")


def test_only_what_is_shown_is_sent_unless_all_is_asked_for(run, filled):
    gallery = filled.root / "gallery/small.yaml"
    gallery.write_text(
        gallery.read_text().replace("text: The cat", "text: The dog").replace("cat: The cat", "cat: A dog")
    )
    run("capture")
    assert run("push", "shared").stderr.startswith("3 exhibits")
    assert run("push", "--all", "shared").stderr.startswith("3 exhibits")
    assert len(list((filled.root / "shared/exhibits").rglob("*.gz"))) == 6
    (filled.root / "gallery/store").rename(filled.root / "old")
    assert run("pull", "shared").stderr.startswith("3 exhibits")
    assert run("pull", "--all", "shared").stderr.startswith("3 exhibits")
    assert tree(filled.root / "gallery/store") == tree(filled.root / "old")


def test_what_is_not_captured_is_told_and_the_rest_is_sent(run, filled):
    filled.write("docs/page.md", "\n```attnviz\nmodel: tiny\ntext: Not captured\n```\n")
    result = run("push", "shared")
    assert result.exit_code == 1
    assert result.stderr.startswith("3 exhibits")
    assert 'run "attnviz capture" first:\n  docs/page.md:2:1: tiny: Not captured\n' in result.stderr
    pulled = run("pull", "shared")
    assert pulled.exit_code == 1
    assert '"attnviz push":\n  docs/page.md:2:1: tiny: Not captured\n' in pulled.stderr


def test_of_two_captures_the_remotes_counts(run, filled):
    run("push", "shared")
    first = tree(filled.root / "gallery/store")
    for file in (filled.root / "gallery/store/exhibits").rglob("*.gz"):
        file.unlink()
    from attnviz_mkdocs.store import Store

    store, other = Store("gallery/store", filled.root), Store("shared", filled.root)
    for key in other:
        store.write(key, b"captured elsewhere: " + other.read(key))
    pushed = run("push", "shared")
    assert "3 exhibits not sent: the remote has other bytes; to put yours in their place: --replace" in pushed.stderr
    assert tree(filled.root / "shared") == first
    assert "3 exhibits of the store gave way to the remote's" in run("pull", "shared").stderr
    assert tree(filled.root / "gallery/store") == first


def test_push_replaces_when_told_to(run, filled):
    from attnviz_mkdocs.store import Store

    run("push", "shared")
    store = Store("gallery/store", filled.root)
    store.write(next(iter(store)), b"captured again")
    assert run("push", "--replace", "shared").stderr.startswith("1 exhibit, 14 bytes sent")
    assert tree(filled.root / "shared") == tree(filled.root / "gallery/store")


def test_a_place_where_nothing_is_is_told(run, filled):
    result = run("pull", "nowhere")
    assert result.exit_code == 1
    assert 'there is nothing at nowhere; is that the right place? If so, fill it with "attnviz push"' in result.stderr


def test_an_empty_address_is_refused_and_not_taken_for_this_folder(run, filled, monkeypatch):
    monkeypatch.chdir(filled.root)
    before = set(filled.root.rglob("*"))
    for command in ("push", "pull"):
        result = run(command, "")
        assert (result.exit_code, "a store has no name; expected a folder" in result.stderr) == (1, True), command
    assert set(filled.root.rglob("*")) == before


def test_without_a_remote_it_is_asked_for(run, filled):
    for command in ("push", "pull", "status --remote", "gc --remote"):
        result = run(*command.split())
        assert (result.exit_code, 'write "remote: s3://bucket/folder"' in result.stderr) == (2, True), command


def test_a_store_that_can_not_be_reached_is_told_without_a_traceback(run, filled):
    for command in ("push", "pull"):
        result = run(command, "nowhere://x")
        told = "the store nowhere://x can't be opened: Protocol not known: nowhere"
        mend = "expected a folder, or an fsspec URL such as s3://bucket/attention"
        assert (result.exit_code, result.stderr) == (1, f"{told}; {mend}\n")


def test_status_tells_what_is_at_the_remote(run, filled):
    remote(filled, "shared")
    assert run("status", "--remote", "--check").exit_code == 1
    run("push")
    filled.write("docs/page.md", "\n```attnviz\nmodel: tiny\ntext: A dog\n```\n")
    run("capture")
    result = run("status", "--remote", "--json")
    assert {row["text"]: row["remote"] for row in json.loads(result.stdout)} == {"The cat sat": True, "A dog": False}
    told = run("status", "--remote")
    assert (told.exit_code, told.stderr.endswith("; 3 of 4 at shared\n")) == (0, True)
    assert sum("at remote" in line for line in told.stdout.splitlines()) == 3


def damage(root) -> None:
    """Flip a bit of each file, whose names and sizes stay."""
    for name, data in tree(root).items():
        (root / name).write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])


def test_what_is_damaged_here_is_pulled_again(run, filled):
    run("push", "shared")
    store = filled.root / "gallery/store"
    whole = tree(store)
    damage(store)
    for file in (filled.root / "models/tiny").iterdir():
        file.unlink()
    told = run("status", "--check")
    assert (told.exit_code, "models/tiny" in told.stderr) == (1, True)
    pulled = run("pull", "shared")
    assert (pulled.exit_code, pulled.stderr.splitlines()[1]) == (0, "3 exhibits of the store gave way to the remote's")
    assert tree(store) == whole


def test_a_check_finds_what_is_damaged(run, filled):
    assert run("status", "--check").exit_code == 0
    file = min((filled.root / "gallery/store/exhibits").rglob("*.gz"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    checked = run("status", "--check")
    assert checked.exit_code == 1
    assert sorted(line.split()[0] for line in checked.stdout.splitlines()) == ["damaged", "present", "present"]
    assert checked.stderr.startswith(f"gallery/store/exhibits/{file.parent.name}/{file.name} is damaged: its checksum")


def test_what_is_damaged_at_the_remote_is_told_and_pushed_again_when_asked_for(run, filled):
    run("push", "shared")
    whole = tree(filled.root / "shared")
    damage(filled.root / "shared")
    (filled.root / "gallery/store").rename(filled.root / "kept")
    pulled = run("pull", "shared")
    assert pulled.exit_code == 1
    lines = pulled.stderr.splitlines()
    assert lines[0] == "0 exhibits, 0 bytes fetched from shared"
    assert sorted(line.split(": ", 1)[1] for line in lines[1:-1]) == sorted(
        ["its checksum does not match", "it is no JSON"][name.startswith("models")] for name in whole
    )
    assert {line.split(" is damaged")[0] for line in lines[1:-1]} == {f"shared/{name}" for name in whole}
    assert lines[-1] == 'Damaged at the remote; run "attnviz push --replace" where the store is whole'
    assert not (filled.root / "gallery/store").exists()
    (filled.root / "kept").rename(filled.root / "gallery/store")
    assert run("push", "shared").exit_code == 0
    assert run("push", "--replace", "shared").exit_code == 0
    assert tree(filled.root / "shared") == whole


def test_what_is_damaged_here_is_not_pushed(run, filled):
    damage(filled.root / "gallery/store")
    pushed = run("push", "shared")
    assert pushed.exit_code == 1
    assert pushed.stderr.count("is damaged") == 3  # the record is written anew
    assert 'Damaged in the store, so not sent; run "attnviz capture" first\n' in pushed.stderr
    assert not list((filled.root / "shared").rglob("*.gz"))


def test_in_a_shell_with_a_server_named_by_the_environment(run, filled, s3):
    """As users do it: a process of its own, which finds the server by fsspec's variable."""
    program = [sys.executable, "-c", "from attnviz_mkdocs.cli import main; main()"]

    def shell(*words):
        return subprocess.run(
            [*program, *words], cwd=filled.root, capture_output=True, text=True, env=os.environ, check=False
        )

    assert "AWS_ENDPOINT_URL" not in os.environ
    done = shell("push", s3)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("3 exhibits")
    done = shell("--store", s3, "status", "--check")
    assert (done.returncode, done.stdout.count("present")) == (0, 3), done.stderr
    done = shell("--store", f"{s3}/nothing/here", "status", "--check")
    assert done.returncode == 1


def test_a_store_at_an_address_is_captured_into_and_built_from(run, filled, s3, captured):
    run("--store", s3, "capture")
    filled.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{store: '{s3}', capture: never}}}}]\n")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    asked = len(captured.requests)
    build(load_config(str(filled.root / "mkdocs.yml"), strict=True))
    assert "<attn-view" in (filled.root / "site/index.html").read_text()
    assert len(captured.requests) == asked
