from __future__ import annotations

import json
import shutil
import sys

import pytest
from click.testing import CliRunner
from sphinx_project import CONF

from attnviz_mkdocs.cli import main

PAGE = """\
Small
=====

.. attnviz:: small/lines

.. attnviz::
   :model: tiny
   :text: Own words
"""


@pytest.fixture
def run(folder, captured, monkeypatch):
    """Commands in the folder of a Sphinx project that has no other engine."""
    (folder.root / "mkdocs.yml").unlink()
    folder.write("conf.py", CONF)
    folder.write("index.rst", PAGE)
    folder.write(
        "part.md",
        "---\norphan: true\n---\n\n```{attnviz} small/grid\n```\n\n:::{attnviz}\n:model: tiny\n:text: Others\n:::\n",
    )
    monkeypatch.chdir(folder.root)
    return lambda *words: CliRunner().invoke(main, words)


def test_capture_knows_what_the_documents_show(run, captured):
    result = run("capture")
    assert result.exit_code == 0, result.stderr
    assert sorted(captured.texts) == ["Others", "Own words", "The cat sat"]
    assert {row["state"] for row in json.loads(run("status", "--json").stdout)} == {"present"}


def test_options_are_those_of_conf_py(run, folder, captured):
    folder.write("pages/conf.py", CONF + 'attnviz_store = "kept"\nattnviz_galleries = ["../gallery"]\n')
    folder.write("pages/index.rst", PAGE)
    shutil.copytree(folder.root / "models", folder.root / "pages/models")
    result = run("-f", "pages/conf.py", "status")
    assert "Own words" in result.stdout, result.stderr
    run("-f", "pages/conf.py", "capture")
    assert (folder.root / "pages/kept").is_dir()
    assert not (folder.root / "gallery/store").exists()


def test_check_tells_mistakes_of_galleries_and_documents(run, folder, captured):
    folder.write("gallery/other.yaml", "models: {m: {source: ''}}\n")
    folder.write("index.rst", PAGE.replace("lines", "lins"))
    folder.write("part.md", "# Part\n\n```{attnviz} small/grid\nlayer: no\n```\n")
    result = run("check")
    assert result.exit_code == 1
    assert "3 mistakes" in result.stderr
    for place in ("gallery/other.yaml:1:", "index.rst:4:14:", "part.md:4:8:"):
        assert place in result.stderr
    assert not captured.requests
    assert not (folder.root / "_build").exists()


@pytest.mark.parametrize(
    ("conf", "told"),
    [
        (CONF + "1 / 0\n", "programmable error"),
        (
            CONF + "attnviz_capture = 'no'\n",
            ":19: extensions: attnviz: capture: expected one of auto, never, always, found 'no'",
        ),
        (CONF.replace('"myst_parser"', '"nosuch_extension"'), "nosuch_extension"),
    ],
)
def test_a_conf_that_can_not_be_read_says_why(run, folder, conf, told):
    folder.write("conf.py", conf)
    result = run("check")
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert result.stderr.startswith("conf.py:")
    assert told in result.stderr


def test_a_conf_of_others_is_not_executed(run, folder):
    folder.write("conf.py", "raise SystemExit\n")
    assert run("check").exit_code == 0


def test_a_conf_that_does_not_name_us_says_what_to_write(run, folder):
    folder.write("conf.py", CONF.replace('"attnviz_mkdocs.sphinx", ', "") + "attnviz_store = 'kept'\n")
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr == 'conf.py: write "attnviz_mkdocs.sphinx" into its list of extensions\n'


def test_without_sphinx_the_command_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "sphinx.errors", None)
    result = run("check")
    assert result.exit_code == 1
    assert 'pip install "attnviz-mkdocs[sphinx]"' in result.stderr
