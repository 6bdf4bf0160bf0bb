"""The command line, a module a command.

Exit status: 0 done, 1 something an author must mend, 2 wrong usage. Messages go to stderr, data to
stdout.
"""

from __future__ import annotations

import errno
import logging
import sys
from pathlib import Path

import click

from attnviz_mkdocs.cli.assets import assets
from attnviz_mkdocs.cli.capture import capture
from attnviz_mkdocs.cli.card import card
from attnviz_mkdocs.cli.check import check
from attnviz_mkdocs.cli.export import export
from attnviz_mkdocs.cli.gc import gc
from attnviz_mkdocs.cli.init import init
from attnviz_mkdocs.cli.pull import pull
from attnviz_mkdocs.cli.push import push
from attnviz_mkdocs.cli.say import fail, told
from attnviz_mkdocs.cli.schema import schema
from attnviz_mkdocs.cli.site import open_site
from attnviz_mkdocs.cli.status import status
from attnviz_mkdocs.store import StoreError


class _Commands(click.Group):
    """Says in plain words what is wrong with a store, a file or a disk, whichever command uses it."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except StoreError as error:
            fail(str(error))
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever reads what is printed has read enough, as click knows
            if error.errno is None:
                fail(str(error))  # of a package that asks a server
            what = f"{error.filename} can't be used" if error.filename else "what is printed can't be written"
            fail(f"{what}: {error.strerror}")


class _Told(logging.Formatter):
    """What other packages warn of may quote what they were asked, such as an address with its key."""

    def format(self, record: logging.LogRecord) -> str:
        return told(super().format(record))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-f",
    "--config-file",
    type=click.Path(path_type=Path),
    help="The site's configuration.  [default: mkdocs.yml, properdocs.yml, zensical.toml or conf.py]",
)
@click.option("--galleries", multiple=True, help="A folder, a file or a glob of gallery files.")
@click.option("--store", help="A folder or an fsspec URL.")
@click.version_option(package_name="attnviz-mkdocs")
@click.pass_context
def main(context: click.Context, config_file: Path | None, galleries: tuple[str, ...], store: str | None) -> None:
    """Attention views for documentation.

    Options that stand in the site's configuration under `attnviz` are read from there.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Told())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    overrides = {"galleries": list(galleries) or None, "store": store}
    context.obj = lambda: open_site(
        config_file, {name: value for name, value in overrides.items() if value is not None}
    )


for command in (init, assets, check, capture, status, push, pull, gc, export, card, schema):
    main.add_command(command)
