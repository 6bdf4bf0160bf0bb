from __future__ import annotations

import functools
import http.server
import json
import sys
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import browser as machine  # noqa: E402 - the same search for a browser that `make` uses

from attnviz_mkdocs.codec import encode  # noqa: E402
from attnviz_mkdocs.render import draw_page  # noqa: E402
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Subject, Text  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page


# MkDocs' own search starts a worker, which a page opened from disk may not; its reload cuts a request short; and its
# theme looks for a style sheet of its highlighter.
NOT_OURS = (
    "search/worker.js",
    "ERR_EMPTY_RESPONSE",
    "ERR_CONNECTION_RESET",
    "ERR_CONTENT_LENGTH_MISMATCH",
    "Cannot set properties of null (setting 'disabled')",
)


#: Plugins of a site that has pages for its galleries.
PAGED = "[search, {attnviz: {pages: gallery}}]"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = machine.find()
    assert path, "Chromium is missing; `make test` installs it, or set CHROMIUM to its path"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


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


@pytest.fixture
def tab(chromium) -> Iterator[Tab]:
    # Playwright waits by code that it writes, which the policy of a page that stands alone forbids.
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1000, "height": 800})
    tab = Tab(context.new_page())
    yield tab
    context.close()
    assert not [error for error in tab.errors if not any(words in error for words in NOT_OURS)]
    assert not tab.outside


@pytest.fixture
def site(folder, captured):
    """Build the small project of `folder`, with more pages and other options where asked."""

    def build_it(
        mkdocs: str = theme("material"), pages: dict[str, str] | None = None, plugins: str = "[search, attnviz]"
    ) -> Path:
        folder.write("mkdocs.yml", f"site_name: Small\nuse_directory_urls: false\nplugins: {plugins}\n{mkdocs}\n")
        for name, text in (pages or {}).items():
            folder.write(f"docs/{name}", text)
        build(load_config(str(folder.root / "mkdocs.yml"), strict=True))
        return folder.root / "site"

    return build_it


@pytest.fixture
def served():
    """Serve a folder on this machine; gives its address."""
    servers = []

    def serve(folder: Path) -> str:
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()


@pytest.fixture
def alone(tmp_path, tab):
    """A page with one view and nothing else."""

    def open_it(made, kind: str = "head", **options):
        figure = Figure(kind, "small", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"))
        page = tmp_path / "view.html"
        page.write_text(draw_page(figure, "key", encode(made)), encoding="utf-8")
        return tab.open(page).view()

    return open_it


@pytest.fixture
def touched(chromium, tmp_path):
    """The page that `alone` wrote, on a telephone."""
    contexts = []

    def open_it(width: int = 340, *, is_mobile: bool = False) -> Locator:
        size = {"width": width, "height": 700}
        context = chromium.new_context(bypass_csp=True, has_touch=True, is_mobile=is_mobile, viewport=size)
        contexts.append(context)
        page = context.new_page()
        page.goto((tmp_path / "view.html").as_uri())
        view = page.locator("attn-view")
        view.evaluate("async (view) => { await view.ready }")
        return view

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def page_of(tmp_path):
    """A page with one comparison and nothing else."""

    def write_it(first, second, kind: str = "head", names: tuple[str, str] = ("she", "he"), **options):
        model, text = Model(source="x"), Text(text="x")
        other = Subject("other", model, text)
        given = Options(**options)
        figure = Figure(kind, "small", model, text, given, None, Place("x"), name="two", second=other, names=names)
        page = tmp_path / "view.html"
        page.write_text(draw_page(figure, "key", encode(first), second=encode(second)), encoding="utf-8")
        return page

    return write_it


@pytest.fixture
def compared(page_of, tab):
    return lambda *given, **options: tab.open(page_of(*given, **options)).view()


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
