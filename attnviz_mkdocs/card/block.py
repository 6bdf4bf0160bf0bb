"""What stands between the markers of a README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attnviz_mkdocs.card.markers import END
from attnviz_mkdocs.pictures.format import format_error
from attnviz_mkdocs.spec.characters import printable

if TYPE_CHECKING:
    from attnviz_mkdocs.card.pictures import Pictures
    from attnviz_mkdocs.card.wish import Reader, Wish
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.pictures.alone import Motif

#: Where a caption or a text has several lines: an empty one would end the block's HTML.
_BREAKS = str.maketrans(dict.fromkeys("\r\n\x0b\x0c\x85\u2028\u2029", " "))


def _finalize(value: object) -> object:
    return printable(value.translate(_BREAKS)) if isinstance(value, str) and not isinstance(value, Markup) else value


_templates = Environment(
    loader=PackageLoader("attnviz_mkdocs.card"),
    autoescape=True,
    finalize=_finalize,
    undefined=StrictUndefined,
    trim_blocks=True,
)


def block_of(wish: Wish, motif: Motif, pictures: Pictures, link: str | None, reader: Reader) -> str:
    r"""A block of a README, markers and all; its lines end in ``\n``, and the last one has no end.

    Args:
        wish: What its marker says.
        motif: What is shown.
        pictures: Of it.
        link: Address of a page with the live view, if there is one.
        reader: Where the README is shown.
    """
    exhibits = [motif.exhibit, *([] if motif.second is None else [motif.second])]
    return _templates.get_template("block.md").render(
        opening=wish.marker,
        closing=END,
        files={scheme: path for scheme, (path, _) in pictures.files.items()},
        width=pictures.width,
        alt=pictures.alt,
        caption=motif.figure.caption or "",
        link=link,
        reader=reader,
        subject=motif.subject,
        made=list(dict.fromkeys(_made(exhibit) for exhibit in exhibits)),
    )


def _made(exhibit: Exhibit) -> str:
    """Where numbers are from, and how exact they are."""
    made = exhibit.provenance
    revision = f" at {made.revision}" if made.revision else ""
    versions = ", ".join(f"{package} {version}" for package, version in sorted(made.versions.items()))
    error = max(attention.track.largest_error for attention in exhibit.attentions.values())
    captured = f"captured with {versions} in {made.dtype}" if versions else made.dtype
    return f"{made.model}: {made.source}{revision}, {captured}, error ≤ {format_error(error)}"
