"""What becomes of views and of links that drive them, once all that they show is there."""

from __future__ import annotations

import hashlib
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref, start_of_file
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform

from attnviz_mkdocs.codec import SUFFIX, decode, decode_neurons
from attnviz_mkdocs.disk import write_whole
from attnviz_mkdocs.links import LinkError, resolve
from attnviz_mkdocs.pictures import WIDE, draw
from attnviz_mkdocs.pictures.raster import RasterError, to_png
from attnviz_mkdocs.render import draw_mistakes
from attnviz_mkdocs.sites.sphinx.assets import ship
from attnviz_mkdocs.sites.sphinx.domain import Views
from attnviz_mkdocs.sites.sphinx.nodes import HOLDER, View
from attnviz_mkdocs.sites.sphinx.written import place_of
from attnviz_mkdocs.sites.supplied import draw_supplied
from attnviz_mkdocs.spec import Mistake, SpecError
from attnviz_mkdocs.terms import SCHEME
from attnviz_mkdocs.views import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supplied

# Pixels per pixel of the picture: 300 to the inch where it is as wide as a column of text on paper.
_SCALE = 3
_PAPER = "#ffffff"
# Themes that come with Sphinx: always light, and they don't say so.
_LIGHT = (
    *("alabaster", "agogo", "basic", "bizstyle", "classic", "default", "haiku", "nature", "nonav", "pyramid"),
    *("scrolls", "sphinxdoc", "traditional"),
)


class ResolveLinks(SphinxPostTransform):
    """Links that drive a view lead to it where a script runs; elsewhere their words stay."""

    # Before MyST, at 9, looks for a document of that name.
    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        """Resolve all of a document."""
        self._views = Views.of(self.env)
        self._shown: dict[str, dict[str, Shown | None]] = {}
        links = {link: self.env.docname for link in self.document.findall(nodes.Element) if _address(link)}
        # Several documents in one, such as a book, are each a part of the tree; an inner one comes after the outer.
        for part in self.document.findall(start_of_file):
            links |= {link: part["docname"] for link in part.findall(nodes.Element) if link in links}
        for link, document in links.items():
            link.replace_self(self._resolved(link, _address(link), document))

    def _resolved(self, link: nodes.Element, address: str, document: str) -> nodes.Element | list[nodes.Node]:
        if not self._views.site.shows:
            return nodes.inline("", "", *link.children)
        try:
            target = resolve(address, self._shown_in(document))
        except LinkError as error:
            self._views.tell(
                [Mistake(place_of(link, (address, address.removeprefix(SCHEME)), self._views.site.shown), str(error))]
            )
            return self._mistaken(link, str(error))
        if self._views.site.is_live:
            return nodes.reference("", "", *link.children, internal=True, refuri=target)
        return nodes.inline("", "", *link.children)

    def _shown_in(self, document: str) -> dict[str, Shown | None]:
        """A document's views by name, the first where several have it; None for one that can't be shown."""
        if document not in self._shown:
            shown = self._shown[document] = {}
            for figure in self._views.data["figures"].get(document, ()):
                if figure.name and figure.name not in shown:
                    shown[figure.name] = self._shown_by(figure)
        return self._shown[document]

    def _shown_by(self, figure: Figure) -> Shown | None:
        try:
            supplied = self._views.site.supply.get(figure)
        except SpecError:
            return None  # told where it stands
        return Shown(figure, supplied.header, supplied.second_header)

    @staticmethod
    def _mistaken(link: nodes.Element, message: str) -> list[nodes.Node]:
        """Its words stay, and say what is wrong with it."""
        begin = f'<span class="attnviz-mistake" title="{html.escape(message)}">'
        return [nodes.raw("", begin, format="html"), *link.children, nodes.raw("", "</span>", format="html")]


class DrawViews(SphinxPostTransform):
    """Views are alive where a script runs; elsewhere they are pictures."""

    # After parts that are for other builders are gone, at 50, and before Sphinx looks after images.
    default_priority = 60

    def run(self, **kwargs: Any) -> None:
        """Draw all of a document."""
        self._site = Views.of(self.env).site
        if not self._site.builder.format:
            return
        carried: set[str] = set()
        for view in [*self.document.findall(View)]:
            figure = view.figure
            if figure is None:
                view.replace_self(self._panel(view.mistakes))
                continue
            try:
                supplied = self._site.supply.get(figure)
            except SpecError as error:  # told when all were planned
                view.parent.replace_self(self._panel(error.mistakes))
                continue
            if self._site.is_live:
                if self._is_light:
                    view.parent["classes"].append(f"{HOLDER}-light")
                view.replace_self(self._element(figure, supplied, carried))
            elif "image/png" in self._site.builder.supported_image_types:
                view.replace_self(self._picture(figure, supplied))
            else:
                view.parent.replace_self(self._told(view.parent, figure, supplied))

    @property
    def _is_light(self) -> bool:
        theme = getattr(self._site.builder, "theme", None)
        return theme is not None and theme.name in _LIGHT

    def _element(self, figure: Figure, supplied: Supplied, carried: set[str]) -> nodes.raw:
        site, document = self._site, self.env.docname

        def link(key: str, data: bytes) -> str:
            return ship(site.builder, document, f"exhibits/{key}{SUFFIX}", data)

        def place(picture: Svg) -> str:
            return ship(site.builder, document, f"pictures/{picture.file_name}", picture.content.encode())

        element = draw_supplied(
            figure,
            supplied,
            site.album.picture(figure, supplied.exhibit, supplied.neurons, supplied.second),
            carried,
            link=link if site.project.delivery == "linked" else None,
            place=place,
            with_caption=False,
        )
        return nodes.raw("", element, format="html")

    def _picture(self, figure: Figure, supplied: Supplied) -> nodes.image:
        """The view's picture."""
        file = self._file(figure, supplied)
        self.env.images.add_file(self.env.docname, file)
        return nodes.image("", alt=self._alt(figure, supplied), uri=file, candidates={"*": file}, width="100%")

    def _told(self, holder: nodes.Element, figure: Figure, supplied: Supplied) -> nodes.Element:
        """The view in words, for where no picture can be: writers of plain text run words of a figure together."""
        words = _("[image: %s]") % self._alt(figure, supplied)
        captions = [nodes.paragraph("", "", *caption.children) for caption in holder.findall(nodes.caption)]
        return nodes.compound("", nodes.paragraph("", words), *captions, ids=holder["ids"])

    def _alt(self, figure: Figure, supplied: Supplied) -> str:
        return self._site.album.picture(figure, supplied.exhibit, supplied.neurons, supplied.second).alt

    def _file(self, figure: Figure, supplied: Supplied) -> str:
        """Where the picture is as pixels, on white so that it reads on whatever it is shown on.

        It is kept from build to build.

        Raises:
            ExtensionError: What draws pixels is not installed.
        """
        picture = draw(
            figure,
            decode(supplied.exhibit.data),
            WIDE,
            "light",
            neurons=None if supplied.neurons is None else decode_neurons(supplied.neurons.data),
            second=None if supplied.second is None else decode(supplied.second.data),
        )
        name = hashlib.sha256(picture.encode()).hexdigest()[:32]
        file = Path(self._site.builder.doctreedir, HOLDER, f"{name}.png")
        if not file.exists():
            try:
                write_whole(file, to_png(picture, scale=_SCALE, ground=_PAPER))
            except RasterError as error:
                raise ExtensionError(str(error)) from error
        return str(file)

    def _panel(self, mistakes: Iterable[Mistake]) -> nodes.Element:
        """What stands in place of a view, and says what is to be mended."""
        if self._site.is_live:
            return nodes.raw("", draw_mistakes(mistakes), format="html", classes=[HOLDER])
        return nodes.error("", *(nodes.paragraph("", mistake.published) for mistake in mistakes))


def _address(link: nodes.Element) -> str:
    """Where a link of ours leads; nothing for other nodes."""
    address = ""
    if isinstance(link, nodes.reference):
        address = link.get("refuri", "")
    elif isinstance(link, pending_xref) and link["reftype"] == "myst":
        address = link["reftarget"]
    return address if address.startswith(SCHEME) else ""
