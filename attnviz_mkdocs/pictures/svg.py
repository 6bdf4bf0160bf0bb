"""Elements of an SVG document, as text. What comes from outside is escaped here and nowhere else."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from attnviz_mkdocs.spec.characters import printable


def element(name: str, *children: str, **attributes: str | float | None) -> str:
    """An element with its children, which are elements or come from `text`.

    Args:
        name: Of the element.
        children: What is in it.
        attributes: Their names with ``_`` for ``-``, and one at the end where Python has the word for itself; None
            leaves one out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(content: str) -> str:
    """A text between tags."""
    return escape(printable(content))


def number(value: float) -> str:
    """A length with one digit after the point: a tenth of a pixel is not seen."""
    written = f"{value:.1f}".rstrip("0").rstrip(".")
    if written in ("-0", "0", ""):
        return "0"
    return written.replace("0.", ".", 1) if written.startswith(("0.", "-0.")) else written


def at(left: float, top: float) -> str:
    """Where a group lies, as the attribute ``transform``."""
    return f"translate({number(left)} {number(top)})"


def group(left: float, top: float, *children: str) -> str:
    """Children that lie at a place of their own; nothing of nothing."""
    return element("g", *children, transform=at(left, top)) if any(children) else ""


def data_uri(kind: str, content: bytes) -> str:
    """Bytes as an address."""
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _attribute(value: str | float) -> str:
    return text(value) if isinstance(value, str) else number(value)
