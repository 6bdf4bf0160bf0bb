"""What a build with MkDocs needs where something is new: galleries, exhibits, pages that show galleries."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from attnviz_mkdocs.assets import ASSETS
from attnviz_mkdocs.budget import parts_of, written_parts
from attnviz_mkdocs.codec import SUFFIX
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.kept import marks
from attnviz_mkdocs.pages import Catalogue, TemplateError
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.sites.gallery_pages import GalleryPages
from attnviz_mkdocs.sites.memory import Record, Site, digest
from attnviz_mkdocs.sites.scales import Scales
from attnviz_mkdocs.sites.scribe import Scribe
from attnviz_mkdocs.sites.shipment import shipped
from attnviz_mkdocs.sites.written import Written
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.spec.load import text_of
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from attnviz_mkdocs.kept import Mark
    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.sites.page import Built, Page
    from attnviz_mkdocs.sites.shipment import Shipment, Shipped
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.store import Store


class Fresh:
    """Reads galleries, has exhibits captured, and writes pages.

    Args:
        root: The folder of the configuration.
        config_file: The configuration; None where there is no file.
        options: The plugin's options.
        shipment: What lies beside the pages.

    Attributes:
        watched: Folders and files that are watched while the site is served.
        has_neurons: Whether a neuron view is shown.

    Raises:
        PluginError: An option can't be what it is.
    """

    def __init__(self, root: Path, config_file: Path | None, options: dict[str, Any], shipment: Shipment) -> None:
        self._began = time_ns()
        try:
            self.project = Project.from_options(root, options)
            # Before they are read: one that is saved meanwhile has another mark.
            self._galleries = marks(self.project.gallery_files())
            self.scribe = Scribe.of(self.project)
            if self.project.pages:
                self.scribe.catalogue = Catalogue(self.scribe.galleries, self.project.pages)
        except ProjectError as error:
            raise PluginError(error.told(config_file, "plugins", root)) from error
        self.watched: list[str] = []
        self.has_neurons = False
        self.pages: GalleryPages | None = None
        self._shipment = shipment
        self._beside: dict[str, _Beside] = {}

    def plan(self, unknown: Mapping[str, File], config: MkDocsConfig, files: Files) -> None:
        """Have all captured that is missing, and add the pages that show galleries.

        Args:
            unknown: The pages that will be written, by their names.
            config: The site's configuration.
            files: The site's files.

        Raises:
            PluginError: Exhibits are missing and may not be captured, or a template can't be used.
        """
        in_pages = list(self._figures_in(unknown))
        figures = [*self.scribe.galleries.figures(), *in_pages]
        shown = in_pages if self.scribe.catalogue is None else figures
        self.has_neurons = any(figure.kind == "neuron" for figure in shown)
        self.watched = self._watched(figures)
        try:
            self.scribe.supply.ensure(figures)
            if self.scribe.catalogue is not None:
                self.pages = GalleryPages(self.scribe.catalogue, self.scribe, config, files)
                made = self.pages.add()
                if self.pages.templates.has_own:
                    self.scribe.supply.ensure(self._figures_in({file.src_uri: file for file in made}))
        except (MissingError, StoreError, TemplateError) as error:
            raise PluginError(str(error)) from error

    def site(self, given: str) -> Site | None:
        """What all pages have in common; None where something is to be told of it in each build.

        Args:
            given: Digest of the package and its options.
        """
        places = self.project.gallery_marks()
        if places is None or self.scribe.galleries.mistakes:
            return None
        of_galleries, of_figures = marks(places), self._behind(self.scribe.galleries.figures())
        if of_figures is None or marks(self.project.gallery_files()) != self._galleries:
            return None
        watched, budget = self._watched(self.scribe.galleries.figures()), self.project.budget
        return Site(given, of_galleries | of_figures, watched, budget.site, budget.page)

    def _watched(self, figures: Iterable[Figure]) -> list[str]:
        return sorted(map(str, {*self.project.gallery_folders(), *_where_arrays_change(figures, self.project.root)}))

    def write_alone(self, page: Page) -> Written:
        """Begin to write what is no page of the site, and carries all that it shows."""
        return Written(self.scribe, page)

    def write(self, page: Page, url: str, config: MkDocsConfig, files: Files) -> Written:
        """Begin to write a page that is at ``url``."""
        beside = self._beside[page.file] = _Beside(self.scribe.supply.store, self._shipment, config, files, url)
        page.link = beside.exhibit if self.project.delivery == "linked" else None
        page.place = beside.picture
        page.lead = None if self.pages is None else partial(self.pages.lead, url=url)
        return Written(self.scribe, page)

    def record(self, site: Site, built: Built, text: str, written: Written) -> Record | None:
        """What is remembered of a page that was written; None where it has to be written in each build.

        Args:
            site: What all pages have in common.
            built: The page.
            text: Digest of its Markdown, as the converter got it.
            written: What was made of it.
        """
        drawn, beside = written.drawn, self._beside[built.page.file]
        behind = self._behind(drawn.figures)
        try:
            limit = self.project.budget.of_page(built.front_matter)
        except ValueError:
            return None
        if behind is None or drawn.mistakes or drawn.shows_parts or beside.is_made_of_bytes:
            return None
        return Record(
            site=site.name,
            source=digest(built.source),
            text=text,
            html=[span.html for span in written.spans],
            spans=[(span.first, span.last, span.prefix) for span in written.spans],
            links=written.links,
            behind=behind,
            shipped=beside.shipped,
            parts=written_parts(drawn.page.parts),
            limit=limit,
            has_neurons=any(figure.kind == "neuron" for figure in drawn.figures),
            arrays=list(map(str, _where_arrays_change(drawn.figures, self.project.root))),
        )

    @property
    def standalones(self) -> list[str]:
        """The files of the site that show one view and are no pages."""
        return [] if self.scribe.catalogue is None else list(self.scribe.catalogue.standalones)

    def made(self, file: File) -> bool:
        """Whether a page is ours, and not one that its author wrote."""
        return self.pages is not None and self.pages.made(file)

    def why_unreadable(self, file: File, name: str) -> str:
        """What keeps a page from being read, and what to do."""
        try:
            text_of(Path(file.abs_src_path or file.src_uri), name, "page")
        except SpecError as error:
            return str(error)
        return f"{name}: this page can't be read"

    def explains(self, error: Exception) -> bool:
        """Whether an error's message is all that its reader needs."""
        return isinstance(error, MissingError | StoreError)

    def weigh(self, pages: Sequence[Built], config: MkDocsConfig) -> list[str]:
        """What is too heavy in the site as built, with the pages that stand alone, which are written now."""
        for built in pages:
            if built.record is not None and not built.page.parts:
                built.page.parts += parts_of(built.record.parts)
        beside = [] if self.pages is None else list(self.pages.write_standalones())
        scales = Scales(self.project.budget, self.scribe.galleries, pages, beside)
        name = Path(config.config_file_path or "mkdocs.yml").name
        return [str(mistake) for mistake in scales.read(Path(config.site_dir), name)]

    def _figures_in(self, pages: Mapping[str, File]) -> Iterator[Figure]:
        """The figures of pages; a mistake is told when its page is rendered."""
        for name, file in pages.items():
            figures, _ = read_page(file.content_string, self.scribe.galleries, name)
            yield from figures

    def _behind(self, figures: Iterable[Figure]) -> dict[str, Mark] | None:
        """The files that decide what figures show; None where others do, or where a figure can't be shown."""
        exhibits: set[Path] = set()
        sources: set[Path] = set()
        for figure in figures:
            try:
                of_figure = self.scribe.supply.behind(figure)
            except SpecError:
                return None
            if of_figure is None:
                return None
            exhibits |= of_figure.exhibits
            sources |= of_figure.sources
        read = marks(sources)
        # What changed while it was read may be another thing by now.
        is_settled = all(time < self._began for known in read.values() for time in known[-2:])
        return marks(exhibits) | read if is_settled else None


class _Beside:
    """What lies beside one page, because that shows it.

    Attributes:
        shipped: Files of the site → where their content is kept.
        is_made_of_bytes: Whether the content of some is kept nowhere.
    """

    def __init__(self, store: Store, shipment: Shipment, config: MkDocsConfig, files: Files, url: str) -> None:
        self.shipped: dict[str, Shipped] = {}
        self.is_made_of_bytes = False
        self._store = store
        self._shipment = shipment
        self._config = config
        self._files = files
        self._url = url

    def exhibit(self, key: str, data: bytes) -> str:
        """Where the page finds an exhibit."""
        return self._placed(f"exhibits/{key}{SUFFIX}", data, self._store.path(key))

    def picture(self, picture: Svg) -> str:
        """Where the page finds a picture."""
        content = picture.content.encode()
        return self._placed(f"pictures/{picture.file_name}", content, self._shipment.kept(picture.file_name, content))

    def _placed(self, name: str, content: bytes, file: Path | None) -> str:
        path = f"{ASSETS}/{name}"
        if file is not None:
            self.shipped[path] = shipped(file)
            self._shipment.add(path, str(file))
        else:
            self.is_made_of_bytes = True
            if self._files.get_file_from_path(path) is None:
                self._files.append(File.generated(self._config, path, content=content))
        return get_relative_url(path, self._url)


def _where_arrays_change(figures: Iterable[Figure], root: Path) -> Iterator[Path]:
    for figure in figures:
        if figure.arrays is None:
            continue
        file = root / figure.arrays.file
        # Not the root itself: whatever is written there, such as a log, would start a build.
        path = file if file.parent == root else file.parent
        if path.exists():
            yield path
