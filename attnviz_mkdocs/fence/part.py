"""A fence that shows a part of a gallery → the views that it asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.marked import Mapping, read
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, did_you_mean, quoted, some
from attnviz_mkdocs.spec.types import PartBody

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attnviz_mkdocs.fence.find import Fence
    from attnviz_mkdocs.spec.gallery import Figure, Galleries, Gallery
    from attnviz_mkdocs.spec.marked import Node

_KEY = "gallery"


@dataclass(frozen=True, slots=True)
class _View:
    """A view of a gallery, and what it is found by."""

    figure: Figure
    tags: tuple[str, ...]


def read_part(fence: Fence, galleries: Galleries, file: str, line_offset: int = 0) -> list[Figure] | None:
    """The views of a gallery that a fence asks for, in their author's order; None where it asks for no gallery.

    Args:
        fence: As `find_fences` found it.
        galleries: What it may refer to.
        file: The page's path as shown to people.
        line_offset: Lines of the file in front of those in which the fence was found, such as front matter.

    Raises:
        SpecError: All that is wrong with the fence.
    """
    if fence.misspelt or _KEY not in fence.body:
        return None  # as most are; the parser takes its time
    line = fence.line + line_offset

    def locate(row: int, column: int) -> Place:
        return Place(file, line + 1 + row, fence.column_in_page(row, column))

    mistakes: list[Mistake] = []
    try:
        node = read(fence.body, locate, mistakes)
    except SpecError:
        return None  # told where the fence is read as one view
    if not isinstance(node, Mapping) or _KEY not in node.items:
        return None
    place = Place(file, line, fence.column)
    if not fence.is_closed:
        raise SpecError([Mistake(place, "this fence is never closed; end it with a line of the same marks")])
    if fence.argument:
        message = f'a fence with "{_KEY}:" names no view; take {quoted(fence.argument)} out, or the key'
        mistakes.append(Mistake(replace(place, column=fence.argument_column), message))
    body = check(node, PartBody, mistakes)
    if body is None or mistakes:
        raise SpecError(mistakes)
    return [view.figure for view in _narrowed(_named(body.gallery, galleries, node.items[_KEY]), body, node.items)]


def _named(name: str, galleries: Galleries, written: Node) -> list[_View]:
    """The views of the gallery of that name; where there is none, all that have it as a tag."""
    if name in galleries:
        views = list(_views_of([galleries[name]]))
        if not views:
            raise SpecError([Mistake(written.place, f'gallery {quoted(name)} has no views; write some under "views:"')])
        return views
    if name in galleries.broken:
        raise SpecError([Mistake(written.place, f"gallery {quoted(name)} has mistakes; mend them first")])
    every = list(_views_of(galleries.values()))
    found = [view for view in every if name in view.tags]
    if not found:
        raise SpecError([Mistake(written.place, _unknown(name, every, galleries))])
    return found


def _narrowed(views: list[_View], body: PartBody, written: dict[str, Node]) -> list[_View]:
    """Those that show the model and have all the tags."""
    mistakes: list[Mistake] = []
    models = list(dict.fromkeys(name for view in views for name in view.figure.model_names))
    if body.model is not None and body.model not in models:
        guess = did_you_mean(body.model, models)
        message = f"no view of {quoted(body.gallery)} shows a model {quoted(body.model)}{guess}"
        mistakes.append(Mistake(written["model"].place, f"{message} Its models: {some(models)}"))
    tags = _tags(views)
    for tag in body.tags:
        if tag not in tags:
            message = f"no view of {quoted(body.gallery)} has the tag {quoted(tag)}{did_you_mean(tag, tags)}"
            known = f"Its tags: {some(tags)}" if tags else "It has no tags"
            mistakes.append(Mistake(written["tags"].place, f"{message} {known}"))
    left = [
        view for view in views if body.model in (None, *view.figure.model_names) and set(body.tags) <= set(view.tags)
    ]
    if not mistakes and not left:
        message = f"no view of {quoted(body.gallery)} has all that is asked for; take one of these keys or tags out"
        mistakes.append(Mistake(written[_KEY].place, message))
    if mistakes:
        raise SpecError(mistakes)
    return left


def _views_of(galleries: Iterable[Gallery]) -> Iterator[_View]:
    for gallery in galleries:
        for view_id in gallery.views:
            yield _View(gallery.figure(view_id), gallery.tags_of(view_id))


def _tags(views: Iterable[_View]) -> list[str]:
    return list(dict.fromkeys(tag for view in views for tag in view.tags))


def _unknown(name: str, every: list[_View], galleries: Galleries) -> str:
    tags = _tags(every)
    message = f"unknown gallery or tag {quoted(name)}{did_you_mean(name, [*galleries, *tags])}"
    if "/" in name:
        alone = 'show one view by its name alone, after "attnviz" in the first line'
        message = f"{quoted(name)} is no gallery; {alone}."
    if galleries.broken:
        return f"{message} It may be in a gallery that has mistakes; {galleries.mend_first}"
    if not galleries:
        return f"there is no gallery; galleries are YAML files in {galleries.looked_in}"
    known = f"Galleries: {some(list(galleries))}."
    return f"{message} {known} Tags: {some(tags)}" if tags else f"{message} {known}"
