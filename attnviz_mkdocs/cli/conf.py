"""What a conf.py says, and what the documents around it show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.project import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure, Mistake

#: What Sphinx's configuration is called.
CONF = "conf.py"


def names_us(conf: Path) -> bool:
    """Whether a conf.py may be for us; it isn't executed to know."""
    return b"attnviz" in conf.read_bytes()


def options_in(conf: Path) -> dict[str, Any]:
    """The options in a conf.py."""
    try:
        from sphinx.errors import SphinxError  # noqa: PLC0415 - comes with an extra

        from attnviz_mkdocs.sites.sphinx.documents import read_options  # noqa: PLC0415
    except ImportError:
        fail(f'{conf}: Sphinx is not installed; run: pip install "attnviz-mkdocs[sphinx]"')
    try:
        options = read_options(conf.resolve())
    except ProjectError as error:
        fail(error.told(conf))
    except SphinxError as error:
        fail(f"{conf}: {error}")
    if options is None:
        fail(f'{conf}: write "attnviz_mkdocs.sphinx" into its list of extensions')
    return options


def read_sphinx(conf: Path) -> tuple[list[Figure], list[Mistake]]:
    """The figures of the documents around a conf.py, and the mistakes in these."""
    from sphinx.errors import SphinxError  # noqa: PLC0415 - comes with an extra

    from attnviz_mkdocs.sites.sphinx.documents import read_documents  # noqa: PLC0415

    try:
        return read_documents(conf.resolve().parent)
    except SphinxError as error:
        # What our own part of the build says of an option is told as anywhere else.
        cause = error.__cause__
        fail(cause.told(conf, "extensions") if isinstance(cause, ProjectError) else f"{conf}: {error}")
