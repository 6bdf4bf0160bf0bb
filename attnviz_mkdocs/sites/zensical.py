"""Zensical: it runs extensions of Markdown and no plugins, so what our plugin does for MkDocs is done from a page.

Zensical renders a page when the page, the configuration or what the configuration watches has changed, and takes it
from its cache otherwise; it renders on threads of its own, counts no warnings but its own, and ships the files that lie
in the folder of the pages.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn, Self

from attnviz_mkdocs.assets import SCRIPT, STYLE, asset
from attnviz_mkdocs.budget import Budget
from attnviz_mkdocs.fence.folder import read_folder, shown_from
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.sites.page import Page
from attnviz_mkdocs.sites.scribe import Scribe, log
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown import Markdown

    from attnviz_mkdocs.spec import Mistake


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page that Zensical renders.

    Attributes:
        path: Its source, relative to the folder of the pages.
        config: The site's configuration, as Zensical understood it.
    """

    path: str
    config: Mapping[str, Any]

    @classmethod
    def by(cls, md: Markdown) -> Self | None:
        """The page that a converter was made for; None where that is not Zensical's."""
        module = sys.modules.get("zensical.extensions.context")
        context = module and module.ContextPreprocessor.from_markdown(md)
        return cls(context.page.path, context.config) if context else None

    @property
    def root(self) -> Path:
        """The folder of the configuration."""
        return Path(self.config["root_dir"]).resolve()

    @property
    def docs(self) -> Path:
        """The folder of the pages."""
        return self.root / str(self.config["docs_dir"])

    def page(self) -> Page:
        file = self.docs / self.path
        source = file.read_bytes() if file.is_file() else b""
        front_matter = _FRONT_MATTER.match(source)
        return Page(
            file=shown_from(self.root, file),
            line_offset=front_matter[0].count(b"\n") if front_matter else 0,
            refuse=_refuse if self._is_strict else None,
            is_preview=_is_preview(),
        )

    def scribe(self, folder: str, options: dict[str, Any]) -> Scribe:
        """The scribe of all pages. The first page that asks has everything captured, in one batch.

        Args:
            folder: What the options' paths are relative to, relative to the configuration's folder.
            options: The options of a project.
        """
        root = (self.root / folder).resolve()
        name = json.dumps([str(root), options], sort_keys=True)
        with _lock:
            try:
                project = Project.from_options(root, options)
                if name not in _known or _known[name].state != _state(project, _known[name].arrays):
                    _known[name] = self._begun(project)
            except ProjectError as error:
                _stop(error.told(self._config_file, root=self.root))
            return _known[name].scribe

    @property
    def _config_file(self) -> Path:
        """The first of those that Zensical looks for, which it doesn't hand on; another may have been named to it."""
        files = [self.root / name for name in _CONFIG_FILES]
        return next(filter(Path.is_file, files), files[0])

    def _begun(self, project: Project) -> _Known:
        scribe = Scribe.of(project)
        of_pages, _ = read_folder(self.docs, scribe.galleries, project.root)
        figures = [*scribe.galleries.figures(), *of_pages]
        arrays = frozenset(project.root / figure.arrays.file for figure in figures if figure.arrays)
        advice = list(self._advice(project, arrays))
        for one in advice:
            log.warning("%s", one)
        if self._is_strict and (advice or scribe.galleries.mistakes):
            _stop("\n".join([*advice, *map(str, scribe.galleries.mistakes)]))
        try:
            scribe.supply.ensure(figures)
        except MissingError as error:
            if not _is_preview():
                _stop(str(error))
        return _Known(scribe, arrays, _state(project, arrays))

    def _advice(self, project: Project, arrays: frozenset[Path]) -> Iterator[str]:
        """What the configuration lacks, which nobody but its author can add."""
        if not self._has_assets():
            yield 'the site lacks the script and the style of attention views, or has old ones; run "attnviz assets"'
        if project.delivery == "linked":
            yield "delivery: linked needs MkDocs or ProperDocs; with Zensical pages carry their data"
        if project.pages:
            yield "pages: needs MkDocs or ProperDocs; with Zensical galleries have no pages of their own"
        if project.budget != Budget():
            yield "budget: needs MkDocs or ProperDocs; with Zensical nothing is weighed"
        watched = [(self.root / path).resolve() for path in self.config["watch"]]
        shown = [path.resolve() for path in (*project.gallery_folders(), *sorted(arrays))]
        unwatched = [path for path in shown if not any(path.is_relative_to(other) for other in watched)]
        if unwatched:
            names = ", ".join(f'"{shown_from(self.root, path)}"' for path in unwatched)
            yield f"what changes there does not reach the pages; add to the configuration: watch = [{names}]"

    def _has_assets(self) -> bool:
        scripts = [script["path"] for script in self.config["extra_javascript"]]
        pairs = [(SCRIPT, scripts), (STYLE, self.config["extra_css"])]
        return all(any(self._is_ours(path, name) for path in paths) for name, paths in pairs)

    def _is_ours(self, path: str, name: str) -> bool:
        file = self.docs / path
        return Path(path).name == name and file.is_file() and file.read_text(encoding="utf-8") == asset(name)

    @property
    def _is_strict(self) -> bool:
        # The option of the command line is not in the configuration that extensions see.
        asked = self.config["strict"] or any(map(_STRICT.fullmatch, sys.argv[1:]))
        return bool(asked) and not _is_preview()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a site until it changes.

    Attributes:
        scribe: Who draws its pages.
        arrays: The files of its authors' own arrays.
        state: Of these and its galleries.
    """

    scribe: Scribe
    arrays: frozenset[Path]
    state: object


class BuildError(Exception):
    """A build can't go on; the message is for the author."""


_CONFIG_FILES = ("zensical.toml", "mkdocs.yml", "mkdocs.yaml")
# What Zensical takes off before it renders a page.
_FRONT_MATTER = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?:.*?\n)?(?:---|\.\.\.)[ \t]*\r?\n\n*", re.DOTALL)
_STRICT = re.compile(r"--strict|-c?sc?")
_lock = Lock()
#: What is known of a site, by its options.
_known: dict[str, _Known] = {}


def _is_preview() -> bool:
    """Whether pages are served while they are written: an error would end that, and the page shows what is wrong."""
    return "serve" in sys.argv[1:]


def _refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    _stop("\n".join(map(str, mistakes)))


def _stop(message: str) -> NoReturn:
    # Zensical prints an extension's error with the lines of code that it came through, which tell an author nothing.
    sys.tracebacklimit = 0
    raise BuildError(message)


def _state(project: Project, arrays: frozenset[Path]) -> object:
    """What changes when a gallery or arrays do."""
    files = [file for file in (*project.gallery_files(), *sorted(arrays)) if file.is_file()]
    return [(file, file.stat().st_mtime_ns, file.stat().st_size) for file in files]
