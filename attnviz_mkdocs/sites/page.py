"""A page while it is converted, and what stands in the place of its fences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from attnviz_mkdocs.budget import Part
    from attnviz_mkdocs.pages import ExhibitPage
    from attnviz_mkdocs.pictures import Svg
    from attnviz_mkdocs.sites.memory import Record
    from attnviz_mkdocs.spec import Mistake


@dataclass(slots=True)
class Page:
    """The page that is being converted.

    Attributes:
        file: Its source, as its author knows it.
        line_offset: Lines of its source that stand before its Markdown, such as front matter.
        link: An exhibit's key and bytes → where the browser finds it, relative to the page; None
            where the page carries its data itself.
        place: A picture → where the browser finds it, relative to the page; None where the page carries it itself.
        refuse: What is done about mistakes beyond telling them; MkDocs counts what is told.
        is_preview: Whether its author is at it: an exhibit that is missing, and may not be captured, is told in its
            place and ends nothing.
        is_copy: Whether it is converted again for another place, as the start of a post is for the list of posts: what
            is wrong with it has been told.
        is_made: Whether nobody wrote it: what is wrong with a view is told where its gallery has it.
        lead: An exhibit's page → where it is, relative to the page.
        parts: What its views bring to the site; added to while it is converted.
    """

    file: str = "page"
    line_offset: int = 0
    link: Callable[[str, bytes], str] | None = None
    place: Callable[[Svg], str] | None = None
    refuse: Callable[[Sequence[Mistake]], None] | None = None
    is_preview: bool = False
    is_copy: bool = False
    is_made: bool = False
    lead: Callable[[ExhibitPage], str] | None = None
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Built:
    """A page of the site.

    Attributes:
        page: What was known of it while it was converted.
        source: Its text, front matter and all.
        front_matter: What that says.
        file: Where it is built.
        record: What is remembered of it, if anything is.
    """

    page: Page
    source: str
    front_matter: Mapping[str, object]
    file: Path
    record: Record | None = None

    @property
    def size(self) -> int:
        """Its bytes as built."""
        return self.file.stat().st_size if self.file.is_file() else 0


class Span(NamedTuple):
    """Lines of a page that are a fence.

    Attributes:
        first: Index of the first.
        last: Index of the last.
        prefix: What stands in front of the fence's marks: indentation, quote and list marks.
        html: What stands in its place.
    """

    first: int
    last: int
    prefix: str
    html: str


class Converted(Protocol):
    """A page that is being converted from Markdown."""

    def fences(self, lines: list[str]) -> list[Span]:
        """What stands in the place of its fences, in order."""

    def link(self, address: str) -> str:
        """Where a link that drives a view leads in the page.

        Raises:
            ValueError: It leads nowhere; the message is for its author.
        """

    def settle(self) -> None:
        """Do what is to be done when the page is converted."""
