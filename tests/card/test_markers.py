"""Where blocks stand in a README, and that nothing else in it changes."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from attnviz_mkdocs.card import CardError, find_blocks, put, read_card
from attnviz_mkdocs.card.markers import END
from attnviz_mkdocs.spec import SpecError

START = "<!-- attnviz: g/v -->"
NEW = f"{START}\n<p>new</p>\n{END}"


def block(inside: str = "old", start: str = START) -> str:
    return f"{start}\n{inside}\n{END}"


def mistakes(text: str) -> list[str]:
    with pytest.raises(SpecError) as error:
        find_blocks(text, "README.md")
    return [str(mistake) for mistake in error.value.mistakes]


@pytest.mark.parametrize("around", ["", "\n", "text\n\n", "\ufeff", "\ufeff---\na: b\n---\n", "é \u2028 x\n"])
@pytest.mark.parametrize("after", ["", "\n", "  \n\n  text", "\t\nend\n"])
def test_a_block_is_replaced_and_nothing_else(around, after):
    text = around + block() + after
    (found,) = find_blocks(text, "README.md")
    assert put(text, [(found, NEW)], "README.md") == around + NEW + after


def test_lines_of_a_block_end_as_those_of_its_file():
    text = f"# T\r\n\r\n{block()}\r\nx\n".replace("\nold\n", "\r\nold\r\n")
    (found,) = find_blocks(text, "README.md")
    new = put(text, [(found, NEW)], "README.md")
    assert new == f"# T\r\n\r\n{START}\r\n<p>new</p>\r\n{END}\r\nx\n"
    (again,) = find_blocks(new, "README.md")
    assert put(new, [(again, NEW)], "README.md") == new


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_block_in_a_list_stays_in_it(ending):
    text = f"- item\n\n  {START}\n  {END}\n- next\n".replace("\n", ending)
    (found,) = find_blocks(text, "README.md")
    new = put(text, [(found, NEW)], "README.md")
    shown = MarkdownIt().render(new)
    assert (shown.count("<ul>"), shown.count("<li>")) == (1, 2)
    (again,) = find_blocks(new, "README.md")
    assert put(new, [(again, NEW)], "README.md") == new


def test_several_blocks_are_found_by_their_names_wherever_their_author_moved_them():
    other = "<!-- attnviz: g/other width=480  layout=model link=https://x.y/#a=b for=github format=webp -->"
    text = f"a\n\n{block('1', other)}\n\nb\n\n{block('2')}\n"
    second, first = find_blocks(text, "README.md")
    assert (second.wish.view, first.wish.view) == ("g/other", "g/v")
    assert second.wish.width == 480
    assert (second.wish.layout, second.wish.link, second.wish.reader) == ("model", "https://x.y/#a=b", "github")
    assert second.wish.format == "webp"
    assert second.wish.marker == (
        "<!-- attnviz: g/other layout=model width=480 format=webp link=https://x.y/#a=b for=github -->"
    )
    assert put(text, [(first, "I"), (second, "II")], "README.md") == "a\n\nII\n\nb\n\nI\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# T\n", f"# T\n\n{NEW}\n"),
        ("# T\n\n", f"# T\n\n{NEW}\n"),
        ("# T", f"# T\n\n{NEW}"),
        ("# T  ", f"# T  \n\n{NEW}"),
        ("", f"{NEW}\n"),
        ("\ufeff", f"\ufeff{NEW}\n"),
        ("# T\r\n", "# T\r\n\r\n" + NEW.replace("\n", "\r\n") + "\r\n"),
    ],
)
def test_a_new_block_is_put_at_the_end_after_an_empty_line(text, expected):
    assert put(text, [(None, NEW)], "README.md") == expected


@given(
    st.text(st.sampled_from("ab \n\r\t#*`<>-é\u2028\ufeff"), max_size=60),
    st.text(st.sampled_from("ab \n\r\t#*<>-é\u2028"), max_size=60),
)
def test_what_is_around_a_block_stays_whatever_it_is(before, after):
    text = f"{before}\n{block()}\n{after}"
    try:
        (found,) = find_blocks(text, "README.md")
    except (SpecError, ValueError):
        return  # it stands in code
    ending = "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"
    assert put(text, [(found, NEW)], "README.md") == f"{before}\n{NEW.replace(chr(10), ending)}\n{after}"


@pytest.mark.parametrize(
    "code",
    [
        "```html\n{}\n```\n",
        "~~~~\n```\n{}\n~~~\n~~~~\n",
        "- item\n\n  ```\n  {}\n  ```\n",
        "    {}\n",
        "text `<!-- attnviz: g/v -->` text {}\n",
    ],
)
def test_markers_in_code_are_examples(code):
    assert find_blocks(code.format(START), "README.md") == []


def test_what_looks_like_code_in_metadata_is_none():
    text = f"---\nwidget:\n- text: |\n    ```\n    {START}\n---\n\n"
    assert [found.wish.view for found in find_blocks(text + block(), "README.md")] == ["g/v"]
    assert put(text, [(None, NEW)], "README.md") == f"{text}{NEW}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"a\n\n{START}\n", f"README.md:3:1: this block is never closed; close it with {END}"),
        (f"a\n  {END}\n", "README.md:2:3: this closes no block"),
        (f"{START}\n{START}\n{END}\n", "README.md:2:1: the block of line 1 is still open"),
        (f"{block()}\n\n{block()}\n", 'README.md:5:1: "g/v" has a block in line 1; a view has one, so take one out'),
        (f"{START} text\n", "README.md:1:1: this marker can't be read; write <!-- attnviz: gallery/view -->"),
        (f"{START}{END}\n", "README.md:1:1: this marker can't be read"),
        ("<!-- attnviz g/v -->\n", "README.md:1:1: this marker can't be read"),
        (block(start="<!-- attnviz: -->"), "1:1: expected the name of a view, gallery/view, found nothing"),
        (block(start="<!-- attnviz: she -->"), 'expected the name of a view, gallery/view, found "she"'),
        (block(start="<!-- attnviz: g/v widht=9 -->"), 'unknown setting "widht"; did you mean "width"?'),
        (
            block(start="<!-- attnviz: g/v width=9 -->"),
            'width: expected a number of pixels from 320 to 1600, found "9"',
        ),
        (block(start="<!-- attnviz: g/v width=٤٠٠ -->"), "width: expected a number of pixels"),
        (block(start="<!-- attnviz: g/v layout=hed -->"), "layout: expected one of head, model, neuron, matrix"),
        (block(start="<!-- attnviz: g/v for=x for=y -->"), "for is said 2 times; say it once"),
        (block(start='<!-- attnviz: g/v link="x" -->'), "link: expected an address without spaces and angles"),
        (
            block(start="<!-- attnviz: g/v link=javascript:a() -->"),
            "link: expected an address that starts with https://",
        ),
        (block(start="<!-- attnviz: g/v link=DATA:text/html,a -->"), 'or a path, found "DATA:text/html,a"'),
    ],
)
def test_broken_markers_are_told_with_their_place(text, message):
    assert any(message in mistake for mistake in mistakes(text))


def test_all_broken_markers_are_told_at_once():
    assert len(mistakes(f"{END}\n\n{START}\n{START}\n")) == 3


def test_a_file_that_ends_in_code_takes_no_block_at_its_end():
    with pytest.raises(SpecError, match=r"README\.md:3:1: this code is never closed"):
        put("a\n\n```\nb\n", [(None, NEW)], "README.md")


@pytest.mark.parametrize(("data", "place"), [(b"\xff", "1:1"), (b"a\n\xc3\xa9\xe9 b", "2:2")])
def test_a_file_that_is_not_utf_8_is_told_with_the_place_of_its_first_byte(tmp_path, data, place):
    file = tmp_path / "README.md"
    file.write_bytes(data)
    with pytest.raises(CardError, match=f"README.md:{place}: byte 0x[ef][9f] is not UTF-8"):
        read_card(file)


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "README.md")
    with pytest.raises(CardError, match="README.md is no file"):
        read_card(tmp_path / "README.md")
