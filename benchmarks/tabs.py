"""Pages in a real browser: when they are drawn, how fast they answer, and what they take."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from contextlib import contextmanager, suppress
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil
from figures import ROOT
from playwright.sync_api import Error, sync_playwright

sys.path.insert(0, str(ROOT / "tools"))
from browser import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

#: A page gets so long to be drawn, and so long to answer, in seconds; and its tab so much memory, in bytes.
LIMIT = 120
LARGEST_TAB = 8e9
WINDOW = {"width": 1000, "height": 800}

# What BertViz loads from a CDN comes from this disk.
_LIBRARIES = {
    "require.min": "requirejs/require.js",
    "d3.min": "d3/dist/d3.min.js",
    "jquery.min": "jquery/dist/jquery.min.js",
}
#: What is there once a page has begun to draw.
_DRAWN = {"bertviz": "svg line", "ours": "attn-view"}
#: The n-th token that looks, and a head's thumbnail: a node, which of its columns, and how many these are.
_TOKEN = {
    "bertviz": "(n) => [document.querySelectorAll('#left text')[n], 0, 1]",
    "ours": "(n) => [document.querySelector('attn-view').shadowRoot.querySelectorAll('.query .token')[n], 0, 1]",
}
_THUMBNAIL = {
    "bertviz": "([layer, head]) => [document.querySelector(`#attn_background_${layer}_${head}`), 0, 1]",
    "ours": """([layer, head, heads]) => {
      const { shadowRoot } = document.querySelector("attn-view")
      return [shadowRoot.querySelectorAll(".row canvas")[layer], head, heads]
    }""",
}
#: Where its middle is; it is scrolled into the window, for with many tokens BertViz's thumbnails are higher than that.
_MIDDLE = """([node, column, columns]) => {
  node.scrollIntoView({ block: "nearest" })
  const { left, top, width, height } = node.getBoundingClientRect()
  return [left + ((column + 0.5) * width) / columns, top + height / 2]
}"""
_OPENED = {
    "bertviz": "document.querySelector('.detail line')",
    "ours": "document.querySelector('attn-view').shadowRoot.querySelector('.detail canvas')",
}
#: What a browser does from an event until the screen shows the answer, as its traces name it. Left out are the
#: stages in which it waits for the screen's next turn.
_WORK = {
    "RendererMainProcessing",  # finds what is there, and what listens to it works
    "RendererMainFinishedToCommit",  # style, layout and painting; the same as the next, where the frame had begun
    "SendBeginMainFrameToCommit",
    "Commit",
    "EndCommitToActivation",  # pixels
    "Activation",
    "StartDrawToSwapStart",
}
# A view that has no room decodes and draws nothing.
_DECODING = """async () => {
  const hidden = document.createElement("div")
  hidden.hidden = true
  const view = document.querySelector("attn-view").cloneNode()
  delete view.dataset.key
  const start = performance.now()
  document.body.append(hidden)
  hidden.append(view)
  view.ready
  const { port1, port2 } = new MessageChannel()
  while (!view.exhibit) await new Promise((next) => { port1.onmessage = next; port2.postMessage(null) })
  let weights = 0
  for (const { name, layers, heads } of view.exhibit.attentions) {
    for (const layer of layers) {
      for (let head = 0; head < heads; head++) weights += view.exhibit.attention(layer, head, name).length
    }
  }
  return { ms: performance.now() - start, weights }
}"""
_HOVERED = (2, 5, 8, 11, 13)
_CLICKED = (1, 3)


class FailedError(Exception):
    """Why a page could not be measured, in words."""


class Tabs:
    """A browser, and the pages that are opened in it one after the other, each in a process of its own."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        self._main = psutil.Process(next(process["id"] for process in processes if process["type"] == "browser"))

    @contextmanager
    def open(self, file: Path) -> Iterator[Page]:
        """A page that is asked for; the clock of `watch.js` runs from here on."""
        context = self.browser.new_context(viewport=WINDOW)
        page = context.new_page()
        page.route(re.compile("^https:"), _serve_library)
        page.add_init_script(path=ROOT / "benchmarks/watch.js")
        page.set_default_timeout(2 * LIMIT * 1000)  # `limited` ends it before that
        with self.limited("read"):
            page.goto(file.as_uri(), wait_until="commit")
        try:
            yield page
        finally:
            context.close()

    @contextmanager
    def limited(self, what: str) -> Iterator[None]:
        """End what a page does when it takes too long or too much; a page that works hears nobody.

        Raises:
            FailedError: It did.
        """
        over, found = threading.Event(), []

        def watch() -> None:
            end = time.monotonic() + LIMIT
            while not over.wait(0.2):
                tab = self._largest()
                if time.monotonic() > end:
                    found.append(f"not {what} within {LIMIT} s")
                elif tab.memory_info().rss > LARGEST_TAB:
                    found.append(f"not {what} with {LARGEST_TAB / 1e9:.0f} GB")
                if found:
                    tab.kill()
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        except Error as error:
            over.set()
            watcher.join()
            if not found and "crashed" not in error.message:
                raise
            raise FailedError(found[0] if found else f"not {what}: the tab crashed") from error
        finally:
            over.set()
            watcher.join()

    def memory(self, page: Page) -> float:
        """What the page's process has for itself, in bytes."""
        # A trace is the one place where a browser tells which process has which page.
        self.browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
        events = json.loads(self.browser.stop_tracing())["traceEvents"]
        frames = next(event["args"]["data"]["frames"] for event in events if event["name"] == "TracingStartedInBrowser")
        process = next(frame["processId"] for frame in frames if frame["url"] == page.url)
        return float(psutil.Process(process).memory_full_info().uss)

    def work(self, page: Page, event: str, do: Callable[[], None]) -> float:
        """Milliseconds that the browser works for an event that is brought about, until the screen shows the answer.

        Args:
            page: Where it is brought about.
            event: Its type, as traces name it.
            do: Brings it about.

        Raises:
            FailedError: Nothing changed on the screen.
        """
        self.browser.start_tracing(page=page, categories=["input.scrolling"])
        do()
        _until_shown(page)
        stages = _stages(json.loads(self.browser.stop_tracing())["traceEvents"], event)
        if "Commit" not in stages:
            raise FailedError("no answer")
        return sum(time for stage, time in stages.items() if stage in _WORK)

    def _largest(self) -> psutil.Process:
        """The process that takes most of all that have pages or had some: of a page that takes much, its own."""
        sizes = {}
        for process in self._main.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "--type=renderer" in process.cmdline():
                    sizes[process] = process.memory_info().rss
        return max(sizes, key=lambda process: sizes[process])


@contextmanager
def browser() -> Iterator[Tabs]:
    """The browser of the tests; without a GPU, so that machines can be compared."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        yield Tabs(started)
        started.close()


def measure(tabs: Tabs, file: Path, side: str, view: str, heads: int) -> dict[str, float]:
    """What a page takes until it is drawn, then for an answer, and then of memory.

    Args:
        tabs: The browser.
        file: The page.
        side: Whose it is, ``ours`` or ``bertviz``.
        view: ``head``, of which tokens are pointed at, or ``model``, of which a thumbnail is clicked.
        heads: How many the model has in a layer.

    Returns:
        ``first_paint``, ``drawn`` and ``answer`` in milliseconds, ``nodes``, and ``heap`` and ``memory`` in bytes; the
        last two after the answer. Of ours also ``usable``: all in the window is drawn. What a page no longer got done
        after it was drawn is left out.

    Raises:
        FailedError: It was not drawn.
    """
    with tabs.open(file) as page:
        with tabs.limited("drawn"):
            _until_begun(page, side)
            found = {"usable": page.evaluate("watched.usable()")} if side == "ours" else {}
            found |= {"drawn": page.evaluate("watched.drawn()")}
            found |= {"first_paint": page.evaluate("watched.painted()")}
        try:
            with tabs.limited("answered"):
                found["nodes"] = page.evaluate("watched.nodes()")
                found["answer"] = _hover(tabs, page, side) if view == "head" else _click(tabs, page, side, heads)
            with tabs.limited("measured"):
                found |= {"heap": _heap(page), "memory": tabs.memory(page)}
        except FailedError:
            pass
        return found


def decoding(tabs: Tabs, file: Path) -> dict[str, float]:
    """Milliseconds from the page's text to the weights of all heads, and how many these are."""
    with tabs.open(file) as page, tabs.limited("decoded"):
        _until_begun(page, "ours")
        page.evaluate("document.querySelector('attn-view').ready")
        result: dict[str, float] = page.evaluate(_DECODING)
        return result


def _stages(events: list[dict[str, Any]], event: str) -> dict[str, float]:
    """The stages that the last event of a type went through, in milliseconds, by a trace."""
    found: dict[str, float] = {}
    begun: list[dict[str, Any]] = []
    of = None
    for told in sorted((told for told in events if told["ph"] in "be"), key=lambda told: told["ts"]):
        if told["args"].get("event_latency", {}).get("event_type") == event:
            of, found, begun = told["id2"], {}, []
        if told.get("id2") != of:
            continue
        if told["ph"] == "b":
            begun.append(told)
        elif begun:
            start = begun.pop()
            found[start["name"]] = (told["ts"] - start["ts"]) / 1000
    return found


def _until_begun(page: Page, side: str) -> None:
    """Wait until a page has begun to draw; what hands out a node would read the page's data aloud first."""
    page.wait_for_function("(drawn) => document.querySelector(drawn) !== null", arg=_DRAWN[side])


def _hover(tabs: Tabs, page: Page, side: str) -> float:
    """Milliseconds of work for a token that is pointed at, the median of some."""
    times = []
    for n in _HOVERED:
        at = _middle(page, _TOKEN[side], n)
        times.append(tabs.work(page, "MOUSE_MOVED_EVENT", lambda at=at: page.mouse.move(*at)))
    return median(times)


def _click(tabs: Tabs, page: Page, side: str, heads: int) -> float:
    """Milliseconds of work for a thumbnail that is clicked; what the button does when it goes down isn't counted."""
    page.mouse.move(*_middle(page, _THUMBNAIL[side], [*_CLICKED, heads]))
    page.mouse.down()
    _until_shown(page)
    time = tabs.work(page, "MOUSE_RELEASED", page.mouse.up)
    if not page.evaluate(f"Boolean({_OPENED[side]})"):
        raise FailedError("no head opened")
    return time


def _middle(page: Page, which: str, given: object) -> tuple[float, float]:
    left, top = page.evaluate(f"(given) => ({_MIDDLE})(({which})(given))", given)
    _until_shown(page)
    return left, top


def _until_shown(page: Page) -> None:
    """Wait until the screen shows what the page has done: of the frame after that a picture is taken."""
    page.evaluate("new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(() => next())))")
    corner = {"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1}
    page.context.new_cdp_session(page).send("Page.captureScreenshot", {"clip": corner})


def _heap(page: Page) -> float:
    """What its scripts hold, in bytes."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize"))


def _serve_library(route: Route) -> None:
    name = route.request.url.rpartition("/")[2].removesuffix(".js")
    route.fulfill(path=ROOT / "benchmarks/node_modules" / _LIBRARIES[name])
