"""Where the pages are in a site's navigation: data as it stands under ``nav`` in mkdocs.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.pages.words import plain_title

if TYPE_CHECKING:
    from collections.abc import Callable

    from attnviz_mkdocs.pages.catalogue import Catalogue, ExhibitPage
    from attnviz_mkdocs.spec import Gallery

#: Exhibits of a gallery, and of a site, that a menu lists. It stands in every page, and nobody reads a longer one.
MOST_OF_A_GALLERY, MOST_OF_A_SITE = 30, 150

#: What the index is called where the navigation has no other name for it.
TITLE = "Gallery"


def listed(catalogue: Catalogue, gallery: Gallery) -> list[ExhibitPage]:
    """The exhibits of a gallery that the navigation lists: all or none."""
    every = [catalogue.exhibits(other) for other in catalogue.galleries]
    shown = sum(len(pages) for pages in every if len(pages) <= MOST_OF_A_GALLERY)
    own = catalogue.exhibits(gallery)
    return own if len(own) <= MOST_OF_A_GALLERY and shown <= MOST_OF_A_SITE else []


def outline(catalogue: Catalogue, source: Callable[[str], str]) -> list[Any]:
    """The navigation's entries for all galleries; without the index.

    Args:
        catalogue: All pages.
        source: Where a page is → where it really is, if its author has written one instead.
    """
    entries: list[Any] = []
    for gallery in catalogue.galleries:
        own = source(catalogue.path_of(gallery))
        pages = [source(catalogue.path_of(page)) for page in listed(catalogue, gallery)]
        entries.append({plain_title(gallery.title): [own, *pages]})
    return entries


def title_of(nav: list[Any] | None, index: str) -> str:
    """What a navigation calls the index."""
    for entry in nav or ():
        for title, below in entry.items() if isinstance(entry, dict) else ():
            found = title if below == index else title_of(below, index) if isinstance(below, list) else TITLE
            if found != TITLE:
                return str(found)
    return TITLE


def placed(nav: list[Any], index: str, entries: list[Any]) -> list[Any]:
    """A navigation with the galleries in it: where it has the index, or at its end.

    Args:
        nav: As it stands in mkdocs.yml.
        index: Where the index is.
        entries: The galleries.
    """
    found, put = _put(nav, index, entries, is_section=False)
    return put if found else [*nav, {TITLE: [index, *entries]}]


def _put(nav: list[Any], index: str, entries: list[Any], *, is_section: bool) -> tuple[bool, list[Any]]:
    put: list[Any] = []
    found = False
    for entry in nav:
        match entry:
            case str() if entry == index and not found:
                # In a section it is the section's own page; elsewhere it becomes one.
                put += [entry, *entries] if is_section else [{TITLE: [entry, *entries]}]
                found = True
            case dict() if not found:
                own: dict[Any, Any] = {}
                for title, below in entry.items():
                    own[title] = below
                    if below == index and not found:
                        own[title], found = [below, *entries], True
                    elif isinstance(below, list) and not found:
                        found, own[title] = _put(below, index, entries, is_section=True)
                put.append(own)
            case _:
                put.append(entry)
    return found, put
