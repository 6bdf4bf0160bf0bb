"""`attnviz check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import count, mistakes_of, say, stop_at
from attnviz_mkdocs.sites.proof import wrong_links
from attnviz_mkdocs.spec import Mistake, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attnviz_mkdocs.cli.site import Site


@click.command()
@click.pass_obj
def check(open_site: Callable[[], Site]) -> None:
    """Check all galleries, the fences and the links of all pages, and the arrays that they show; no model is loaded."""
    site = open_site()
    supply = site.supply(capture="never")
    # Arrays need no model, so all that is wrong with them can be told.
    arrays = [figure for figure in site.figures if figure.arrays]
    wrong_arrays = mistakes_of(supply.get, arrays)
    links = () if site.is_sphinx else wrong_links(site.settings.docs, site.galleries, supply)
    stop_at([*site.mistakes, *wrong_arrays, *links, *_unnamed(site)])
    galleries = len(site.project.gallery_files())
    say(f"{count(len(site.figures), 'view')} in {count(galleries, 'gallery file')} and the pages: no mistakes")


def _unnamed(site: Site) -> Iterator[Mistake]:
    """A configuration that leaves attnviz out, although pages have fences of it."""
    in_pages = len(site.figures) - sum(1 for _ in site.galleries.figures())
    if in_pages and not site.settings.section and site.settings.file.is_file():
        where = "markdown_extensions" if site.settings.file.suffix == ".toml" else "plugins"
        message = f"attnviz is not named here, so pages show its fences as code; name it under {where}"
        yield Mistake(Place(site.settings.file.name), message)
