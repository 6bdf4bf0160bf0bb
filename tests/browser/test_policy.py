"""The strictest policies under which a site's pages and a page that stands alone do all that they do."""

from __future__ import annotations

import functools
import hashlib
import http.server
import re
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from builders import neurons
from opened_pages import theme

from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

if TYPE_CHECKING:
    from pathlib import Path

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
#: A theme without an inline script or style, which other themes have.
PLAIN = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ page.title }}</title>
{% for path in config.extra_css %}<link rel="stylesheet" href="{{ path | url }}">{% endfor %}
</head>
<body>{{ page.content }}
{% for script in config.extra_javascript %}{{ script | script_tag }}{% endfor %}
</body>
</html>
"""
PAGE = """\
```attnviz small/lines
steps: [{caption: One., heads: 0}, {caption: Two., view: matrix}]
```

```attnviz small/grid
```

```attnviz
id: neurons
view: neuron
model: tiny
text: The cat sat
```

```attnviz
model: tiny
compare: [The cat sat, A dog ran]
```

[A head](attn:neurons?head=1)
"""
# Draws each view in all ways, presses all that can be pressed, and tells what was saved.
USE = """async () => {
  const saved = [];
  HTMLAnchorElement.prototype.click = function () { saved.push(this.download) };
  const views = [...document.querySelectorAll("attn-view")];
  await Promise.all(views.map((view) => view.ready));
  for (const view of views) {
    for (const name of ["model", "matrix", "text", "head", "neuron"]) {
      view.state = { view: name, head: 0, query: 1, expanded: true };
      await new Promise(requestAnimationFrame);
    }
    for (const part of view.shadowRoot.querySelectorAll("button, summary, .token")) {
      part.click();
      if (part.ariaHasPopup !== "menu") continue;
      for (const item of view.shadowRoot.querySelectorAll("[role=menuitem]:not(:last-child)")) item.click();
    }
  }
  await new Promise((later) => setTimeout(later, 1000));
  return saved;
}"""
WATCH = """
window.broken = [];
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile, sample }) =>
  broken.push([effectiveDirective, blockedURI, sourceFile, sample].join(" ")));
"""


@pytest.fixture
def under(chromium):
    """Opens a page of a folder under a policy, in a tab that remembers what the policy kept from happening."""
    opened, servers = [], []

    def open_it(folder: Path, name: str, policy: str | None):
        class Strict(http.server.SimpleHTTPRequestHandler):
            def end_headers(self):
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                super().end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Strict, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        context = chromium.new_context(viewport={"width": 1000, "height": 800})
        opened.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
        return page

    yield open_it
    for context in opened:
        context.close()
    for server in servers:
        server.shutdown()


def build_plain(folder, site, options: str = "") -> Path:
    folder.write("theme/main.html", PLAIN)
    plugins = f"plugins: [{{attnviz: {{{options}}}}}]\n" if options else ""
    return site(mkdocs=f"theme: {{name: null, custom_dir: theme}}\n{plugins}", pages={"index.md": PAGE})


def check(page, views: int = 4) -> list[str]:
    """What the policy kept from happening while all was used."""
    saved = page.evaluate(USE)
    assert page.locator("attn-view").count() == views
    assert page.evaluate("[...document.querySelectorAll('attn-view')].every((view) => view.exhibit && !view.error)")
    assert {name.rsplit(".", 1)[1] for name in saved} == {"svg", "png", "csv"}
    assert len(saved) == 3 * views
    return page.evaluate("broken")


def test_a_page_that_carries_its_data_needs_scripts_styles_and_pictures_of_its_site(folder, captured, site, under):
    page = under(build_plain(folder, site), "index.html", POLICY)
    height = page.locator("attn-view").first.evaluate("(view) => view.ready.then(() => view.style.cssText)")
    assert "--attnviz-room" in height
    # Room that is kept from the start; the script keeps it where the policy forbids the page to.
    assert {told.split()[0] for told in check(page)} == {"style-src-attr"}


def test_with_declarations_in_attributes_nothing_is_forbidden(folder, captured, site, under):
    page = under(build_plain(folder, site), "index.html", f"{POLICY}; style-src-attr 'unsafe-inline'")
    assert check(page) == []


def test_linked_data_is_fetched_from_the_site_itself(folder, captured, site, under):
    policy = POLICY.replace("connect-src 'none'", "connect-src 'self'; style-src-attr 'unsafe-inline'")
    root = build_plain(folder, site, "delivery: linked")
    assert list((root / "assets/attnviz/exhibits").iterdir())
    assert check(under(root, "index.html", policy)) == []


def hashes(page: str) -> str:
    """The inline scripts of a page, as a policy names them."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


def test_in_material_the_theme_needs_more_and_views_need_nothing_more(folder, captured, site, under):
    root = site(mkdocs=theme("material"), pages={"index.md": PAGE})
    scripts = hashes((root / "index.html").read_text("utf-8"))
    assert scripts
    policy = (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
    )
    assert check(under(root, "index.html", policy)) == []


ALONE = ("head", "neuron")


@pytest.mark.parametrize("kind", ALONE)
def test_a_page_that_stands_alone_brings_its_own_policy(under, tmp_path, kind):
    made, numbers = neurons()
    own = numbers if kind == "neuron" else None
    figure = Figure(kind, "small", Model(source="x"), Text(text="x"), Options(), None, Place("x"))
    page = draw_page(figure, "k", encode(made), own and encode_neurons(own), picture=picture_of(figure, made, own))
    (tmp_path / "view.html").write_text(page, "utf-8")
    assert check(under(tmp_path, "view.html", None), 1) == []

    # Whatever else may come into it doesn't run.
    intruder = "<script>document.title = 'hit'</script><img src=x onerror=\"document.title = 'hit'\">"
    (tmp_path / "broken.html").write_text(page.replace("</body>", f"{intruder}</body>"), "utf-8")
    tab = under(tmp_path, "broken.html", None)
    tab.locator("attn-view").evaluate("(view) => view.ready")
    assert tab.title() != "hit"
    assert {told.split()[0] for told in tab.evaluate("broken")} >= {"script-src-elem", "script-src-attr", "img-src"}


def test_without_data_addresses_a_reader_is_told_that_a_png_cant_be_made(folder, captured, site, under):
    page = under(build_plain(folder, site), "index.html", POLICY.replace(" data:", ""))
    view = page.locator("attn-view").first
    view.evaluate("(view) => view.ready")
    view.get_by_role("button", name="Save & share").click()
    view.get_by_role("menuitem", name="Download PNG").click()
    view.locator(".readout", has_text="The browser can't make this picture").wait_for()
