from __future__ import annotations

import pytest

from attnviz_mkdocs.budget import Budget
from attnviz_mkdocs.project import Project, ProjectError


def names(project: Project) -> list[str]:
    return [file.relative_to(project.root).as_posix() for file in project.gallery_files()]


@pytest.mark.parametrize(
    ("galleries", "found"),
    [
        (None, ["gallery/deep/b.yml", "gallery/small.yaml"]),
        ("gallery/small.yaml", ["gallery/small.yaml"]),
        ("gallery/**/*.yml", ["gallery/deep/b.yml"]),
        (["gallery/deep", "other"], ["gallery/deep/b.yml", "other/c.yaml"]),
    ],
)
def test_gallery_files(folder, galleries, found):
    folder.write("gallery/deep/b.yml", "")
    folder.write("gallery/store/models/x.yaml", "")
    folder.write("gallery/readme.md", "")
    folder.write("other/c.yaml", "")
    assert names(Project.from_options(folder.root, {"galleries": galleries})) == found


def test_galleries_that_are_not_there_are_told(folder):
    with pytest.raises(ProjectError, match="there is no gallery file at 'nowhere/'"):
        Project.from_options(folder.root, {"galleries": ["gallery", "nowhere/"]}).load()


def test_the_default_folder_need_not_be_there(tmp_path):
    assert Project.from_options(tmp_path, {}).gallery_files() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"capture": "often"}, "capture: expected one of auto, never, always, found 'often'"),
        ({"delivery": 3}, "delivery: expected one of inline, linked"),
        ({"stor": "x"}, 'unknown option .stor.; did you mean "store"'),
        ({"store": 5}, "store: expected text"),
        ({"galleries": [1]}, "galleries: expected"),
        ({"pages": 1.5}, "pages: expected a folder of the site such as gallery, or false, found 1.5"),
        ({"pages": "../gallery"}, "pages: expected a folder of the site"),
        ({"remote": 5}, "remote: expected text"),
        ({"remote": ""}, "remote: expected text, found ''"),
        ({"store": " "}, "store: expected text, found ' '"),
        ({"budget": "much"}, "budget: expected a size such as 2MB, 900kB or 1GiB, or a number of bytes, found 'much'"),
        ({"budget": {"page": "2 M"}}, "budget: page: expected a size"),
        ({"budget": {"pages": "2MB"}}, 'budget: unknown key .pages.; did you mean "page"'),
    ],
)
def test_options_that_can_not_be(tmp_path, options, words):
    with pytest.raises(ProjectError, match=words):
        Project.from_options(tmp_path, options)


@pytest.mark.parametrize(
    ("written", "folder_of_pages"),
    [(None, False), (False, False), (True, "gallery"), ("shows", "shows"), ("/deep/er/", "deep/er")],
)
def test_where_pages_are(tmp_path, written, folder_of_pages):
    assert Project.from_options(tmp_path, {"pages": written}).pages == folder_of_pages


@pytest.mark.parametrize(
    ("written", "page", "gallery", "site"),
    [
        (None, 10**7, None, 10**9),
        ("2MB", 2 * 10**6, None, 10**9),
        (4096, 4096, None, 10**9),
        ({"gallery": "50 MB", "site": "1GiB"}, 10**7, 5 * 10**7, 2**30),
        ({"page": None, "gallery": "1kB"}, 10**7, 1000, 10**9),
    ],
)
def test_budgets(tmp_path, written, page, gallery, site):
    assert Project.from_options(tmp_path, {"budget": written}).budget == Budget(page, gallery, site)


def test_two_galleries_of_one_name_are_a_mistake(folder):
    folder.write("gallery/deep/small.yml", "title: Other\n")
    galleries = Project.from_options(folder.root, {}).load()
    (mistake,) = galleries.mistakes
    assert "rename one of the files" in mistake.message
    assert list(galleries) == ["small"]


@pytest.mark.parametrize("galleries", ["gallery", "gallery/*.yaml", "gallery/link.yaml", "gallery/inner/b.yaml"])
def test_no_link_shows_what_lies_outside(folder, galleries):
    site = folder.root / "site"
    folder.write("site/gallery/own.yaml", "")
    secret = folder.write("outside/b.yaml", "aws_secret_access_key: x")
    (site / "gallery/link.yaml").symlink_to(secret)
    (site / "gallery/inner").symlink_to(secret.parent)
    with pytest.raises(
        ProjectError, match=r"'gallery/(link|inner/b)\.yaml' leads out of site/ by a link; put the file"
    ):
        Project.from_options(site, {"galleries": galleries}).load()
    # What mkdocs.yml names itself is its author's choice.
    assert Project.from_options(site, {"galleries": "../outside"}).load().broken == {"b"}
    (site / "gallery/inner").unlink()
    (site / "gallery/link.yaml").unlink()
    (site / "gallery/link.yaml").symlink_to(site / "gallery/own.yaml")
    assert Project.from_options(site, {"galleries": galleries.replace("inner/b", "own")}).load().broken
