"""One site for every engine: what its author wrote, its exhibits, captured once, and what a browser is handed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from builders import at_random
from click.testing import CliRunner
from safetensors.numpy import save_file

import attnviz_mkdocs.capture
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.store import Store

HOSTILE = "</script><img src=x onerror=alert(1)> a\u2028b \u202egnp.exe ' \" & <!--"
GALLERY = """\
title: Small
models:
  tiny:
    source: models/tiny
texts:
  cat: The cat sat
  both: {text: The cat sat, pair: A cat sits}
views:
  - {id: lines, model: tiny, text: cat, layer: 1, heads: [0, 2], caption: A caption with <b>signs</b> & "quotes".}
  - {id: grid, view: model, model: tiny, text: cat}
  - {id: neurons, view: neuron, model: tiny, text: cat}
  - {id: prose, view: text, model: tiny, text: both}
  - {id: two, model: tiny, compare: [cat, both], caption: Two texts.}
"""
HOSTILE_FENCE = (
    f"```attnviz\nid: hostile\nmodel: tiny\ntext: {json.dumps(HOSTILE)}\ncaption: {json.dumps(HOSTILE)}\n```\n"
)
PAGES = {
    "index.md": """\
---
title: Start
---

# Start

[*The* in 1.2](attn:lines?layer=1&head=2&query=The) and [elsewhere](deep/er/places.md)

```attnviz small/lines
```

```attnviz small/grid
```
""",
    "plain.md": "# Plain\n\nNo view is here, but [a start](index.md). Zitronenfalter.\n",
    "deep/er/places.md": """\
# Places

- item

    ```attnviz small/two
    ```

!!! note

    ```attnviz small/prose
    ```

=== "One"

    ```attnviz small/neurons
    ```

=== "Two"

    text

> ```attnviz small/lines
> view: matrix
> ```
""",
    "iframe-worker.js": "",
    "hostile.md": f"# Hostile\n\n{HOSTILE_FENCE}\n```attnviz\narrays: own.safetensors\nview: matrix\n```\n",
}
#: How many views each of them has.
VIEWS_IN = {"index": 2, "plain": 0, "deep/er/places": 4, "hostile": 2}


def write_site(root: Path) -> None:
    """The site without an engine's configuration, and without exhibits."""
    files = {
        "models/tiny/config.json": json.dumps({"model_type": "bert"}),
        "models/tiny/model.safetensors": "weights",
        "models/tiny/tokenizer.json": "{}",
        "gallery/small.yaml": GALLERY,
        **{f"docs/{name}": text for name, text in PAGES.items()},
    }
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    weights = np.full((2, 3, 4, 4), 0.25, np.float32)
    tokens = ["</script>", "\u2028", "\u202ex", "plain"]
    save_file({"attention": weights}, root / "own.safetensors", metadata={"tokens": json.dumps(tokens)})


MARKDOWN = "markdown_extensions: [admonition, pymdownx.superfences, {pymdownx.tabbed: {alternate_style: true}}]"
#: Without what it would fetch from elsewhere.
MATERIAL = "theme: {name: material, font: false, features: [navigation.instant]}"
PLAIN_MATERIAL = "theme: {name: material, font: false}"
LANGUAGES = (
    "reconfigure_material: false, languages: [{locale: en, default: true, name: English}, {locale: de, name: Deutsch}]"
)


@dataclass(frozen=True)
class Engine:
    """How the site is built.

    Attributes:
        says: Its configuration.
        delivery: How data reaches the browser.
        file: What the configuration is called.
        command: What builds it.
        folders: Where its pages are, in the site.
    """

    says: str
    delivery: str = "inline"
    file: str = "mkdocs.yml"
    command: tuple[str, ...] = ("mkdocs", "build", "--strict")
    folders: tuple[str, ...] = ("",)


def with_plugins(plugins: str = "", theme: str = MATERIAL, delivery: str = "inline", rest: str = "", **how) -> Engine:
    plugin = f"{{attnviz: {{capture: never, delivery: {delivery}}}}}"
    says = f"site_name: Small\n{theme}\nplugins: [search, {plugin}{plugins}]\n{MARKDOWN}\n{rest}\n"
    return Engine(says, delivery, **how)


MINIFIED = "js_files: [assets/attnviz/attnviz.js], css_files: [assets/attnviz/attnviz.css]"
ZENSICAL = """\
[project]
site_name = "Small"
site_url = "http://127.0.0.1/"
use_directory_urls = false
extra_css = ["assets/attnviz/attnviz.css"]
extra_javascript = [{ path = "assets/attnviz/attnviz.js", defer = true }]
watch = ["gallery", "own.safetensors"]

[project.theme]
font = false
features = ["navigation.instant"]

[project.markdown_extensions.attnviz]
capture = "never"
[project.markdown_extensions.admonition]
[project.markdown_extensions.pymdownx.superfences]
[project.markdown_extensions.pymdownx.tabbed]
alternate_style = true
"""
ENGINES = {
    "material": with_plugins(),
    "mkdocs": with_plugins(theme="theme: {name: mkdocs, highlightjs: false}", delivery="linked"),
    "readthedocs": with_plugins(
        theme="theme: {name: readthedocs, highlightjs: false}", rest="use_directory_urls: false"
    ),
    "properdocs": with_plugins(delivery="linked", file="properdocs.yml", command=("properdocs", "build", "--strict")),
    "zensical": Engine(ZENSICAL, file="zensical.toml", command=("zensical", "build", "--clean", "--strict")),
    "minify": with_plugins(f", {{minify: {{minify_html: true, minify_js: true, minify_css: true, {MINIFIED}}}}}"),
    "print-site": with_plugins(", print-site"),
    "print-site, linked": with_plugins(", print-site", delivery="linked"),
    "offline": with_plugins(", offline", rest="extra: {polyfills: [iframe-worker.js]}"),
    "privacy": with_plugins(", {privacy: {assets_exclude: [unpkg.com/mermaid*]}}"),
    "i18n, suffix": with_plugins(
        f", {{i18n: {{docs_structure: suffix, {LANGUAGES}}}}}", theme=PLAIN_MATERIAL, folders=("", "de/")
    ),
    "i18n, folder": with_plugins(
        f", {{i18n: {{docs_structure: folder, {LANGUAGES}}}}}",
        theme=PLAIN_MATERIAL,
        delivery="linked",
        folders=("", "de/"),
    ),
}


@dataclass
class Tags(HTMLParser):
    """What of a page matters here, as a browser reads it."""

    views: list[dict[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    assets: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        address = found.get("src") or found.get("srcset") or found.get("href") or ""
        if tag == "attn-view":
            self.views.append(found)
        elif tag in ("img", "source"):
            self.pictures.append(address)
        elif tag in ("script", "link") and "attnviz" in address:
            self.assets.append(found)
        elif tag == "a" and "attn:" in address:
            self.links.append(address)


@dataclass
class Built:
    """A site that was built, or the attempt.

    Attributes:
        root: The project.
        engine: How it was built.
        status: The exit status.
        said: What the engine told.
    """

    root: Path
    engine: Engine
    status: int
    said: str

    @property
    def site(self) -> Path:
        return self.root / "site"

    @cached_property
    def store(self) -> Store:
        return Store("gallery/store", self.root)

    def file(self, page: str, folder: str = "") -> Path:
        """The HTML of a page, however the engine names it."""
        plain, own_folder = (self.site / folder / f"{page}{end}" for end in (".html", "/index.html"))
        return plain if plain.is_file() else own_folder

    def tags(self, page: str, folder: str = "") -> Tags:
        tags = Tags()
        tags.feed(self.file(page, folder).read_text("utf-8"))
        return tags

    def data(self, page: str, folder: str = "") -> list[tuple[str, str, bytes | None]]:
        """Of each thing that the views of a page show: its key, how it comes, and its bytes."""
        found, carried = [], {}
        for view in self.tags(page, folder).views:
            for name in ("exhibit", "second", "neurons"):
                prefix = "" if name == "exhibit" else f"{name}-"
                key = view.get(f"data-{prefix}key")
                if key is None:
                    continue
                if f"data-{name}" in view:
                    carried[key] = base64.b85decode(view[f"data-{name}"].translate(str.maketrans(",.:[", "&<>@")))
                    found.append((key, "inline", carried[key]))
                elif f"data-{prefix}src" in view:
                    linked = self.file(page, folder).parent / view[f"data-{prefix}src"]
                    found.append((key, "linked", linked.read_bytes() if linked.is_file() else None))
                else:
                    found.append((key, "inline", carried.get(key)))
        return found


def run(command: tuple[str, ...], root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an engine's command, as its user would."""
    programs = Path(sys.executable).parent
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(programs / command[0]), *command[1:]],
        cwd=root,
        env={**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class EngineSites:
    """The site on each engine, built when it is first asked for.

    Attributes:
        source: The project, with a full store.
        folder: Where copies of it are built.
    """

    source: Path
    folder: Path
    _built: dict[str, Built] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Built:
        if name not in self._built:
            self._built[name] = self.build(name)
        return self._built[name]

    def build(self, name: str, *, pages: dict[str, str] | None = None, **environment: str) -> Built:
        """Build a copy of the site with more pages."""
        engine = ENGINES[name]
        root = self.copy(f"{name.replace(', ', '-')}-{len(list(self.folder.iterdir()))}")
        (root / engine.file).write_text(engine.says, "utf-8")
        for page, text in (pages or {}).items():
            (root / "docs" / page).parent.mkdir(parents=True, exist_ok=True)
            (root / "docs" / page).write_text(text, "utf-8")
        if "docs_structure: folder" in engine.says:
            (root / "docs").rename(root / "en")
            shutil.copytree(root / "en", root / "docs/de")
            (root / "en").rename(root / "docs/en")
        if engine.command[0] == "zensical":
            run(("attnviz", "assets"), root)
        done = run(engine.command, root, **environment)
        return Built(root, engine, done.returncode, done.stdout + done.stderr)

    def copy(self, name: str) -> Path:
        return Path(shutil.copytree(self.source, self.folder / name))


@pytest.fixture(scope="session")
def engine_sites(tmp_path_factory) -> EngineSites:
    source = tmp_path_factory.mktemp("source")
    write_site(source)
    (source / "mkdocs.yml").write_text("plugins: [attnviz]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            attnviz_mkdocs.capture, "capture", lambda requests, **_: [(one, at_random(one)) for one in requests]
        )
        patch.chdir(source)
        captured = CliRunner().invoke(main, ["capture"])
    assert captured.exit_code == 0, captured.output
    (source / "mkdocs.yml").unlink()
    return EngineSites(source, tmp_path_factory.mktemp("engines"))
