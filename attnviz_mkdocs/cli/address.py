"""Where a site is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mkdocs.structure.files import File
from pathspec.gitignore import GitIgnoreSpec

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Address:
    """Where a site is published.

    Attributes:
        site: Its address.
        has_folders: Whether each of its pages has a folder of its own.
        unpublished: Which pages are left out of it: drafts, and those that are excluded.
    """

    site: str
    has_folders: bool = True
    unpublished: tuple[GitIgnoreSpec, ...] = ()

    @classmethod
    def said_in(cls, settings: dict[str, Any]) -> Address | None:
        """What a configuration says of it, if it does."""
        site = settings.get("site_url")
        said = [settings.get(key) or "" for key in ("exclude_docs", "draft_docs")]
        unpublished = tuple(GitIgnoreSpec.from_lines(str(patterns).splitlines()) for patterns in said)
        return cls(str(site), settings.get("use_directory_urls") is not False, unpublished) if site else None

    def has(self, page: Path) -> bool:
        """Whether a page is published, by its path in the folder of pages."""
        return not any(patterns.match_file(page.as_posix()) for patterns in self.unpublished)

    def of(self, page: Path) -> str:
        """The address of a page, by its path in the folder of pages."""
        return urljoin(self.site.rstrip("/") + "/", File(str(page), "", "", self.has_folders).url)
