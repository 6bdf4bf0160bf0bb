"""The MkDocs plugin: plans all pages before the first is rendered, and brings fence, script and style along."""

from __future__ import annotations

import hashlib
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
from attnviz_mkdocs.project import CAPTURE_MODES, DELIVERIES, Project, ProjectError
from attnviz_mkdocs.render.html import SCRIPT, STYLE, asset, script
from attnviz_mkdocs.sites.markdown import AttnvizExtension, Page, Scribe, log
from attnviz_mkdocs.sites.scales import Built, Scales
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError, Supply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as MkDocsPage

    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.spec import Figure

_ASSETS = "assets/attnviz"


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


class AttnvizPlugin(BasePlugin[AttnvizConfig]):
    """Attention views in MkDocs pages."""

    scribe: Scribe

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        try:
            project = Project.from_options(_root(config), dict(self.config))
            self.scribe = Scribe(project.load(), Supply(project))
        except (ProjectError, StoreError) as error:
            raise PluginError(str(error)) from error
        for mistake in self.scribe.galleries.mistakes:
            log.warning("%s", mistake)
        config.markdown_extensions.append(AttnvizExtension(self.scribe))  # type: ignore[arg-type]
        # Ours first, so that the author's own style wins.
        config.extra_css.insert(0, f"{_ASSETS}/{STYLE}")
        bundle = ExtraScriptValue(f"{_ASSETS}/{SCRIPT}")
        bundle.defer = True
        config.extra_javascript.append(bundle)
        return config

    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        shown = list(self._figures_in(files, config))
        try:
            code = script(with_neurons=any(figure.kind == "neuron" for figure in shown))
            for name, content in ((SCRIPT, code), (STYLE, asset(STYLE))):
                files.append(File.generated(config, f"{_ASSETS}/{name}", content=content))
        except FileNotFoundError as error:
            raise PluginError(str(error)) from error
        figures = [*self.scribe.galleries.figures(), *shown]
        try:
            self.scribe.supply.ensure(figures)
        except (MissingError, StoreError) as error:
            raise PluginError(str(error)) from error
        self._where_arrays_change = set(_where_arrays_change(figures, _root(config)))
        self._files, self._config = files, config
        self._scales = Scales(self.scribe.supply.project.budget, self.scribe.galleries)
        return files

    def on_page_markdown(self, markdown: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
        source = page.file.content_string
        without_front_matter, _ = get_data(source)
        self.scribe.page = Page(
            file=_shown(page.file, config),
            line_offset=source.count("\n") - without_front_matter.count("\n"),
            link=self._linker(page) if self.config.delivery == "linked" else None,
            place=self._placer(page),
        )
        self._scales.pages.append(Built(self.scribe.page, source, page.meta, Path(page.file.abs_dest_path)))

    # Last, when other plugins have made what they make.
    @event_priority(-100)
    def on_post_build(self, config: MkDocsConfig) -> None:
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

    def _figures_in(self, files: Files, config: MkDocsConfig) -> Iterator[Figure]:
        """The figures of all pages; a mistake is told when its page is rendered."""
        for file in files.documentation_pages():
            figures, _ = read_page(file.content_string, self.scribe.galleries, _shown(file, config))
            yield from figures

    def _linker(self, page: MkDocsPage) -> Callable[[str, bytes], str]:
        return lambda key, data: self._asset(f"exhibits/{key}{SUFFIX}", data, page)

    def _placer(self, page: MkDocsPage) -> Callable[[Svg], str]:
        def place(picture: Svg) -> str:
            content = picture.content.encode()
            return self._asset(f"pictures/{hashlib.sha256(content).hexdigest()[:32]}.svg", content, page)

        return place

    def _asset(self, name: str, content: bytes, page: MkDocsPage) -> str:
        """Ship a file with the site, and tell where a page finds it."""
        path = f"{_ASSETS}/{name}"
        if self._files.get_file_from_path(path) is None:
            self._files.append(File.generated(self._config, path, content=content))
        return get_relative_url(path, page.url)


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


def _shown(file: File, config: MkDocsConfig) -> str:
    """A page's source as its author would open it."""
    root = _root(config)
    path = Path(file.abs_src_path) if file.abs_src_path is not None else None
    return path.relative_to(root).as_posix() if path is not None and path.is_relative_to(root) else file.src_uri
