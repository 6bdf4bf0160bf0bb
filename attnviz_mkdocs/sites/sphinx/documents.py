"""A Sphinx project seen from outside a build: its options, and what its documents show."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import docutils_namespace, patch_docutils
from sphinx.util.tags import Tags

from attnviz_mkdocs.sites.sphinx.domain import OPTIONS, PREFIX, Views, options_in

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure, Mistake

#: What conf.py has among its extensions.
EXTENSION = "attnviz_mkdocs.sphinx"
# A builder that only collects: nothing is captured for it.
_COLLECTING = "gettext"


def read_options(conf: Path) -> dict[str, Any] | None:
    """The options in a conf.py; None where it doesn't name us among its extensions.

    Args:
        conf: The file; it is executed.

    Raises:
        sphinx.errors.ConfigError: It can't be executed.
        ProjectError: An option is misspelled.
    """
    config = Config.read(conf.parent, overrides={}, tags=Tags())
    if EXTENSION not in config.extensions:
        return None
    for name in OPTIONS:
        config.add(PREFIX + name, None, "", ())
    return options_in(config)


def read_documents(folder: Path) -> tuple[list[Figure], list[Mistake]]:
    """The figures that all documents of a project ask for, and the mistakes of those that can't be read.

    Sphinx itself reads them, with all extensions of the project, so that none is missed. Nothing is captured, and
    nothing is written.

    Args:
        folder: That of conf.py and of the documents.

    Raises:
        sphinx.errors.SphinxError: The project can't be read.
    """
    # Neither status nor warnings: mistakes of ours are handed on, others are told when the site is built.
    with TemporaryDirectory() as work, patch_docutils(folder), docutils_namespace():
        app = Sphinx(folder, folder, work, work, _COLLECTING, status=None, warning=None, freshenv=True)
        app.builder.read()
        views = Views.of(app.env)
        figures = [figure for _, shown in sorted(views.data["figures"].items()) for figure in shown]
        return figures, sorted(views.told.difference(views.site.galleries.mistakes))
