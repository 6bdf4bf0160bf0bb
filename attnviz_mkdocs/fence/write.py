"""A figure → the lines of a fence that give it again."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from attnviz_mkdocs.spec.types import Options

if TYPE_CHECKING:
    from attnviz_mkdocs.spec.gallery import Figure

#: What readers change, and what must be there once on a page.
_LEFT_OUT = frozenset({*Options.model_fields, "view", "id"})
#: Where a line would end, and with it what looks like the marks of a fence could stand alone.
_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")


def write_fence(figure: Figure) -> dict[str, str]:
    """The lines of a fence that give a figure again, without what it shows first.

    Returns:
        ``argument``: what follows the fence's word, the name of a view or nothing; ``body``: YAML, in which no line
        could end the fence.
    """
    body = {key: value for key, value in figure.written.items() if key not in _LEFT_OUT}
    # A view that stands in a gallery has no fence, and one that stands alone has no other name.
    argument = figure.base or ("" if figure.written else figure.name)
    return {"argument": argument, "body": _yaml(body) if body else ""}


def _yaml(value: object) -> str:
    yaml = YAML()
    yaml.width = sys.maxsize
    lines = io.StringIO()
    yaml.dump(_on_one_line(value), lines)
    return lines.getvalue()


def _on_one_line(value: object) -> object:
    """The same, with every text that has several lines in quotes and with escapes."""
    match value:
        case str() if _BREAKS.search(value):
            return DoubleQuotedScalarString(value)
        case dict():
            return {key: _on_one_line(part) for key, part in value.items()}
        case list():
            return [_on_one_line(part) for part in value]
    return value
