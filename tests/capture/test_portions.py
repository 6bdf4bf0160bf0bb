from __future__ import annotations

from collections import Counter
from dataclasses import replace

import tiny
from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.capture.portions import PORTION, portions, share
from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.spec import Model, Text


def requests_of(model: str, *lengths: int) -> list[Request]:
    spec = Model(source=model)
    texts = [Text(text=f"{index:04}" + "x" * length) for index, length in enumerate(lengths)]
    return [Request(f"{model}{index:04}", model, spec, text, "f" * 64) for index, text in enumerate(texts)]


asked = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.integers(0, 3000), min_size=1, max_size=60), min_size=1
).map(lambda models: [request for name, lengths in models.items() for request in requests_of(name, *lengths)])


@given(asked, st.randoms())
def test_all_is_in_one_portion_whatever_the_order_of_texts(requests, random):
    found = portions(requests)
    assert Counter(request.key for portion in found for request in portion.requests) == Counter(
        {request.key: 1 for request in requests}
    )
    for portion in found:
        assert len({request.model for request in portion.requests}) == 1
        assert portion.cost <= PORTION or len(portion.requests) == 1
    models = list(dict.fromkeys(request.model for request in requests))
    assert list(dict.fromkeys(portion.model for portion in found)) == models
    shuffled = sorted(requests, key=lambda request: (models.index(request.model), random.random()))
    assert portions(shuffled) == found


@given(asked, st.integers(1, 9))
def test_shares_are_complete_disjoint_balanced_and_keep_models_together(requests, count):
    whole = portions(requests)
    shares = [share(whole, number, count) for number in range(1, count + 1)]
    assert [portion for each in shares for portion in each] == whole
    total, largest = sum(portion.cost for portion in whole), max(portion.cost for portion in whole)
    assert all(abs(sum(portion.cost for portion in each) - total / count) <= largest for each in shares)
    # Neighbours: each border cuts one model at most.
    models = [{portion.model for portion in each} for each in shares]
    assert sum(map(len, models)) <= len({portion.model for portion in whole}) + count - 1


@given(asked, st.integers(1, 9))
def test_a_share_by_itself_makes_the_portions_of_the_whole(requests, count):
    whole = portions(requests)
    for number in range(1, count + 1):
        own = share(whole, number, count)
        again = portions([request for portion in own for request in portion.requests])
        assert [portion.requests for portion in again] == [portion.requests for portion in own]


def test_what_is_asked_of_one_text_stays_together():
    exhibits = requests_of("a", *[400] * 40)
    both = [*exhibits, *(replace(request, key=f"{request.key} neurons", what="neurons") for request in exhibits)]
    found = portions(both)
    assert len(found) > 1
    of_text = Counter(text for portion in found for text in {request.text for request in portion.requests})
    assert set(of_text.values()) == {1}


def test_long_texts_and_written_ones_cost_more_and_come_first():
    short, long, written = tiny.requests("a", "a", "a " * 1000, Text(text="a", generate=40))
    costs = {portion.requests: portion.cost for request in (short, long, written) for portion in portions([request])}
    assert costs[(long,)] > 1000
    assert costs[(written,)] > 40
    assert costs[(short,)] < 10
    assert portions([short, written, long])[0].requests[0] == long


def test_a_model_that_writes_one_text_is_loaded_to_write_for_all():
    plain, written = requests_of("a", *[2000] * 9), tiny.requests("a", Text(text="a", generate=3))
    written = [replace(request, model=plain[0].model) for request in written]
    assert {portion.writes for portion in portions([*plain, *written])} == {True}
    assert {portion.writes for portion in portions(plain)} == {False}
