"""Slips in what stands around galleries and fences: the configuration, the names of files, what lies beside them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from huggingface_hub import constants
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from attnviz_mkdocs.cli import main

GALLERY = """\
models: {tiny: {source: models/tiny}}
texts: {cat: The cat sat}
views: [{id: v, model: tiny, text: cat}]
"""
FENCE = "```attnviz g/v\n```\n"
BROKEN = "```attnviz g/x\n```\n"
UNKNOWN = 'unknown view "g/x"; did you mean "g/v"? Galleries have: g/v'


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Write files, by name; without content, one is taken away."""
    monkeypatch.chdir(tmp_path)

    def write(**files: str | bytes | None) -> None:
        whole = {"mkdocs.yml": "site_name: A\nplugins: [attnviz]\n", "gallery/g.yaml": GALLERY, "docs/index.md": FENCE}
        for name, content in (whole | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def told(*command: str) -> list[str]:
    said = CliRunner().invoke(main, command or ["check"])
    assert said.exception is None or type(said.exception) is SystemExit
    lines = said.stderr.splitlines()
    assert (said.exit_code == 0) == (len(lines) == 1 and lines[0].endswith("no mistakes"))
    return [line for line in lines if not line.endswith(("mistake to mend", "mistakes to mend"))]


CONFIGURATIONS = {
    "plugins:\n  - attnviz:\n    capture: never\n": (
        "mkdocs.yml:3:5: plugins: capture stands beside attnviz; indent it further, so that it stands below"
    ),
    "plugins:\n  - attnviz\n  - attnviz: {capture: never}\n": (
        "mkdocs.yml:3:5: plugins: attnviz stands here 2 times; take all but one out"
    ),
    "plugins: [search]\n": (
        "mkdocs.yml:1:1: attnviz is not named here, so pages show its fences as code; name it under plugins"
    ),
    "plugins: [atnviz]\n": (
        "mkdocs.yml:1:1: attnviz is not named here, so pages show its fences as code; name it under plugins"
    ),
    "plugins: [attnviz: {galleries: []}]\n": (
        "mkdocs.yml:2:32: plugins: attnviz: galleries: expected a folder, a file, a glob, or a list of these, found []"
    ),
    "plugins: [attnviz: {galleries: ''}]\n": (
        "mkdocs.yml:2:32: plugins: attnviz: galleries: expected a folder, a file, a glob, or a list of these, found ''"
    ),
    "plugins: [attnviz: {galleries: [gallery, ' ']}]\n": (
        "mkdocs.yml:2:32: plugins: attnviz: galleries: expected a folder, a file, a glob, or a list of these, "
        "found ['gallery', ' ']"
    ),
    "plugins: [attnviz: {store: mkdocs.yml}]\n": (
        "mkdocs.yml:2:28: plugins: attnviz: store: mkdocs.yml is a file; expected a folder or an fsspec URL"
    ),
    "plugins: [attnviz: {remote: gallery/g.yaml}]\n": (
        "mkdocs.yml:2:29: plugins: attnviz: remote: gallery/g.yaml is a file; expected a folder or an fsspec URL"
    ),
}


@pytest.mark.parametrize("said", CONFIGURATIONS)
def test_a_slip_in_the_configuration_is_told_in_these_words(said, site):
    site(**{"mkdocs.yml": f"site_name: A\n{said}"})

    assert told() == [CONFIGURATIONS[said]]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion"),
        ("2026-13-45", "month must be in 1..12"),
    ],
)
def test_a_value_that_can_t_be_is_told_with_its_file(value, words, site):
    site(**{"mkdocs.yml": f"site_name: A\nplugins: [attnviz: {{budget: {value}}}]\n"})

    (line,) = told()
    assert line.startswith(f"mkdocs.yml: {words}")


@pytest.mark.parametrize("budget", ["9" * 400, "9" * 400 + "MB", "0." + "9" * 400 + "MB"])
def test_a_budget_beyond_all_numbers_is_told(budget, site):
    size = "a size such as 2MB, 900kB or 1GiB, or a number of bytes"
    site(
        **{
            "mkdocs.yml": f"site_name: A\nplugins: [attnviz: {{budget: '{budget}'}}]\n",
            "gallery/g.yaml": f"budget: '{budget}'",
        }
    )

    (line,) = told()
    assert line == f"mkdocs.yml:2:29: plugins: attnviz: budget: expected {size}, found '{budget}'"
    site(**{"gallery/g.yaml": f"budget: '{budget}'", "docs/index.md": ""})
    assert told()[0].startswith(f'gallery/g.yaml:1:9: "budget" must be {size}, but "{budget[:59]}…" is text')


def test_a_store_that_nothing_opens_is_told_with_its_place(site, caplog):
    site(**{"mkdocs.yml": "site_name: A\nplugins: [attnviz: {store: 'foo://x'}]\n"})

    with pytest.raises(Abort):
        build(load_config("mkdocs.yml"))
    assert (
        "mkdocs.yml:2:28: plugins: attnviz: store: the store foo://x can't be opened: Protocol not known: foo; "
        "expected a folder, or an fsspec URL such as s3://bucket/attention"
    ) in caplog.text


def test_without_fences_a_configuration_may_leave_attnviz_out(site):
    site(**{"mkdocs.yml": "site_name: A\n", "docs/index.md": "# A\n"})

    assert told() == ["1 view in 1 gallery file and the pages: no mistakes"]


def test_without_a_configuration_fences_are_checked(site, tmp_path):
    site()
    (tmp_path / "mkdocs.yml").unlink()

    assert told() == ["2 views in 1 gallery file and the pages: no mistakes"]


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.mkd", "a.mdown", "a.mkdn", "a b.md", "ü#50%.md", "b/c/d.md"])
def test_a_page_is_checked_whatever_it_is_called(name, site):
    site(**{f"docs/{name}": BROKEN})

    assert told() == [f"docs/{name}:1:12: {UNKNOWN}"]


@pytest.mark.parametrize("name", [".a.md", ".ipynb_checkpoints/a-checkpoint.md", "a.txt", "a.md.bak"])
def test_what_no_engine_takes_for_a_page_is_not_checked(name, site):
    site(**{f"docs/{name}": BROKEN})

    assert told() == ["2 views in 1 gallery file and the pages: no mistakes"]


@pytest.mark.parametrize("name", ["h.yaml", "h.yml", "h.YAML", "h.Yml", "deep/er/h.yaml"])
def test_a_gallery_is_read_however_its_name_ends(name, site):
    site(**{f"gallery/{name}": "titel: A\n"})

    known = "A gallery has: title, description, tags, budget, models, texts, views"
    assert told() == [f'gallery/{name}:1:1: unknown key "titel" in a gallery; did you mean "title"? {known}']


@pytest.mark.parametrize("galleries", ["gallery/", "gallery/*", "gallery/**/*"])
@pytest.mark.parametrize("name", [".h.yaml", ".#g.yaml", ".ipynb_checkpoints/g.yaml", "README.md", "g.yaml~", "g.png"])
def test_what_lies_beside_galleries_is_none(name, galleries, site):
    site(
        **{
            "mkdocs.yml": f"site_name: A\nplugins: [attnviz: {{galleries: '{galleries}'}}]\n",
            f"gallery/{name}": "title: [\n",
            "gallery/store/x": "x",
        }
    )

    assert told() == ["2 views in 1 gallery file and the pages: no mistakes"]


UNREADABLE = {
    "an encoding of Windows": (b"A caf\xe9.\n\n" + FENCE.encode(), "docs/a.md:1:6: byte 0xE9 is not UTF-8"),
    "UTF-16 with a mark": (FENCE.encode("utf-16"), "docs/a.md:1:1: byte 0xFF is not UTF-8"),
    "a cut character": (b"# A\n\n\xe2\x82", "docs/a.md:3:1: byte 0xE2 is not UTF-8"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_page_that_is_no_text_ends_a_build_in_words(kind, site, caplog):
    content, words = UNREADABLE[kind]
    site(**{"docs/a.md": content, "docs/index.md": "# A\n"})

    assert told() == [f"{words}; save the file as UTF-8"]
    with pytest.raises(Abort):
        build(load_config("mkdocs.yml"))
    assert caplog.messages[-1] == f"{words}; save the file as UTF-8"


SOURCES = {
    "https://huggingface.co/bert-base-uncased": (
        'there is no folder "https://huggingface.co/bert-base-uncased"; a source is a hub id such as org/name, '
        'a folder or package:NAME/PATH: write "bert-base-uncased"'
    ),
    "https://huggingface.co/org/name/tree/main": (
        'there is no folder "https://huggingface.co/org/name/tree/main"; a source is a hub id such as org/name, '
        'a folder or package:NAME/PATH: write "org/name"'
    ),
    "hf://org/name": (
        'there is no folder "hf://org/name"; a source is a hub id such as org/name, a folder or package:NAME/PATH: '
        'write "org/name"'
    ),
    "org/name@main": 'there is no folder "org/name@main"; write "org/name", and "revision: main" below it',
    "~/models/tiny": (
        'there is no folder "~/models/tiny"; "~" and "$" stand for themselves here: write a path from the folder of '
        "mkdocs.yml on, or an absolute one"
    ),
    "Package:name/path": (
        'there is no folder "Package:name/path"; a source is a hub id such as org/name, a folder or package:NAME/PATH'
    ),
    "models/tinny": 'there is no folder "models/tinny", and the local cache has no hub model of this name',
    "models/a/tiny": 'there is no folder "models/a/tiny"',
    '"two\\nlines"': 'there is no folder "two lines"',
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_none_is_told_in_one_line(source, site, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    site(**{"gallery/g.yaml": GALLERY.replace("models/tiny", source if source[0] == '"' else f"'{source}'")})

    lines = [line for line in told("status") if line.startswith("gallery/")]
    assert len(lines) == 1
    assert lines[0].startswith(f"gallery/g.yaml:1:25: {SOURCES[source]}")


def test_names_of_galleries_that_differ_in_capitals_are_told(site):
    site(**{"gallery/G.yaml": "title: A\n"})

    assert told() == [
        'docs/index.md:1:12: gallery "g" has mistakes; mend them first',
        'gallery/g.yaml:1:1: gallery/G.yaml is named "G" too, but for capitals; rename one of the files',
    ]


@pytest.mark.parametrize("output", ["nowhere/x.html", "docs/index.md/x.svg"])
def test_a_folder_that_is_not_there_is_told_before_a_model_is_looked_for(output, site):
    site()

    assert told("export", "g/v", "-o", output) == [
        f"{output} can't be written: there is no folder {output.rpartition('/')[0]}; make it first"
    ]


def test_all_mistakes_of_a_card_are_told_at_once(site):
    markers = (f"<!-- attnviz: g/{name} -->\n<!-- /attnviz -->\n" for name in ("x", "v", "y"))
    site(**{"README.md": "\n".join(markers)})

    known = 'did you mean "g/v"? Galleries have: g/v'
    assert told("card", "README.md") == [
        f'README.md:1:1: unknown view "g/x"; {known}',
        f'README.md:7:1: unknown view "g/y"; {known}',
    ]


@pytest.mark.parametrize("marker", ["<!-- Attnviz: g/v -->", "<!-- ATTNVIZ g/v -->", "<!-- /Attnviz -->"])
def test_a_marker_with_capitals_is_told(marker, site):
    site(**{"README.md": f"{marker}\n"})

    form = "<!-- attnviz: gallery/view --> or <!-- /attnviz -->"
    assert told("card", "README.md") == [f"README.md:1:1: this marker can't be read; write {form}, alone in its line"]


def test_a_page_whose_lines_end_as_on_an_old_mac_is_read_as_its_engine_reads_it(site):
    site(**{"docs/index.md": FENCE.replace("g/v", "g/x").replace("\n", "\r")})
    assert told() == [f"docs/index.md:1:12: {UNKNOWN}"]


def test_a_source_too_long_for_a_file_is_told(site):
    site(**{"gallery/g.yaml": GALLERY.replace("models/tiny", "models/" + "a" * 5000)})
    lines = told("status")
    assert any(line.strip().startswith("gallery/g.yaml:1:25: ") and "file name too long" in line for line in lines)
