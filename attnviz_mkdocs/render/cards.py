"""HTML of a list of exhibits, each with its picture and a link to its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.render.html import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.spec import Mistake


@dataclass(frozen=True, slots=True)
class Card:
    """An exhibit in a list.

    Attributes:
        title: Its name.
        link: Where its page is, relative to the page with the list.
        models: Names of the models that it shows.
        tags: What it is about.
        text: What the models read: readers find it by that.
        caption: A few words on it.
        views: How many views its page has.
        picture: What its first view shows.
        source: Where the browser finds the picture.
        mistakes: In place of a picture, what must be mended.
    """

    title: str
    link: str
    models: Sequence[str]
    tags: Sequence[str] = ()
    text: str = ""
    caption: str | None = None
    views: int = 1
    picture: Svg | None = None
    source: str = ""
    mistakes: Sequence[Mistake] = ()


def draw_cards(cards: Iterable[Card]) -> str:
    """A list of exhibits in a page."""
    return templates.get_template("cards.html").render(cards=list(cards))
