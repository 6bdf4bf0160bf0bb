"""What a page gets of a figure's exhibits: carried by it once, or linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.budget import Part
from attnviz_mkdocs.render import Payload, Still, draw_figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.budget import What
    from attnviz_mkdocs.pictures import Picture, Svg
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.supply import Encoded, Supplied


def draw_supplied(
    figure: Figure,
    supplied: Supplied,
    picture: Picture,
    carried: set[str],
    *,
    link: Callable[[str, bytes], str] | None = None,
    place: Callable[[Svg], str] | None = None,
    with_caption: bool = True,
    parts: list[Part] | None = None,
) -> str:
    """The HTML of a view.

    Args:
        figure: What the author asked for.
        supplied: What it shows.
        picture: Its picture.
        carried: Keys of what the page carries already; what this view brings is added.
        link: An exhibit's key and bytes → where the browser finds it, relative to the page; None where the page
            carries its data itself.
        place: A picture → where the browser finds it, relative to the page; None where the page carries it itself.
        with_caption: Whether the view stands in a ``figure`` with its caption, or is the element alone.
        parts: What views bring to the site; what this view brings is added.
    """

    def weigh(what: What, size: int, key: str, *, carried: bool) -> None:
        if parts is not None:
            parts.append(Part.of(figure, what, size, key, carried=carried))

    def payload(encoded: Encoded, what: What = "attention") -> Payload:
        if link is not None:
            weigh(what, len(encoded.data), encoded.key, carried=False)
            return Payload(encoded.key, source=link(encoded.key, encoded.data))
        if encoded.key in carried:
            return Payload(encoded.key)
        carried.add(encoded.key)
        own = Payload(encoded.key, data=encoded.data)
        weigh(what, own.carried, encoded.key, carried=True)
        return own

    def still() -> Still:
        if place is None:
            own = Still.carried(picture)
            weigh("pictures", len(own.wide), own.wide, carried=True)
            return own
        addresses = []
        for drawing in (picture.wide, picture.narrow):
            addresses.append(place(drawing))
            weigh("pictures", len(drawing.content.encode()), drawing.file_name, carried=False)
        return Still(picture, *addresses)

    return draw_figure(
        figure,
        payload(supplied.exhibit),
        None if supplied.neurons is None else payload(supplied.neurons, "queries and keys"),
        None if supplied.second is None else payload(supplied.second),
        still(),
        with_caption=with_caption,
    )
