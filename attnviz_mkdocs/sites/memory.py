"""What the fences of a site's pages became in the build before, for pages of which nothing has changed since.

Reading galleries, fetching exhibits and drawing takes longer than all else in a build. So a page is taken from here as
long as all that decides what stands in it is what it was: its text, the galleries, the files of its models and its
arrays, its exhibits in the store, the plugin's options, and this package. A file counts as unchanged, as with make,
while its size and the times of its last change are the same.

Only a site of which nothing had to be told is remembered: what is wrong is told in each build anew. What is too heavy
is weighed in each. What is imported here takes no time to import.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from attnviz_mkdocs.kept import Mark, keep, mark, sealed, unsealed
from attnviz_mkdocs.sites.page import Span
from attnviz_mkdocs.sites.shipment import Shipped, is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attnviz_mkdocs.sites.written import Written

_PACKAGE = Path(__file__).parent.parent
_WORD = "attnviz"
_MARK = re.compile(rf"<!-- {_WORD} ([0-9a-f]+) (\d+) -->")
_END = f"<!-- /{_WORD} -->"
_END_OF_VIEW = "</attn-view>"
_MARK_TO_END = re.compile(rf"{_MARK.pattern}.*?{_END}", re.DOTALL)
# The first line of a fence, if its word is near enough to ours to be told: no other has none of these letters.
_NEARLY = re.compile(r"(?:```|~~~).*[viz]", re.IGNORECASE)


@dataclass(slots=True)
class Record:
    """What a page became.

    Attributes:
        site: The name of the `Site` that it is a page of.
        source: Digest of its source.
        text: Digest of its Markdown, as the converter got it.
        html: What stands in the place of its fences.
        spans: Where these stand: first and last line, and what is in front of their marks.
        links: Addresses of links that drive views → where they lead.
        behind: The files that decide what its views show.
        shipped: Files of the site → the kept files that they are, with size and time of change.
        parts: What its views bring to the site, as `attnviz_mkdocs.budget.written_parts` has put it.
        limit: Its budget in bytes.
        has_neurons: Whether one of its views is a neuron view.
        arrays: Its authors' own arrays, which are watched while the site is served.
    """

    site: str
    source: str
    text: str
    html: list[str]
    spans: list[tuple[int, int, str]]
    links: dict[str, str]
    behind: dict[str, Mark]
    shipped: dict[str, Shipped]
    parts: str
    limit: int
    has_neurons: bool
    arrays: list[str]

    def encode(self) -> bytes:
        """As a file: what it is, behind how long that is, and the HTML, which is long, as it is."""
        texts = [html.encode("utf-8", "surrogatepass") for html in self.html]
        body = b"".join(texts)
        about = {**asdict(self), "html": [len(text) for text in texts]}
        words = json.dumps(about).encode()
        return sealed(b"%08x" % len(words) + words + body)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """What was encoded.

        Raises:
            ValueError: The file is not whole.
            KeyError: It has another form.
            TypeError: It has another form.
        """
        content = unsealed(data)
        start = 8 + int(bytes(content[:8]), 16)
        about, html = json.loads(bytes(content[8:start])), []
        for length in about["html"]:
            html.append(str(content[start : start + length], "utf-8", "surrogatepass"))
            start += length
        return cls(**{**about, "html": html})

    def spans_with_html(self) -> list[Span]:
        """The fences, as the converter wants them."""
        return [Span(*where, html) for where, html in zip(self.spans, self.html, strict=True)]


@dataclass(frozen=True)
class Site:
    """What all pages of a site have in common.

    Attributes:
        given: Digest of the package and its options.
        behind: The galleries, and the files that decide what their views show.
        watched: Folders and files that are watched while the site is served.
        limit: The site's budget in bytes.
        limit_of_page: That of a page which doesn't say another.
    """

    given: str
    behind: dict[str, Mark]
    watched: list[str]
    limit: int
    limit_of_page: int

    @cached_property
    def name(self) -> str:
        """Short, and of no other site."""
        return digest(json.dumps([getattr(self, each.name) for each in fields(self)], sort_keys=True))


class Memory:
    """What is remembered of a site.

    Args:
        folder: Where it is kept. What is there is ours, and may be thrown away.
        name: The site's configuration: a folder may hold several.
        options: The plugin's options.
    """

    def __init__(self, folder: Path, name: str, options: Mapping[str, Any]) -> None:
        self._folder = folder
        self._base = f"pages/{digest(name)[:16]}"
        self._marks: dict[str, Mark] = {}
        self._records: dict[str, Record | None] = {}
        self.given = digest(repr([_package(), sys.prefix, options]))
        # A store elsewhere is asked each time what it has.
        self._is_told_by_files = options.get("capture") != "always" and "://" not in str(options.get("store"))
        self.site = self._read_site()

    def record(self, page: str, source: str) -> Record | None:
        """What is remembered of a page; None where anything has changed.

        Args:
            page: Its name and its address.
            source: What its author wrote.
        """
        if page not in self._records:
            self._records[page] = self._read_page(page, source)
        return self._records[page]

    def keep(self, page: str, record: Record) -> None:
        """Remember a page, which counts when its site is remembered."""
        self._records[page] = record
        keep(self._folder, self._name(page), record.encode())

    def settle(self, site: Site | None) -> None:
        """Remember the site, or None of it."""
        if site is None:
            with suppress(OSError):
                (self._folder / self._base / "site.json").unlink()
        elif self._is_told_by_files and site != self.site:
            keep(self._folder, f"{self._base}/site.json", json.dumps(asdict(site)).encode())

    def unchanged(self, behind: Mapping[str, Mark]) -> bool:
        """Whether files and folders are what they were; each is looked at once a build."""
        for path, known in behind.items():
            if path not in self._marks:
                self._marks[path] = mark(path)
            if self._marks[path] != known:
                return False
        return True

    def _read_site(self) -> Site | None:
        if not self._is_told_by_files:
            return None
        try:
            site = Site(**json.loads((self._folder / self._base / "site.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return site if site.given == self.given and self.unchanged(site.behind) else None

    def _read_page(self, page: str, source: str) -> Record | None:
        if self.site is None:
            return None
        try:
            record = Record.decode((self._folder / self._name(page)).read_bytes())
        except (OSError, ValueError, TypeError, KeyError):
            return None
        is_known = record.site == self.site.name and record.source == digest(source)
        is_whole = is_known and self.unchanged(record.behind) and all(map(is_there, record.shipped.values()))
        return record if is_whole else None

    def _name(self, page: str) -> str:
        return f"{self._base}/{digest(page)[:32]}"


class Recalled:
    """A page that is converted: as it is remembered, or written where its Markdown has changed.

    Args:
        record: What is remembered of it.
        write: Begins to write it.
        is_plain: Whether its source has no fence.

    Attributes:
        written: What is written of it; None where nothing had to be.
        text: Digest of its Markdown, as the converter got it.
    """

    def __init__(self, record: Record | None, write: Callable[[], Written], *, is_plain: bool = False) -> None:
        self._is_plain = is_plain
        self.written: Written | None = None
        self.text = ""
        self._lines: list[str] = []
        self._record = record
        self._write = write

    def fences(self, lines: list[str]) -> list[Span]:
        """What stands in the place of its fences, in order."""
        self._lines = lines
        # Another plugin, or a page that this one includes, may have brought a fence.
        text = "\n".join(lines)
        if self._is_plain and is_plain(text):
            return []
        self.text = digest(text)
        if self._record is not None and self._record.text == self.text:
            return self._record.spans_with_html()
        return self._begun().fences(lines)

    def link(self, address: str) -> str:
        """Where a link that drives a view leads in the page.

        Raises:
            ValueError: It leads nowhere; that has been told.
        """
        known = self._record.links if self._record is not None and self.written is None else {}
        if address in known:
            return known[address]
        written = self._begun()
        if not written.spans:
            # A link that is not in the page's own text drives a view that is: views are known when they are drawn.
            written.fences(self._lines)
        return written.link(address)

    def settle(self) -> None:
        """Do what is to be done when the page is converted."""
        if self.written is not None:
            self.written.settle()

    def _begun(self) -> Written:
        if self.written is None:
            self.written = self._write()
        return self.written


class Late:
    """A page whose views are put into it when it is converted: they are long, and no business of a converter's.

    Args:
        page: The page, as it would be converted with them.
        url: Where it is.

    Attributes:
        name: Of no other page of the site, and of nothing that somebody writes.
    """

    def __init__(self, page: Recalled, url: str) -> None:
        self.name = ""
        self.link = page.link
        self.settle = page.settle
        self._page = page
        self._url = url
        self._html: list[str] = []

    def fences(self, lines: list[str]) -> list[Span]:
        """Marks that stand in the place of its fences, in order."""
        spans = self._page.fences(lines)
        self.name = digest(f"{self._url} {self._page.text}")
        self._html = [span.html for span in spans]
        return [span._replace(html=self._mark(number)) for number, span in enumerate(spans)]

    def full(self, html: str) -> str:
        """The converted page with its views."""
        return self._replaced(html, self.view)

    def lean(self, html: str) -> str:
        """The converted page without its views, but with their captions; see `put_back`."""
        return self._replaced(html, lambda number: f"{self._mark(number)}{_outside(self.view(number))}{_END}")

    def view(self, number: int) -> str:
        """What stands in the place of a fence."""
        return self._html[number]

    def _mark(self, number: int) -> str:
        return f"<!-- {_WORD} {self.name} {number} -->"

    def _replaced(self, html: str, by: Callable[[int], str]) -> str:
        return _MARK.sub(lambda mark: by(int(mark[2])) if mark[1] == self.name else mark[0], html)


def put_back(html: str, pages: Mapping[str, Late]) -> str:
    """What a template made of lean pages, with their views again.

    Args:
        html: What it made.
        pages: The site's pages by name.
    """
    return _MARK_TO_END.sub(lambda mark: pages[mark[1]].view(int(mark[2])) if mark[1] in pages else mark[0], html)


def _outside(html: str) -> str:
    """What is around views, such as their captions."""
    parts, at = [], 0
    while (start := html.find("<attn-view ", at)) >= 0:
        parts.append(html[at:start])
        at = html.index(_END_OF_VIEW, start) + len(_END_OF_VIEW)
    return "".join([*parts, html[at:]])


def is_plain(text: str) -> bool:
    """Whether nothing in a page is ours, or was meant to be."""
    return _WORD not in text and _NEARLY.search(text) is None


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _package() -> list[list[Any]]:
    """The package's files: what they are decides what pages become."""
    found = []
    for folder, folders, names in os.walk(_PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        found += [[path, *mark(path)] for path in (f"{folder}/{name}" for name in sorted(names))]
    return found
