"""Small Sphinx projects around the `folder` of all tests, and builds of them."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from sphinx.cmd.build import build_main

if TYPE_CHECKING:
    from pathlib import Path

CONF = """\
project = "Small"
version = "1"
extensions = ["attnviz_mkdocs.sphinx", "myst_parser"]
exclude_patterns = ["_build", "docs", "gallery", "models", "parts"]
myst_enable_extensions = ["colon_fence"]
epub_show_urls = "no"
man_pages = [("index", "small", "Small", "me", 1)]
"""
VIEW = re.compile(r"<attn-view [^>]*>")


@dataclass
class Built:
    """What a build left behind.

    Attributes:
        code: Its exit status.
        out: The folder that it wrote to.
        said: Warnings and errors.
    """

    code: int
    out: Path
    said: str

    def read(self, name: str) -> str:
        return (self.out / name).read_text(encoding="utf-8")

    def views(self, name: str = "index.html") -> list[dict[str, str]]:
        """The attributes of a page's views."""
        return [
            {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
            for tag in VIEW.findall(self.read(name))
        ]

    @property
    def stamps(self) -> dict[str, int]:
        """When each page was last written."""
        return {file.relative_to(self.out).as_posix(): file.stat().st_mtime_ns for file in self.out.rglob("*.html")}


def sphinx(folder, builder: str = "html", *arguments: str, conf: str = "", **pages: str) -> Built:
    """Build the project of a folder.

    Args:
        folder: The project's.
        builder: Sphinx's name of it.
        arguments: Of sphinx-build.
        conf: What stands at the end of its conf.py.
        pages: Documents to write first; their names have their ending after two underscores.
    """
    if conf or not (folder.root / "conf.py").exists():
        folder.write("conf.py", CONF + conf)
    for name, text in pages.items():
        folder.write(name.replace("__", "."), text)
    out = folder.root / "_build" / builder
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        code = build_main(
            [
                "-q",
                "-N",
                "-b",
                builder,
                "-d",
                str(folder.root / "_build/doctrees"),
                *arguments,
                str(folder.root),
                str(out),
            ]
        )
    return Built(code, out, said.getvalue())
