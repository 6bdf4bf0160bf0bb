"""Where a site is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Address:
    """Where a site is published.

    Attributes:
        site: Its address.
        has_folders: Whether each of its pages has a folder of its own.
    """

    site: str
    has_folders: bool = True

    @classmethod
    def said_in(cls, settings: dict[str, Any]) -> Address | None:
        """What a configuration says of it, if it does."""
        site = settings.get("site_url")
        return cls(str(site), settings.get("use_directory_urls") is not False) if site else None

    def of(self, page: Path) -> str:
        """The address of a page, by its path in the folder of pages."""
        return urljoin(self.site.rstrip("/") + "/", File(str(page), "", "", self.has_folders).url)
