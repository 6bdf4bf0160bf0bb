from __future__ import annotations

import base64
import json
import logging
import re
from html import unescape
from types import SimpleNamespace

import markdown
import pytest

from attnviz_mkdocs.codec import decode
from attnviz_mkdocs.sites.markdown import AttnvizExtension
from attnviz_mkdocs.sites.page import Span
from attnviz_mkdocs.supply import MissingError

VIEW = re.compile(r"<attn-view [^>]*>")


def convert(folder, text: str, *others: str) -> str:
    return markdown.markdown(
        text, extensions=["attnviz", *others], extension_configs={"attnviz": {"root": str(folder.root)}}
    )


def attributes(html: str) -> list[dict[str, str]]:
    return [
        {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)} for tag in VIEW.findall(html)
    ]


def carried(attribute: str):
    return decode(base64.b85decode(attribute.translate(str.maketrans(",.:[", "&<>@"))))


def test_a_fence_becomes_a_view_that_carries_its_exhibit(folder, captured):
    (view,) = attributes(convert(folder, "```attnviz small/lines\n```"))
    exhibit = carried(view["data-exhibit"])
    assert [token.label for token in exhibit.query] == ["[CLS]", "The", "cat", "sat", "[SEP]"]
    assert view["data-state"] == '{"layer":1,"heads":[0,2]}'


@pytest.mark.parametrize("remote", ["s3://bucket/attention", None])
def test_an_engine_without_our_plugin_knows_the_remote(folder, captured, remote):
    options = {"root": str(folder.root), "capture": "never"} | ({"remote": remote} if remote else {})
    with pytest.raises(MissingError, match='"attnviz pull".*s3://bucket' if remote else 'Run "attnviz capture"'):
        markdown.markdown("```attnviz small/lines\n```", extensions=["attnviz"], extension_configs={"attnviz": options})


def test_a_page_carries_an_exhibit_once(folder, captured):
    first, second, third = attributes(
        convert(
            folder,
            "```attnviz small/lines\n```\n\n```attnviz small/grid\n```\n\n```attnviz\nmodel: tiny\ntext: Other\n```",
        )
    )
    assert first["data-key"] == second["data-key"] != third["data-key"]
    assert "data-exhibit" in first
    assert "data-exhibit" not in second
    assert "data-exhibit" in third


COMPARISON = "```attnviz\nid: two\nmodel: tiny\ncompare: [The cat sat, A dog ran]\n```"


def test_a_comparison_carries_both_exhibits_once(folder, captured):
    html = convert(folder, f"{COMPARISON}\n\n```attnviz small/lines\ncompare: [A dog ran, cat]\n```\n")
    first, second = attributes(html)
    assert (json.loads(first["data-names"]), json.loads(second["data-names"])) == (
        ["The cat sat", "A dog ran"],
        ["A dog ran", "cat"],
    )
    assert (first["data-key"], first["data-second-key"]) == (second["data-second-key"], second["data-key"])
    assert [carried(first[name]).text for name in ("data-exhibit", "data-second")] == [
        "[CLS] The cat sat [SEP]",
        "[CLS] A dog ran [SEP]",
    ]
    assert not {"data-exhibit", "data-second", "data-src", "data-second-src"} & second.keys()


def test_a_link_drives_a_comparison(folder, captured):
    page = f"[less](attn:two?comparison=difference&query=sat)\n\n{COMPARISON}\n"
    assert '<a href="#attn:two?comparison=difference&amp;query=3">less</a>' in convert(folder, page)


def test_a_link_to_what_the_second_lacks_is_told(folder, captured, caplog):
    convert(folder, f"[pair](attn:two?filter=a-b)\n\n[neurons](attn:two?view=neuron)\n\n{COMPARISON}\n")
    assert 'page:1:8: filter "a-b" shows a part of a pair, but tiny has no pair' in caplog.text
    assert "page:3:11: the page carries no queries and keys for this view; a comparison has none" in caplog.text


def test_the_lines_of_a_fence_are_there_to_be_copied(folder, captured):
    fence = "```attnviz\nmodel: tiny\ntext: 'A \"<b>\": #1'\nlayer: 1\n```"
    *lines, own = attributes(convert(folder, f"```attnviz small/lines\n```\n\n```attnviz small/grid\n```\n\n{fence}"))
    assert [json.loads(view["data-fence"]) for view in lines] == [
        {"argument": "small/lines", "body": ""},
        {"argument": "small/grid", "body": ""},
    ]
    assert json.loads(own["data-fence"]) == {"argument": "", "body": "model: tiny\ntext: 'A \"<b>\": #1'\n"}


def test_the_next_page_carries_it_again(folder, captured):
    md = markdown.Markdown(extensions=["attnviz"], extension_configs={"attnviz": {"root": str(folder.root)}})
    for _ in range(2):
        assert "data-exhibit" in md.convert("```attnviz small/lines\n```")
        md.reset()


def test_captions_are_text(folder, captured):
    html = convert(folder, "```attnviz small/lines\n```")
    assert "<figcaption>A caption with &lt;b&gt;signs&lt;/b&gt; &amp; &#34;quotes&#34;.</figcaption>" in html


@pytest.mark.parametrize(
    ("page", "around"),
    [
        (
            "- item\n\n    ```attnviz small/lines\n    ```\n\n    more\n",
            r"(?s)<li>.*<figure.*</figure>.*<p>more</p>.*</li>",
        ),
        ("1. one\n   ```attnviz small/lines\n   ```\n", r"(?s)<figure"),
        (
            "!!! note\n    text\n\n    ```attnviz small/lines\n    ```\n",
            r'(?s)<div class="admonition note">.*<figure.*</figure>\s*</div>',
        ),
        (
            '=== "One"\n\n    ```attnviz small/lines\n    ```\n',
            r'(?s)<div class="tabbed-block">\s*<figure.*</figure>\s*</div>',
        ),
        ('??? tip "Fold"\n\n    ```attnviz small/lines\n    ```\n', r"(?s)<details.*<figure.*</figure>\s*</details>"),
        ("> quote\n>\n> ```attnviz small/lines\n> ```\n", r"(?s)<blockquote>.*<figure.*</figure>\s*</blockquote>"),
        (
            "- ```attnviz small/lines\n  ```\n- two\n",
            r"(?s)<ul>\s*<li>\s*<figure.*</figure>\s*</li>\s*<li>\s*(<p>)?two",
        ),
        (
            "text before\n```attnviz small/lines\n```\ntext after\n",
            r"(?s)<p>text before</p>\s*<figure.*</figure>\s*<p>text after</p>",
        ),
        (
            '<div class="x" markdown>\n\n```attnviz small/lines\n```\n\n</div>\n',
            r'(?s)<div class="x">\s*<figure.*</figure>\s*</div>',
        ),
    ],
)
@pytest.mark.parametrize("others", [("fenced_code",), ("pymdownx.superfences",)])
def test_a_fence_may_stand_anywhere(folder, captured, page, around, others):
    html = convert(folder, page, "admonition", "md_in_html", "pymdownx.details", "pymdownx.tabbed", *others)
    assert re.search(around.replace("tabbed-block", "tabbed-(?:block|content)"), html), html
    assert len(VIEW.findall(html)) == 1
    assert "<p><figure" not in html


@pytest.mark.parametrize("others", [("fenced_code",), ("pymdownx.superfences",)])
def test_an_example_stays_an_example(folder, captured, others):
    html = convert(folder, "````markdown\n```attnviz small/lines\n```\n````\n", *others)
    assert "attn-view" not in html
    assert "```attnviz small/lines" in re.sub("<[^>]+>", "", html)
    assert not captured.requests


def test_a_mistake_is_told_in_the_page_and_in_the_log(folder, captured, caplog):
    with caplog.at_level(logging.WARNING):
        html = convert(folder, "# Title\n\n```attnviz small/lines\nlayr: 3\n```\n\ntext")
    assert 'class="attnviz-error" role="alert"' in html
    assert "page:4:1: " in html
    assert "layr" in html
    assert "layer" in html
    assert [record.getMessage().split(" ")[0] for record in caplog.records] == ["page:4:1:"]
    assert "<p>text</p>" in html


def test_what_an_author_wrote_is_never_markup(folder, captured):
    html = convert(folder, "```attnviz small/<script>alert(1)</script>\n```")
    assert "<script>" not in html


def test_a_link_drives_a_view_of_its_page(folder, captured):
    html = convert(folder, "[*The* in 1.2](attn:lines?layer=1&head=2&query=The)\n\n```attnviz small/lines\n```\n")
    assert '<a href="#attn:small/lines?layer=1&amp;heads=2&amp;query=1"><em>The</em> in 1.2</a>' in html


def test_a_link_that_leads_nowhere_is_told_with_its_line_and_keeps_its_words(folder, captured, caplog):
    html = convert(folder, "One\n\nand [two](attn:lines?layer=7) <b>\n\n```attnviz small/lines\n```\n")
    assert '<span class="attnviz-mistake" title="layer 7 is not in tiny: it has 2 layers, 0 to 1">two</span>' in html
    assert "page:3:11: layer 7 is not in tiny" in caplog.text


NESTED = [
    "A\n\n@\n\nB",
    "@",
    "- a\n\n    @\n\n- b\n",
    "- a\n    @\n- b\n",
    "- @\n- b\n",
    "1. a\n\n    - b\n\n        @\n\n    c\n",
    "> a\n>\n> @\n>\n> b",
    "> - a\n>\n>     @",
    "!!! note\n\n    @\n\n    text\n",
    "term\n\n:   a\n\n    @\n",
    "a[^1]\n\n[^1]: b\n\n    @\n",
    "<div markdown>\n\n@\n\n</div>\n",
    "a\n@\nb",
]


@pytest.mark.parametrize("text", NESTED)
def test_a_view_is_where_python_markdown_puts_any_block(text):
    spans = [
        Span(number, number, line[: line.index("@")], "<figure>*it*</figure>")
        for number, line in enumerate(text.split("\n"))
        if "@" in line
    ]
    page = SimpleNamespace(fences=lambda _: spans, settle=lambda: None)
    md = markdown.Markdown(extensions=[AttnvizExtension(lambda _: page), "extra", "admonition"])
    ours = md.convert(text)
    md.reset()
    md.parser.blockprocessors.deregister("attnviz")
    assert ours == md.convert(text)
    assert "<figure>*it*</figure>" in ours
