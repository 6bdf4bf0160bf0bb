from __future__ import annotations

from dataclasses import replace

from builders import attention, exhibit, translation

from attnviz_mkdocs.codec import encode, peek
from attnviz_mkdocs.pages import facts_of, texts_of
from attnviz_mkdocs.spec import Figure, Message, Model, Options, Place, Subject, Text


def figure(text: Text, **given) -> Figure:
    return Figure("head", "small", Model(source="x"), text, Options(), None, Place("x"), **given)


def test_where_the_numbers_came_from_is_told():
    made = exhibit(attention(2, 3, 5))
    made = replace(made, provenance=replace(made.provenance, revision="abc"), notes=("Mind this.",))
    error = made.attention.largest_error
    told = dict(facts_of([peek(encode(made))]))
    assert told == {
        "Source": "models/small at abc",
        "SHA-256 of its files": "f" * 12,
        "Architecture": "SmallModel, 2 layers of 3 heads",
        "Tokens": "5",
        "Precision": told["Precision"],
        "Made with": "transformers 5",
        "Notes": "Mind this.",
    }
    shown = float(told["Precision"].removeprefix("computed in float32, shown with an error of at most "))
    assert error <= shown <= error + 1e-4


def test_an_encoder_decoder_model_has_several_attentions():
    told = dict(facts_of([peek(encode(translation(4, 3)))]))
    assert told["Architecture"] == (
        "SmallModel, cross: 3 layers of 2 heads, encoder: 2 layers of 2 heads, decoder: 3 layers of 2 heads"
    )
    assert told["Tokens"] == "4 source, 3 target"


def test_of_a_model_that_reads_two_texts_both_are_counted():
    she = replace(exhibit(attention(2, 3, 5)), notes=("Mind this.", "And that."))
    he = replace(exhibit(attention(2, 3, 4)), notes=("Mind this.",))
    told, alone = (dict(facts_of([peek(encode(each)) for each in those])) for those in ([she, he], [she]))
    assert told["Tokens"] == "5 and 4"
    assert told["Notes"] == "Mind this. And that."
    assert {name for name in told if told[name] != alone[name]} <= {"Tokens", "Precision"}


def test_what_was_read_is_told():
    header = peek(encode(exhibit(attention(1, 1, 2), labels=("A", "cat"))))
    assert texts_of(figure(Text(text="A")), header) == [("Text", "A cat")]  # the model wrote on
    assert texts_of(figure(Text(text="A")), None) == [("Text", "A")]
    assert texts_of(figure(Text(text="A", pair="B")), None) == [("Text", "A"), ("Pair", "B")]
    said = (Message(role="user", content="Hello"), Message(role="assistant", content="Yes?"))
    assert texts_of(figure(Text(messages=said)), header) == [("User", "Hello"), ("Assistant", "Yes?")]
    assert texts_of(figure(Text(text="A")), peek(encode(translation()))) == [("Text", "a text"), ("Target", "ein Text")]


def test_of_a_comparison_both_texts_are_told():
    second = Subject("small", Model(source="x"), Text(text="B"))
    assert texts_of(figure(Text(text="A"), second=second, names=("she", "he")), None) == [
        ("she, text", "A"),
        ("he, text", "B"),
    ]
    other = Subject("other", Model(source="y"), Text(text="A"))
    assert texts_of(figure(Text(text="A"), second=other, names=("m", "n")), None) == [("Text", "A")]


def test_of_arrays_the_text_is_told_if_they_have_one():
    own = replace(figure(Text(text="A")), model=None, text=None)
    assert texts_of(own, peek(encode(exhibit(attention(1, 1, 1), labels=("A",))))) == [("Text", "A")]
    assert texts_of(own, peek(encode(replace(exhibit(attention(1, 1, 1)), text=None)))) == []
