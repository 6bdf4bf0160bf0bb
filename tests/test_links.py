from __future__ import annotations

import pytest
from builders import attention, exhibit, translation

from attnviz_mkdocs.codec import encode, peek
from attnviz_mkdocs.links import LinkError, resolve
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

LABELS = ("[CLS]", "The", "doctor", "3", "She")


@pytest.fixture(scope="module")
def shown():
    """Two views of a page: one of a gallery, one that has a name of its own."""

    def view(name, made, **options):
        figure = Figure(
            "head", "tiny", Model(source="x"), Text(text="x"), Options(**options), None, Place("x"), name=name
        )
        return name, (figure, peek(encode(made)))

    return dict(
        [
            view("who-is-she/she", exhibit(attention(6, 12), labels=LABELS)),
            view("dates", translation(source=4, target=3), attention="encoder"),
        ]
    )


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("attn:who-is-she/she", "#attn:who-is-she/she"),
        ("attn:she?layer=5&head=10&query=She", "#attn:who-is-she/she?layer=5&query=4&heads=10"),
        ("attn:she?heads=1,7,1&view=matrix&units=words", "#attn:who-is-she/she?heads=1,7&view=matrix&units=words"),
        ("attn:she?key=%5BCLS%5D", "#attn:who-is-she/she?key=0"),
        # A number is a token's place, also where a token reads like one.
        ("attn:she?key=3", "#attn:who-is-she/she?key=3"),
        ("attn:dates?query=word3", "#attn:dates?query=3"),
        ("attn:dates?attention=cross&query=Wort1&key=word3", "#attn:dates?attention=cross&query=1&key=3"),
    ],
)
def test_a_link_leads_to_a_state_of_its_view(shown, address, leads_to):
    assert resolve(address, shown) == leads_to


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("attn:shee?layer=1", 'this page has no view "shee"'),
        ("attn:date", 'this page has no view "date"; did you mean "dates"? It has: who-is-she/she, dates'),
        ("attn:she?layr=1", 'unknown "layr" in a link; did you mean "layer"? A link may set: view, layer, heads'),
        ("attn:she?layer=6", "layer 6 is not in tiny: it has 6 layers, 0 to 5"),
        ("attn:she?head=12", "head 12 is not in tiny: it has 12 heads, 0 to 11"),
        ("attn:she?layer=-1", 'layer must be a number from 0 on, but it is "-1"'),
        ("attn:she?heads=1,", 'head must be a number from 0 on, but it is ""'),
        ("attn:she?query=Sh", 'no query token is called "Sh"; did you mean "She"? They are: [CLS] The doctor 3 She'),
        ("attn:she?query=5", "query 5 is not in the text"),
        ("attn:she?view=haed", 'view can\'t be "haed"; did you mean "head"? It may be: head, model, neuron, matrix'),
        ("attn:she?view=neuron", 'write "view: neuron" where it is shown'),
        ("attn:she?attention=cross", "tiny is not an encoder-decoder model"),
        ("attn:she?units=", 'units can\'t be "". It may be: pieces, words'),
        ("attn:dates?query=Wort1", 'no query token is called "Wort1"'),
    ],
)
def test_a_link_that_leads_nowhere_says_what_there_is(shown, address, words):
    with pytest.raises(LinkError) as told:
        resolve(address, shown)
    assert words in str(told.value)


def test_a_page_without_named_views_says_how_to_name_one():
    with pytest.raises(LinkError, match='write "id: NAME" into the fence'):
        resolve("attn:she", {})
