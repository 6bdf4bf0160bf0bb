"""What is known of a project's views: while a build runs, and from build to build."""

from __future__ import annotations

import logging as python_logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sphinx.domains import Domain
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging

from attnviz_mkdocs.kept import KEPT
from attnviz_mkdocs.pictures import Album
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.sites.sphinx.nodes import View
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.spec.characters import in_line, in_order
from attnviz_mkdocs.spec.mistakes import did_you_mean
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError, Supply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from attnviz_mkdocs.spec import Figure, Galleries, Mistake

log = logging.getLogger(__name__)

#: What stands in front of an option in conf.py.
PREFIX = "attnviz_"
#: The options that Sphinx knows.
OPTIONS = ("galleries", "store", "remote", "capture", "delivery", "device")
#: What decides how a page looks beside its own words: keys of exhibits, and whether each is there.
Shows = list[tuple[str, bool]]


@dataclass(slots=True)
class Site:
    """What one build works with."""

    project: Project
    galleries: Galleries
    supply: Supply
    builder: Builder
    album: Album = field(init=False)

    def __post_init__(self) -> None:
        self.album = Album(self.project.root / KEPT)

    @property
    def is_live(self) -> bool:
        """Whether its pages run scripts."""
        return self.builder.format == "html" and not getattr(self.builder, "embedded", False)

    @property
    def shows(self) -> bool:
        """Whether anything is made of views: not where only texts or links are collected."""
        return bool(self.builder.format) or self.builder.name == "dummy"

    def shown(self, file: str) -> str:
        """A file as its author knows it, seen from conf.py."""
        return Path(os.path.relpath(file, self.project.root)).as_posix()

    def files_of(self, figure: Figure, named: str) -> Iterator[Path]:
        """The files that decide what a figure is, beside that of its page.

        Args:
            figure: The figure.
            named: The gallery and the view that its fence names, if it names one.
        """
        used = {place.file for place in figure.places.values()}
        for name, gallery in self.galleries.items():
            if gallery.file in used or name == named.partition("/")[0]:
                yield self.project.root / gallery.file
        if figure.arrays is not None:
            yield self.project.root / figure.arrays.file


class Views(Domain):
    """The views of all documents.

    What is kept in ``data``: ``figures``, by document; ``mistaken``, the documents with mistakes; and ``shown``, what
    the views of each document showed when each builder last wrote it.
    """

    name = "attnviz"
    label = "Attention views"
    initial_data: ClassVar[dict[str, Any]] = {"figures": {}, "mistaken": set(), "shown": {}}
    site: Site
    told: set[Mistake]

    @staticmethod
    def of(env: BuildEnvironment) -> Views:
        """Those of a project."""
        views = env.get_domain(Views.name)
        assert isinstance(views, Views)
        return views

    def begin(self, app: Sphinx) -> None:
        """Read the galleries.

        Raises:
            ConfigError: An option can't be what it is.
        """
        try:
            project = Project.from_options(Path(app.confdir), options_in(app.config))
            self.site = Site(project, project.load(), Supply(project), app.builder)
        except ProjectError as error:
            raise ConfigError(error.told(Path(app.confdir) / "conf.py", root=Path(app.confdir))) from error
        self.told = set()
        self.tell(self.site.galleries.mistakes)

    def tell(self, mistakes: Iterable[Mistake]) -> None:
        """Warn of mistakes, of each once."""
        for mistake in mistakes:
            if mistake not in self.told:
                place = mistake.place
                file = in_line(os.path.normpath(self.site.project.root / place.file))
                log.warning(
                    "%s", in_order(mistake.message), location=f"{file}:{place.line}:{place.column}", type="attnviz"
                )
        self.told.update(mistakes)

    def plan(self) -> list[str]:
        """Capture what is missing, all in one batch, and tell which documents show something else than before.

        Raises:
            ExtensionError: Something is missing and may not be captured, or the store can't be used.
        """
        if not self.site.shows:
            return []
        by_document: dict[str, list[Figure]] = self.data["figures"]
        everything = [figure for figures in by_document.values() for figure in figures]
        try:
            self.site.supply.ensure([*self.site.galleries.figures(), *everything])
            return [document for document in sorted(by_document) if self._shows_something_else(document)]
        except (MissingError, StoreError) as error:
            raise ExtensionError(str(error)) from error

    def _shows_something_else(self, document: str) -> bool:
        shown: dict[str, Shows] = self.data["shown"].setdefault(self.site.builder.name, {})
        figures: list[Figure] = self.data["figures"][document]
        if shown.get(document) == [*self._shows(figures)]:
            return False
        for figure in figures:
            self._check(figure, document)
        # Anew, because an author's own arrays are in the store from now on.
        shown[document] = [*self._shows(figures)]
        return True

    def _shows(self, figures: Iterable[Figure]) -> Iterator[tuple[str, bool]]:
        supply = self.site.supply
        for figure in figures:
            try:
                needed = supply.needed(figure)
            except SpecError as error:
                yield str(error), False
                continue
            for request in (needed.exhibit, needed.neurons, needed.second):
                if request is not None:
                    yield request.key, request.key in supply.store

    def _check(self, figure: Figure, document: str) -> None:
        try:
            self.site.supply.get(figure)
        except SpecError as error:
            self.data["mistaken"].add(document)
            self.tell(error.mistakes)

    def clear_doc(self, docname: str) -> None:
        self.data["figures"].pop(docname, None)
        self.data["mistaken"].discard(docname)
        for shown in self.data["shown"].values():
            shown.pop(docname, None)

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:
        views = [*document.findall(View)]
        figures = [view.figure for view in views if view.figure is not None]
        if figures:
            self.data["figures"][docname] = figures
        if len(figures) < len(views):
            self.data["mistaken"].add(docname)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        self.data["figures"] |= {name: otherdata["figures"][name] for name in docnames if name in otherdata["figures"]}
        self.data["mistaken"] |= otherdata["mistaken"] & set(docnames)

    def resolve_any_xref(self, *_: object) -> list[Any]:
        """Nothing of ours is found by a name alone."""
        return []


def options_in(config: Config) -> dict[str, Any]:
    """The options in a conf.py.

    Raises:
        ProjectError: One is misspelled, or not for Sphinx; Sphinx itself says nothing of it.
    """
    for written in config._raw_config:  # noqa: SLF001 - nothing public has what no extension asked for
        name = written.removeprefix(PREFIX)
        if name != written and name not in OPTIONS:
            message = f"{written}: unknown option{did_you_mean(name, OPTIONS)} There are: {', '.join(OPTIONS)}"
            raise ProjectError(message, name, is_key=True)
    return {name: config[PREFIX + name] for name in OPTIONS}


def begin(app: Sphinx) -> None:
    """Sphinx's event ``builder-inited``."""
    views = Views.of(app.env)
    views.begin(app)
    if views.site.shows:
        _OTHERS.addHandler(_HANDED_ON)


def end(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx's event ``build-finished``."""
    _OTHERS.removeHandler(_HANDED_ON)


def outdated(
    app: Sphinx, env: BuildEnvironment, added: AbstractSet[str], changed: AbstractSet[str], removed: AbstractSet[str]
) -> list[str]:
    """Sphinx's event ``env-get-outdated``: what is wrong is told in each build, until it is mended."""
    return [*Views.of(env).data["mistaken"]]


def plan(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Sphinx's event ``env-updated``: all documents are read, and none is written."""
    return Views.of(env).plan()


class _HandedOn(python_logging.Handler):
    """What rooms that don't know Sphinx warn of, in Sphinx's own log."""

    def emit(self, record: python_logging.LogRecord) -> None:
        log.log(record.levelno, "%s", record.getMessage(), type="attnviz")


_OTHERS = python_logging.getLogger("mkdocs.plugins.attnviz")
_HANDED_ON = _HandedOn(python_logging.WARNING)
