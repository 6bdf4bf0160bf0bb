"""What a command works on: an engine's configuration, its galleries and its pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.cli.conf import CONF, read_sphinx
from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.cli.settings import find_settings
from attnviz_mkdocs.fence.folder import read_folder
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import Supply

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.capture.engine import Engine
    from attnviz_mkdocs.cli.address import Address
    from attnviz_mkdocs.spec import Figure, Galleries, Mistake


@dataclass(slots=True)
class Site:
    """What a command works on: a project, its galleries and its pages.

    Attributes:
        project: Its options.
        config_file: The engine's configuration; it need not be there.
        docs: The folder of the pages.
        galleries: All galleries.
        mistakes: What is wrong with galleries and pages.
        figures: What they show.
        address: Where it is published, where that is known.
        section: Where the configuration names attnviz; empty where it doesn't.
    """

    project: Project
    config_file: Path
    docs: Path
    galleries: Galleries
    mistakes: list[Mistake]
    figures: list[Figure] = field(default_factory=list)
    address: Address | None = None
    section: str = ""

    def __post_init__(self) -> None:
        if self.is_sphinx:
            figures, mistakes = read_sphinx(self.config_file)
        else:
            figures, mistakes = read_folder(self.docs, self.galleries, self.project.root)
        self.figures += [*self.galleries.figures(), *figures]
        self.mistakes += mistakes

    @property
    def is_sphinx(self) -> bool:
        """Whether Sphinx builds it, which reads pages in its own way."""
        return self.config_file.name == CONF


def open_site(config_file: Path | None, overrides: dict[str, Any]) -> Site:
    """The site of a configuration, or of the one that lies here."""
    settings = find_settings(config_file)
    try:
        project = Project.from_options(settings.root, {**settings.project_options, **overrides})
        galleries = project.load()
    except ProjectError as error:
        given = next((name for name in error.option.path[:1] if name in overrides), None)
        fail(f"--{error}" if given else error.told(settings.file, settings.section or "plugins"))
    return Site(
        project,
        settings.file,
        settings.docs,
        galleries,
        list(galleries.mistakes),
        address=settings.address,
        section=settings.section,
    )


def supply_of(project: Project, engine: Engine | None = None) -> Supply:
    try:
        return Supply(project, engine)
    except StoreError as error:
        fail(str(error))
