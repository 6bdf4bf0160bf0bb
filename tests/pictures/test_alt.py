"""What the alternative text says is what numpy finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import attention, exhibit, neurons, translation
from drawn_pictures import figure_of
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.codec import decode, decode_neurons
from attnviz_mkdocs.exhibit import SELF, TEXT, Token
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.pictures.alt import LONGEST
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.spec.types import Step
from attnviz_mkdocs.supply import Supply

ROOT = Path(__file__).parents[2]


def weights_of(made):
    return made.attentions[SELF].track.weights()


def mostly(share: float) -> str:
    return f"{share:.3f}" if share < 0.0995 else f"{share:.2f}"


@pytest.fixture(scope="module")
def real():
    """The figures of our own galleries, from what real models gave."""
    project = Project.from_options(ROOT, {})
    supply, galleries = Supply(project), project.load()

    def get(name: str):
        figure = galleries.figure(name)
        supplied = supply.get(figure)
        own = None if supplied.neurons is None else decode_neurons(supplied.neurons.data)
        second = None if supplied.second is None else decode(supplied.second.data)
        made = decode(supplied.exhibit.data)
        return made, picture_of(figure, made, own, second).alt

    get.names = galleries
    return get


@pytest.mark.real
def test_two_heads_of_a_pronoun_are_told_with_their_strongest_keys(real):
    made, alt = real("who-is-she/she")
    labels = [token.label for token in made.query]
    assert alt.startswith(
        "Attention of minilm on “The doctor asked the nurse a question. She”, layer 5, heads 10 and 11, from “She”: "
    )
    for head in (10, 11):
        row = weights_of(made)[5, head, 9]
        first, second = np.argsort(-row)[:2]
        names = [labels[at] if made.query[at].special else f"“{labels[at]}”" for at in (first, second)]
        told = f"head {head} gives most to {names[0]} ({mostly(row[first])}) and {names[1]} ({mostly(row[second])})"
        assert told in alt


@pytest.mark.real
def test_heads_of_a_model_are_counted_by_what_they_do(real):
    made, alt = real("heads/all-heads")
    weights = weights_of(made)
    previous = np.array([[np.diagonal(head, -1).mean() for head in layer] for layer in weights])
    first = weights[..., 0].mean(-1)
    assert f"6 layers of 12 heads; {(previous > 0.5).sum()} looks mostly at the token before (0.2)" in alt
    assert f"{(first > 0.5).sum()} rest mostly on the first token" in alt


@pytest.mark.real
def test_beside_the_sink_the_strongest_pairs_are_told(real):
    made, alt = real("heads/separator-sink")
    weights = weights_of(made)[2, 9]
    assert f"on average {mostly(weights[:, 0].mean())} goes to the first token, [CLS]" in alt
    query, key = np.unravel_index(weights[:, 1:-1].argmax(), weights[:, 1:-1].shape)
    pair = f"“{made.query[query].label}” → “{made.key[key + 1].label}” ({mostly(weights[query, key + 1])})"
    assert f"the strongest pairs beside that are {pair}" in alt


@pytest.mark.real
def test_a_neuron_view_tells_how_a_weight_comes_about(real):
    _, alt = real("neurons/previous-token")
    assert "counted → keeper: q·k 126 × 0.177 = 22.28 → softmax 1.000" in alt
    assert "neurons 29 (7\u202f%), 21 (7\u202f%)" in alt


@pytest.mark.real
def test_all_our_views_have_short_ones(real):
    names = [figure.name for figure in real.names.figures()]
    alts = [real(name)[1] for name in names]
    assert all(40 < len(alt) <= LONGEST and alt.endswith(".") for alt in alts)
    assert len(set(alts)) == len(alts)


def test_a_hand_wired_head_is_told_by_its_job():
    looks_back = np.eye(5, k=-1, dtype=np.float32)
    looks_back[0, 0] = 1
    alt = picture_of(figure_of("matrix"), exhibit(looks_back[None, None])).alt
    assert "layer 0, head 0: on average 1.00 goes to the token before; the strongest pair beside that is" in alt


def test_several_chosen_tokens_are_summed():
    made = exhibit(attention(1, 1, 5))
    sums = weights_of(made)[0, 0][[1, 3]].sum(0)
    best = int(sums.argmax())
    alt = picture_of(figure_of(query=(1, 3)), made).alt
    assert f"from “token1” + “token3”: most to “token{best}” ({mostly(sums[best])})" in alt


def test_a_pair_is_told_with_its_weight_and_a_masked_one_as_such():
    made = exhibit(attention(1, 1, 4))
    assert f"from “token2” to “token1”: {mostly(weights_of(made)[0, 0, 2, 1])}." in picture_of(
        figure_of(query=(2,), key=(1,)), made
    ).alt.replace(", to ", " to ")
    masked = np.zeros((4, 4), bool)
    masked[2, 1] = True
    weights = np.where(masked, 0, attention(1, 1, 4))
    made = exhibit((weights / weights.sum(-1, keepdims=True)).astype(np.float32), masked=masked)
    assert picture_of(figure_of(query=(2,), key=(1,)), made).alt.endswith(": masked.")


def test_a_text_is_told_by_what_its_tokens_get():
    made = exhibit(attention(1, 2, 5))
    received = weights_of(made)[0].mean((0, 1))
    order = np.argsort(-received)
    alt = picture_of(figure_of("text"), made).alt
    assert "mean of 2 heads: on average, most is given to " + f"“token{order[0]}” ({mostly(received[order[0]])})" in alt


def test_a_ranking_is_told_by_its_first():
    made = exhibit(attention(2, 3, 5))
    scores = weights_of(made)[..., 0].mean(-1)
    layer, head = np.unravel_index(scores.argmax(), scores.shape)
    alt = picture_of(figure_of("model", sort="first"), made).alt
    assert f"heads in the order of first, largest first: {layer}.{head} ({scores.max():.2f})" in alt


def test_a_tour_begins_with_its_first_step():
    step = Step(caption="Look at the second.", layer=1, view="matrix")
    alt = picture_of(figure_of(steps=(step, step)), exhibit(attention())).alt
    assert "layer 1, head 0 (step 1 of 2: Look at the second.): " in alt


def test_an_attention_of_two_texts_is_named():
    assert picture_of(figure_of(), translation()).alt.startswith("Cross attention of small on “a text”, layer 0, ")


@given(
    st.lists(st.text(min_size=1, max_size=300), min_size=2, max_size=4),
    st.sampled_from(["head", "matrix", "model", "text", "neuron"]),
)
def test_whatever_the_tokens_are_it_is_short_and_whole(labels, kind):
    made, own = neurons(tokens=len(labels))
    tokens = tuple(Token(label, continues=index % 2 == 1) for index, label in enumerate(labels))
    made = replace(made, text=" ".join(labels), tokens={TEXT: tokens})
    alt = picture_of(figure_of(kind, query=(0,)), made, own).alt
    assert 0 < len(alt) <= LONGEST
    assert not set(alt) & set("\n\t\x00\u202e")
