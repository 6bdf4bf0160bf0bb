"""Marked YAML against the types: a value of the type, or all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from attnviz_mkdocs.spec.explain import MERGE, Case, explain, without_value, written_path
from attnviz_mkdocs.spec.marked import Scalar, follow, plain, walk
from attnviz_mkdocs.spec.mistakes import Mistake, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from attnviz_mkdocs.spec.marked import Node, Path

_Whole = TypeVar("_Whole", bound=BaseModel)


def check(node: Node, whole: type[_Whole], mistakes: list[Mistake]) -> _Whole | None:
    """The value of type ``whole`` that an author wrote.

    Args:
        node: What was written.
        whole: `GalleryFile` or `FenceBody`.
        mistakes: All that is wrong is added here.

    Returns:
        None where something is wrong.
    """
    empty = {path for path, value in walk(node) if isinstance(value, Scalar) and value.value is None}
    mistakes.extend(without_value(node, path) for path in empty)
    try:
        value = whole.model_validate(plain(node))
    except ValidationError as error:
        found = error.errors(include_url=False)
        unknown = {details["loc"] for details in found if details["type"] == "extra_forbidden"}
        mistakes.extend(
            explain(Case(details, node, whole))
            for details in found
            if follow(node, written_path(details))[0] not in empty and not _is_misspelt(details, unknown)
        )
        return None
    return None if empty else value


def _is_misspelt(details: ErrorDetails, unknown: set[Path]) -> bool:
    """Whether what is missing is meant to be there by an unknown key, which is told already."""
    if details["type"] != "missing":
        return False
    *above, missing = details["loc"]
    beside = (str(path[-1]) for path in unknown if path[:-1] == tuple(above))
    return any(key == MERGE or nearest(key, [str(missing)]) for key in beside)
