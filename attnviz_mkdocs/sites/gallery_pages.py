"""The pages that show galleries, in a site that MkDocs builds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from markupsafe import Markup
from mkdocs.structure.files import File, InclusionLevel, file_sort_key
from mkdocs.utils import get_relative_url, nest_paths

from attnviz_mkdocs.budget import Part
from attnviz_mkdocs.pages import Templates, Words, facts_of, listed, outline, placed, plain_title, texts_of, title_of
from attnviz_mkdocs.render import draw_mistakes, draw_page
from attnviz_mkdocs.spec import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from attnviz_mkdocs.pages import Catalogue, ExhibitPage
    from attnviz_mkdocs.sites.scribe import Scribe
    from attnviz_mkdocs.spec import Figure, Gallery
    from attnviz_mkdocs.supply import Supplied

# What stands around the drawing where a view has a page of its own: margins, toolbar, notes, a caption.
_AROUND = 220
_IFRAME = Markup('<iframe src="{}" title="{}" width="100%" height="{}" loading="lazy" style="border: 0"></iframe>')


@dataclass
class GalleryPages:
    """Makes the pages, and puts them into the navigation.

    Attributes:
        catalogue: Which pages there are.
        scribe: Where their exhibits and pictures come from.
        config: Of the site.
        files: Of the site; the pages are added.
    """

    catalogue: Catalogue
    scribe: Scribe
    config: MkDocsConfig
    files: Files
    templates: Templates = field(init=False)
    _by_address: dict[str, File] = field(init=False)
    _made: set[File] = field(init=False, default_factory=set)
    _language: str = field(init=False)
    _nav: list[Any] | None = field(init=False)

    def __post_init__(self) -> None:
        self._language = _folder_of_language(self.config)
        self._nav = self.config.nav
        self.templates = Templates(self.config.theme.dirs, self.scribe.supply.project.root)
        self._by_address = {file.dest_uri: file for file in self.files.documentation_pages()}

    def add(self) -> list[File]:
        """Add all pages that the author hasn't written instead, and tell which those are.

        Raises:
            TemplateError: An author's template can't be used.
        """
        catalogue = self.catalogue
        galleries = [_told(gallery) for gallery in catalogue.galleries]
        heading = title_of(self.config.nav, catalogue.index)
        values = {"title": plain_title(heading), "heading": Words(heading), "galleries": galleries}
        values["mistakes"] = self._panel()
        added = [self._added(catalogue.index, "index.md", values)]
        for gallery in catalogue.galleries:
            told = {"title": plain_title(gallery.title), "gallery": _told(gallery)}
            added.append(self._added(catalogue.path_of(gallery), "gallery.md", told, gallery))
            is_listed = bool(listed(catalogue, gallery))
            for page in catalogue.exhibits(gallery):
                told = {"title": plain_title(page.title), "gallery": _told(gallery), "exhibit": self._exhibit(page)}
                path = catalogue.path_of(page)
                added.append(self._added(path, "exhibit.md", told, gallery, is_listed=is_listed))
        self._put_into_nav()
        return [file for file in added if file is not None]

    def made(self, file: File) -> bool:
        """Whether a page is ours, and not its author's own in the place of one."""
        return file in self._made

    def lead(self, page: ExhibitPage, url: str) -> str:
        """Where the page of an exhibit is, from the page at ``url``."""
        return get_relative_url(self._file(self.catalogue.path_of(page)).url, url)

    def settle(self) -> None:
        """Pages that the navigation doesn't list have their place below their gallery's, one after the other.

        The configuration gets its own navigation back: the next language is built with the same.
        """
        self.config.nav = self._nav
        for gallery in self.catalogue.galleries:
            above = self._file(self.catalogue.path_of(gallery)).page
            if listed(self.catalogue, gallery) or above is None:
                continue
            files = [self._file(self.catalogue.path_of(page)) for page in self.catalogue.exhibits(gallery)]
            pages = [file.page for file in files if file.page is not None]
            for page in pages:
                page.parent = above.parent
            for one, other in pairwise(pages):
                one.next_page, other.previous_page = other, one

    def write_standalones(self) -> Iterator[Part]:
        """Write each view as a page that needs nothing beside it: late, as they are too many and too large to keep."""
        for gallery in self.catalogue.galleries:
            for page in self.catalogue.exhibits(gallery):
                for figure in page.figures:
                    supplied = self._supplied(figure)
                    if supplied is not None:
                        path, content = self.catalogue.standalone(figure), self._standalone(figure, supplied).encode()
                        target = Path(self.config.site_dir, path)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(content)
                        yield Part.of(figure, "a page of its own", len(content), path, carried=False)

    def _added(
        self,
        path: str,
        template: str,
        values: dict[str, Any],
        gallery: Gallery | None = None,
        *,
        is_listed: bool = True,
    ) -> File | None:
        if self._address(path) in self._by_address:
            return None
        inclusion = InclusionLevel.UNDEFINED if is_listed else InclusionLevel.NOT_IN_NAV
        content = self.templates.render(template, **values)
        file = File.generated(self.config, path, content=content, inclusion=inclusion)
        file.dest_uri = self._address(path)
        if gallery is not None:
            # "Edit this page" leads to what its author wrote.
            source = self.scribe.supply.project.root / gallery.file
            file.edit_uri = PurePath(os.path.relpath(source, self.config.docs_dir)).as_posix()
        self.files.append(file)
        self._by_address[file.dest_uri] = file
        self._made.add(file)
        return file

    def _put_into_nav(self) -> None:
        catalogue = self.catalogue
        nav = self.config.nav
        entries = outline(catalogue, lambda path: self._file(path).src_uri)
        if nav is None:
            ours = {self._file(path).src_uri for path in catalogue.paths}
            pages = sorted(self.files.documentation_pages(), key=file_sort_key)
            others = [page.src_uri for page in pages if page.inclusion.is_in_nav() and page.src_uri not in ours]
            beside = [path for path in others if path.startswith(f"{catalogue.folder}/")]
            nav, entries = nest_paths(path for path in others if path not in beside), [*entries, *beside]
        self.config.nav = placed(nav, self._file(catalogue.index).src_uri, entries)

    def _panel(self) -> Markup:
        """What is wrong in galleries, which have no page then."""
        if not self.catalogue.mistakes:
            return Markup()
        # No template that is applied to pages, such as that of macros, may take it for its own.
        return Markup(draw_mistakes(self.catalogue.mistakes, "gallery").replace("{", "&#123;"))  # noqa: S704 - escaped

    def _exhibit(self, page: ExhibitPage) -> dict[str, Any]:
        """What a template may say of an exhibit."""
        url = self._url(self.catalogue.path_of(page))
        supplied = [(figure, self._supplied(figure)) for figure in page.figures]
        first, shown = supplied[0]
        return {
            "title": Words(page.title),
            "models": [Words(model) for model in page.models],
            "tags": [Words(tag) for tag in page.tags],
            "views": [self._view(page, figure, shown, url) for figure, shown in supplied],
            "texts": texts_of(first, shown.header if shown else None),
            "facts": list(_facts(page, shown)) if shown else [],
        }

    def _view(self, page: ExhibitPage, figure: Figure, supplied: Supplied | None, url: str) -> dict[str, Any]:
        own = page.gallery.views[figure.name.partition("/")[2]].title
        # The first gives its title to the page.
        title = None if own is None or figure is page.figures[0] else Words(own)
        told: dict[str, Any] = {
            "name": figure.name,
            "title": title,
            "caption": None if figure.caption is None else Words(figure.caption),
            "fence": Words(f"```attnviz {figure.name}\n```"),
        }
        if supplied is None:
            return told | {"iframe": None, "standalone": None}
        path = self.catalogue.standalone(figure)
        link = get_relative_url(path, url)
        address = urljoin(self.config.site_url, path) if self.config.site_url else link
        height = round(self.scribe.picture(figure, supplied).wide.height + _AROUND, -1)
        iframe = _IFRAME.format(address, own or figure.caption or page.title, height)
        return told | {"iframe": Words(iframe), "standalone": link}

    def _supplied(self, figure: Figure) -> Supplied | None:
        """What a view shows; what is wrong with it is told where it is drawn."""
        try:
            return self.scribe.supply.get(figure)
        except SpecError:
            return None

    def _standalone(self, figure: Figure, supplied: Supplied) -> str:
        neurons, second = (None if part is None else part.data for part in (supplied.neurons, supplied.second))
        exhibit, picture = supplied.exhibit, self.scribe.picture(figure, supplied)
        return draw_page(figure, exhibit.key, exhibit.data, neurons, second, picture=picture)

    def _file(self, path: str) -> File:
        """The page at a path: the author's own, or ours."""
        return self._by_address[self._address(path)]

    def _address(self, path: str) -> str:
        return self._as_file(path).dest_uri

    def _url(self, path: str) -> str:
        return self._as_file(path).url

    def _as_file(self, path: str) -> File:
        file = File(path, None, self.config.site_dir, self.config.use_directory_urls)
        file.dest_uri = self._language + file.dest_uri
        return file


def _folder_of_language(config: MkDocsConfig) -> str:
    """Where static-i18n, which builds one language after the other into one site, puts the pages of this one."""
    i18n: Any = config.plugins.get("i18n")
    return "" if getattr(i18n, "is_default_language_build", True) else f"{i18n.current_language}/"


def _told(gallery: Gallery) -> dict[str, Any]:
    """What a template may say of a gallery."""
    return {
        "name": gallery.name,
        "title": Words(gallery.title),
        "description": None if gallery.description is None else Words(gallery.description),
        "tags": [Words(tag) for tag in gallery.tags],
    }


def _facts(page: ExhibitPage, supplied: Supplied) -> Iterator[tuple[Words, list[tuple[Words, Words]]]]:
    """Of each model, its name and where the numbers came from."""
    headers = [header for header in (supplied.header, supplied.second_header) if header is not None]
    # One model that reads two texts, or one text in each of two models.
    shown = [headers] if len(page.models) == 1 else [[header] for header in headers]
    for model, own in zip(page.models, shown, strict=True):
        yield Words(model), facts_of(own)
