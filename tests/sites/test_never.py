"""``capture: never``: what a build without torch, models and network does."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from safetensors.numpy import save_file

NEVER = "site_name: Small\nplugins: [search, {attnviz: {capture: never}}]\n"
MORE = """\
  - {id: neurons, view: neuron, model: tiny, text: cat}
  - {id: texts, model: tiny, compare: [cat, both]}
  - {id: models, text: cat, compare: [tiny, other]}
"""
PAGE = """\
# Page

```attnviz small/neurons
```

```attnviz small/texts
```

```attnviz small/models
```

```attnviz
model: tiny
text: Only here
```

```attnviz
arrays: own.safetensors
tokens: [a, b]
```
"""
#: All that the capture extra brings, and what reaches out.
HEAVY = ("torch", "transformers", "accelerate", "huggingface_hub", "gguf", "tqdm", "regex", "tokenizers", "ray")
BUILD = "from mkdocs.__main__ import cli; cli(['build', '--strict', '-q'])"
NO_NETWORK = (
    "import socket\n"
    "def refuse(*_args, **_options): raise AssertionError('the network was used')\n"
    "socket.socket.connect = socket.getaddrinfo = refuse\n"
)
REFUSE = f"""\
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {HEAVY}:
            raise AssertionError(name + ' was imported')
sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture
def project(folder):
    """A project with every kind of view, and arrays of its own."""
    for file in (folder.root / "models/tiny").iterdir():
        folder.write(f"models/other/{file.name}", f"{file.read_text()} ")
    gallery = (
        (folder.root / "gallery/small.yaml").read_text().replace("texts:", "  other: {source: models/other}\ntexts:", 1)
    )
    (folder.root / "gallery/small.yaml").write_text(gallery + MORE)
    (folder.root / "docs/page.md").write_text(PAGE)
    save_file({"attention": np.full((1, 1, 2, 2), 0.5, "f4")}, folder.root / "own.safetensors")
    return folder


@pytest.fixture
def filled(project, captured, monkeypatch):
    """The same with a full store, and without the models."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    project.write("mkdocs.yml", NEVER.replace("never", "auto"))
    build_here(project)
    for file in (project.root / "models").rglob("*.*"):
        file.unlink()
    project.write("mkdocs.yml", NEVER)
    return project


def build_here(folder):
    build(load_config(str(folder.root / "mkdocs.yml"), strict=True))


def without_heavy(folder: Path) -> Path:
    """A folder of packages like ours, less the heavy ones."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.lower().replace("-", "_").startswith(HEAVY) and not path.name.startswith(
            ("__editable__", "_attn")
        ):
            (folder / path.name).symlink_to(path)
    return folder


def test_a_build_imports_no_torch_and_reaches_for_nothing(filled):
    program = REFUSE + NO_NETWORK + BUILD
    done = subprocess.run([sys.executable, "-c", program], cwd=filled.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (filled.root / "site/page/index.html").read_text().count("<attn-view") == 5


def test_a_build_where_there_is_no_torch_gives_the_same_site(filled, tmp_path_factory):
    (filled.root / "site").rename(filled.root / "with-torch")
    packages = without_heavy(tmp_path_factory.mktemp("environment") / "packages")
    ours = Path(__file__).parents[2]
    # Without `site`, nothing is found but what is named here.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ours), str(packages)])}
    absent = f"import importlib.util as u; assert not any(map(u.find_spec, {HEAVY}))\n"
    command = [sys.executable, "-S", "-c", absent + NO_NETWORK + BUILD]
    done = subprocess.run(command, cwd=filled.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in ("index.html", "page/index.html"):
        assert (filled.root / "site" / page).read_bytes() == (filled.root / "with-torch" / page).read_bytes()


def stopped(folder, caplog) -> str:
    """What a build says that stops."""
    with pytest.raises(Abort):
        build_here(folder)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    caplog.clear()
    return record.getMessage()


def test_all_that_is_missing_is_told_at_once_with_its_place(project, captured, caplog):
    project.write("mkdocs.yml", NEVER)
    assert stopped(project, caplog).splitlines() == [
        "not all that the views show is in the store gallery/store, and capture is never:",
        "  docs/page.md:12:1: tiny: Only here",
        "  gallery/small.yaml:10:5: tiny: The cat sat",
        "  gallery/small.yaml:20:5: tiny: The cat sat (queries and keys)",
        "  gallery/small.yaml:21:5: tiny: The cat sat",
        "  gallery/small.yaml:22:5: other: The cat sat",
        'Run "attnviz capture" where a model can run, and commit or push the store.',
    ]
    assert not captured.requests


def test_one_missing_part_is_enough(filled, caplog):
    kept = {path: path.read_bytes() for path in (filled.root / "gallery/store/exhibits").rglob("*.gz")}
    for path, data in kept.items():
        path.unlink()
        if path.name.startswith(tuple(own_arrays(filled))):
            build_here(filled)  # they are there, so nothing is missing
        else:
            assert 'Run "attnviz capture"' in stopped(filled, caplog)
        path.write_bytes(data)
    assert len(kept) == 6


def own_arrays(folder) -> list[str]:
    from attnviz_mkdocs.fence import read_page
    from attnviz_mkdocs.project import Project
    from attnviz_mkdocs.supply import Supply

    project = Project.from_options(folder.root, {"capture": "never"})
    figures, _ = read_page(PAGE, project.load(), "page.md")
    return list(Supply(project).wanted(figures).arrays)


def test_a_model_that_neither_this_machine_nor_the_store_knows_is_told_at_once_with_the_rest(filled, caplog):
    for path in (filled.root / "gallery/store/models").iterdir():
        path.unlink()
    text = stopped(filled, caplog)
    assert "gallery/small.yaml:4:13: " in text  # tiny
    assert "gallery/small.yaml:5:19: " in text  # other
    assert "the store has no record of the model" in text
    assert 'Run "attnviz capture"' in text


def test_with_a_remote_the_message_says_pull(project, captured, caplog):
    project.write(
        "mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {capture: never, remote: 's3://bucket/attn'}}]\n"
    )
    assert stopped(project, caplog).splitlines()[-1] == (
        'Run "attnviz pull". What is not at s3://bucket/attn either: run "attnviz capture" where a model can run, '
        'then "attnviz push" there.'
    )


def test_a_fence_that_only_shows_when_its_page_is_rendered_is_told_without_a_traceback(filled):
    filled.write("included.md", "```attnviz\nmodel: tiny\ntext: Included\n```\n")
    filled.write("mkdocs.yml", f"{NEVER}markdown_extensions: [pymdownx.snippets]\n")
    filled.write("docs/page.md", '--8<-- "included.md"\n')
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"], cwd=filled.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "docs/page.md:1:1: tiny: Included" in done.stderr
    assert 'Run "attnviz capture"' in done.stderr
