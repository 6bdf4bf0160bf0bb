from __future__ import annotations

import pytest
from builders import attention, exhibit, translation

from attnviz_mkdocs.codec import encode, peek
from attnviz_mkdocs.links import LinkError, resolve
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Step, Text
from attnviz_mkdocs.views import Shown

TOUR = (Step(caption="One."), Step(caption="Two."))
LABELS = ("[CLS]", "The", "doctor", "3", "She")


@pytest.fixture(scope="module")
def shown():
    """Two views of a page: one of a gallery, one that has a name of its own."""

    def view(name, made, *steps, **options):
        figure = Figure(
            kind="head",
            model_name="tiny",
            model=Model(source="x"),
            text=Text(text="x"),
            options=Options(**options),
            caption=None,
            place=Place("x"),
            name=name,
            steps=steps,
        )
        return name, Shown(figure, peek(encode(made)))

    return dict(
        [
            view("who-is-she/she", exhibit(attention(6, 12), labels=LABELS)),
            view("dates", translation(source=4, target=3), *TOUR, attention="encoder", sort="entropy"),
        ]
    )


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("attn:who-is-she/she", "#attn:who-is-she/she"),
        ("attn:she?layer=5&head=10&query=She", "#attn:who-is-she/she?layer=5&heads=10&query=4"),
        ("attn:she?heads=1,7,1&view=matrix&units=words", "#attn:who-is-she/she?heads=1,7&view=matrix&units=words"),
        ("attn:she?key=%5BCLS%5D", "#attn:who-is-she/she?key=0"),
        ("attn:she?query=She&query=doctor", "#attn:who-is-she/she?query=4,2"),
        ("attn:she?query=4,2&key=She&key=3,0,3", "#attn:who-is-she/she?query=4,2&key=4,3,0"),
        ("attn:she?head=1&head=7&heads=3,1", "#attn:who-is-she/she?heads=1,7,3"),
        (
            "attn:she?mass=0.70&reduce=heads&by=max&sort=previous&least=.5",
            "#attn:who-is-she/she?mass=0.7&reduce=heads&by=max&sort=previous&least=0.5",
        ),
        ("attn:she?view=text&mass=1&least=0&sort=self", "#attn:who-is-she/she?view=text&mass=1&least=0&sort=self"),
        ("attn:dates?least=2&step=1", "#attn:dates?least=2&step=1"),
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
        (
            "attn:she?view=haed",
            'view can\'t be "haed"; did you mean "head"? It may be: head, model, neuron, matrix, text',
        ),
        ("attn:she?query=4,5", "query 5 is not in the text"),
        ("attn:she?query=She,doctor", 'no query token is called "She,doctor"'),
        ("attn:she?layer=1&layer=2", '"layer" stands twice in a link; take one out'),
        ("attn:she?mass=0", 'mass must be a number above 0, up to 1, such as 0.9, but it is "0"'),
        ("attn:she?mass=1.5", 'mass must be a number above 0, up to 1, such as 0.9, but it is "1.5"'),
        ("attn:she?mass=nan", 'mass must be a number above 0, up to 1, such as 0.9, but it is "nan"'),
        ("attn:she?mass=most", 'mass must be a number above 0, up to 1, such as 0.9, but it is "most"'),
        ("attn:she?sort=self&least=-1", 'least must be a number from 0 on, but it is "-1"'),
        ("attn:she?least=0.5", '"least" needs "sort:" with a statistic'),
        ("attn:she?comparison=difference", '"comparison" needs "compare:"'),
        ("attn:she?reduce=head", 'reduce can\'t be "head"; did you mean "heads"? It may be: none, heads, layers, all'),
        ("attn:she?step=0", '"step" leads to a step of a tour, but this view has no "steps"'),
        ("attn:dates?step=2", "step 2 is not in the tour: steps count from 0, and the last is 1"),
        ("attn:dates?step=x", 'step must be a number from 0 on, but it is "x"'),
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
