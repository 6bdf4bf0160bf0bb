"""What views show first and on their tours, and what their exhibits don't have of it."""

from __future__ import annotations

import pytest
from builders import attention, exhibit, translation

from attnviz_mkdocs.codec import Header, encode, peek
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.spec import Figure, Galleries, load_galleries
from attnviz_mkdocs.views import Shown, check, first_state, kind_of, step_states


def figure(*lines: str, galleries: Galleries | None = None, name: str = "") -> Figure:
    page = "\n".join([f"```attnviz {name}", *lines, "```"])
    (found,), mistakes = read_page(page, galleries or Galleries(), "p.md")
    assert mistakes == []
    return found


@pytest.fixture
def plain() -> Header:
    """2 layers, 3 heads, 5 tokens."""
    return peek(encode(exhibit(attention())))


@pytest.fixture
def paired(plain) -> Header:
    """The same, of which the last two tokens are those of a pair."""
    return Header(plain.content | {"tokens": {"text": plain.content["tokens"]["text"] | {"segment": [0, 0, 0, 1, 1]}}})


@pytest.fixture
def translated() -> Header:
    """4 tokens of source, 3 of target; 2 layers of encoder, 3 of decoder; 2 heads."""
    return peek(encode(translation()))


@pytest.fixture
def galleries(tmp_path) -> Galleries:
    (tmp_path / "g.yaml").write_text(
        "views:\n- id: v\n  arrays: a\n  query: 4\n  steps:\n  - caption: A\n  - {caption: B, query: 3}\n"
    )
    return load_galleries([tmp_path / "g.yaml"], tmp_path)


def told(shown: Figure, header: Header) -> list[str]:
    return [str(mistake) for mistake in check(Shown(shown, header))]


def test_a_step_has_the_state_that_it_sets_and_no_more():
    shown = figure(
        *("arrays: own", "layer: 1", "sink: hidden", "steps:", "- caption: Look.", "- caption: There."),
        *("  view: matrix", "  heads: [0, 2]", "  layer: 0", "  sink: shown", "  filter: all"),
    )

    assert first_state(shown) == {"layer": 1, "sink": "hidden"}
    assert step_states(shown) == [
        {"caption": "Look.", "state": {}},
        {
            "caption": "There.",
            "state": {"view": "matrix", "heads": [0, 2], "layer": 0, "sink": "shown", "filter": "all"},
        },
    ]


def test_one_token_is_a_number_in_the_state_and_several_are_a_list():
    shown = figure("arrays: own", "view: text", "query: [4]", "key: [3, 1]", "steps:", "- {caption: A, query: [0, 2]}")

    assert first_state(shown) == {"view": "text", "query": 4, "key": [3, 1]}
    assert step_states(shown) == [{"caption": "A", "state": {"query": [0, 2]}}]


def test_what_is_as_it_would_be_anyway_is_not_in_the_state():
    said = ("mass: 1", "reduce: none", "by: mean", "sort: index", "comparison: both")

    assert first_state(figure("arrays: own", *said)) == {}
    assert first_state(figure("arrays: own", "mass: .7", "sort: self", "least: 0")) == {
        "mass": 0.7,
        "sort": "self",
        "least": 0,
    }


@pytest.mark.parametrize(
    ("sides", "kind"), [((128, 128), "head"), ((129, 3), "text"), ((3, 129), "text"), ((129, 129), "text")]
)
def test_a_view_that_its_author_left_open_shows_lines_up_to_128_tokens(sides, kind):
    source, target = sides
    header = peek(encode(translation(source=source, target=target, layers=(1, 1), heads=1)))

    assert kind_of(figure("arrays: own"), header) == kind
    assert kind_of(figure("arrays: own", "view: matrix"), header) == "matrix"
    of_encoder = kind_of(figure("arrays: own", "attention: encoder"), header)
    assert of_encoder == ("head" if source <= 128 else "text")


def test_a_view_without_a_tour_has_no_steps(plain):
    shown = figure("arrays: own", "layer: 1")

    assert (step_states(shown), check(Shown(shown, plain))) == ([], [])


@pytest.mark.parametrize(
    ("step", "mistake"),
    [
        ("layer: 2", "5:23: layer 2 is not in own: it has 2 layers, 0 to 1"),
        ("heads: [0, 3]", "5:23: head 3 is not in own: it has 3 heads, 0 to 2"),
        ("query: 5", "5:23: query 5 is not in the text: it has 5 tokens: 0 token0, 1 token1, 2 token2, 3 token3, 4 "),
        ("query: [1, 5]", "5:23: query 5 is not in the text: it has 5 tokens"),
        ("key: 7", "5:21: key 7 is not in the text: it has 5 tokens"),
        ("filter: a-b", '5:24: filter "a-b" shows a part of a pair, but own has no pair; take the filter out'),
        ("attention: cross", "5:27: own is not an encoder-decoder model and has no cross attention; take"),
    ],
)
def test_what_a_step_asks_for_in_vain_is_told_at_its_own_key(plain, step, mistake):
    shown = figure("arrays: own", "steps:", "- {caption: A, layer: 1}", f"- {{caption: B, {step}}}")

    [only] = told(shown, plain)
    assert only.startswith(f"p.md:{mistake}")


def test_what_is_told_of_the_view_is_not_told_again_of_each_step(plain):
    shown = figure("arrays: own", "layer: 9", "steps:", "- {caption: A, query: 1}", "- {caption: B, layer: 8}")

    assert told(shown, plain) == [
        "p.md:3:8: layer 9 is not in own: it has 2 layers, 0 to 1",
        "p.md:6:23: layer 8 is not in own: it has 2 layers, 0 to 1",
    ]


def test_what_a_step_sets_is_seen_in_the_attention_that_it_shows(translated):
    steps = ("- {caption: A, query: 3}", "- {caption: B, attention: encoder, query: 3}", "- {caption: C, layer: 2}")

    assert told(figure("arrays: own", "steps:", *steps), translated) == [
        "p.md:4:23: query 3 is not in the target: it has 3 tokens: 0 Wort0, 1 Wort1, 2 Wort2"
    ]


def test_a_step_whose_attention_lacks_what_the_view_shows_is_told_so(translated):
    shown = figure("arrays: own", "layer: 2", "steps:", "- {caption: A, attention: encoder}", "- {caption: B}")

    [only] = told(shown, translated)
    assert only == (
        "p.md:5:27: layer 2 is not in the encoder attention of own: it has 2 layers, 0 to 1; "
        '"layer" comes from the view, so write another one in this step'
    )


TWO = "models: {m: {source: a}, n: {source: b}}\ntexts: {t: {text: A, pair: B}, u: {text: C, pair: D}}\nviews:\n"

OTHER_KIND = (
    "29: an encoder-decoder model and one that is none have no attention in common; compare two models of the same kind"
)


@pytest.mark.parametrize(
    ("view", "first", "second", "mistakes"),
    [
        ("text: t, compare: [m, n], layer: 1, heads: [2], query: 4", "plain", "plain", []),
        ("text: t, compare: [m, n]", "plain", "translated", [OTHER_KIND]),
        (
            "text: t, compare: [n, m], attention: encoder",
            "translated",
            "plain",
            [OTHER_KIND],
        ),
        (
            "text: t, compare: [n, m], steps: [{caption: A, attention: cross}]",
            "translated",
            "plain",
            [OTHER_KIND],
        ),
        (
            "model: m, compare: [t, u], filter: a-b",
            "paired",
            "plain",
            ['46: filter "a-b" shows a part of a pair, but "u" has no pair; take the filter out'],
        ),
        # What both lack is told once.
        (
            "text: t, compare: [n, m], attention: cross",
            "plain",
            "plain",
            ['48: n is not an encoder-decoder model and has no cross attention; take "attention" out'],
        ),
    ],
)
def test_of_the_second_that_is_compared_only_its_kind_and_the_pair_must_be_there(
    request, tmp_path, view, first, second, mistakes
):
    (tmp_path / "g.yaml").write_text(f"{TWO}- {{id: v, {view}}}\n")
    shown = load_galleries([tmp_path / "g.yaml"], tmp_path).figure("g/v")
    headers = [request.getfixturevalue(name) for name in (first, second)]

    assert [str(mistake) for mistake in check(Shown(shown, *headers))] == [f"g.yaml:4:{told}" for told in mistakes]


def test_steps_of_the_view_that_a_fence_names_are_told_where_the_fence_shows_something_else(
    plain, translated, galleries
):
    assert told(figure(name="g/v", galleries=galleries), plain) == []

    other = figure("id: mine", "arrays: other", name="g/v", galleries=galleries)
    *_, step = told(other, translated)
    assert step == (
        "p.md:3:9: query 3 is not in the target: it has 3 tokens: 0 Wort0, 1 Wort1, 2 Wort2; "
        'the steps come from g/v, so write others here, or "steps: []" for none'
    )
    assert told(other, translated)[0].endswith('; "query" comes from g/v, so write another one here')
    assert told(figure("arrays: other", "query: 0", "steps: []", name="g/v", galleries=galleries), translated) == []
