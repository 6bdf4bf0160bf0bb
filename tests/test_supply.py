from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, neurons, translation
from safetensors.numpy import save_file

import attnviz_mkdocs.supply
from attnviz_mkdocs.codec import decode, decode_neurons, encode_neurons
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.neurons import digest_of
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.sources import Located, SourceError
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.supply import MissingError, Supply


def supply(folder, **options) -> Supply:
    return Supply(Project.from_options(folder.root, options))


def figures(folder) -> list:
    galleries = Project.from_options(folder.root, {}).load()
    assert not galleries.mistakes
    return list(galleries.figures())


def test_views_of_one_exhibit_are_captured_once_and_in_one_batch(folder, captured):
    folder.write(
        "gallery/more.yaml", (folder.root / "gallery/small.yaml").read_text().replace("The cat sat", "A dog ran", 1)
    )
    assert supply(folder).ensure(figures(folder)) == 2
    assert (captured.texts, captured.batches) == (["A dog ran", "The cat sat"], 1)


def test_what_is_in_the_store_is_not_captured_again(folder, captured):
    first = supply(folder)
    first.ensure(figures(folder))
    again = supply(folder, capture="never")
    assert again.ensure(figures(folder)) == 0
    assert again.get(figures(folder)[0]) == first.get(figures(folder)[0])
    assert len(captured.requests) == 1


NEURONS = """
  - id: neurons
    view: neuron
    model: tiny
    text: cat
"""


def test_a_neuron_view_needs_queries_and_keys_beside_the_exhibit_that_it_shares(folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    supply(folder).ensure(figures(folder))
    gallery.write_text(gallery.read_text() + NEURONS)
    build = supply(folder)
    assert [request.what for request in build.missing(figures(folder))] == ["neurons"]
    lines, _, neurons = [build.get(figure) for figure in figures(folder)]
    assert lines.neurons is None
    assert neurons.exhibit == lines.exhibit
    assert decode_neurons(neurons.neurons.data).tokens == digest_of(decode(neurons.exhibit.data).tokens)
    assert build.missing(figures(folder)) == []


def test_neurons_of_other_tokens_are_not_shown(folder, captured, monkeypatch):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + NEURONS)
    supply(folder).ensure(figures(folder))
    build = supply(folder)
    [*_, figure] = figures(folder)
    request = build.needed(figure).neurons
    _, other = neurons(tokens=3)
    build.store.write(request.key, encode_neurons(other))
    with pytest.raises(SpecError, match="belong to other tokens than the attention"):
        build.get(figure)


def test_own_arrays_need_no_model_and_are_encoded_once(folder, captured):
    weights = attention(tokens=3)
    save_file({"attention": weights}, folder.root / "own.safetensors")
    folder.write("gallery/own.yaml", "views:\n  - {id: own, arrays: own.safetensors, tokens: [a, b, c]}\n")
    own = next(figure for figure in figures(folder) if figure.arrays)
    build = supply(folder, capture="never")
    assert build.missing([own]) == []
    data = build.get(own).exhibit.data
    assert np.abs(decode(data).attention.weights() - weights).max() <= 0.002
    assert build.store.read(build.needed(own).exhibit.key) == data
    save_file({"attention": weights[:, :2]}, folder.root / "own.safetensors")
    assert decode(supply(folder).get(own).exhibit.data).attention.shape == (2, 2, 3, 3)
    assert not captured.requests


def test_arrays_that_are_not_there_or_not_right_are_told_where_they_were_named(folder, captured):
    folder.write("gallery/own.yaml", "views:\n  - {id: own, arrays: own.safetensors, tokens: [a, b]}\n")
    own = next(figure for figure in figures(folder) if figure.arrays)
    with pytest.raises(SpecError, match="gallery/own.yaml:2:23: .*own.safetensors"):
        supply(folder).get(own)
    save_file({"attention": attention(tokens=3)}, folder.root / "own.safetensors")
    with pytest.raises(SpecError, match="gallery/own.yaml:2:48: .*2 labels"):
        supply(folder).get(own)


COMPARED = """
  - id: texts
    model: tiny
    compare: [cat, both]
  - id: models
    text: cat
    compare: [tiny, other]
"""


@pytest.fixture
def compared(folder):
    """The gallery with a comparison of texts and one of models; the second model is another folder."""
    for file in (folder.root / "models/tiny").iterdir():
        folder.write(f"models/other/{file.name}", f"{file.read_text()} ")
    gallery = (folder.root / "gallery/small.yaml").read_text() + COMPARED
    folder.write("gallery/small.yaml", gallery.replace("texts:", "  other:\n    source: models/other\ntexts:", 1))
    return folder


def test_a_comparison_has_both_exhibits_and_shares_them_with_other_views(compared, captured):
    build = supply(compared)
    assert build.ensure(figures(compared)) == 3
    lines, _, texts, models = [build.get(figure) for figure in figures(compared)]
    assert lines.second is None
    assert texts.exhibit == models.exhibit == lines.exhibit
    assert decode(texts.second.data).text == "[CLS] The cat sat A cat sits [SEP]"
    assert (decode(models.second.data).text, models.second.key == lines.exhibit.key) == (
        "[CLS] The cat sat [SEP]",
        False,
    )
    assert texts.second_header.labels("key") == ["[CLS]", "The", "cat", "sat", "A", "cat", "sits", "[SEP]"]
    assert build.missing(figures(compared)) == []


def test_a_text_that_can_not_be_read_is_told_where_it_is_compared(compared, captured):
    captured.fails_on = "dog"
    texts = (compared.root / "gallery/small.yaml").read_text().replace("{text: The cat sat, pair", "{text: A dog, pair")
    compared.write("gallery/small.yaml", texts)
    *_, of_texts, _ = figures(compared)
    with pytest.raises(SpecError) as told:
        supply(compared).get(of_texts)
    assert str(told.value) == "gallery/small.yaml:24:20: tiny: the text is too much for the model"


def test_a_text_that_models_can_not_read_is_told_at_the_model_that_can_not(compared, captured, monkeypatch):
    def only_tiny(requests, **options):
        for request, made in captured(requests, **options):
            fails = request.model_name == "other"
            yield request, attnviz_mkdocs.capture.CaptureError("the text is too much") if fails else made

    monkeypatch.setattr(attnviz_mkdocs.capture, "capture", only_tiny)
    *_, of_models = figures(compared)
    with pytest.raises(SpecError) as told:
        supply(compared).get(of_models)
    assert str(told.value) == "gallery/small.yaml:27:21: other: the text is too much"


def test_a_model_that_is_not_there_is_told_where_it_was_declared(compared, captured):
    *_, of_texts, of_models = figures(compared)
    (compared.root / "models/other").rename(compared.root / "models/gone")
    build = supply(compared)
    with pytest.raises(SpecError, match=r"gallery/small.yaml:6:13: .*models/other"):
        build.get(of_models)
    assert build.get(of_texts).second
    page = "```attnviz small/lines\ncompare: [other, tiny]\n```"
    (figure,), _ = read_page(page, Project(compared.root).load(), "page.md")
    with pytest.raises(SpecError, match=r"gallery/small.yaml:6:13: .*models/other"):
        build.get(figure)


def test_what_the_second_of_a_comparison_lacks_is_a_mistake_only_where_nothing_is_near(compared, captured):
    gallery = (compared.root / "gallery/small.yaml").read_text()
    first = "compare: [both, cat]\n    query: 7"
    compared.write("gallery/small.yaml", gallery.replace("compare: [cat, both]", first))
    *_, of_texts, _ = figures(compared)
    assert supply(compared).get(of_texts).second  # "cat" has five tokens
    compared.write("gallery/small.yaml", gallery.replace("compare: [cat, both]", "compare: [cat, both]\n    query: 7"))
    *_, of_texts, _ = figures(compared)
    with pytest.raises(SpecError, match=r"small.yaml:25:12: query 7 is not in the text: it has 5 tokens"):
        supply(compared).get(of_texts)


def test_always_captures_again_once_a_build(folder, captured):
    supply(folder).ensure(figures(folder))
    again = supply(folder, capture="always")
    again.ensure(figures(folder))
    again.get(figures(folder)[0])
    assert len(captured.requests) == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "captures"),
    [
        ("gallery/small.yaml", "The cat sat", "The cat ran", True),
        ("gallery/small.yaml", "source: models/tiny", "source: models/tiny\n    dtype: float16", True),
        ("gallery/small.yaml", "A caption", "Another", False),
        ("gallery/small.yaml", "layer: 1", "layer: 0", False),
        ("models/tiny/model.safetensors", "weights", "Weights", True),
        ("models/tiny/tokenizer.json", "{}", "{ }", True),
    ],
)
def test_the_key_covers_what_changes_the_result_and_nothing_else(folder, captured, file, old, new, captures):
    supply(folder).ensure(figures(folder))
    path = folder.root / file
    path.write_text(path.read_text().replace(old, new))
    assert len(supply(folder).missing(figures(folder))) == captures


def test_never_tells_queries_and_keys_from_attention(folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + NEURONS)
    with pytest.raises(
        MissingError,
        match=r":9:5: tiny: The cat sat\n  gallery/small.yaml:20:5: tiny: The cat sat \(queries and keys\)\n",
    ):
        supply(folder, capture="never").ensure(figures(folder))


def test_never_fails_with_the_command(folder, captured):
    with pytest.raises(MissingError, match='(?s)tiny: The cat sat.*Run "attnviz capture"'):
        supply(folder, capture="never").ensure(figures(folder))
    assert not captured.requests


def test_a_store_without_the_model_is_enough(folder, captured):
    supply(folder).ensure(figures(folder))
    for file in (folder.root / "models/tiny").iterdir():
        file.unlink()
    assert supply(folder, capture="never").get(figures(folder)[0]).exhibit.data


def test_a_failure_is_told_at_the_view_and_keeps_no_other(folder, captured):
    folder.write(
        "gallery/more.yaml", (folder.root / "gallery/small.yaml").read_text().replace("The cat sat", "A dog ran", 1)
    )
    captured.fails_on = "dog"
    build = supply(folder)
    assert build.ensure(figures(folder)) == 1
    dog, _, cat, _ = figures(folder)
    assert build.get(cat).exhibit.data
    with pytest.raises(SpecError, match="gallery/more.yaml:6:8: tiny: the text is too much for the model"):
        build.get(dog)
    assert captured.batches == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("layer: 2", r"small.yaml:12:12: layer 2 is not in tiny: it has 2 layers, 0 to 1"),
        ("heads: [0, 3]", r"head 3 is not in tiny: it has 3 heads, 0 to 2"),
        ("query: 5", r"query 5 is not in the text: it has 5 tokens: 0 \[CLS\], 1 The, 2 cat, 3 sat, 4 \[SEP\]"),
        ("key: 9", r"key 9 is not in the text"),
        ("attention: cross", r"12:16: tiny is not an encoder-decoder model and has no cross attention; take"),
    ],
)
def test_what_the_exhibit_does_not_have_is_told_where_it_was_written(folder, captured, option, words):
    text = (folder.root / "gallery/small.yaml").read_text().replace("    layer: 1\n", f"    {option}\n", 1)
    if option.startswith("heads"):
        text = text.replace("    heads: [0, 2]\n", "", 1)
    folder.write("gallery/small.yaml", text)
    with pytest.raises(SpecError, match=words):
        supply(folder).get(figures(folder)[0])


@pytest.mark.parametrize(
    ("fence", "words"),
    [
        ("text: cat", r"page.md:2:7: query 5 is not in the text.*; \"query\" comes from small/long, so write another"),
        ("query: 4\ntext: cat", r"^page.md:3:7: layer 2 is not in tiny.*; \"layer\" comes from small/long[^\n]*$"),
        ("query: 4", r"^gallery/small.yaml:20:13: layer 2 is not in tiny: it has 2 layers, 0 to 1$"),
    ],
)
def test_what_fits_the_view_but_not_what_the_fence_shows_is_told_in_the_fence(folder, captured, fence, words):
    view = "  - {id: long, model: tiny, text: both,\n     layer: 2, query: 5}\n"
    gallery = (folder.root / "gallery/small.yaml").read_text() + view
    folder.write("gallery/small.yaml", gallery)
    (figure,), _ = read_page(f"```attnviz small/long\n{fence}\n```", Project(folder.root).load(), "page.md")
    with pytest.raises(SpecError, match=words):
        supply(folder).get(figure)


@pytest.mark.parametrize("key", ["text: a cat", "messages: [{role: user, content: cat}]", "generate: 2", "target: mat"])
def test_what_a_model_can_not_read_is_told_at_the_fences_own_key(folder, captured, key):
    captured.fails_on = "cat"
    (figure,), _ = read_page(f"```attnviz small/lines\n{key}\n```", Project(folder.root).load(), "page.md")
    with pytest.raises(SpecError, match=r"page.md:2:\d+: tiny: the text is too much"):
        supply(folder).get(figure)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("layer: 2", "layer 2 is not in the cross attention of own: it has 2 layers"),
        ("attention: encoder, layer: 2", None),
        ("attention: encoder, heads: 2", "head 2 is not in the encoder attention of own: it has 2 heads"),
        ("query: 3", "query 3 is not in the target: it has 3 tokens"),
        ("key: 4", "key 4 is not in the source: it has 4 tokens"),
        ("attention: decoder", "own has no decoder attention; it has: cross, encoder"),
        ("filter: a-b", 'filter "a-b" shows a part of a pair, but own has no pair; take the filter out'),
    ],
)
def test_what_arrays_do_not_have_is_told(folder, captured, option, words):
    made = translation(source=4, target=3, layers=(3, 2))
    tensors = {f"{name}.attention": made.attentions[name].track.weights() * 0.9 for name in ("cross", "encoder")}
    save_file(tensors, folder.root / "own.safetensors")
    tokens = "tokens: {query: [a, b, c], key: [A, B, C, D]}"
    folder.write("gallery/own.yaml", f"views:\n  - {{id: own, arrays: own.safetensors, {tokens}, {option}}}\n")
    own = next(figure for figure in figures(folder) if figure.arrays)
    if words is None:
        assert supply(folder).get(own)
        return
    with pytest.raises(SpecError, match=words):
        supply(folder).get(own)


class Hub:
    """A stand-in for the hub's local cache: one model, fetched or not."""

    def __init__(self, folder, *, cached: bool) -> None:
        self.files = (folder.root / "models/tiny/config.json",)
        self.cached = cached
        self.fetched = 0

    def locate(self, model, root, *, download):
        if not self.cached:
            if not download:
                raise SourceError("it is not in the cache")
            self.fetched += 1
            self.cached = True
        return Located(self.files[0].parent, None, self.files, "org/tiny", "c0ffee" * 6 + "beef")


def test_a_hub_model_that_is_not_pinned_is_told_once_with_the_commit(folder, captured, monkeypatch, caplog):
    monkeypatch.setattr("attnviz_mkdocs.plan.locate", Hub(folder, cached=True).locate)
    supply(folder).ensure(figures(folder))
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("gallery/small.yaml:4:13: ")
    assert f"revision: {'c0ffee' * 6}beef" in warning


def test_a_hub_model_is_fetched_only_where_the_store_does_not_know_it(folder, captured, monkeypatch):
    hub = Hub(folder, cached=False)
    monkeypatch.setattr("attnviz_mkdocs.plan.locate", hub.locate)
    supply(folder).ensure(figures(folder))
    assert hub.fetched == 1
    hub.cached = False
    assert supply(folder).get(figures(folder)[0]).exhibit.data
    assert hub.fetched == 1


def test_a_damaged_exhibit_is_captured_again_or_refused(folder, captured):
    supply(folder).ensure(figures(folder))
    (file,) = (folder.root / "gallery/store/exhibits").rglob("*.gz")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(SpecError, match="damaged"):
        supply(folder, capture="never").get(figures(folder)[0])
    assert supply(folder).get(figures(folder)[0]).exhibit.data
    assert len(captured.requests) == 2


def test_a_damaged_exhibit_that_can_not_be_captured_again_is_told(folder, captured):
    supply(folder).ensure(figures(folder))
    (file,) = (folder.root / "gallery/store/exhibits").rglob("*.gz")
    file.write_bytes(b"damaged")
    captured.fails_on = "cat"
    with pytest.raises(SpecError, match="too much for the model"):
        supply(folder).get(figures(folder)[0])


@pytest.mark.parametrize(
    ("needed", "told"),
    [
        (("json", "no_torch"), "because no_torch is not installed"),
        (("no_torch", "no_models"), "because no_torch and no_models are not installed"),
    ],
)
def test_without_torch_the_view_says_what_to_install(folder, captured, monkeypatch, needed, told):
    monkeypatch.setattr(attnviz_mkdocs.supply, "_NEEDED", needed)
    build = supply(folder)
    assert build.ensure(figures(folder)) == 0
    with pytest.raises(SpecError, match=rf'{told}; .*pip install "attnviz-mkdocs\[capture\]"'):
        build.get(figures(folder)[0])
    assert not captured.requests


def test_a_build_from_a_full_store_imports_no_torch(folder, captured):
    supply(folder).ensure(figures(folder))
    program = (
        "import sys; from mkdocs.config import load_config; from mkdocs.commands.build import build;"
        "build(load_config('mkdocs.yml'));"
        "print([name for name in ('torch', 'transformers', 'tqdm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder.root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "<attn-view" in (folder.root / "site/index.html").read_text()


def of_layers(folder, view: str):
    gallery = (folder.root / "gallery/small.yaml").read_text()
    folder.write("gallery/small.yaml", gallery + f"  - {{id: cut, model: tiny, {view}}}\n")
    return list(figures(folder))[-1]


@pytest.mark.parametrize("view", ["text: cat", "text: cat, view: neuron", "compare: [cat, both]"])
def test_a_view_carries_only_the_layers_that_it_names(folder, captured, view):
    figure = of_layers(folder, f"{view}, layers: 1, layer: 1")
    build = supply(folder)
    whole, cut = build.get(replace(figure, layers=None)), build.get(figure)
    assert cut.header.layers() == [1]
    for part in (name for name in ("exhibit", "second", "neurons") if getattr(cut, name)):
        one, all_of_it = getattr(cut, part), getattr(whole, part)
        assert one.key != all_of_it.key
        if part == "neurons":
            decoded = decode_neurons(one.data).attentions["self"].queries
            np.testing.assert_array_equal(decoded, decode_neurons(all_of_it.data).attentions["self"].queries[1:])
        else:
            np.testing.assert_array_equal(
                decode(one.data).attention.weights(), decode(all_of_it.data).attention.weights()[1:]
            )
    # Nothing is captured or kept for it: the store has whole exhibits.
    assert build.missing([figure]) == []
    assert one.key not in build.store


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("text: cat, layers: [0, 2]", r"small.yaml:19:47: layer 2 is not in tiny: it has 2 layers, 0 to 1"),
        ("compare: [cat, both], layers: [0, 5]", r"layer 5 is not in tiny"),
    ],
)
def test_layers_that_the_model_lacks_are_told(folder, captured, view, words):
    with pytest.raises(SpecError, match=words) as told:
        supply(folder).get(of_layers(folder, view))
    assert len(told.value.mistakes) == 1


def test_a_fence_takes_over_the_layers_of_the_view_that_it_names(folder, captured):
    of_layers(folder, "text: cat, layers: 1")
    galleries = Project(folder.root).load()
    page = "```attnviz small/cut\n```\n\n```attnviz small/cut\nlayers: [0, 1]\n```\n"
    (same, other), mistakes = read_page(page, galleries, "page.md")
    assert (mistakes, same.layers, other.layers) == ([], (1,), (0, 1))


def test_layers_of_arrays_are_cut_too(folder, captured):
    save_file({"attention": attention(tokens=3)}, folder.root / "own.safetensors")
    (figure,), _ = read_page(
        "```attnviz\narrays: own.safetensors\ntokens: [a, b, c]\nlayers: 0\n```", Project(folder.root).load(), "page.md"
    )
    assert supply(folder).get(figure).header.layers() == [0]


def test_an_attention_that_would_have_no_layer_left_is_told(folder, captured):
    made = translation(source=4, target=3, layers=(3, 2))
    save_file(
        {f"{name}.attention": made.attentions[name].track.weights() for name in ("cross", "encoder")},
        folder.root / "own.safetensors",
    )
    fence = "```attnviz\narrays: own.safetensors\ntokens: {query: [a, b, c], key: [A, B, C, D]}\nlayers: 2\n```"
    (figure,), _ = read_page(fence, Project(folder.root).load(), "page.md")
    with pytest.raises(
        SpecError, match="page.md:4:9: none of these layers is in the cross attention of own: it has 2 layers"
    ):
        supply(folder).get(figure)
