"""mkdocs-print-site-plugin: it puts all pages into one, and mends addresses there, but none of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.utils import get_relative_url

from attnviz_mkdocs.links import SCHEME
from attnviz_mkdocs.render.html import ASSETS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

_NAME = "print-site"
# Data and narrow pictures, relative to the pages that they came from.
_FILE = re.compile(rf'( (?:srcset|data-(?:\w+-)?src)=")(?:\.\./)*({re.escape(ASSETS)}/)')
# Links that drive a view, behind the name of the page that they came from.
_LINK = re.compile(rf'(<a [^>]*?href="#)[^"]*?-({SCHEME})')


def mend(config: MkDocsConfig) -> None:
    """Let the page of all pages find what ours find, if there is one."""
    page = getattr(config.plugins.get(_NAME), "print_page", None)
    if page is None:
        return
    file = Path(config.site_dir, page.file.dest_uri)
    html = file.read_text(encoding="utf-8")
    html = _FILE.sub(lambda found: f"{found[1]}{get_relative_url(found[2], page.url)}", html)
    file.write_text(_LINK.sub(r"\1\2", html), encoding="utf-8")
