"""The MkDocs plugin: plans all pages before the first is rendered, and brings fence, script and style along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url
from mkdocs.utils.meta import get_data

from attnviz_mkdocs.codec import SUFFIX
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.pages import Catalogue, TemplateError
from attnviz_mkdocs.project import CAPTURE_MODES, DELIVERIES, Project, ProjectError
from attnviz_mkdocs.render.html import ASSETS, SCRIPT, STYLE, asset, script
from attnviz_mkdocs.sites import print_site
from attnviz_mkdocs.sites.gallery_pages import GalleryPages
from attnviz_mkdocs.sites.markdown import AttnvizExtension
from attnviz_mkdocs.sites.scales import Built, Scales
from attnviz_mkdocs.sites.scribe import Page, Scribe, log
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.spec.load import text_of
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown import Markdown
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page as MkDocsPage

    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.spec import Figure


#: What Material's plugin is called.
_OFFLINE = ("offline", "material/offline")


class AttnvizConfig(base.Config):
    galleries = option.Type((str, list), default="gallery/")
    """A folder, a file or a glob of gallery files; or several."""
    store = option.Type(str, default="gallery/store")
    """A folder or an fsspec URL."""
    remote = option.Optional(option.Type(str))
    """Where `push` sends and `pull` gets what the store holds."""
    capture = option.Choice(CAPTURE_MODES, default="auto")
    """`auto`: capture what is missing where torch is installed; `never`: fail and name the command; `always`."""
    delivery = option.Choice(DELIVERIES, default="inline")
    """`inline`: the page carries its data; `linked`: the browser fetches it when it is seen."""
    device = option.Type(str, default="auto")
    """`auto`, `cpu`, `cuda`, `cuda:1`, `mps`."""
    budget = option.Optional(option.Type((str, int, dict)))
    """What a page may weigh, or sizes for `page`, `gallery` and `site`."""
    pages = option.Type((bool, str), default=False)
    """A folder of the site such as `gallery`, in which pages show the galleries; or `false`."""


class AttnvizPlugin(BasePlugin[AttnvizConfig]):
    """Attention views in MkDocs pages."""

    scribe: Scribe
    # The page that MkDocs is at.
    _file: File | None
    _page: Page
    _pages: GalleryPages | None = None

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        try:
            project = Project.from_options(_root(config), dict(self.config))
            self.scribe = Scribe.of(project)
            self.scribe.catalogue = Catalogue(self.scribe.galleries, project.pages) if project.pages else None
        except (ProjectError, StoreError) as error:
            raise PluginError(str(error)) from error
        self._scales = Scales(self.scribe.supply.project.budget, self.scribe.galleries)
        # The last of several counts: another is named for an engine without plugins, or is that of an earlier build.
        config.markdown_extensions.append(AttnvizExtension(self.scribe, self._page_of))  # type: ignore[arg-type]
        style, bundle = f"{ASSETS}/{STYLE}", ExtraScriptValue(f"{ASSETS}/{SCRIPT}")
        bundle.defer = True
        # Ours first, so that the author's own style wins.
        config.extra_css[:] = [style, *(one for one in config.extra_css if one != style)]
        config.extra_javascript[:] = [*(one for one in config.extra_javascript if one != bundle), bundle]
        self._warn_of_neighbours(config)
        return config

    # After static-i18n, at -100, which chooses the pages of a language and takes over no file that isn't on a disk.
    @event_priority(-101)
    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        in_pages = list(self._figures_in(files.documentation_pages(), config))
        figures = [*self.scribe.galleries.figures(), *in_pages]
        catalogue = self.scribe.catalogue
        shown = in_pages if catalogue is None else figures
        try:
            code = script(with_neurons=any(figure.kind == "neuron" for figure in shown))
            for name, content in ((SCRIPT, code), (STYLE, asset(STYLE))):
                file = File.generated(config, f"{ASSETS}/{name}", content=content)
                # Where `attnviz assets` wrote it for another engine.
                if old := files.get_file_from_path(file.src_uri):
                    files.remove(old)
                files.append(file)
        except FileNotFoundError as error:
            raise PluginError(str(error)) from error
        try:
            self.scribe.supply.ensure(figures)
            if catalogue is not None:
                self._pages = GalleryPages(catalogue, self.scribe, config, files)
                made = self._pages.add()
                if self._pages.templates.has_own:
                    self.scribe.supply.ensure(self._figures_in(made, config))
        except (MissingError, StoreError, TemplateError) as error:
            raise PluginError(str(error)) from error
        self._where_arrays_change = set(_where_arrays_change(figures, _root(config)))
        self._files, self._config = files, config
        self._file, self._page = None, Page()
        return files

    def on_nav(self, nav: Navigation, config: MkDocsConfig, files: Files) -> None:
        if self._pages is not None:
            self._pages.settle()

    def on_page_markdown(self, markdown: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
        self._files = files
        self._file, self._page = page.file, self._page_from(page.file)
        self._scales.pages.append(Built(self._page, page.file.content_string, page.meta, Path(page.file.abs_dest_path)))

    # Last, when other plugins have made what they make, such as print-site its page.
    @event_priority(-100)
    def on_post_build(self, config: MkDocsConfig) -> None:
        catalogue = self.scribe.catalogue
        print_site.mend(config, [] if catalogue is None else catalogue.standalones)
        if self._pages is not None:
            self._scales.beside = list(self._pages.write_standalones())
        for mistake in self._scales.read(Path(config.site_dir), Path(config.config_file_path or "mkdocs.yml").name):
            log.warning("%s", mistake)

    def on_build_error(self, error: Exception) -> None:
        # A fence that a page includes from elsewhere shows only while its page is rendered.
        if isinstance(error, MissingError | StoreError):
            raise PluginError(str(error)) from error

    def on_serve(self, server: LiveReloadServer, config: MkDocsConfig, builder: Any) -> None:
        # Folder by folder: the store may lie among them, and what a build writes there must not start another.
        for path in sorted({*self.scribe.supply.project.gallery_folders(), *self._where_arrays_change}):
            server.watch(str(path), recursive=False)

    def _page_of(self, md: Markdown) -> Page:
        """The page that a converter is at: MkDocs gives it what makes links relative to a file."""
        if "relpath" not in md.treeprocessors:
            return self._page
        relative: Any = md.treeprocessors["relpath"]
        return self._page if relative.file is self._file else self._page_from(relative.file, is_copy=True)

    def _page_from(self, file: File, *, is_copy: bool = False) -> Page:
        source = file.content_string
        without_front_matter, _ = get_data(source)
        shipped = _Shipped(self._files, self._config, file.url)
        return Page(
            file=_shown(file, self._config),
            line_offset=source.count("\n") - without_front_matter.count("\n"),
            link=shipped.exhibit if self.config.delivery == "linked" else None,
            place=shipped.picture,
            lead=None if self._pages is None else partial(self._pages.lead, url=file.url),
            is_copy=is_copy,
            is_made=self._pages is not None and self._pages.made(file),
        )

    def _warn_of_neighbours(self, config: MkDocsConfig) -> None:
        """Tell what can't be together with other plugins."""
        is_offline = any(getattr(config.plugins.get(name), "config", {}).get("enabled") for name in _OFFLINE)
        if is_offline and self.config.delivery == "linked":
            log.warning(
                "delivery: linked needs a server, but the plugin offline builds pages that are opened from disk; "
                "write: delivery: inline"
            )

    def _figures_in(self, pages: Iterable[File], config: MkDocsConfig) -> Iterator[Figure]:
        """The figures of pages; a mistake is told when its page is rendered."""
        for file in pages:
            try:
                text = file.content_string
            except (OSError, UnicodeDecodeError) as error:
                raise PluginError(_why_unreadable(file, config)) from error
            figures, _ = read_page(text, self.scribe.galleries, _shown(file, config))
            yield from figures


@dataclass(frozen=True)
class _Shipped:
    """What is shipped with the site because a page shows it.

    Attributes:
        files: The site's files.
        config: The site's configuration.
        url: The page.
    """

    files: Files
    config: MkDocsConfig
    url: str

    def exhibit(self, key: str, data: bytes) -> str:
        """Where the page finds an exhibit."""
        return self._file(f"exhibits/{key}{SUFFIX}", data)

    def picture(self, picture: Svg) -> str:
        """Where the page finds a picture."""
        return self._file(f"pictures/{picture.file_name}", picture.content.encode())

    def _file(self, name: str, content: bytes) -> str:
        path = f"{ASSETS}/{name}"
        if self.files.get_file_from_path(path) is None:
            self.files.append(File.generated(self.config, path, content=content))
        return get_relative_url(path, self.url)


def _root(config: MkDocsConfig) -> Path:
    """The folder of mkdocs.yml."""
    return Path(config.config_file_path).resolve().parent if config.config_file_path else Path.cwd()


def _where_arrays_change(figures: Iterable[Figure], root: Path) -> Iterator[Path]:
    for figure in figures:
        if figure.arrays is None:
            continue
        file = root / figure.arrays.file
        # Not the root itself: whatever is written there, such as a log, would start a build.
        path = file if file.parent == root else file.parent
        if path.exists():
            yield path


def _why_unreadable(file: File, config: MkDocsConfig) -> str:
    shown = _shown(file, config)
    try:
        text_of(Path(file.abs_src_path or file.src_uri), shown, "page")
    except SpecError as error:
        return str(error)
    return f"{shown}: this page can't be read"


def _shown(file: File, config: MkDocsConfig) -> str:
    """A page's source as its author would open it."""
    root = _root(config)
    path = Path(file.abs_src_path) if file.abs_src_path is not None else None
    return path.relative_to(root).as_posix() if path is not None and path.is_relative_to(root) else file.src_uri
