"""A directive as Sphinx read it → the fence that it is, in the lines and columns of its file."""

from __future__ import annotations

import linecache
import re
from typing import TYPE_CHECKING

from docutils.parsers.rst.states import RSTState
from docutils.utils import get_source_line

from attnviz_mkdocs.fence import Fence
from attnviz_mkdocs.spec import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

# How the first line begins, in reStructuredText and in Markdown.
_MARKS = re.compile(r"\.\.(?=\s+attnviz::)|[`~:]{3,}")
# An option as Sphinx writes them; without its first colon it is a line of YAML.
_OPTION = re.compile(r":[\w-]+:(\s|$)")
_NAME = re.compile(r"[^\s:#{-][^:]*")
_OF_SPHINX = re.compile(r":(name|class):\s*(.*)")


class Written:
    """A directive as its author wrote it.

    Attributes:
        file: Its file.
        fence: The same as a fence, in lines of that file.
        options: Those of Sphinx's own, ``name`` and ``class``.
    """

    def __init__(self, directive: SphinxDirective) -> None:
        known, number = directive.get_source_info()
        # Neither is known of what another directive made up.
        source, line = str(known or directive.env.doc2path(directive.env.docname)), number or directive.lineno
        self.file = source
        in_file = _lines_in(source)
        opening = in_file[line - 1] if line <= len(in_file) else ""
        lines = dict(enumerate(directive.content, start=line + _lines_before(directive)))
        argument = lines.pop(line, "").strip()
        last = max(lines, default=line)
        self.options: dict[str, str] = {}
        body = self._without_options([lines.get(number, "") for number in range(line + 1, last + 1)])
        marks = _MARKS.search(opening)
        self.fence = Fence(
            first=line - 1,
            last=last - 1,
            prefix="",
            column=marks.start() + 1 if marks else 1,
            argument=argument,
            argument_column=opening.rfind(argument) + 1 if argument and argument in opening else 1,
            body="\n".join(body),
            inside=tuple(_as_in_file(in_file, number, text) for number, text in enumerate(body, start=line)),
            is_closed=True,
        )

    def _without_options(self, body: list[str]) -> list[str]:
        """The body with its options as YAML, and without those of Sphinx's own."""
        result = list(body)
        for number, text in enumerate(body):
            if own := _OF_SPHINX.fullmatch(text):
                self.options[own[1]] = own[2].strip()
                result[number] = ""
            elif _OPTION.match(text):
                result[number] = text[1:]
            elif not text.startswith(" "):  # a longer value goes on in the lines after it
                break
        return result


def place_of(node: nodes.Element, spellings: Sequence[str], shown: Callable[[str], str]) -> Place:
    """Where an author wrote what became a node.

    Args:
        node: What it became.
        spellings: How it may have been written; the first that is found counts.
        shown: A file → what it is called.
    """
    known, line = get_source_line(node)
    source, first = str(known or ""), line or 1
    below = _lines_in(source)[first - 1 :]
    for words in spellings:
        for number, text in enumerate(below, start=first):
            if words in text:
                return Place(shown(source), number, 1 + text.index(words))
    return Place(shown(source), first)


def _lines_before(directive: SphinxDirective) -> int:
    """How many lines of the directive stand before its content, in which there are no gaps: none, or the first."""
    if isinstance(directive.state, RSTState):
        opening, *others = directive.block_text.split("\n")
        after_opening = [opening.partition("::")[2], *others]
        return next((count for count, text in enumerate(after_opening) if text.strip()), 0)
    # MyST before version 5 doesn't tell that the content starts in the opening line; but what is no YAML can only be
    # the name of a view.
    offset = directive.content_offset
    is_in_opening = offset < 0 or (offset == 0 and _NAME.fullmatch(next(iter(directive.content), "")))
    return 0 if is_in_opening else 1 + offset


def _as_in_file(in_file: list[str], index: int, text: str) -> str:
    """The whole line; where an extension changed what was read, as much of it as there is."""
    whole = in_file[index] if index < len(in_file) else ""
    return whole if whole.endswith(text) else text


def _lines_in(source: str) -> list[str]:
    """The lines of a file; none of what is no file, such as a docstring."""
    linecache.checkcache(source)
    return [line.rstrip() for line in linecache.getlines(source)]
