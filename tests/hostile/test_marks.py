"""Python-Markdown keeps raw HTML behind marks of its own; what a file of arrays says must not be taken for one."""

from __future__ import annotations

import json

import markdown
import pytest
from builders import attention
from safetensors.numpy import save_file

MARK = "\x02wzxhzdk:{}\x03"
RAW = '<b title="&quot;">raw" onmouseover="hit()" x="</b>'
ARRAYS = "```attnviz\narrays: m.safetensors\nid: own\nquery: 0\n```\n"


def convert(folder, text: str) -> str:
    options = {"root": str(folder.root)}
    return markdown.markdown(text, extensions=["attnviz"], extension_configs={"attnviz": options})


@pytest.mark.parametrize("place", ["label", "link"])
def test_a_label_is_not_taken_for_a_place_of_raw_html(folder, captured, place):
    labels = [MARK.format(number) for number in range(4)]
    save_file({"attention": attention(tokens=4)}, folder.root / "m.safetensors", {"tokens": json.dumps(labels)})
    link = "[a](attn:own?query=none)" if place == "link" else ""

    html = convert(folder, f"{RAW}\n\n{ARRAYS}\n{RAW}\n\n{link}\n")

    assert html.count("<attn-view") == 1
    assert html.count("raw") == 2
    assert ("U+0002wzxhzdk:0" if place == "label" else "\ufffdwzxhzdk:0") in html
    assert "\x02" not in html
