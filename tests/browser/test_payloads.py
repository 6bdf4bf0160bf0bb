"""Words that mean harm, in all that authors, models and files may bring: none of them runs, wherever it turns up."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from builders import attention
from mkdocs.commands.build import build
from mkdocs.config import load_config
from payloads import PAYLOADS
from safetensors.numpy import save_file
from said_payloads import FENCE, GROUPS, MARKUP, USE, joined, page_of_fences, told_by

from attnviz_mkdocs.codec import encode, encode_neurons
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.render import draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Step, Subject, Text

if TYPE_CHECKING:
    from pathlib import Path


def page_of_mistakes() -> str:
    """A page of which each fence and each link quotes a payload to say what is wrong with it."""
    written = []
    for payload in PAYLOADS:
        words = json.dumps(payload, ensure_ascii=False)
        lines = (f"view: {words}", f"{words}: 1", f"model: {words}", f"arrays: {words}", f"layer: [{words}]")
        written += [f"{FENCE}attnviz\n{line}\n{FENCE}\n" for line in lines]
        address = "".join(f"%{byte:02X}" for byte in payload.encode())
        written.append(f"[a](attn:{address}) [b](attn:v?query=x{address}) [c](attn:v?{address}=1)\n")
    labels = json.dumps(["</script>", *PAYLOADS], ensure_ascii=False)
    own = f"id: v\narrays: own.safetensors\ntokens: {labels}\n"
    return "\n".join([f"{FENCE}attnviz\n{own}{FENCE}\n", *written])


def show_all(page, root: Path, address: str, files: list[str]) -> None:
    """Opens each file as a document and as a picture."""
    frames = "".join(f'<iframe src="{file}"></iframe><img src="{file}">' for file in files)
    (root / "files.html").write_text(f"<!doctype html>{frames}", "utf-8")
    page.goto(f"{address}/files.html")
    assert len(page.frames) == 1 + len(files)


def test_what_is_looked_for_would_be_found(watched, served, tmp_path):
    page, hits = watched
    address = served(tmp_path)
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="hit(\'a picture\')"/>', "utf-8")
    show_all(page, tmp_path, address, ["a.svg"])
    assert hits == ["a picture"]
    # One of them ends the page, and another leads away from it.
    some = (
        payload for payload in PAYLOADS if payload.endswith(">") and "<base" not in payload and "meta" not in payload
    )
    content = "".join(f"<div>{payload}</div>" for payload in some)
    (tmp_path / "a.html").write_text(f"<!doctype html><meta charset=utf-8>{content}", "utf-8")
    page.goto(f"{address}/a.html", wait_until="commit")
    page.wait_for_function("document.querySelectorAll('div').length > 20")
    for _ in range(300):
        if len(hits) > 10:
            break
        page.wait_for_timeout(100)
    assert len(hits) > 10


def test_no_payload_runs_in_a_page_nor_in_what_is_taken_from_it(site, said, watched, served):
    page, hits = watched
    root = site(pages={"all.md": page_of_fences(), "index.md": "# Nothing"})
    address = served(root)
    page.goto(f"{address}/all.html")
    assert page.locator("attn-view").count() == len(GROUPS)
    saved = page.evaluate(USE)
    assert not page.evaluate(MARKUP)
    for group, caption in zip(GROUPS, page.locator("figcaption").all(), strict=True):
        assert caption.evaluate("(node) => node.textContent") == joined(group)
    drawings = [text for kind, text in saved if kind == "image/svg+xml"]
    tables = [text for kind, text in saved if kind == "text/csv"]
    assert min(len(drawings), len(tables)) >= len(GROUPS)

    for number, drawing in enumerate(drawings):
        ET.fromstring(drawing)
        (root / f"{number}.svg").write_text(drawing, "utf-8")
    pictures = sorted(path.relative_to(root).as_posix() for path in (root / "assets/attnviz/pictures").iterdir())
    assert len(pictures) >= 2 * len(GROUPS)
    show_all(page, root, address, [*pictures, *(f"{number}.svg" for number in range(len(drawings)))])
    assert not hits

    for table in tables:
        for cell in (cell for row in csv.reader(io.StringIO(table)) for cell in row):
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")), cell
            assert not re.search(r'[;\t\r\n]"?[=+@＝＋－＠-]', cell[1:]), cell
            assert not cell.startswith("-") or cell.replace("-", "", 1).replace(".", "", 1).isdigit()


def test_no_payload_runs_where_it_is_quoted_as_a_mistake(folder, said, watched, served, site):
    page, hits = watched
    count = len(PAYLOADS) + 1
    save_file({"attention": attention(1, 2, count)}, folder.root / "own.safetensors")
    folder.write("docs/index.md", page_of_mistakes())
    folder.write("mkdocs.yml", "site_name: Small\nuse_directory_urls: false\nplugins: [attnviz]\ntheme: readthedocs\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    page.goto(f"{served(folder.root / 'site')}/index.html")
    assert page.locator(".attnviz-error").count() == 5 * len(PAYLOADS)
    assert page.locator(".attnviz-mistake").count() == 3 * len(PAYLOADS)
    assert page.locator("attn-view").count() == 1
    page.evaluate(USE)
    assert not page.evaluate(MARKUP)
    assert not hits


@pytest.mark.parametrize("group", GROUPS[::3])
def test_no_payload_runs_in_a_page_that_stands_alone(watched, tmp_path, group):
    page, hits = watched
    words = joined(group)
    made, numbers = told_by(group)
    model, text = Model(source=words), Text(text=words)
    steps = tuple(Step(caption=payload) for payload in group)
    for kind in ("neuron", "head"):
        second = made if kind == "head" else None
        figure = Figure(
            *(kind, words, model, text, Options(), words, Place("x")),
            name=words,
            steps=steps,
            second=second and Subject(words, model, text),
            names=second and (words, f"{words} "),
        )
        own = None if second else numbers
        picture = picture_of(figure, made, own, second)
        file = tmp_path / f"{kind}.html"
        encoded = (encode(made), own and encode_neurons(own), second and encode(second))
        file.write_text(draw_page(figure, "key", *encoded, picture=picture), "utf-8")
        page.goto(file.as_uri())
        page.evaluate(USE)
        assert not page.evaluate(MARKUP)
        assert page.locator("figcaption").evaluate("(node) => node.textContent") == words
        assert not hits


def tag_of(group: tuple[str, ...]) -> str:
    """One of a group that is a tag: one line of a few signs."""
    return next(payload for payload in group if len(payload) in range(10, 41) and payload.isprintable())


def test_no_payload_runs_in_pages_of_a_gallery(folder, said, watched, served):
    page, hits = watched
    words = [json.dumps(joined(group), ensure_ascii=False) for group in GROUPS]
    tags = [json.dumps(tag_of(group), ensure_ascii=False) for group in GROUPS]
    views = [
        f"  - {{id: v{number}, model: tiny, text: t{number}, title: {said}, caption: {said}, tags: [{tag}]}}"
        for number, (said, tag) in enumerate(zip(words, tags, strict=True))
    ]
    texts = [f"  t{number}: {said}" for number, said in enumerate(words)]
    about = [f"title: {words[0]}", f"description: {words[1]}", f"tags: [{tags[0]}]"]
    lines = [*about, "models: {tiny: {source: models/tiny}}", "texts:", *texts, "views:", *views, ""]
    folder.write("gallery/small.yaml", "\n".join(lines))
    theme = "theme: {name: material, font: false}"
    options = "plugins: [search, {attnviz: {pages: gallery}}]\nuse_directory_urls: false"
    folder.write("mkdocs.yml", f"site_name: Small\n{options}\n{theme}\n")
    folder.write("docs/index.md", "```attnviz\ngallery: small\n```\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    root = folder.root / "site"
    pages = sorted(file.relative_to(root).as_posix() for file in root.rglob("*.html") if file.name != "404.html")
    assert len(pages) > 2 * len(GROUPS)
    address = served(root)
    for name in pages:
        page.goto(f"{address}/{name}")
        page.evaluate("Promise.all([...document.querySelectorAll('attn-view')].map((view) => view.ready))")
        assert not page.evaluate(MARKUP)
    assert not hits
