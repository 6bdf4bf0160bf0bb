from __future__ import annotations

import markdown
import pytest
from pygments.lexers import get_all_lexers

from attnviz_mkdocs.fence import Fence, find_fences

FENCE = "```attnviz\n```"


def found(page: str) -> list[Fence]:
    return find_fences(page.split("\n"))


def indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))


def drawn_by_superfences(page: str) -> int:
    """How many fences of ours another reader of Markdown finds."""

    def draw(*_args, **_kwargs):
        return "<i>drawn</i>"

    fence = {"name": "attnviz", "class": "", "format": draw, "validator": lambda *_args, **_kwargs: True}
    extensions = ["admonition", "def_list", "footnotes", "md_in_html"]
    pymdown = ["pymdownx.superfences", "pymdownx.details", "pymdownx.tabbed", "pymdownx.tasklist"]
    configs = {"pymdownx.superfences": {"custom_fences": [fence]}, "pymdownx.tabbed": {"alternate_style": True}}
    return markdown.markdown(page, extensions=extensions + pymdown, extension_configs=configs).count("<i>drawn</i>")


OURS = {
    "at the top": FENCE,
    "after text": f"Text.\n{FENCE}\nText.",
    "tildes": "~~~ attnviz\n~~~",
    "many marks": "`````attnviz\ntext: ```\n`````",
    "three spaces in front": indented(FENCE, "   "),
    "in a list": f"- item\n\n{indented(FENCE, '    ')}",
    "in a tight list": f"- item\n{indented(FENCE, '    ')}",
    "in a list, indented as CommonMark does": f"- item\n\n{indented(FENCE, '  ')}",
    "in a numbered list": f"1. item\n\n{indented(FENCE, '    ')}\n2. item",
    "in a list with large numbers": f"10. item\n\n{indented(FENCE, '    ')}",
    "in a list with spread marks": f"-   item\n\n    ---\n\n{indented(FENCE, '    ')}",
    "in a task list": f"- [ ] item\n\n{indented(FENCE, '    ')}",
    "in a list in a list": f"- item\n    - item\n\n{indented(FENCE, '        ')}",
    "after a line that belongs to a list lazily": f"- item\nand more\n\n{indented(FENCE, '    ')}",
    "after another block in a list": f"- item\n\n    Text.\n\n{indented(FENCE, '    ')}\n\n    Text.",
    "in an admonition": f"!!! note\n    Text.\n\n{indented(FENCE, '    ')}",
    "in details": f'??? tip "Title"\n\n{indented(FENCE, "    ")}',
    "in open details": f"???+ tip\n{indented(FENCE, '    ')}",
    "in an admonition in an admonition": f"!!! note\n    !!! tip\n{indented(FENCE, '        ')}",
    "in a tab": f'=== "Tab"\n\n{indented(FENCE, "    ")}',
    "in a tab in a list": f'- item\n\n    === "Tab"\n\n{indented(FENCE, "        ")}',
    "in a definition": f"Term\n\n:   Definition\n\n{indented(FENCE, '    ')}",
    "in a footnote": f"Text[^1]\n\n[^1]: Note\n\n{indented(FENCE, '    ')}",
    "in a quote": f"> Text\n>\n{indented(FENCE, '> ')}",
    "in a quote in a list": f"- item\n\n{indented(FENCE, '    > ')}",
    "in a list in a quote": f"> - item\n>\n{indented(FENCE, '>     ')}",
    "indented with tabs": f"- item\n\n{indented(FENCE, chr(9))}",
    "after another fence": f"```python\nx = 1\n```\n\n{FENCE}",
    "after another fence with other marks in it": f"```text\n~~~\n```\n\n{FENCE}",
    "between tags": f"<div>\n{FENCE}\n</div>",
    "after a comment": f"<!-- a comment -->\n\n{FENCE}",
    "after a comment over several lines": f"<!--\na comment\n-->\n\n{FENCE}",
    "after the marks of a comment in code": f"Write `<!--` and `-->`.\n\n{FENCE}\n\nWrite `-->`.",
    "after a comment that never ends": f"Text <!-- text\n\n{FENCE}",
}
NOT_OURS = {
    "another language": "```python\n```",
    "a word with a hyphen": "```attnviz-x\n```",
    "no word": "```\nattnviz\n```",
    "in a longer fence": f"````markdown\n{FENCE}\n````",
    "in a fence with other marks": f"~~~markdown\n{FENCE}\n~~~",
    "in a fence in a list": f"- item\n\n    ````markdown\n{indented(FENCE, '    ')}\n    ````",
    "indented code": f"Text.\n\n{indented(FENCE, '    ')}",
    "indented code after a heading": f"# Heading\n\n{indented(FENCE, '    ')}",
    "indented code after a rule": f"---\n\n{indented(FENCE, '    ')}",
    "indented code in a list": f"- item\n\n{indented(FENCE, '        ')}",
    "indented code after a list": f"- item\n\nText.\n\n{indented(FENCE, '    ')}",
    "indented code after an admonition": f"!!! note\n    Text.\n\nText.\n\n{indented(FENCE, '    ')}",
    "code within a line": "`` ```attnviz `` text",
    "two marks": "``attnviz\n``",
}


@pytest.mark.parametrize("page", OURS.values(), ids=OURS)
def test_a_fence_is_found(page):
    [fence] = found(page)

    assert fence.is_closed
    lines = page.split("\n")
    assert fence.prefix + lines[fence.first][len(fence.prefix) :].lstrip("`~ ") == fence.prefix + "attnviz"
    assert set(lines[fence.last].removeprefix(fence.prefix)) <= {"`", "~"}
    assert drawn_by_superfences(page) == 1


@pytest.mark.parametrize("page", NOT_OURS.values(), ids=NOT_OURS)
def test_what_is_no_fence_of_ours_is_left_alone(page):
    assert found(page) == []
    assert drawn_by_superfences(page) == 0


@pytest.mark.parametrize(
    "page", [f"<!--\n{FENCE}\n-->", f"Text <!-- text\n{FENCE}\n--> text", f"<!-- a --> <!--\n{FENCE}\n-->"]
)
def test_a_fence_in_a_comment_is_left_alone(page):
    assert found(page) == []


def test_a_fence_is_described_as_it_stands():
    page = "Text.\n\n- item\n\n    > ~~~~ attnviz  who/she \n    > heads:\n    >   - 1\n    >\n    > ~~~~~\n"

    assert found(page) == [
        Fence(
            first=4,
            last=8,
            prefix="    > ",
            column=7,
            argument="who/she",
            argument_column=21,
            body="heads:\n  - 1\n",
            inside=("    > heads:", "    >   - 1", "    >"),
            is_closed=True,
        )
    ]
    assert found(page)[0].line == 5


def test_a_fence_may_stand_behind_a_list_mark():
    [fence] = found("1. ```attnviz who/she\n   layer: 3\n   ```\n2. item")

    assert (fence.first, fence.last, fence.prefix, fence.body) == (0, 2, "1. ", "layer: 3")


def test_lines_lose_no_more_than_the_indentation_of_the_fence():
    [fence] = found("  ```attnviz\n layer: 3\n  heads:\n    - 1\n  ```")

    assert fence.body == "layer: 3\nheads:\n  - 1"
    assert [fence.column_in_page(line, 0) for line in range(3)] == [2, 3, 3]


def test_tabs_count_as_the_columns_up_to_the_next_fourth():
    [fence] = found('=== "Tab"\n\n\t```attnviz who/she\n\theads:\n\t\t- 1\n\t```')

    assert (fence.prefix, fence.column, fence.argument_column) == ("\t", 2, 13)
    assert fence.body == "heads:\n    - 1"
    assert [fence.column_in_page(0, column) for column in (0, 5, 6)] == [2, 7, 8]
    assert [fence.column_in_page(1, column) for column in (0, 4, 6, 7)] == [2, 3, 5, 6]


def test_columns_behind_a_tab_in_a_line_are_those_of_the_page():
    [fence] = found("- ```attnviz\n  a:\tb:\tc\n  ```")

    assert fence.body == "a:    b:  c"
    assert [fence.inside[0][fence.column_in_page(0, column) - 1] for column in (0, 6, 10)] == ["a", "b", "c"]


def test_what_follows_the_body_stands_where_the_fence_does():
    [fence] = found("  ```attnviz\n  a: b\n  ```")

    assert fence.column_in_page(1, 0) == 3


@pytest.mark.parametrize(
    ("page", "last"),
    [
        ("```attnviz\nlayer: 3\n\nText.", 3),
        ("```attnviz\n~~~", 1),
        ("````attnviz\n```", 1),
        ("```attnviz\n``` python", 1),
        ("```attnviz\n    ```", 1),
        ("- item\n\n    ```attnviz\n    layer: 3\n\nText.\n", 4),
        ("> ```attnviz\n> layer: 3\n\nText.\n", 1),
    ],
)
def test_a_fence_that_is_not_closed_ends_with_what_holds_it(page, last):
    [fence] = found(page)

    assert (fence.is_closed, fence.last) == (False, last)


def test_the_lines_after_a_fence_that_its_list_ended_are_read():
    first, second = found(f"- item\n\n    ```attnviz\n    layer: 3\n\nText.\n\n{FENCE}")

    assert (first.is_closed, second.is_closed) == (False, True)


def test_all_fences_of_a_page_are_found_in_order():
    page = '=== "A"\n\n    ```attnviz a/a\n    ```\n\n=== "B"\n\n    ```attnviz b/b\n    ```\n\n```attnviz c/c\n```\n'

    assert [fence.argument for fence in found(page)] == ["a/a", "b/b", "c/c"]


@pytest.mark.parametrize(
    ("info", "argument"),
    [
        ("attnviz", ""),
        (" attnviz\tx/y ", "x/y"),
        ("attnviz x/y layer=3", "x/y layer=3"),
        ("attnviz{layer=3}", "{layer=3}"),
        ("{.attnviz x/y}", "{.attnviz x/y}"),
        ("{ attnviz }", "{ attnviz }"),
    ],
)
def test_what_follows_the_word_is_the_argument(info, argument):
    [fence] = found(f"```{info}\n```")

    assert fence.argument == argument


def test_tabs_behind_the_marks_move_nothing_in_front_of_them():
    [fence] = found("  ``` \tattnviz\twho/she\n  ```")

    assert (fence.prefix, fence.column, fence.argument, fence.argument_column) == ("  ", 3, "who/she", 16)


@pytest.mark.parametrize(
    "word",
    [
        "Attnviz",
        "ATTNVIZ",
        "attnvis",
        "attn-viz",
        "attn_viz",
        "attviz",
        "atnviz",
        "attnvizz",
        "attnviz:",
        "attnviz,",
        "attnviz/g/v",
    ],
)
def test_a_word_that_is_nearly_ours_is_told(word):
    (fence,) = find_fences(f"- ```{word} g/v\n  ```".split("\n"))
    assert fence.misspelt == word
    assert fence.argument_column == 6


def test_no_language_that_is_highlighted_is_nearly_ours():
    languages = [alias for _, aliases, _, _ in get_all_lexers() for alias in aliases]
    pages = [[f"```{language}", "```"] for language in languages if language]
    assert len(pages) > 500
    assert not [page for page in pages if find_fences(page)]
