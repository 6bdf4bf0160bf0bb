from __future__ import annotations

import functools
import http.server
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from opened_pages import NOT_OURS, ROOT, Tab, theme
from playwright.sync_api import sync_playwright
from said_payloads import GROUPS, joined, told_by

sys.path.insert(0, str(ROOT / "tools"))
import browser as machine

import attnviz_mkdocs.capture
from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Subject, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

#: Calls back whenever a payload runs, in whatever frame.
WATCH = "window.hit = (...words) => told(String(words)); window.alert = window.confirm = window.prompt = window.hit;"


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


@pytest.fixture(scope="session")
def gallery(tmp_path_factory) -> Path:
    """The galleries of our own site, from what real models gave."""
    out = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(out), strict=True))
    return out / "gallery"


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


@pytest.fixture
def said(monkeypatch):
    """Models that say what they read."""
    groups = {joined(group): group for group in GROUPS}

    def capture(requests, *, root, device="auto", progress=None):
        for request in requests:
            made, own = told_by(groups.get(request.text.shown.rstrip(" "), GROUPS[0]))
            yield request, made if request.what == "attention" else own

    monkeypatch.setattr(attnviz_mkdocs.capture, "capture", capture)


@pytest.fixture
def watched(chromium):
    """A tab in which no policy helps, and all that ran in it."""
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1000, "height": 800})
    hits: list[str] = []
    context.expose_binding("told", lambda _, words: hits.append(words))
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: (hits.append(dialog.message), dialog.dismiss()))
    yield page, hits
    context.close()
