"""The MkDocs plugin: plans all pages before the first is rendered, and brings fence, script and style along.

A page of which nothing has changed since the last build is taken from memory. Where all are, none of the rooms is
entered that read galleries, decode or draw, and none of them is imported.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File
from mkdocs.utils.meta import get_data

from attnviz_mkdocs.assets import ASSETS, SCRIPT, STYLE, asset, script
from attnviz_mkdocs.kept import KEPT
from attnviz_mkdocs.sites import print_site
from attnviz_mkdocs.sites.markdown import AttnvizExtension
from attnviz_mkdocs.sites.memory import Late, Memory, Recalled, is_plain, put_back
from attnviz_mkdocs.sites.page import Built, Page
from attnviz_mkdocs.sites.shipment import Shipment, weight
from attnviz_mkdocs.terms import CAPTURE_MODES, DELIVERIES

if TYPE_CHECKING:
    from markdown import Markdown
    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page as MkDocsPage

    from attnviz_mkdocs.sites.fresh import Fresh
    from attnviz_mkdocs.sites.memory import Site
    from attnviz_mkdocs.sites.page import Converted
    from attnviz_mkdocs.sites.written import Written

# MkDocs counts warnings below `mkdocs` for its strict mode.
log = logging.getLogger("mkdocs.plugins.attnviz")

# Whose plugins do nothing with a page's content before it is in its template but search it. Another may keep it.
_KNOWN = ("attnviz_mkdocs.", "material.", "mkdocs.", "properdocs.")
_LOOK_AT_PAGES = ("page_content", "env", "template_context", "page_context")
# What a system says where nothing more can be written.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = "no more can be written there; make room and build again"
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

    # The folder of mkdocs.yml.
    _root: Path
    _memory: Memory
    _shipment: Shipment
    _files: Files
    _config: MkDocsConfig
    # What is new since the last build, once something is.
    _fresh: Fresh | None
    _site: Site | None
    _watched: set[str]
    # The page that MkDocs is at, and what is made of it.
    _file: File | None
    _at: Recalled | None
    _late: Late
    # Pages whose views are put into them when their templates are done.
    _lates: dict[str, Late]
    _are_lean: bool
    _built: list[Built]

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[ConfigErrors, ConfigWarnings]:
        super().load_config(options, config_file_path)
        # What can't be is told by `Project`, with its place and in words.
        return [], []

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        self._root = Path(config.config_file_path).resolve().parent if config.config_file_path else Path.cwd()
        kept = self._root / KEPT
        self._config, self._fresh, self._built = config, None, []
        self._memory = Memory(kept, Path(config.config_file_path or "mkdocs.yml").name, dict(self.config))
        self._shipment = Shipment(kept)
        if self._memory.site is None or self.config.pages:
            self._begin()
        # The last of several counts: another is named for an engine without plugins, or is that of an earlier build.
        config.markdown_extensions.append(AttnvizExtension(self._begin_page))  # type: ignore[arg-type]
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
        self._files, self._file, self._at, self._lates = files, None, None, {}
        self._are_lean = all(
            type(getattr(method, "__self__", None)).__module__.startswith(_KNOWN)
            for event in _LOOK_AT_PAGES
            for method in config.plugins.events[event]
        )
        records, unknown = [], {}
        for file in files.documentation_pages():
            try:
                source = file.content_string
            except (OSError, UnicodeDecodeError) as error:
                raise PluginError(self._begin().why_unreadable(file, self._shown(file))) from error
            if is_plain(source):
                continue
            record = self._memory.record(self._name(file), source)
            if record is None:
                unknown[self._shown(file)] = file
            else:
                records.append(record)
        if unknown:
            self._begin()
        if self._fresh is not None:
            self._fresh.plan(unknown, config, files)
        self._site = self._memory.site if self._fresh is None else self._fresh.site(self._memory.given)
        of_galleries = [] if self._site is None else self._site.watched
        of_pages = [path for record in records for path in record.arrays]
        self._watched = {*of_galleries, *of_pages, *(() if self._fresh is None else self._fresh.watched)}
        of_pages_have_neurons = any(record.has_neurons for record in records)
        has_neurons = of_pages_have_neurons or (self._fresh is not None and self._fresh.has_neurons)
        try:
            for name, content in ((SCRIPT, script(with_neurons=has_neurons)), (STYLE, asset(STYLE))):
                generated = File.generated(config, f"{ASSETS}/{name}", content=content)
                # Where `attnviz assets` wrote it for another engine.
                if old := files.get_file_from_path(generated.src_uri):
                    files.remove(old)
                files.append(generated)
        except FileNotFoundError as error:
            raise PluginError(str(error)) from error
        return files

    def on_nav(self, nav: Navigation, config: MkDocsConfig, files: Files) -> None:
        if self._fresh is not None and self._fresh.pages is not None:
            self._fresh.pages.settle()

    def on_page_markdown(self, markdown: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
        self._files, self._file, self._at = files, page.file, None
        source = page.file.content_string
        self._built.append(Built(self._page_from(page.file), source, page.meta, Path(page.file.abs_dest_path)))

    # First, so that other plugins find the views.
    @event_priority(100)
    def on_page_content(self, html: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
        if self._at is None:
            return html
        built, written = self._built[-1], self._at.written
        if written is not None and self._fresh is not None and self._site is not None:
            built.record = self._fresh.record(self._site, built, self._at.text, written)
            if built.record is not None:
                self._memory.keep(self._name(page.file), built.record)
        if not self._are_lean:
            return self._late.full(html)
        # A search reads each sign of a page, and has no use for numbers; nor has a template.
        self._lates[self._late.name] = self._late
        return self._late.lean(html)

    def on_env(self, env: object, config: MkDocsConfig, files: Files) -> None:
        self._shipment.unload(Path(config.site_dir))

    # First, so that other plugins find the views.
    @event_priority(100)
    def on_post_template(self, output_content: str, template_name: str, config: MkDocsConfig) -> str:
        return put_back(output_content, self._lates)

    @event_priority(100)
    def on_post_page(self, output: str, page: MkDocsPage, config: MkDocsConfig) -> str:
        return put_back(output, self._lates)

    # Last, when other plugins have made what they make, such as print-site its page.
    @event_priority(-100)
    def on_post_build(self, config: MkDocsConfig) -> None:
        standalones = () if self._fresh is None else self._fresh.standalones
        print_site.mend(config, standalones)
        if self._fresh is None and not self._is_heavy(self._memory.site, config):
            return
        mistakes = self._begin().weigh(self._built, config)
        for mistake in mistakes:
            log.warning("%s", mistake)
        # A page or a site that is too heavy is found so, and told, by each build.
        is_forgotten = mistakes and not self._is_heavy(self._site, config)
        self._memory.settle(None if is_forgotten else self._site)

    def on_build_error(self, error: Exception) -> None:
        # A fence that a page includes from elsewhere shows only while its page is rendered.
        if self._fresh is not None and self._fresh.explains(error):
            raise PluginError(str(error)) from error
        if isinstance(error, OSError) and error.errno in _FULL:
            file = error.filename2 or error.filename
            raise PluginError(f"{os.path.relpath(file, self._root) if file else 'the site'}: {_ROOM}") from error

    def on_serve(self, server: LiveReloadServer, config: MkDocsConfig, builder: Any) -> None:
        # Folder by folder: the store may lie among them, and what a build writes there must not start another.
        for path in sorted(self._watched):
            server.watch(path, recursive=False)

    def _begin(self) -> Fresh:
        """What is needed where something is new."""
        if self._fresh is None:
            # It imports all that takes time.
            from attnviz_mkdocs.sites.fresh import Fresh  # noqa: PLC0415

            file = self._config.config_file_path
            self._fresh = Fresh(self._root, Path(file) if file else None, dict(self.config), self._shipment)
        return self._fresh

    def _begin_page(self, md: Markdown) -> Converted:
        """The page that a converter is at: MkDocs gives its own what makes links relative to a file."""
        if "relpath" not in md.treeprocessors:
            # Another plugin's.
            page = Page() if self._file is None else self._page_from(self._file)
            return Recalled(None, lambda: self._write(page, self._file))
        relative: Any = md.treeprocessors["relpath"]
        if relative.file is not self._file or self._file is None:
            copy = self._page_from(relative.file, is_copy=True)
            return Recalled(None, lambda: self._write(copy, relative.file))
        built, file = self._built[-1], self._file
        plain = is_plain(built.source)
        built.record = None if plain else self._memory.record(self._name(file), built.source)
        if built.record is not None:
            for name, (kept, *_) in built.record.shipped.items():
                self._shipment.add(name, str(kept))
        self._at = Recalled(built.record, lambda: self._write(built.page, file), is_plain=plain)
        self._late = Late(self._at, file.url)
        return self._late

    def _write(self, page: Page, file: File | None) -> Written:
        fresh = self._begin()
        if file is None:
            return fresh.write_alone(page)
        source = file.content_string
        without_front_matter, _ = get_data(source)
        page.line_offset = source.count("\n") - without_front_matter.count("\n")
        return fresh.write(page, file.url, self._config, self._files)

    def _page_from(self, file: File, *, is_copy: bool = False) -> Page:
        is_made = self._fresh is not None and self._fresh.made(file)
        return Page(self._shown(file), is_copy=is_copy, is_made=is_made)

    def _shown(self, file: File) -> str:
        """A page's source as its author would open it."""
        below = f"{self._root}{os.sep}"
        path = file.abs_src_path or ""
        return path.removeprefix(below).replace(os.sep, "/") if path.startswith(below) else file.src_uri

    def _name(self, file: File) -> str:
        """What a page is remembered by: its source, and its address, from which links lead."""
        return f"{self._shown(file)} {file.url}"

    def _is_heavy(self, site: Site | None, config: MkDocsConfig) -> bool:
        """Whether a page, or the site, weighs more than it may, or nothing is known of that."""
        if site is None:
            return True
        limits = ((site.limit_of_page if built.record is None else built.record.limit) for built in self._built)
        is_page = any(built.size > limit for built, limit in zip(self._built, limits, strict=True))
        return is_page or weight(Path(config.site_dir)) > site.limit

    def _warn_of_neighbours(self, config: MkDocsConfig) -> None:
        """Tell what can't be together with other plugins."""
        is_offline = any(getattr(config.plugins.get(name), "config", {}).get("enabled") for name in _OFFLINE)
        if is_offline and self.config.delivery == "linked":
            log.warning(
                "delivery: linked needs a server, but the plugin offline builds pages that are opened from disk; "
                "write: delivery: inline"
            )
