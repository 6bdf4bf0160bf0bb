"""What a command works on: an mkdocs.yml, its galleries and its pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml
from mkdocs.utils.yaml import yaml_load
from yaml_env_tag import construct_env_tag

from attnviz_mkdocs.cli.address import Address
from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Figure, Galleries, Mistake


@dataclass(slots=True)
class Site:
    """What a command works on: a project, its galleries and its pages."""

    project: Project
    docs: Path
    galleries: Galleries
    mistakes: list[Mistake]
    figures: list[Figure] = field(default_factory=list)
    address: Address | None = None

    def __post_init__(self) -> None:
        self.figures.extend(self.galleries.figures())
        root = self.project.root
        for page in sorted(self.docs.rglob("*.md")):
            file = page.relative_to(root).as_posix() if page.is_relative_to(root) else str(page)
            figures, mistakes = read_page(page.read_text(encoding="utf-8", errors="replace"), self.galleries, file)
            self.figures.extend(figures)
            self.mistakes.extend(mistakes)


class _Loader(yaml.SafeLoader):
    """Reads an mkdocs.yml without importing what its tags name: themes need not be installed to capture."""


_Loader.add_constructor("!ENV", construct_env_tag)
_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def open_site(config_file: Path | None, overrides: dict[str, Any]) -> Site:
    file = config_file or Path("mkdocs.yml")
    settings: dict[str, Any] = {}
    if file.is_file():
        with file.open("rb") as stream:
            settings = yaml_load(stream, _Loader) or {}  # type: ignore[arg-type]
        if not isinstance(settings, dict):
            fail(f"{file}: expected lines of the form 'name: value'")
    elif config_file is not None:
        raise click.BadParameter(f"{file} does not exist", param_hint="--config-file")
    root = file.resolve().parent
    try:
        project = Project.from_options(root, {**_plugin_options(settings.get("plugins")), **overrides})
        galleries = project.load()
    except ProjectError as error:
        fail(f"{file}: plugins: attnviz: {error}")
    return Site(
        project,
        root / settings.get("docs_dir", "docs"),
        galleries,
        list(galleries.mistakes),
        address=Address.said_in(settings),
    )


def _plugin_options(plugins: Any) -> dict[str, Any]:
    """The options under `attnviz` in an mkdocs.yml, where plugins are a list or a mapping."""
    if not isinstance(plugins, dict | list | None):
        raise ProjectError(f"expected a list of plugins, found {plugins!r}")
    if not isinstance(plugins, dict):
        entries = [entry if isinstance(entry, dict) else {entry: None} for entry in plugins or ()]
        plugins = {name: options for entry in entries for name, options in entry.items()}
    options = plugins.get("attnviz") or {}
    if not isinstance(options, dict):
        raise ProjectError(f"expected options such as store: gallery/store, found {options!r}")
    return options


def supply_of(project: Project) -> Supply:
    try:
        return Supply(project)
    except StoreError as error:
        fail(str(error))


def requests(supply: Supply, figures: Iterable[Figure]) -> dict[str, Request]:
    """What must be captured for the figures, by key; own arrays need no capture."""
    found: dict[str, Request] = {}
    for figure in figures:
        try:
            needed = supply.needed(figure)
        except SpecError:
            continue
        found |= {request.key: request for request in needed.requests}
    return found
