"""`attnviz export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.cli.site import supply_of
from attnviz_mkdocs.codec import CodecError, decode, decode_neurons
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.render import as_json, as_safetensors, compared_as_json, compared_as_safetensors, draw_page
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.pictures import Picture
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supplied


@click.command()
@click.argument("view")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write."
)
@click.pass_obj
def export(open_site: Callable[[], Site], view: str, output: Path) -> None:
    """Write VIEW (gallery/view-id) to a file.

    The file's ending decides: .html stands alone, .svg is a picture, .safetensors holds the decoded arrays, .json
    everything as text.
    """
    write = _WRITERS.get(output.suffix.lower())
    if write is None:
        raise click.BadParameter(
            f"{output.name}: expected a file ending in {', '.join(_WRITERS)}", param_hint="--output"
        )
    site = open_site()
    try:
        figure = site.galleries.figure(view)
    except LookupError as error:
        fail("\n".join(map(str, [*site.mistakes, error])))
    try:
        content = write(figure, supply_of(site.project).get(figure))
    except (SpecError, MissingError, StoreError, CodecError, FileNotFoundError) as error:
        fail(str(error))
    try:
        output.write_bytes(content)
    except OSError as error:
        fail(f"{output} can't be written: {error.strerror}")
    click.echo(f"{output}: {len(content):,} bytes", err=True)


def _page(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = supplied.exhibit
    neurons = None if supplied.neurons is None else supplied.neurons.data
    second = None if supplied.second is None else supplied.second.data
    return draw_page(figure, exhibit.key, exhibit.data, neurons, second, picture=_picture(figure, supplied)).encode()


def _svg(figure: Figure, supplied: Supplied) -> bytes:
    return _picture(figure, supplied).wide.content.encode()


def _picture(figure: Figure, supplied: Supplied) -> Picture:
    second = None if supplied.second is None else decode(supplied.second.data)
    return picture_of(figure, decode(supplied.exhibit.data), _neurons(supplied), second)


def _tensors(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = decode(supplied.exhibit.data)
    if figure.names and supplied.second:
        return compared_as_safetensors(exhibit, decode(supplied.second.data), figure.names)
    return as_safetensors(exhibit, _neurons(supplied))


def _json(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = decode(supplied.exhibit.data)
    if figure.names and supplied.second:
        return compared_as_json(exhibit, decode(supplied.second.data), figure.names).encode()
    return as_json(exhibit, _neurons(supplied)).encode()


def _neurons(supplied: Supplied) -> Neurons | None:
    return None if supplied.neurons is None else decode_neurons(supplied.neurons.data)


_WRITERS = {".html": _page, ".svg": _svg, ".safetensors": _tensors, ".json": _json}
