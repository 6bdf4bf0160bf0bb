"""`attnviz schema`."""

from __future__ import annotations

from importlib.resources import files

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a gallery file, for editors."""
    click.echo(files("attnviz_mkdocs").joinpath("gallery.schema.json").read_text(encoding="utf-8"), nl=False)
