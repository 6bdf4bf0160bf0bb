"""`attnviz card`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from attnviz_mkdocs.card import (
    FOLDER,
    CardError,
    Wish,
    block_of,
    find_blocks,
    has_front_matter,
    pictures_of,
    put,
    read_card,
    wrong_with,
)
from attnviz_mkdocs.card.wish import Format, Layout, Reader
from attnviz_mkdocs.cli.say import count, fail
from attnviz_mkdocs.cli.site import shown_of, supply_of
from attnviz_mkdocs.codec import CodecError
from attnviz_mkdocs.fence import find_fences, read_fence
from attnviz_mkdocs.pictures.alone import WalkError
from attnviz_mkdocs.pictures.raster import RasterError
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attnviz_mkdocs.card import Block, Pictures
    from attnviz_mkdocs.cli.site import Site
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Supply


@click.command()
@click.argument("readme", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--view", "views", multiple=True, help="gallery/view-id; several times for several.  [default: all there]"
)
@click.option("--layout", type=click.Choice(get_args(Layout)), help="What is drawn.  [default: what the gallery says]")
@click.option("--width", help="Of the pictures, in pixels.  [default: 480 to 720, as the view needs]")
@click.option("--format", type=click.Choice(get_args(Format)), help="Of the pictures; webp moves.  [default: png]")
@click.option(
    "--link", help="Address of a page with the live view, none, or auto: the site's page that has it.  [default: auto]"
)
@click.option(
    "--for",
    type=click.Choice(get_args(Reader)),
    help="Where it is read.  [default: huggingface if it has front matter]",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if something would change.")
@click.pass_obj
def card(
    open_site: Callable[[], Site], /, readme: Path, views: tuple[str, ...], *, only_check: bool, **said: str | None
) -> None:
    """Put views into README, a model's card: pictures beside it, and a block of text between markers.

    A view's block is updated where it stands; a new one is put at the end. What is said here is kept in the block's
    marker, so that "attnviz card README.md" alone brings all blocks up to date.
    """
    settings = {name: value for name, value in said.items() if value is not None}
    for wrong in filter(None, (wrong_with(name, value) for name, value in settings.items())):
        raise click.UsageError(f"--{wrong}")
    try:
        text = read_card(readme)
        blocks = find_blocks(text, str(readme))
        site = open_site()
        chosen = list(_chosen(blocks, views))
        if not chosen:
            raise click.UsageError(f"{readme} has no block yet; name a view with --view gallery/view-id")
        maker = _Maker(site, supply_of(site.project), readme, has_front_matter(text))
        made = [(block, *maker.make(Wish(wish.view, {**wish.said, **settings}), block)) for block, wish in chosen]
        new = put(text, [(block, content) for block, content, _ in made], str(readme))
    except (
        *(SpecError, LookupError, MissingError, StoreError, CodecError),
        *(CardError, RasterError, WalkError),
    ) as error:
        fail(str(error))
    files = {readme.parent / path: data for _, _, pictures in made for path, data in pictures.files.values()}
    changed = [path for path, data in [*files.items(), (readme, new.encode())] if _differs(path, data)]
    for path in _left(readme, new):
        click.echo(f"{path}: {readme} doesn't show it; delete it if nothing else does", err=True)
    if only_check and changed:
        command = f"attnviz card {readme}"
        fail(f"out of date: {', '.join(map(str, changed))}; run: {command}")
    for path in changed:
        _write(path, files.get(path, new.encode()))
    what = ", ".join(map(str, changed)) if changed else "nothing to change"
    click.echo(f"{count(len(made), 'view')} in {readme}: {what}", err=True)


def _chosen(blocks: list[Block], views: tuple[str, ...]) -> Iterator[tuple[Block | None, Wish]]:
    """What is to be made: where it stands, if it does, and what is said of it there."""
    there = {block.wish.view: block for block in blocks}
    for view in dict.fromkeys(views or there):
        block = there.get(view)
        yield block, block.wish if block else Wish(view)


class _Maker:
    """Makes the blocks of a README, and their pictures."""

    def __init__(self, site: Site, supply: Supply, readme: Path, has_front_matter: bool) -> None:  # noqa: FBT001
        self._site = site
        self._supply = supply
        self._readme = readme
        self._reader: Reader = "huggingface" if has_front_matter else "github"

    def make(self, wish: Wish, block: Block | None) -> tuple[str, Pictures]:
        figure = self._figure(wish, block)
        shown = shown_of(figure, self._supply.get(figure))
        pictures = pictures_of(wish.view, shown, wish.width, wish.format)
        link = self._site.page_of(wish.view) if wish.link == "auto" else wish.link
        return block_of(wish, shown, pictures, None if link == "none" else link, wish.reader or self._reader), pictures

    def _figure(self, wish: Wish, block: Block | None) -> Figure:
        """What a fence with the same layout would ask for."""
        try:
            figure = self._site.galleries.figure(wish.view)
        except LookupError as error:
            told = [str(mistake) for mistake in self._site.mistakes]
            where = "" if block is None else f"{block.place}: "
            raise LookupError("\n".join([*told, f"{where}{error}"])) from None
        if wish.layout is None:
            return figure
        where = f"--layout {wish.layout}" if block is None else str(block.place)
        if wish.layout in _COMPARISONS and figure.second is None:
            raise CardError(f'{where}: {wish.view} compares nothing; give it "compare:" in its gallery')
        key = "comparison" if wish.layout in _COMPARISONS else "view"
        lines = [f"```attnviz {wish.view}", f"{key}: {_COMPARISONS.get(wish.layout, wish.layout)}", "```"]
        try:
            return read_fence(find_fences(lines)[0], self._site.galleries, str(self._readme))
        except SpecError as error:
            # The fence is ours; its author wrote the layout in the marker, or gave it here.
            messages = dict.fromkeys(mistake.message for mistake in error.mistakes)
            raise CardError("\n".join(f"{where}: {message}" for message in messages)) from error


_COMPARISONS = {"comparison": "both", "difference": "difference"}


def _differs(path: Path, data: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != data


def _left(readme: Path, text: str) -> list[Path]:
    """Pictures of ours beside a README that it doesn't show."""
    pictures = sorted(readme.parent.glob(f"{FOLDER}/*/*-*.*"))
    return [path for path in pictures if path.relative_to(readme.parent).as_posix() not in text]


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        fail(f"{path} can't be written: {error.strerror}")
