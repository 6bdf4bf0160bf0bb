"""`attnviz assets`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.render.html import ASSETS, SCRIPT, STYLE, asset
from attnviz_mkdocs.store import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site

_LINES = {
    ".toml": (
        '[project]\nextra_css = ["{style}"]\n'
        'extra_javascript = [{{ path = "{script}", defer = true }}]\n'
        "watch = [{folders}]\n\n[project.markdown_extensions.attnviz]\n"
    ),
    ".yml": (
        "extra_css: [{style}]\nextra_javascript: [{{path: {script}, defer: true}}]\n"
        "watch: [{folders}]\n\nmarkdown_extensions:\n  - attnviz\n"
    ),
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
def assets(open_site: Callable[[], Site], folder: Path | None) -> None:
    """Write the script and the style of views into FOLDER, for an engine that runs no plugins.

    Without FOLDER they go to assets/attnviz in the folder of the pages, and what the site's configuration must say is
    printed. With MkDocs and ProperDocs the plugin brings them along.
    """
    if folder is None:
        site = open_site()
        _write(site.docs / ASSETS)
        folders = ", ".join(
            f'"{Path(os.path.relpath(path, site.config_file.parent)).as_posix()}"'
            for path in site.project.gallery_folders()
        )
        lines = _LINES[".toml" if site.config_file.suffix == ".toml" else ".yml"]
        click.echo(f"{site.config_file} must say, besides what it says:", err=True)
        click.echo(lines.format(style=f"{ASSETS}/{STYLE}", script=f"{ASSETS}/{SCRIPT}", folders=folders), nl=False)
    else:
        _write(folder)


def _write(folder: Path) -> None:
    for name in (SCRIPT, STYLE):
        content = asset(name).encode()
        try:
            write_whole(folder / name, content)
        except OSError as error:
            fail(f"{folder / name} can't be written: {error.strerror}")
        click.echo(f"{folder / name}: {len(content):,} bytes", err=True)
