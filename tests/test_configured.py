"""Where an option stands in a configuration, as a mark in it says."""

from __future__ import annotations

import pytest

from attnviz_mkdocs.configured import Option, place_of
from attnviz_mkdocs.project import Project, ProjectError

MARK = "‸"
#: The file, what it says, and the option that is looked for.
CASES = [
    (
        "mkdocs.yml",
        "site_name: A\nplugins:\n  - search\n  - attnviz:\n      store: a\n      capture: ‸often\n",
        ["capture"],
    ),
    ("mkdocs.yml", "plugins: {search: {}, attnviz: {é: ü, capture: ‸often}}\n", ["capture"]),
    ("mkdocs.yml", "markdown_extensions:\n  - attnviz: {capture: ‸often}\n", ["capture"]),
    (
        "mkdocs.yml",
        "plugins:\n  - attnviz:\n      budget:\n        page: 1MB\n        site: ‸much\n",
        ["budget", "site"],
    ),
    ("mkdocs.yml", "plugins:\n  - attnviz:\n      galleries:\n        - a\n        - ‸b\n", ["galleries", 1]),
    ("mkdocs.yml", "plugins: [attnviz: {galleries: ‸a}]\n", ["galleries", 0]),
    ("mkdocs.yml", "plugins: [attnviz: {store: ‸!ENV [A, B, 3]}]\n", ["store"]),
    (
        "mkdocs.yml",
        "theme: {icon: !!python/name:a.b ''}\nnav: !relative x\nplugins: [attnviz: {store: ‸3}]\n",
        ["store"],
    ),
    # What is not written is below what is.
    ("mkdocs.yml", "plugins:\n  - ‸attnviz\n", ["store"]),
    ("mkdocs.yml", "plugins:\n  - ‸attnviz:\n      <<: {store: 3}\n", ["store"]),
    ("mkdocs.yml", "plugins: [attnviz: {‸budget: 3}]\n", ["budget", "site"]),
    ("zensical.toml", '[project.markdown_extensions.attnviz]\n# store = 3\nremote = "store"\n‸store = 3\n', ["store"]),
    ("zensical.toml", '[project.markdown_extensions]\nattnviz = {capture = "auto", ‸store = 3}\n', ["store"]),
    ("conf.py", "import os\nattnviz_store = 'a'\nattnviz_store = ‸3 if os else 4\nother = 3\n", ["store"]),
]
#: Of these nothing can be told.
NOWHERE = [
    ("mkdocs.yml", "plugins: [search]\n"),
    ("mkdocs.yml", "plugins: 3\n"),
    ("mkdocs.yml", ""),
    ("mkdocs.yml", "plugins: [attnviz\n"),
    ("mkdocs.yml", "INHERIT: mkdocs.yml\n"),
    ("mkdocs.yml", "INHERIT: nowhere.yml\n"),
    ("mkdocs.yml", "plugins: &a [*a]\n"),
    ("mkdocs.yml", "[" * 5000),
    ("zensical.toml", "[project]\n"),
    ("conf.py", "def (\n"),
    ("conf.py", "attnviz_remote = 3\n"),
]


@pytest.mark.parametrize(("name", "said", "path"), CASES)
def test_a_value_is_found(name, said, path, tmp_path):
    file = tmp_path / name
    file.write_text(said.replace(MARK, ""), "utf-8")
    before = said[: said.index(MARK)].split("\n")
    assert str(place_of(Option(tuple(path)), file)) == f"{file}:{len(before)}:{len(before[-1]) + 1}"


@pytest.mark.parametrize(("name", "said"), NOWHERE)
def test_what_is_not_there_is_not_found(name, said, tmp_path):
    file = tmp_path / name
    file.write_text(said, "utf-8")
    assert place_of(Option(("store",)), file) is None


def test_what_is_inherited_is_found_in_its_own_file(tmp_path):
    (tmp_path / "base.yml").write_text("plugins:\n  attnviz:\n    store: 3\n    capture: auto\n")
    file = tmp_path / "mkdocs.yml"
    file.write_text("INHERIT: base.yml\nplugins:\n  attnviz: {capture: never}\n")
    assert str(place_of(Option(("store",)), file)) == f"{tmp_path / 'base.yml'}:3:12"
    assert str(place_of(Option(("capture",), is_key=True), file)) == f"{file}:3:13"
    # Nobody wrote it.
    assert str(place_of(Option(("device",)), file)) == f"{file}:3:3"


def test_a_configuration_that_is_no_file_has_no_place(tmp_path):
    with pytest.raises(ProjectError) as caught:
        Project.from_options(tmp_path, {"capture": "often"})
    assert caught.value.told(None, "plugins").startswith("plugins: attnviz: capture: expected one of")
