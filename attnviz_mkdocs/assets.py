"""The script and the style of views, as they ship with a site."""

from __future__ import annotations

from importlib.resources import files

#: Where a site keeps what is ours.
ASSETS = "assets/attnviz"
#: The built browser bundle and the stylesheet of the page around it.
SCRIPT = "attnviz.js"
STYLE = "attnviz.css"
_LEAN = "attnviz.lean.js"


def asset(name: str) -> str:
    """The text of a built asset.

    Raises:
        FileNotFoundError: The browser bundle was never built.
    """
    try:
        return files("attnviz_mkdocs").joinpath("static", name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{name} is not built; run: make bundle") from error


def script(*, with_neurons: bool) -> str:
    """The browser bundle: with the neuron view, or a sixth smaller without it.

    Raises:
        FileNotFoundError: It was never built.
    """
    return asset(SCRIPT if with_neurons else _LEAN)
