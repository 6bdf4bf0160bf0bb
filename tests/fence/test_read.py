from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from attnviz_mkdocs.fence import Fence, find_fences, read_fence, read_page
from attnviz_mkdocs.spec import (
    Arrays,
    Figure,
    Galleries,
    Message,
    Mistake,
    Options,
    Place,
    SpecError,
    Step,
    Text,
    load_galleries,
)

HERE = Path(__file__).parent
BROKEN = YAML(typ="safe", pure=True).load((HERE / "fences.yaml").read_text(encoding="utf-8"))
GALLERIES = load_galleries(sorted((HERE / "gallery").glob("*.yaml")), HERE)


def figure(page: str, line_offset: int = 0) -> Figure:
    [fence] = find_fences(page.split("\n"))
    return read_fence(fence, GALLERIES, "docs/p.md", line_offset)


def fence(*body: str, name: str = "") -> str:
    return "\n".join([f"```attnviz {name}", *body, "```"])


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["case"])
def test_a_broken_fence_is_told_in_these_words(case):
    told = []
    for found in find_fences(case["page"].split("\n")):
        with pytest.raises(SpecError) as error:
            read_fence(found, GALLERIES, "p.md")
        told += [str(mistake).removeprefix("p.md:") for mistake in error.value.mistakes]

    assert told == case["mistakes"]


def test_a_fence_names_a_view():
    named = figure(fence(name="who/she"))

    assert named == Figure(
        kind="matrix",
        model_name="minilm",
        model=GALLERIES["who"].models["minilm"],
        text=Text(text="The doctor asked the nurse a question. She"),
        options=Options(layer=3, heads=(1, 7), query=9),
        caption="Head 3.7 follows the pronoun.",
        place=Place("docs/p.md", 1, 1),
        name="who/she",
        base="who/she",
    )


def test_a_fence_stands_alone():
    alone = figure(fence("model: minilm", "text: A cat.", "caption: C"))

    assert alone == Figure(
        kind=None,
        model_name="minilm",
        model=GALLERIES["who"].models["minilm"],
        text=Text(text="A cat."),
        options=Options(),
        caption="C",
        place=Place("docs/p.md", 1, 1),
    )


def test_every_key_may_stand_in_a_fence():
    alone = figure(
        fence(
            *("view: model", "model: who/small", "text: A", "pair: B", "target: C", "caption: D"),
            *("layer: 1", "heads: 2", "query: 3", "key: 4", "filter: b-b"),
            *("attention: decoder", "units: words", "sink: hidden"),
        )
    )

    assert (alone.kind, alone.model_name, alone.model.source, alone.caption) == ("model", "small", "gpt2", "D")
    assert alone.text == Text(text="A", pair="B", target="C")
    assert alone.options == Options(
        layer=1, heads=(2,), query=3, key=4, filter="b-b", attention="decoder", units="words", sink="hidden"
    )


def test_a_chat_and_what_the_model_goes_on_with_may_stand_in_a_fence():
    alone = figure(
        fence(
            "model: minilm",
            "messages:",
            "- {role: system, content: Be brief.}",
            "- role: user",
            "  content: Hello!",
            "generate: 20",
            "seed: 0",
        )
    )

    assert alone.text == Text(
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hello!")),
        generate=20,
        seed=0,
    )
    assert alone.text.shown == "Be brief.\nHello!"


def test_arrays_may_stand_in_a_fence():
    alone = figure(
        fence("arrays: arrays/mine.safetensors", "tokens: {query: [A], key: [B, C]}", "view: matrix", "layer: 3")
    )

    assert (alone.kind, alone.model_name, alone.model, alone.text) == ("matrix", "mine", None, None)
    assert alone.arrays == Arrays("arrays/mine.safetensors", ("A",), ("B", "C"))
    assert alone.options == Options(layer=3)
    assert alone.place_of("arrays") == Place("docs/p.md", 2, 9)


OWN = Arrays("arrays/own.safetensors", ("The", "cat"), ("The", "cat"))
OTHER = Arrays("other.safetensors")


@pytest.mark.parametrize(
    ("name", "lines", "arrays"),
    [
        ("who/own", ("layer: 0",), OWN),
        ("who/own", ("tokens: [A, B]",), Arrays(OWN.file, ("A", "B"), ("A", "B"))),
        ("who/own", ("arrays: other.safetensors",), OTHER),
        ("who/she", ("arrays: other.safetensors",), OTHER),
        ("who/she", ("arrays: other.safetensors", "tokens: [A]"), Arrays(OTHER.file, ("A",), ("A",))),
    ],
)
def test_a_fence_overrides_the_arrays_of_the_view_that_it_names(name, lines, arrays):
    overridden = figure(fence(*lines, name=name))

    assert (overridden.arrays, overridden.model_name) == (arrays, arrays.name)
    assert (overridden.model, overridden.text) == (None, None)
    assert overridden.options.layer == (0 if "layer: 0" in lines else figure(fence(name=name)).options.layer)


def test_a_model_and_a_text_take_the_place_of_arrays():
    overridden = figure(fence("model: minilm", "text: entail", name="who/own"))

    assert (overridden.arrays, overridden.model_name, overridden.options.layer) == (None, "minilm", 1)
    assert overridden.text == Text(text="The cat sat on the mat.", pair="A cat is sitting.")
    assert overridden.place_of("source") == Place("gallery/who.yaml", 2, 20)


def test_a_chat_may_be_named_and_gone_on_with():
    named = figure(fence("text: hello", "generate: 5", "model: small", name="who/she"))

    assert named.text == Text(messages=(Message(role="user", content="Hello!"),), generate=5)


def test_a_seed_goes_with_what_the_view_generates():
    assert figure(fence("seed: 5", name="repeat/induction")).text == Text(
        text="one two three one two three", generate=3, seed=5
    )


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("view: head", {"kind": "head"}),
        ("model: small", {"model_name": "small", "model": GALLERIES["who"].models["small"]}),
        ("model: repeat/small", {"model_name": "small", "model": GALLERIES["repeat"].models["small"]}),
        ("text: doctor", {"text": Text(text="The doctor asked the nurse a question. She"), "filter": "all"}),
        ("text: entail", {}),
        ("text: A dog.", {"text": Text(text="A dog."), "filter": "all"}),
        ("pair: B", {"text": Text(text="The cat sat on the mat.", pair="B")}),
        ("target: C", {"text": Text(text="The cat sat on the mat.", pair="A cat is sitting.", target="C")}),
        ("caption: D", {"caption": "D"}),
        ("layer: 0", {"layer": 0}),
        ("heads: [4]", {"heads": (4,)}),
        ("query: 5", {"query": (5,)}),
        ("query: [5, 3]", {"query": (5, 3)}),
        ("key: 6", {"key": (6,)}),
        ("mass: 0.7", {"mass": 0.7}),
        ("reduce: heads", {"reduce": "heads"}),
        ("by: max", {"by": "max"}),
        ("sort: special", {"sort": "special"}),
        ("filter: b-a", {"filter": "b-a"}),
        (
            "messages: [{role: user, content: A}]",
            {"text": Text(messages=(Message(role="user", content="A"),)), "filter": "all"},
        ),
        ("attention: encoder", {"attention": "encoder"}),
        ("units: words", {"units": "words"}),
        ("sink: hidden", {"sink": "hidden"}),
    ],
)
def test_a_fence_overrides_a_key_of_the_view_that_it_names(line, changed):
    base = figure(fence(name="who/cats"))
    unpaired = ["filter: all"] if changed.get("filter") == "all" else []
    overridden = figure(fence(line, *unpaired, name="who/cats"))

    for key in ("kind", "model_name", "model", "text", "caption"):
        assert getattr(overridden, key) == changed.get(key, getattr(base, key)), key
    for key in Options.model_fields:
        assert getattr(overridden.options, key) == changed.get(key, getattr(base.options, key)), key


def test_links_of_the_page_call_a_view_by_its_fences_id():
    assert figure(fence("id: cat", "model: minilm", "text: A cat.")).name == "cat"
    assert figure(fence("id: cat", name="who/she")).name == "cat"
    assert figure(fence("layer: 1", name="who/she")).name == "who/she"
    assert figure(fence("model: minilm", "text: A cat.")).name == ""


def test_of_two_fences_of_a_page_with_one_id_the_second_is_told():
    pages = [
        fence("id: cat", name="who/she"),
        fence("id: cat", "model: minilm", "text: A cat."),
        fence("id: dog", name="who/she"),
        fence(name="who/she"),
        fence("id: cat", "layer: x", name="who/she"),
    ]
    figures, mistakes = read_page("\n\n".join(pages), GALLERIES, "p.md")

    assert [figure.name for figure in figures] == ["cat", "dog", "who/she"]
    assert list(map(str, mistakes)) == [
        'p.md:6:5: "cat" is the id of the view in line 2 already; choose another',
        'p.md:19:5: "cat" is the id of the view in line 2 already; choose another',
        'p.md:20:8: "layer" must be a whole number from 0 on, but "x" is text',
    ]
    assert read_page(pages[0], GALLERIES, "p.md")[1] == []


def test_a_link_and_a_tour_may_stand_in_a_fence():
    alone = figure(
        fence("model: minilm", "text: A cat.", "link: cats", "steps:", "- caption: A", "- caption: B", "  heads: 3")
    )

    assert (alone.link, alone.base) == ("cats", "")
    assert alone.steps == (Step(caption="A"), Step(caption="B", heads=(3,)))
    assert alone.place_of("steps", 1, "heads") == Place("docs/p.md", 8, 10)
    assert alone.place_of("steps", 0, "heads") == Place("docs/p.md", 6, 3)


def test_a_fence_keeps_the_link_and_the_tour_of_the_view_that_it_names():
    base = GALLERIES["who"].figure("tour")
    kept = figure(fence("layer: 1", name="who/tour"))

    assert (kept.link, kept.steps, kept.base) == ("she", base.steps, "who/tour")
    assert kept.place_of("steps", 1, "query") == base.place_of("steps", 1, "query")
    assert kept.place_of("steps", 1, "query").file == "gallery/who.yaml"


def test_a_fence_overrides_the_link_and_the_tour_of_the_view_that_it_names():
    own = figure(fence("link: own", "steps:", "- {caption: A, key: 2}", name="who/tour"))

    assert (own.link, own.steps) == ("own", (Step(caption="A", key=2),))
    assert own.place_of("steps", 0, "key") == Place("docs/p.md", 4, 21)
    assert figure(fence("steps: []", "view: head", name="who/tour")).steps == ()


def test_steps_that_may_not_fit_what_the_fence_shows_instead_are_where_the_fence_says_so():
    overridden = figure(fence("text: A cat.", name="who/tour"))

    assert "steps" in overridden.kept
    assert overridden.place_of("steps", 1, "query") == overridden.place_of("steps") == Place("docs/p.md", 2, 7)
    own = figure(fence("text: A cat.", "steps: [{caption: A, query: 1}]", name="who/tour"))
    assert "steps" not in own.kept
    assert own.place_of("steps", 0, "query") == Place("docs/p.md", 3, 29)


DOCTOR = Text(text="The doctor asked the nurse a question. She")
CATS = Text(text="The cat sat on the mat.", pair="A cat is sitting.")
A, B = Text(text="A"), Text(text="B")
AC, BC = Text(text="A", pair="C"), Text(text="B", pair="C")
CHAT = Text(messages=(Message(role="user", content="Hello!"),))


def compared(*lines: str, name: str = "") -> tuple[object, ...]:
    """The models by name and the texts that a fence compares, and what readers see as their names."""
    found = figure(fence(*lines, name=name))
    first, second = found.subjects
    return (first.model_name, second.model_name), (first.text, second.text), found.names


def test_a_fence_compares_sentences_or_models():
    texts = compared("model: minilm", "compare: [A cat., A dog.]")
    assert texts == (("minilm", "minilm"), (Text(text="A cat."), Text(text="A dog.")), ("A cat.", "A dog."))
    models = compared("compare: [minilm, who/small]", "text: A cat.")
    assert models == (("minilm", "small"), (Text(text="A cat."), Text(text="A cat.")), ("minilm", "who/small"))
    both_small = figure(fence("text: A", "compare: [repeat/small, who/small]"))
    assert (both_small.compares, both_small.names) == ("model", ("repeat/small", "who/small"))


def test_what_goes_with_a_text_goes_with_both_that_are_compared():
    _, texts, _ = compared("model: minilm", "compare: [A, B]", "pair: C")
    assert texts == (AC, BC)
    _, texts, _ = compared("model: minilm", "compare: [A, B]", "generate: 3", "seed: 1")
    assert texts == (Text(text="A", generate=3, seed=1), Text(text="B", generate=3, seed=1))
    _, texts, _ = compared("target: C", name="who/both")
    assert texts == (DOCTOR.model_copy(update={"target": "C"}), CATS.model_copy(update={"target": "C"}))


@pytest.mark.parametrize(
    ("name", "lines", "models", "texts", "names"),
    [
        ("who/she", ("compare: [doctor, hello]",), "minilm", (DOCTOR, CHAT), ("doctor", "hello")),
        ("who/she", ("compare: [doctor, A cat.]",), "minilm", (DOCTOR, Text(text="A cat.")), ("doctor", "A cat.")),
        ("who/she", ("compare: [A, B]", "model: small"), "small", (A, B), ("A", "B")),
        ("who/she", ("compare: [small, minilm]",), ("small", "minilm"), (DOCTOR, DOCTOR), ("small", "minilm")),
        (
            "who/she",
            ("compare: [small, minilm]", "text: entail"),
            ("small", "minilm"),
            (CATS, CATS),
            ("small", "minilm"),
        ),
        ("who/own", ("compare: [doctor, entail]", "model: small"), "small", (DOCTOR, CATS), ("doctor", "entail")),
        (
            "who/own",
            ("compare: [small, minilm]", "text: doctor"),
            ("small", "minilm"),
            (DOCTOR, DOCTOR),
            ("small", "minilm"),
        ),
        ("who/both", (), "minilm", (DOCTOR, CATS), ("doctor", "entail")),
        ("who/both", ("model: small",), "small", (DOCTOR, CATS), ("doctor", "entail")),
        ("who/both", ("compare: [hello, doctor]",), "minilm", (CHAT, DOCTOR), ("hello", "doctor")),
        ("who/both", ("compare: [A, B]",), "minilm", (A, B), ("A", "B")),
        ("who/both", ("compare: [minilm, small]", "text: A"), ("minilm", "small"), (A, A), ("minilm", "small")),
        ("who/models", (), ("minilm", "small"), (CATS, CATS), ("minilm", "small")),
        ("who/models", ("text: doctor", "filter: all"), ("minilm", "small"), (DOCTOR, DOCTOR), ("minilm", "small")),
        (
            "who/models",
            ("compare: [repeat/small, small]",),
            ("small", "small"),
            (CATS, CATS),
            ("repeat/small", "small"),
        ),
        ("who/models", ("compare: [A, B]", "model: small", "pair: C"), "small", (AC, BC), ("A", "B")),
    ],
)
def test_a_fence_compares_over_the_view_that_it_names(name, lines, models, texts, names):
    got_models, got_texts, got_names = compared(*lines, name=name)

    assert got_models == (models if isinstance(models, tuple) else (models, models))
    assert (got_texts, got_names) == (texts, names)


def test_arrays_take_the_place_of_a_comparison():
    overridden = figure(fence("arrays: a", name="who/both"))

    assert (overridden.second, overridden.names, overridden.compares) == (None, None, None)
    assert overridden.options == Options(layer=3)


def test_a_comparison_is_told_where_the_fence_wrote_it_or_what_changes_it():
    own = figure(fence("compare: [doctor, A cat.]", "pair: A", name="who/she"))
    assert own.place_of("compare", 1, "text") == Place("docs/p.md", 2, 19)
    assert own.place_of("compare", 1, "source") == Place("gallery/who.yaml", 2, 20)

    of_view = figure(fence("layer: 1", name="who/both"))
    assert of_view.place_of("compare", 1, "text").file == "gallery/who.yaml"

    changed = figure(fence("layer: 1", "target: A", name="who/both"))
    assert changed.place_of("compare", 0, "text") == changed.place_of("compare", 1, "text") == Place("docs/p.md", 3, 9)
    assert "layer" not in changed.kept
    assert changed.place_of("heads") == Place("docs/p.md", 3, 9)

    models = figure(fence("text: A", "compare: [minilm, repeat/small]"))
    assert models.place_of("compare", 0, "source") == Place("gallery/who.yaml", 2, 20)
    assert models.place_of("compare", 1, "source") == Place("gallery/repeat.yaml", 2, 19)


def test_an_empty_caption_takes_the_caption_away():
    assert figure(fence("caption: ''", name="who/she")).caption is None


def test_a_sentence_that_is_no_name_of_a_text_is_the_sentence():
    assert figure(fence("text: doctor", "model: minilm")).text == Text(text="doctor")
    assert figure(fence("text: docter", name="who/she")).text == Text(text="docter")


def test_places_are_those_of_the_fence_and_of_the_gallery():
    page = "---\nx: 1\n---\nText.\n\n- item\n\n    > ```attnviz who/she\n    > layer: 30\n    > ```\n"
    overridden = figure(page, line_offset=10)

    assert overridden.place == Place("docs/p.md", 18, 7)
    assert overridden.place_of("layer") == Place("docs/p.md", 19, 14)
    assert overridden.place_of("heads") == Place("gallery/who.yaml", 14, 12)
    assert overridden.place_of("source") == Place("gallery/who.yaml", 2, 20)


def test_the_place_of_a_model_that_a_fence_names():
    overridden = figure(fence("model: repeat/small", name="who/she"))

    assert overridden.place_of("model") == Place("docs/p.md", 2, 8)
    assert overridden.place_of("source") == Place("gallery/repeat.yaml", 2, 19)


def test_without_a_gallery_people_are_told_where_it_was_looked_for():
    [found] = find_fences(fence(name="who/she").split("\n"))

    with pytest.raises(SpecError) as error:
        read_fence(found, Galleries(looked_in="attention/"), "p.md")

    assert str(error.value) == "p.md:1:12: there is no gallery; galleries are YAML files in attention/"


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "```attnviz",
                "```attnviz who/she",
                "``` \tattnviz\twho/she",
                "~~~attnviz x",
                "```",
                "~~~",
                "```` attnviz",
                "````",
                "",
                "Text.",
            ),
            *("model: minilm", "text: A", "text: 42", "layer: 3", "lyaer: 3", "{}", "- 1", "? ", "*a", "filter: a-b"),
            *(
                "```attnviz who/own",
                "arrays: a",
                "tokens: [A]",
                "messages: [{role: a, content: b}]",
                "generate: 1",
                "seed: 1",
            ),
            *("```attnviz who/both", "```attnviz who/models", "compare: [minilm, small]", "compare: [A, B]"),
            *("compare: [doctor, small]", "compare: [A]", "comparison: first", "least: 1", "query: [1, 1]"),
            *("```attnviz who/tour", "id: a", "link: a", "steps: []", "steps: [{caption: A, view: neuron}]"),
            *("- item", "> quote", "!!! note", "<!--", "-->", "1. ", ":   x", "***", "\f", "[^1]: x"),
        ]
    ).flatmap(
        lambda line: st.sampled_from(["", "  ", "    ", "\t", "> ", "- ", "        ", "    > "]).map(
            lambda by: by + line
        )
    ),
    max_size=10,
)


def mistakes_in(found: Fence) -> tuple[Mistake, ...]:
    try:
        read_fence(found, GALLERIES, "p.md")
    except SpecError as error:
        return error.mistakes or pytest.fail("an error without a mistake")
    return ()


@settings(max_examples=400, deadline=None)
@given(lines=LINES)
def test_whatever_stands_in_a_page_gives_figures_or_says_what_is_wrong(lines):
    last = -1
    for found in find_fences(lines):
        assert last < found.first <= found.last < len(lines)
        assert lines[found.first].startswith(found.prefix)
        assert lines[found.first][found.column - 1] in "`~"
        last = found.last
        for mistake in mistakes_in(found):
            assert found.first < mistake.place.line <= found.last + 2
            assert mistake.place.column >= 1
