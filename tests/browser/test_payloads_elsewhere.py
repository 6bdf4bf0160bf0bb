"""Words that mean harm where others show them: in model cards, in Sphinx, by a search, by templates of pages."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt
from mkdocs.commands.build import build
from mkdocs.config import load_config
from opened_pages import theme
from payloads import PAYLOADS
from said_payloads import GROUPS, MARKUP, joined, page_of_fences, told_by
from sphinx.cmd.build import build_main

from attnviz_mkdocs.card import Pictures, Wish, block_of, find_blocks, has_front_matter, put
from attnviz_mkdocs.pictures.alone import Motif
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Subject, Text

# Of a whole document: what runs, and what leads elsewhere.
RUNS = """() => [...document.querySelectorAll("body *")].filter((node) =>
  node.matches("script, iframe, object, embed, base, form, svg, math, style, input") ||
  [...node.attributes].some(({name, value}) => /^on|^srcdoc$|action$|^style$/i.test(name) ||
    (/href$|^src/i.test(name) && !/^(https:\\/\\/site\\.example\\/|attention\\/)/.test(value)))
).map((node) => node.outerHTML.slice(0, 200))"""
DRAWN = "Promise.all([...document.querySelectorAll('attn-view')].map((view) => view.ready))"


def in_yaml(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def gallery_of(words: list[str], *keys: str) -> str:
    """A gallery that says each of them as a text, as a caption, and under other keys of a view."""
    texts = [f"  t{number}: {in_yaml(said)}" for number, said in enumerate(words)]
    views = [
        f"  - {{id: v{number}, model: tiny, text: t{number}, "
        + ", ".join(f"{key}: {in_yaml(said)}" for key in ("caption", *keys))
        + "}"
        for number, said in enumerate(words)
    ]
    return "\n".join(["models: {tiny: {source: models/tiny}}", "texts:", *texts, "views:", *views, ""])


def blocks_of(group: tuple[str, ...], number: int) -> list[str]:
    """A block of a card in each of its forms, of an exhibit that says the payloads wherever it can."""
    words = joined(group)
    made, _ = told_by(group)
    model, text = Model(source=words), Text(text=words)
    told = ("head", words, model, text, Options(), words, Place("x"))
    other = Subject(words, model, text)
    blocks = []
    for reader in ("github", "huggingface"):
        for figure in (Figure(*told), Figure(*told, second=other, names=(words, f"{words} "))):
            motif = Motif(figure, made, second=made if figure.second else None)
            files = {scheme: (f"attention/x-{scheme}.png", b"") for scheme in ("light", "dark")}
            wish = Wish(f"small/v{number}-{len(blocks)}", {"for": reader})
            pictures = Pictures(480, files, motif.alt)
            blocks.append(block_of(wish, motif, pictures, "https://site.example/", reader))
    return blocks


def test_no_payload_runs_in_a_card_nor_leaves_its_block(watched, tmp_path):
    page, hits = watched
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    blocks = [block for number, group in enumerate(GROUPS) for block in blocks_of(group, number)]
    card = "---\nlicense: mit\n---\n\n# A model\n\n"
    for block in blocks:
        # All of it is HTML, as it stands: nothing in it was taken for Markdown.
        assert markdown.render(block) == block
        card = put(card, [(None, block)], "README.md")
    assert has_front_matter(card)
    assert len(find_blocks(card, "README.md")) == len(blocks)
    file = tmp_path / "card.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{markdown.render(card.split('---', 2)[2])}", "utf-8")
    page.goto(file.as_uri())
    # One, and another for the dark; on the hub both are images.
    assert page.locator("img").count() == len(blocks) * 3 // 2
    assert page.locator("p > sub").count() == len(blocks)
    assert not page.evaluate(RUNS)
    assert not hits
    shown = " ".join(page.locator("body").text_content().split())
    assert not [payload for payload in PAYLOADS if " ".join(payload.split()) not in shown]


def test_no_payload_runs_in_sphinx(folder, said, watched):
    page, hits = watched

    def sphinx(builder: str):
        out = folder.root / "_build" / builder
        with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
            assert build_main(["-q", "-b", builder, str(folder.root), str(out)]) == 0
        return out

    some = GROUPS[::6]
    folder.write("gallery/small.yaml", gallery_of([joined(group) for group in some]))
    extensions = "extensions = ['attnviz_mkdocs.sphinx', 'myst_parser']\n"
    folder.write("conf.py", f"project = 'Small'\n{extensions}exclude_patterns = ['_build', 'docs']\n")
    fences = "".join(f"\n\n.. attnviz:: small/v{number}\n" for number in range(len(some)))
    folder.write("index.rst", f"Small\n=====\n\n.. toctree::\n\n   own\n   wrong\n{fences}")
    folder.write("own.md", f"# Own\n\n{page_of_fences()}")
    folder.write(
        "wrong.rst", "No\n==\n" + "".join(f"\n\n.. attnviz::\n   text: {in_yaml(one)}\n" for one in PAYLOADS[::4])
    )
    out = sphinx("html")
    for name, count in (("index", len(some)), ("own", len(GROUPS)), ("wrong", 0)):
        page.goto((out / f"{name}.html").as_uri())
        page.evaluate(DRAWN)
        assert page.locator("attn-view").count() == count
        assert not page.evaluate(MARKUP)
    assert page.locator(".attnviz-error").count() == len(PAYLOADS[::4])
    assert not hits

    # Pixels take their time.
    folder.write("own.md", "# Own\n")
    for file in (sphinx("epub") / f"{name}.xhtml" for name in ("index", "own", "wrong")):
        nodes = list(ET.parse(file).iter())
        assert not [node for node in nodes if node.tag.endswith(("script", "iframe", "foreignObject"))]
        assert not [name for node in nodes for name in node.attrib if name.startswith("on")]
    [latex] = sphinx("latex").glob("*.tex")
    for command in ("\\input{/etc", "\\write18{", "\\href{javascript", "\\end{document}\\"):
        assert command not in latex.read_text("utf-8")
    [manual] = sphinx("man").glob("*.1")
    assert not [line for line in manual.read_text("utf-8").splitlines() if line.startswith((".sy", ".pso", "'so"))]


def test_no_payload_runs_in_the_page_of_all_pages(site, said, watched, served):
    page, hits = watched
    pages = {"all.md": page_of_fences(), "index.md": "# Nothing"}
    page.goto(f"{served(site(pages=pages, plugins='[search, attnviz, print-site]'))}/print_page.html")
    page.evaluate(DRAWN)
    assert page.locator("attn-view").count() == len(GROUPS)
    assert not page.evaluate(MARKUP)
    assert not hits


def test_no_payload_runs_in_what_a_search_finds(folder, said, watched, served):
    page, hits = watched
    some = PAYLOADS[::9]
    folder.write(
        "gallery/small.yaml", gallery_of([f"wanted{number} {one}" for number, one in enumerate(some)], "title")
    )

    def site(theme: str) -> str:
        options = "plugins: [search, {attnviz: {pages: gallery}}]\nuse_directory_urls: false"
        folder.write("mkdocs.yml", f"site_name: Small\n{options}\n{theme}\n")
        build(load_config(str(folder.root / "mkdocs.yml")))
        return served(folder.root / "site")

    page.goto(f"{site(theme('material'))}/index.html")
    asked = page.locator("[data-md-component=search-query]")
    for number in range(0, len(some), 5):
        asked.fill("")
        asked.press_sequentially(f"wanted{number}")
        page.locator(".md-search-result__item").get_by_text(f"wanted{number}").first.wait_for(state="attached")
    address = site(theme("readthedocs"))
    for number in range(0, len(some), 5):
        page.goto(f"{address}/search.html?q=wanted{number}")
        page.locator("#mkdocs-search-results article").get_by_text(f"wanted{number}").first.wait_for()
    assert not hits


HOOKS = """\
from jinja2 import Environment

def on_page_markdown(markdown, page, **_):
    shown = Environment(keep_trailing_newline=True).from_string(markdown).render()
    assert shown == markdown, page.file.src_uri
    title = page.meta.get("title", "")
    assert Environment().from_string(title).render() == title
    return shown
"""


def test_no_words_of_a_gallery_are_a_template(folder, said):
    """Plugins such as macros take the Markdown of every page for a template of Jinja."""
    marked = [payload for payload in PAYLOADS if any(mark in payload for mark in ("{{", "{%", "{#", "{\u200b"))]
    assert len(marked) > 5
    words, tag = "\n".join(marked), in_yaml("{{ 6 * 7 }}")
    about = f"title: {in_yaml(words)}\ndescription: {in_yaml(words)}\ntags: [{tag}]\n"
    folder.write("gallery/small.yaml", about + gallery_of([words, *marked], "title"))
    folder.write("gallery/broken.yaml", f"titel: {in_yaml(words)}\n{tag}: 1\n")
    folder.write("docs/index.md", "```attnviz\ngallery: small\n```\n")
    folder.write("hooks.py", HOOKS)
    folder.write("mkdocs.yml", "site_name: Small\nhooks: [hooks.py]\nplugins: [{attnviz: {pages: gallery}}]\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    assert len([*(folder.root / "site/gallery/small").rglob("v*/index.html")]) == 1 + len(marked)
