"""HTML of a view, of a mistake in its place, and of a page that stands alone."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from attnviz_mkdocs.render import base85
from attnviz_mkdocs.views import first_state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.spec import Figure, Mistake

_templates = Environment(
    loader=PackageLoader("attnviz_mkdocs.render"),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=False,
)

#: The built browser bundle and the stylesheet of the page around it.
SCRIPT = "attnviz.js"
STYLE = "attnviz.css"


def asset(name: str) -> str:
    """The text of a built asset.

    Raises:
        FileNotFoundError: The browser bundle was never built.
    """
    try:
        return files("attnviz_mkdocs").joinpath("static", name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{name} is not built; run: make bundle") from error


def draw_figure(figure: Figure, key: str, data: bytes | None = None, source: str | None = None) -> str:
    """A view in a page.

    Args:
        figure: What the author asked for.
        key: The exhibit's key.
        data: The encoded exhibit, to be carried by the element itself.
        source: Where the browser finds the encoded exhibit, relative to the page. With neither, an
            earlier element of the page carries it.
    """
    return _templates.get_template("figure.html").render(
        key=key,
        state=json.dumps(first_state(figure), separators=(",", ":")),
        payload=None if data is None else base85.encode(data),
        source=source,
        caption=figure.caption,
    )


def draw_mistakes(mistakes: Iterable[Mistake]) -> str:
    """A panel that stands where the view would be, and says what is to be mended."""
    return _templates.get_template("mistake.html").render(mistakes=[str(mistake) for mistake in mistakes])


def draw_page(figure: Figure, key: str, data: bytes) -> str:
    """One view as an HTML page that needs nothing beside it."""
    return _templates.get_template("page.html").render(
        title=figure.caption or f"Attention of {figure.model_name}",
        style=asset(STYLE),
        # An end tag inside a string of the script would end the script.
        script=asset(SCRIPT).replace("</script", "<\\/script"),
        figure=draw_figure(figure, key, data),
    )
