"""mkdocs-print-site-plugin: it puts all pages into one, and mends addresses there, but none of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.utils import get_relative_url

from attnviz_mkdocs.assets import ASSETS
from attnviz_mkdocs.terms import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mkdocs.config.defaults import MkDocsConfig

_NAME = "print-site"
# Data and narrow pictures, relative to the pages that they came from.
_FILE = re.compile(rf'( (?:srcset|data-(?:\w+-)?src)=")(?:\.\./)*({re.escape(ASSETS)}/)')
# Links that drive a view, behind the name of the page that they came from.
_LINK = re.compile(rf'(<a [^>]*?href="#)[^"]*?-({SCHEME})')
# Links that it takes for links to pages, which it has all in one.
_ANCHOR = re.compile(r'(<a [^>]*?href=")#([^"]*)"')


def mend(config: MkDocsConfig, standalones: Iterable[str]) -> None:
    """Let the page of all pages find what ours find, if there is one.

    Args:
        config: Of the site.
        standalones: The files of the site that show one view and are no pages.
    """
    page = getattr(config.plugins.get(_NAME), "print_page", None)
    if page is None:
        return
    file = Path(config.site_dir, page.file.dest_uri)
    html = file.read_text(encoding="utf-8")
    html = _FILE.sub(lambda found: f"{found[1]}{get_relative_url(found[2], page.url)}", html)
    by_anchor = {path.lower().removesuffix(".html").replace("/", "-"): path for path in standalones}

    def lead(found: re.Match[str]) -> str:
        path = by_anchor.get(found[2])
        return found[0] if path is None else f'{found[1]}{get_relative_url(path, page.url)}"'

    file.write_text(_ANCHOR.sub(lead, _LINK.sub(r"\1\2", html)), encoding="utf-8")
