"""Files that are shipped with a site: script, style, linked data and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.osutil import relative_uri

from attnviz_mkdocs.assets import SCRIPT, STYLE, asset, script
from attnviz_mkdocs.disk import write_whole
from attnviz_mkdocs.sites.sphinx.domain import Views
from attnviz_mkdocs.sites.sphinx.nodes import HOLDER

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

# Where Sphinx has all that is no page.
_STATIC = "_static"
_FOLDER = "attnviz"


def ship(builder: Builder, document: str, name: str, content: bytes) -> str:
    """Ship a file with the site, and tell where a page finds it; what is there already stays as it is.

    Args:
        builder: Of the site.
        document: The page's.
        name: Under which the file is found; another content has another.
        content: Of the file.
    """
    path = f"{_STATIC}/{_FOLDER}/{name}"
    file = Path(builder.outdir, path)
    if not file.exists():
        write_whole(file, content)
    return relative_uri(builder.get_target_uri(document).partition("#")[0], path)


def write_bundle(app: Sphinx, env: BuildEnvironment) -> None:
    """Sphinx's event ``env-updated``: the script and the style, before pages name them with their checksums.

    Raises:
        ExtensionError: The browser bundle was never built.
    """
    views = Views.of(env)
    shown = [figure for figures in views.data["figures"].values() for figure in figures]
    if not views.site.is_live or not (shown or views.data["mistaken"]):
        return
    try:
        code = script(with_neurons=any(figure.kind == "neuron" for figure in shown))
        bundle = {SCRIPT: code, STYLE: asset(STYLE)}
    except FileNotFoundError as error:
        raise ExtensionError(str(error)) from error
    for name, content in bundle.items():
        file = Path(app.outdir, _STATIC, _FOLDER, name)
        if not file.exists() or file.read_bytes() != content.encode():
            write_whole(file, content.encode())


def add_to_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Sphinx's event ``html-page-context``: pages with views have the script and, before the author's, the style."""
    if doctree is None or not Views.of(app.env).site.is_live:
        return
    if any(HOLDER in node["classes"] for node in doctree.findall(nodes.Element)):
        app.add_js_file(f"{_FOLDER}/{SCRIPT}", loading_method="defer")
        app.add_css_file(f"{_FOLDER}/{STYLE}")
