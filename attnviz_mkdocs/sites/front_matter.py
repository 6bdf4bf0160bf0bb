"""What stands in a page's file before its Markdown."""

from __future__ import annotations

from mkdocs.utils.meta import get_data


def lines_before_markdown(source: str) -> int:
    """How many lines of a page's source are front matter, which an engine takes off."""
    markdown, _ = get_data(source)
    return source.count("\n") - markdown.count("\n")
