"""`attnviz card`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from attnviz_mkdocs.card import (
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
from attnviz_mkdocs.cli.motif import motif_of
from attnviz_mkdocs.cli.say import count, fail, say, write
from attnviz_mkdocs.codec import CodecError
from attnviz_mkdocs.fence import find_fences, read_fence
from attnviz_mkdocs.pages import Catalogue
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
        reader: Reader = "huggingface" if has_front_matter(text) else "github"
        maker = _Maker(site, site.supply(), readme, reader)
        wishes = [(block, Wish(wish.view, {**wish.said, **settings})) for block, wish in chosen]
        maker.require_figures(wishes)
        made = [(block, *maker.make(wish, block)) for block, wish in wishes]
        new = put(text, [(block, content) for block, content, _ in made], str(readme))
    except (SpecError, MissingError, StoreError, CodecError, CardError, RasterError) as error:
        fail(str(error))
    files = {readme.parent / path: data for _, _, pictures in made for path, data in pictures.files.values()}
    changed = [path for path, data in [*files.items(), (readme, new.encode())] if _differs(path, data)]
    for path in (other for shown in files for other in _left(shown)):
        say(f"{path}: no longer shown by {readme}; delete it if nothing else shows it")
    if only_check and changed:
        fail(f"out of date: {', '.join(map(str, changed))}; run: attnviz card {readme}")
    for path in changed:
        write(path, files.get(path, new.encode()))
    what = ", ".join(map(str, changed)) if changed else "nothing to change"
    say(f"{count(len(made), 'view')} in {readme}: {what}")


def _chosen(blocks: list[Block], views: tuple[str, ...]) -> Iterator[tuple[Block | None, Wish]]:
    """What is to be made: where it stands, if it does, and what is said of it there."""
    there = {block.wish.view: block for block in blocks}
    for view in dict.fromkeys(views or there):
        block = there.get(view)
        yield block, block.wish if block else Wish(view)


class _Maker:
    """Makes the blocks of a README, and their pictures."""

    def __init__(self, site: Site, supply: Supply, readme: Path, reader: Reader) -> None:
        self._site = site
        self._supply = supply
        self._readme = readme
        self._reader = reader

    def require_figures(self, wishes: list[tuple[Block | None, Wish]]) -> None:
        """See that there is a view for each, before a model runs for the first.

        Raises:
            CardError: All that is wrong with them.
        """
        told: dict[str, None] = {}
        for block, wish in wishes:
            try:
                self._figure(wish, _where(wish, block))
            except CardError as error:
                told |= dict.fromkeys(str(error).split("\n"))
        if told:
            raise CardError("\n".join(told))

    def make(self, wish: Wish, block: Block | None) -> tuple[str, Pictures]:
        where = _where(wish, block)
        figure = self._figure(wish, where)
        motif = motif_of(figure, self._supply.get(figure))
        try:
            pictures = pictures_of(wish.view, motif, wish.width, wish.format)
        except WalkError as error:
            raise CardError(f"{where}: {error}") from error
        link = self._page_of(wish.view) if wish.link == "auto" else wish.link
        return block_of(wish, motif, pictures, None if link == "none" else link, wish.reader or self._reader), pictures

    def _page_of(self, view: str) -> str | None:
        """The address of the first page that shows a view, or else of its exhibit's, where the site has one."""
        site, project = self._site, self._site.project
        if site.settings.address is None:
            return None
        files = (project.root / figure.place.file for figure in site.figures if figure.base == view)
        written = next(
            filter(site.settings.address.has, (file.relative_to(site.settings.docs.resolve()) for file in files)), None
        )
        if written is not None:
            return site.settings.address.of(written)
        if not project.pages:
            return None
        catalogue = Catalogue(site.galleries, project.pages)
        return site.settings.address.of(Path(catalogue.path_of(catalogue.page_of(view))))

    def _figure(self, wish: Wish, where: str) -> Figure:
        """What a fence with the same layout would ask for."""
        try:
            figure = self._site.galleries.figure(wish.view)
        except LookupError as error:
            told = [str(mistake) for mistake in self._site.mistakes]
            raise CardError("\n".join([*told, f"{where}: {error}"])) from error
        if wish.layout is None:
            return figure
        if wish.layout in _COMPARISONS and figure.second is None:
            raise CardError(f'{where}: layout={wish.layout} is for what compares two; give the view "compare:"')
        key = "comparison" if wish.layout in _COMPARISONS else "view"
        lines = [f"```attnviz {wish.view}", f"{key}: {_COMPARISONS.get(wish.layout, wish.layout)}", "```"]
        try:
            laid_out = read_fence(find_fences(lines)[0], self._site.galleries, str(self._readme))
        except SpecError as error:
            # The fence is ours; its author wrote the layout elsewhere.
            messages = dict.fromkeys(mistake.message for mistake in error.mistakes)
            raise CardError("\n".join(f"{where}: {message}" for message in messages)) from error
        return replace(laid_out, place=figure.place, places=figure.places)


_COMPARISONS = {"comparison": "both", "difference": "difference"}


def _where(wish: Wish, block: Block | None) -> str:
    """What a message calls the place in which a view is asked for."""
    return f"--view {wish.view}" if block is None else str(block.place)


def _differs(path: Path, data: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != data


def _left(shown: Path) -> list[Path]:
    """The same picture in another format, from a run before."""
    others = (shown.with_suffix(f".{form}") for form in get_args(Format))
    return [other for other in others if other != shown and other.exists()]
