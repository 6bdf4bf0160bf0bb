"""What a command works on: an engine's configuration, its galleries and its pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from attnviz_mkdocs.cli.conf import CONF, read_sphinx
from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.cli.settings import find_settings
from attnviz_mkdocs.fence.folder import read_folder
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.store import Store, StoreError
from attnviz_mkdocs.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Collection

    from attnviz_mkdocs.capture.engine import Engine
    from attnviz_mkdocs.cli.settings import Settings
    from attnviz_mkdocs.spec import Figure, Galleries, Mistake


@dataclass(slots=True)
class Site:
    """What a command works on: a project, its galleries and its pages.

    Attributes:
        project: Its options.
        settings: What the engine's configuration says.
        overrides: Names of the options that were given on the command line.
        galleries: All galleries.
        mistakes: What is wrong with galleries and pages.
        figures: What they show.
    """

    project: Project
    settings: Settings
    overrides: Collection[str]
    galleries: Galleries
    mistakes: list[Mistake]
    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.is_sphinx:
            figures, mistakes = read_sphinx(self.settings.file)
        else:
            figures, mistakes = read_folder(self.settings.docs, self.galleries, self.project.root)
        self.figures += [*self.galleries.figures(), *figures]
        self.mistakes += mistakes

    @property
    def is_sphinx(self) -> bool:
        """Whether Sphinx builds it, which reads pages in its own way."""
        return self.settings.file.name == CONF

    def supply(self, engine: Engine | None = None, **changes: Any) -> Supply:
        """Where its exhibits come from.

        Args:
            engine: What captures them; this process where None.
            changes: Options that a command sets in place of the project's.
        """
        try:
            return Supply(replace(self.project, **changes), engine)
        except ProjectError as error:
            _refuse(error, self.settings, self.overrides)

    def remote(self, url: str | None = None) -> Store:
        """The store that was named, or else the project's remote."""
        if url is not None:
            return Store(url, Path.cwd())
        if self.project.remote is None:
            raise click.UsageError(
                'there is no remote: write "remote: s3://bucket/folder", a folder or any other fsspec URL, under '
                '"plugins: attnviz:" in mkdocs.yml, or name one here'
            )
        try:
            return Store(self.project.remote, self.project.root)
        except StoreError as error:
            _refuse(ProjectError(f"remote: {error}", "remote"), self.settings, self.overrides)


def open_site(config_file: Path | None, overrides: dict[str, Any]) -> Site:
    """The site of a configuration, or of the one that lies here."""
    settings = find_settings(config_file)
    try:
        project = Project.from_options(settings.root, {**settings.project_options, **overrides})
        galleries = project.load()
    except ProjectError as error:
        _refuse(error, settings, overrides)
    return Site(project, settings, overrides, galleries, list(galleries.mistakes))


def _refuse(error: ProjectError, settings: Settings, overrides: Collection[str]) -> NoReturn:
    """Tell what is wrong with an option, and where it stands."""
    is_given = any(name in overrides for name in error.option.path[:1])
    fail(f"--{error}" if is_given else error.told(settings.file, settings.section or "plugins"))
