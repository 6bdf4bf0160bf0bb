"""`attnviz export`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.motif import motif_of
from attnviz_mkdocs.cli.say import fail, say, write
from attnviz_mkdocs.codec import CodecError
from attnviz_mkdocs.pictures import WIDE, picture_of, svg_of
from attnviz_mkdocs.pictures.alone import MARGIN, WalkError
from attnviz_mkdocs.pictures.raster import RasterError, to_png, to_webp
from attnviz_mkdocs.render import as_json, as_safetensors, compared_as_json, compared_as_safetensors, draw_page
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.pictures import Picture
    from attnviz_mkdocs.pictures.theme import Scheme
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supplied


@dataclass(frozen=True)
class _Look:
    """How a picture is to look, as far as it was said."""

    theme: Scheme | None
    width: int | None
    scale: float | None

    @property
    def scheme(self) -> Scheme:
        return self.theme or "light"

    @property
    def whole_width(self) -> int:
        """Of a picture with its margins, in pixels of the document."""
        return self.width or WIDE + 2 * MARGIN

    @property
    def pixels(self) -> float:
        return self.scale or 2


def _number(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """NaN is outside of no range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no number.")
    return value


@click.command()
@click.argument("view")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write."
)
@click.option("--theme", type=click.Choice(["light", "dark"]), help="Of a picture.  [default: both in an .svg, light]")
@click.option("--width", type=click.IntRange(240, 4000), help="Of a picture.  [default: 688 in an .svg, 720]")
@click.option(
    "--scale",
    type=click.FloatRange(0.5, 8),
    callback=_number,
    help="Pixels per pixel of a .png or .webp.  [default: 2]",
)
@click.pass_obj
def export(
    open_site: Callable[[], Site],
    view: str,
    output: Path,
    *,
    theme: Scheme | None,
    width: int | None,
    scale: float | None,
) -> None:
    """Write VIEW (gallery/view-id) to a file.

    The file's ending decides: .html stands alone, .svg and .png are pictures, .webp follows each query in turn or goes
    through a tour, .safetensors holds the decoded arrays, .json everything as text.
    """
    make = _WRITERS.get(output.suffix.lower())
    if make is None:
        raise click.BadParameter(
            f"{output.name}: expected a file ending in {', '.join(_WRITERS)}", param_hint="--output"
        )
    look = _Look(theme, width, scale)
    if output.suffix.lower() not in _PICTURES and look != _Look(None, None, None):
        raise click.UsageError(f"--theme, --width and --scale are for {', '.join(_PICTURES)}")
    if output.suffix.lower() == ".svg" and scale is not None:
        raise click.UsageError("--scale is for .png and .webp; an .svg has no pixels")
    if not output.parent.is_dir():
        # Told before a model runs for it.
        fail(f"{output} can't be written: there is no folder {output.parent}; make it first")
    site = open_site()
    try:
        figure = site.galleries.figure(view)
    except LookupError as error:
        fail("\n".join(map(str, [*site.mistakes, error])))
    try:
        content = make(figure, site.supply().get(figure), look)
    except (SpecError, MissingError, StoreError, CodecError, FileNotFoundError, RasterError, WalkError) as error:
        fail(str(error))
    write(output, content)
    say(f"{output}: {len(content):,} bytes")


def _page(figure: Figure, supplied: Supplied, _: _Look) -> bytes:
    exhibit = supplied.exhibit
    neurons = None if supplied.neurons is None else supplied.neurons.data
    second = None if supplied.second is None else supplied.second.data
    return draw_page(figure, exhibit.key, exhibit.data, neurons, second, picture=_picture(figure, supplied)).encode()


def _svg(figure: Figure, supplied: Supplied, look: _Look) -> bytes:
    motif = motif_of(figure, supplied)
    width = look.width or WIDE
    svg = svg_of(figure, motif.exhibit, width, look.theme or "both", neurons=motif.neurons, second=motif.second)
    return svg.content.encode()


def _png(figure: Figure, supplied: Supplied, look: _Look) -> bytes:
    svg = motif_of(figure, supplied).still(look.whole_width, look.scheme)
    return to_png(svg.content, scale=look.pixels)


def _webp(figure: Figure, supplied: Supplied, look: _Look) -> bytes:
    walk = motif_of(figure, supplied).walk(look.whole_width, look.scheme)
    return to_webp([(svg.content, seconds) for svg, seconds in walk], scale=look.pixels)


def _picture(figure: Figure, supplied: Supplied) -> Picture:
    motif = motif_of(figure, supplied)
    return picture_of(figure, motif.exhibit, motif.neurons, motif.second)


def _tensors(figure: Figure, supplied: Supplied, _: _Look) -> bytes:
    motif = motif_of(figure, supplied)
    if figure.names and motif.second:
        return compared_as_safetensors(motif.exhibit, motif.second, figure.names)
    return as_safetensors(motif.exhibit, motif.neurons)


def _json(figure: Figure, supplied: Supplied, _: _Look) -> bytes:
    motif = motif_of(figure, supplied)
    if figure.names and motif.second:
        return compared_as_json(motif.exhibit, motif.second, figure.names).encode()
    return as_json(motif.exhibit, motif.neurons).encode()


_PICTURES = {".svg": _svg, ".png": _png, ".webp": _webp}
_WRITERS = {".html": _page, **_PICTURES, ".safetensors": _tensors, ".json": _json}
