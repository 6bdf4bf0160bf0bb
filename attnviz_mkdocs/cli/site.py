"""What a command works on: an engine's configuration, its galleries and its pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mkdocs.structure.files import File

from attnviz_mkdocs.cli.conf import CONF, read_sphinx
from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.cli.settings import find_settings
from attnviz_mkdocs.codec import decode, decode_neurons
from attnviz_mkdocs.fence.folder import read_folder
from attnviz_mkdocs.pictures.alone import Shown
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import Supply

if TYPE_CHECKING:
    from attnviz_mkdocs.capture.engine import Engine
    from attnviz_mkdocs.spec import Figure, Galleries, Mistake
    from attnviz_mkdocs.supply import Supplied


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
        url: The site's address, where it is known.
        has_folders: Whether each page has a folder of its own.
    """

    project: Project
    config_file: Path
    docs: Path
    galleries: Galleries
    mistakes: list[Mistake]
    figures: list[Figure] = field(default_factory=list)
    url: str | None = None
    has_folders: bool = True

    def __post_init__(self) -> None:
        if self.config_file.name == CONF:
            figures, mistakes = read_sphinx(self.config_file)
        else:
            figures, mistakes = read_folder(self.docs, self.galleries, self.project.root)
        self.figures += [*self.galleries.figures(), *figures]
        self.mistakes += mistakes

    def page_of(self, view: str) -> str | None:
        """The address of the first page that shows a gallery's view, where the site has an address."""
        pages = (Path(figure.place.file) for figure in self.figures if figure.base == view)
        shown = next(pages, None)
        if shown is None or not self.url:
            return None
        source = (self.project.root / shown).relative_to(self.docs.resolve())
        return urljoin(self.url.rstrip("/") + "/", File(str(source), "", "", self.has_folders).url)


def open_site(config_file: Path | None, overrides: dict[str, Any]) -> Site:
    """The site of a configuration, or of the one that lies here."""
    settings = find_settings(config_file)
    try:
        project = Project.from_options(settings.root, {**settings.project_options, **overrides})
        galleries = project.load()
    except ProjectError as error:
        fail(f"{settings.file}: {settings.section or 'plugins'}: attnviz: {error}")
    return Site(
        project,
        settings.file,
        settings.docs,
        galleries,
        list(galleries.mistakes),
        url=settings.url,
        has_folders=settings.has_folders,
    )


def supply_of(project: Project, engine: Engine | None = None) -> Supply:
    try:
        return Supply(project, engine)
    except StoreError as error:
        fail(str(error))


def shown_of(figure: Figure, supplied: Supplied) -> Shown:
    """A figure and all that is drawn of it."""
    neurons = None if supplied.neurons is None else decode_neurons(supplied.neurons.data)
    second = None if supplied.second is None else decode(supplied.second.data)
    return Shown(figure, decode(supplied.exhibit.data), neurons, second)
