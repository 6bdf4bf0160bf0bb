"""How a command finds what an engine's configuration says."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import yaml
from click.testing import CliRunner

from attnviz_mkdocs.assets import asset
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.cli.settings import find_settings

ZENSICAL = '[project]\nsite_name = "Small"\ndocs_dir = "pages"\n[project.markdown_extensions.attnviz]\nstore = "its"\n'


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    (folder.root / "mkdocs.yml").unlink()
    return lambda *words: CliRunner().invoke(main, words)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mkdocs.yml", "plugins: [search, {attnviz: {store: its}}]\ndocs_dir: pages\n"),
        ("mkdocs.yaml", "plugins: {attnviz: {store: its}}\ndocs_dir: pages\n"),
        ("properdocs.yml", "plugins: [{attnviz: {store: its}}]\ndocs_dir: pages\n"),
        ("mkdocs.yml", "markdown_extensions: [toc, {attnviz: {store: its}}]\ndocs_dir: pages\n"),
        ("mkdocs.yml", "markdown_extensions: {attnviz: {store: its}}\ndocs_dir: pages\n"),
        ("zensical.toml", ZENSICAL),
        ("zensical.toml", ZENSICAL.replace("[project]\n", "").replace("project.", "")),
        ("zensical.toml", ZENSICAL.replace('.attnviz]\nstore = "its"', ']\nattnviz = {store = "its"}')),
    ],
)
def test_options_and_pages_are_found(run, folder, captured, name, says):
    folder.write(name, says)
    folder.write("pages/deep/er/page.md", "```attnviz\nmodel: tiny\ntext: A page\n```\n")
    for words in ((), ("-f", name)):
        assert run(*words, "capture").exit_code == 0
    assert sorted(captured.texts) == ["A page", "The cat sat"]
    assert list((folder.root / "its/exhibits").rglob("*.gz"))


def test_a_configuration_of_another_name_and_place(run, folder, captured):
    folder.write("site/own.yml", "plugins: [{attnviz: {galleries: ../gallery}}]\ndocs_dir: ../docs\n")
    assert run("-f", "site/own.yml", "status").exit_code == 1  # the model's folder is relative to own.yml
    folder.write("site/own.toml", '[markdown_extensions.attnviz]\nroot = ".."\n')
    (row,) = json.loads(run("-f", "site/own.toml", "status", "--json").stdout)
    assert row["text"] == "The cat sat"


def test_what_a_configuration_inherits_counts(run, folder, captured):
    folder.write("base.yml", "plugins: {search: {}, attnviz: {store: base, capture: auto}}\ndocs_dir: pages\n")
    folder.write("mkdocs.yml", "INHERIT: base.yml\nplugins: {attnviz: {store: own}}\n")
    settings = find_settings(None)
    assert settings.options == {"store": "own", "capture": "auto"}
    assert settings.docs.as_posix() == "pages"


def test_a_base_that_is_not_there_is_told(run, folder):
    folder.write("mkdocs.yml", "INHERIT: base.yml\n")
    result = run("check")
    assert (result.exit_code, "base.yml" in result.stderr, result.exception.__class__) == (1, True, SystemExit)


def test_of_two_configurations_that_which_names_attnviz_counts(run, folder):
    folder.write("mkdocs.yml", "site_name: Small\n")
    assert find_settings(None).file.name == "mkdocs.yml"
    folder.write("zensical.toml", ZENSICAL)
    assert find_settings(None).file.name == "zensical.toml"
    folder.write("mkdocs.yml", "plugins: [attnviz]\n")
    assert find_settings(None).file.name == "mkdocs.yml"


@pytest.mark.parametrize(
    ("name", "says", "words"),
    [
        ("zensical.toml", "[project\n", "zensical.toml:1:9: Expected ']'"),
        ("zensical.toml", "[project]\nmarkdown_extensions = 3\n", "markdown_extensions: expected a list, found 3"),
        ("zensical.toml", ZENSICAL + "stor = 3\n", "zensical.toml:6:1: markdown_extensions: attnviz: unknown option"),
        (
            "properdocs.yml",
            "plugins: [attnviz: 3]\n",
            "properdocs.yml:1:11: plugins: attnviz: expected options such as",
        ),
        ("zensical.toml", "[project]\nx = 3 4\n", "zensical.toml:2:7: Expected newline"),
        ("zensical.toml", "x = '\udcff'\n", "zensical.toml:1:6: byte 0xED is not UTF-8; save the file as UTF-8"),
        ("mkdocs.yml", "site_name: \x00\n", "mkdocs.yml: MkDocs encountered an error"),
        ("mkdocs.yml", "a: 1\nb: c: d\n", "mkdocs.yml:2:5: mapping values are not allowed here; write it as YAML"),
        ("mkdocs.yml", "a: 2026-13-45\n", "mkdocs.yml: month must be in 1..12; put quotes round it"),
        ("mkdocs.yml", "INHERIT: [a]\n", "behind INHERIT a path"),
        ("mkdocs.yml", "3\n", "expected lines of the form 'name: value'"),
        ("mkdocs.yml", "INHERIT: mkdocs.yml\n", "inherit themselves; take some levels out"),
        ("mkdocs.yml", "INHERIT: gallery\n", "mkdocs.yml: gallery can't be read (Is a directory)"),
    ],
)
def test_a_broken_configuration_is_told(run, folder, name, says, words):
    (folder.root / name).write_bytes(says.encode("utf-8", "surrogatepass"))
    result = run("check")
    assert (result.exit_code, words in result.stderr) == (1, True), result.stderr or result.exception


@pytest.mark.parametrize(
    ("name", "says", "place"),
    [
        ("mkdocs.yml", "plugins:\n- attnviz:\n    OPTION: foo://x\n", r"mkdocs\.yml:3:1[23]: plugins: "),
        (
            "zensical.toml",
            ZENSICAL.replace('store = "its"', 'OPTION = "foo://x"'),
            r"zensical\.toml:5:1: markdown_extensions: ",
        ),
        (
            "conf.py",
            "extensions = ['attnviz_mkdocs.sphinx', 'myst_parser']\nattnviz_OPTION = 'foo://x'\n",
            r"conf\.py:2:1[78]: extensions: ",
        ),
    ],
)
def test_a_store_that_nothing_opens_is_told_with_its_place(run, folder, name, says, place):
    folder.write("index.rst", "A\n=\n")
    for option, commands in {"store": ("status", "capture", "gc", "check"), "remote": ("push", "pull")}.items():
        folder.write(name, says.replace("OPTION", option))
        for command in commands:
            result = run(command)
            start, separator, end = result.stderr.partition("attnviz: ")
            assert separator, result.stderr or result.exception
            assert end.startswith(
                f"{option}: the store foo://x can't be opened: Protocol not known: foo; expected a folder"
            )
            assert (result.exit_code, bool(re.fullmatch(place, start))) == (1, True), result.stderr


def test_a_store_of_the_command_line_that_nothing_opens_is_told_with_its_name(run):
    result = run("--store", "foo://x", "status")
    assert (result.exit_code, result.stderr.partition(": Prot")[0]) == (1, "--store: the store foo://x can't be opened")


def read_toml(text: str) -> dict:
    project = tomllib.loads(text)["project"]
    return {**project, "markdown_extensions": list(project["markdown_extensions"])}


@pytest.mark.parametrize(
    ("name", "says", "read"),
    [("zensical.toml", ZENSICAL, read_toml), ("mkdocs.yml", "docs_dir: pages\n", yaml.safe_load)],
)
def test_assets_are_written_and_the_lines_for_them_printed(run, folder, name, says, read):
    folder.write(name, says)
    result = run("assets")
    assert result.exit_code == 0
    for asset_name in ("attnviz.js", "attnviz.css"):
        assert (folder.root / "pages/assets/attnviz" / asset_name).read_text("utf-8") == asset(asset_name)
    assert read(result.stdout) == {
        "extra_css": ["assets/attnviz/attnviz.css"],
        "extra_javascript": [{"path": "assets/attnviz/attnviz.js", "defer": True}],
        "watch": ["gallery"],
        "markdown_extensions": ["attnviz"],
    }


def test_assets_go_into_a_folder_that_is_named(run, folder):
    result = run("assets", "else/where")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (folder.root / "else/where/attnviz.js").is_file()
    folder.write("file", "")
    result = run("assets", "file/in")
    assert (result.exit_code, "can't be written" in result.stderr) == (1, True)
