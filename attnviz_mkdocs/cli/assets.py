"""`attnviz assets`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.assets import ASSETS, SCRIPT, STYLE, asset
from attnviz_mkdocs.cli.say import say, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.cli.site import Site

_TOML = """\
[project]
extra_css = ["{style}"]
extra_javascript = [{{ path = "{script}", defer = true }}]
watch = [{watched}]

[project.markdown_extensions.attnviz]
"""
_YAML = """\
extra_css: [{style}]
extra_javascript: [{{path: {script}, defer: true}}]
watch: [{watched}]

markdown_extensions:
  - attnviz
"""


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
        _write(site.settings.docs / ASSETS)
        root, folder_of_config = site.project.root, site.settings.file.parent
        arrays = {root / figure.arrays.file for figure in site.figures if figure.arrays}
        shown = (os.path.relpath(path, folder_of_config) for path in (*site.project.gallery_folders(), *sorted(arrays)))
        watched = ", ".join(f'"{Path(path).as_posix()}"' for path in shown)
        lines = _TOML if site.settings.file.suffix == ".toml" else _YAML
        say(f"{site.settings.file} must say, besides what it says:")
        click.echo(lines.format(style=f"{ASSETS}/{STYLE}", script=f"{ASSETS}/{SCRIPT}", watched=watched), nl=False)
    else:
        _write(folder)


def _write(folder: Path) -> None:
    for name in (SCRIPT, STYLE):
        content = asset(name).encode()
        write(folder / name, content)
        say(f"{folder / name}: {len(content):,} bytes")
