from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.fence import read_page, write_fence
from attnviz_mkdocs.spec import Figure, load_galleries

HERE = Path(__file__).parent
GALLERIES = load_galleries(sorted((HERE / "gallery").glob("*.yaml")), HERE)


def figure(argument: str, body: str) -> Figure:
    (found,), mistakes = read_page(f"```attnviz {argument}\n{body}```\n", GALLERIES, "p.md")
    assert mistakes == []
    return found


def again(found: Figure) -> Figure:
    lines = write_fence(found)
    return figure(lines["argument"], lines["body"])


@pytest.mark.parametrize("name", ["who/she", "who/own", "who/neurons", "who/both", "repeat/induction"])
def test_a_view_of_a_gallery_is_given_again_by_its_name(name):
    view = GALLERIES.figure(name)

    assert write_fence(view) == write_fence(figure(name, "")) == {"argument": name, "body": ""}
    # What it shows first is told from the state that the browser adds.
    assert (again(view).subjects, again(view).arrays, again(view).second) == (view.subjects, view.arrays, view.second)


def test_what_a_view_shows_first_and_its_id_are_left_out():
    body = "id: mine\nview: matrix\nmodel: minilm\ntext: A cat.\nlayer: 3\nquery: [1, 2]\nmass: 0.7\ncaption: C\n"
    assert write_fence(figure("", body)) == {"argument": "", "body": "model: minilm\ntext: A cat.\ncaption: C\n"}

    named = figure("who/she", "id: mine\nmodel: small\ntext: entail\nheads: [4]\n")
    assert write_fence(named) == {"argument": "who/she", "body": "model: small\ntext: entail\n"}


@pytest.mark.parametrize(
    ("argument", "body"),
    [
        ("", "model: minilm\nmessages:\n- role: user\n  content: 'no'\n- {role: assistant, content: 'a: b # c'}\n"),
        ("", "model: minilm\ncompare: [A cat., A dog.]\npair: B\n"),
        ("", "arrays: a/b.safetensors\ntokens: {query: ['1', ~x], key: ['~', 'null']}\nlink: l\n"),
        (
            "who/she",
            "compare: [doctor, entail]\nsteps:\n- {caption: A, layer: 2}\n- caption: 'B: C'\n  query: [1, 2]\n",
        ),
        ("", "model: who/small\ntext: |\n  One.\n  ```\n  Two.\n"),
    ],
)
def test_a_fence_is_given_again(argument, body):
    found = figure(argument, body)

    assert again(found) == found


ENDS = st.sampled_from(["\n", "\n```\n", "\u2028", " #", ": ", "- ", "'", '"', "\t", "```", "~~~"])
TEXT = st.lists(st.one_of(st.characters(exclude_categories=("Cs", "Cc", "Cn")), ENDS), min_size=1).map("".join)


# A byte order mark is space to a schema, and what is nothing but space is refused.
@given(text=TEXT.filter(lambda text: text.replace("\ufeff", "").strip()))
def test_whatever_a_text_is_its_fence_gives_it_again(text):
    found = figure("", "model: minilm\ntext: A\n")
    other = Figure(**{**vars(found), "written": {"model": "minilm", "text": text}})
    lines = write_fence(other)["body"]

    assert figure("", lines).text.text == text
    assert lines.count("\n") == len(lines.splitlines()) == 2
