"""The fences of all pages of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.fence.read import read_page
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.spec.load import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure, Galleries, Mistake


#: How the names of pages end, for the engines of Markdown.
PAGES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")


def read_folder(docs: Path, galleries: Galleries, root: Path) -> tuple[list[Figure], list[Mistake]]:
    """The figures that the fences of all pages in a folder ask for, and the mistakes of those that can't be read.

    Args:
        docs: The folder.
        galleries: What the fences may refer to.
        root: The folder that pages are shown to people relative to.
    """
    figures: list[Figure] = []
    mistakes: list[Mistake] = []
    for file, text in pages_of(docs, root, mistakes):
        shown, wrong = read_page(text, galleries, file)
        figures += shown
        mistakes += wrong
    return figures, mistakes


def pages_of(docs: Path, root: Path, mistakes: list[Mistake]) -> Iterator[tuple[str, str]]:
    """All pages in a folder: of each its path, as shown to people, and its source.

    Args:
        docs: The folder.
        root: The folder that pages are shown to people relative to.
        mistakes: What is wrong with those that can't be read is added here.
    """
    for page in sorted(docs.rglob("*")):
        # Engines leave out what is hidden, such as what a notebook keeps.
        is_hidden = any(part.startswith(".") for part in page.relative_to(docs).parts)
        if page.suffix not in PAGES or is_hidden or page.is_dir():
            continue
        file = shown_from(root, page)
        try:
            yield file, text_of(page, file, "page")
        except SpecError as error:
            mistakes += error.mistakes


def shown_from(root: Path, path: Path) -> str:
    """A file or a folder as an author would name it: seen from a root, where it lies there."""
    full = path.absolute()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else str(path)
