"""A repository to start from: a site with a gallery, what publishes it, and what checks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

#: A small BERT, 91 MB of safetensors under the Apache licence.
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"

#: The page that shows the views of the first gallery.
PAGE = "docs/index.md"
GALLERY = "gallery/first.yaml"

#: MkDocs knows both names.
_SETTINGS = ("mkdocs.yml", "mkdocs.yaml")
#: Files that others write, too, and that can't do without our lines.
_SHARED = (*_SETTINGS, "requirements.txt", ".gitattributes", ".pre-commit-config.yaml")
#: What other engines read.
_OTHERS = ("properdocs.yml", "properdocs.yaml", "zensical.toml", "conf.py", "docs/conf.py")
_DOT = "dot_"


class StartError(Exception):
    """A site can't be started in a folder; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Started:
    """What became of each file, by its path in the folder.

    Attributes:
        made: What was written.
        kept: What was there already, and is as it was.
        mend: Of what was kept and says nothing of attnviz: the lines that it needs.
    """

    made: tuple[str, ...]
    kept: tuple[str, ...]
    mend: dict[str, str]


def start(folder: Path, source: str | None = None) -> Started:
    """Write what a folder lacks of a repository with a gallery.

    Nothing that is there is changed. A folder that has an mkdocs.yml has pages of its own, so it gets no page, and one
    that has galleries gets no gallery.

    Args:
        folder: Where; made if it isn't there.
        source: The model of the first gallery; a small BERT from the hub, if none is named.

    Raises:
        OSError: A file can't be written.
        StartError: The folder has a site of another engine.
    """
    if not any((folder / name).exists() for name in _SETTINGS):
        for name in _OTHERS:
            if (folder / name).exists():
                raise StartError(
                    f"{name} is there, and ours would be a second site beside it, of MkDocs. Name a folder of its own, "
                    f'or write attnviz into {name} by hand; the documentation tells under "Themes, engines and plugins"'
                )
    contents = dict(_contents(folder.resolve().name, source))
    settings, other = _SETTINGS
    if (folder / other).exists():
        contents[other] = contents.pop(settings)
    there = {name for name in contents if (folder / name).exists()}
    left_out = set()
    if there.intersection(_SETTINGS):
        left_out.add(PAGE)
    if any((folder / GALLERY).parent.glob("**/*.y*ml")):
        left_out.add(GALLERY)
    made = tuple(name for name in contents if name not in there | left_out)
    for name in made:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive: a file that appeared in the meantime is not ours to replace.
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(contents[name])
    kept = tuple(name for name in contents if name in there)
    silent = [name for name in kept if name in _SHARED and _is_silent(folder / name)]
    return Started(made, kept, {name: _needed(name, contents[name]) for name in silent})


def _contents(name: str, source: str | None) -> Iterator[tuple[str, str]]:
    """All files: path in the folder, content."""
    package = files("attnviz_mkdocs")
    environment = jinja2.Environment(
        # Curly braces are GitHub's, in a workflow.
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML is written
    )
    environment.filters["yaml"] = _as_yaml
    words = {
        "name": name,
        "model": _short(source or MODEL),
        "source": source or MODEL,
        "revision": None if source else REVISION,
        "version": version("attnviz-mkdocs"),
    }
    for path, template in _templates(package / "start" / "files"):
        yield path.replace(_DOT, "."), environment.from_string(template).render(words)
    yield "gallery/schema.json", (package / "gallery.schema.json").read_text(encoding="utf-8")


def _templates(folder: Traversable, path: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, f"{path}{entry.name}/")
        else:
            yield path + entry.name, entry.read_text(encoding="utf-8")


def _as_yaml(text: str) -> str:
    """A text as a value of a YAML line, quoted where it must be."""
    return yaml.safe_dump(text, width=float("inf"), allow_unicode=True).removesuffix("...\n").rstrip("\n")


def _short(source: str) -> str:
    """A model's name in the gallery, from where it comes from."""
    parts = re.split(r"[/\\:]", source.removesuffix(".gguf").lower())
    names = [re.sub(r"[^a-z0-9]+", "-", part).strip("-") for part in parts]
    # A package often keeps its files in a folder called model, which says nothing.
    return next((name for name in reversed(names) if name not in ("", "model")), "model")


def _is_silent(file: Path) -> bool:
    """Whether a file says nothing of us: whoever wrote it didn't write it for this."""
    return "attnviz" not in file.read_text(encoding="utf-8", errors="replace")


def _needed(name: str, content: str) -> str:
    """The lines that somebody's own file needs: of the settings one paragraph, of the others all."""
    if name not in _SETTINGS:
        return content
    return next(paragraph for paragraph in content.split("\n\n") if paragraph.startswith("plugins:"))
