"""Pages in a browser, as tests look at them."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
# MkDocs' own search starts a worker, which a page opened from disk may not; its reload cuts a request short; and its
# theme looks for a style sheet of its highlighter.
NOT_OURS = (
    "search/worker.js",
    "search/lunr.js",
    "ERR_EMPTY_RESPONSE",
    "ERR_CONNECTION_RESET",
    "ERR_CONTENT_LENGTH_MISMATCH",
    "Cannot set properties of null (setting 'disabled')",
)


#: Plugins of a site that has pages for its galleries.
PAGED = "[search, {attnviz: {pages: gallery}}]"


def theme(name: str, **options: object) -> str:
    """A theme's lines in mkdocs.yml, without what it would fetch from elsewhere."""
    quiet = {"font": False} if name == "material" else {"highlightjs": False}
    return f"theme: {json.dumps({'name': name, **quiet, **options})}"


@dataclass
class Tab:
    """A browser tab that remembers every request and everything that went wrong."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))

    def open(self, place: Path | str) -> Tab:
        self.page.goto(place.as_uri() if isinstance(place, Path) else place)
        return self

    def view(self, number: int = 0) -> Locator:
        """A view that is drawn."""
        view = self.page.locator("attn-view").nth(number)
        view.evaluate("async (view) => { await view.ready }")
        return view

    @property
    def outside(self) -> list[str]:
        """Requests that left the disk and this machine."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))]


# On a busy machine Chromium may find no quiet moment, even when all is done.
QUIET = "() => new Promise((quiet) => requestIdleCallback(quiet, { timeout: 1500 }))"
# A view draws in the next frame, what is observed there draws in the one after, and the rest in quiet moments.
SETTLED = f"""async () => {{
  for (let turn = 0; turn < 3; turn++) {{
    await new Promise(requestAnimationFrame)
    await ({QUIET})()
  }}
}}"""


def settle(page: Page) -> None:
    """Let a page do what is due, however long that takes on this machine."""
    page.evaluate(SETTLED)


def show_options(view: Locator) -> None:
    """Opens the part of the toolbar with what is seldom chosen."""
    options = view.locator(".toolbar .disclosure[aria-expanded=false]")
    if options.is_visible():
        options.click()


def shades(page) -> tuple[float, float]:
    """The darkest and the lightest pixel of the first picture as it is seen, 0 to 1."""
    shot = b64encode(page.locator("attn-view img").first.screenshot()).decode()
    return page.evaluate(
        """async (shot) => {
          const image = Object.assign(new Image(), { src: `data:image/png;base64,${shot}` })
          await image.decode()
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height })
          const context = canvas.getContext("2d")
          context.drawImage(image, 0, 0)
          const { data } = context.getImageData(0, 0, image.width, image.height)
          let least = 255, most = 0
          for (let i = 0; i < data.length; i += 4) {
            const grey = (data[i] + data[i + 1] + data[i + 2]) / 3
            least = Math.min(least, grey)
            most = Math.max(most, grey)
          }
          return [least / 255, most / 255]
        }""",
        shot,
    )
