from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from attnviz_mkdocs.cli import main


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    return lambda *words: CliRunner().invoke(main, words)


def test_check_is_quiet_about_what_is_right(run, captured):
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no mistakes" in result.stderr
    assert not captured.requests


def test_check_tells_all_mistakes_of_galleries_and_pages(run, folder):
    folder.write("gallery/small.yaml", (folder.root / "gallery/small.yaml").read_text().replace("layer: 1", "layr: -1"))
    folder.write("gallery/other.yaml", "models: {m: {source: ''}}\n")
    folder.write("docs/page.md", "text\n\n```attnviz\ntext: A\nview: hed\n```\n")
    result = run("check")
    assert result.exit_code == 1
    for place in ("gallery/small.yaml:12:5:", "gallery/other.yaml:1:", "docs/page.md:5:7:"):
        assert place in result.stderr


def test_a_site_in_a_folder_is_told_of_by_the_same_paths(run, folder):
    """As for a hook at the top of a repository that holds the site."""
    folder.write("deep/mkdocs.yml", "site_name: Small\nplugins: [attnviz]\n")
    folder.write("deep/gallery/other.yaml", "models: {m: {source: ''}}\n")
    folder.write("deep/docs/page.md", "```attnviz\ntext: A\nview: hed\n```\n")
    folder.write("deep/docs/prose.md", "A [link](attn:nothing).\n")
    result = run("-f", "deep/mkdocs.yml", "check")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[:-1]] == [
        *["docs/page.md"] * 2,
        "docs/prose.md",
        "gallery/other.yaml",
    ]


def test_check_knows_the_option_of_pages_and_parts_of_galleries(run, folder):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {pages: gallery}}]\n")
    folder.write("docs/page.md", "```attnviz\ngallery: small\n```\n\n```attnviz\ngallery: smal\n```\n")
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr.startswith('docs/page.md:6:10: unknown gallery or tag "smal"; did you mean "small"?')


def test_check_reads_arrays_because_they_need_no_model(run, folder, captured):
    save_file({"attention": np.full((1, 1, 2, 2), 0.9, "f4")}, folder.root / "own.safetensors")
    folder.write("docs/page.md", "```attnviz\narrays: own.safetensors\ntokens: [a, b]\n```\n")
    result = run("check")
    assert result.exit_code == 1
    assert 'docs/page.md:2:9: the weights in "attention" sum to 1.8' in result.stderr
    assert not captured.requests


def test_status_tells_queries_and_keys_from_attention(run, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: neurons, view: neuron, model: tiny, text: cat}\n")
    run("capture")
    attention, neurons = run("status").stdout.splitlines()
    assert attention.endswith("tiny: The cat sat")
    assert neurons.endswith("tiny: The cat sat (queries and keys)")
    sizes = [row["bytes"] for row in json.loads(run("status", "--json").stdout)]
    assert [line.split()[1] for line in (attention, neurons)] == [f"{size:,}" for size in sizes]
    assert max(sizes) >= 1000  # so that there is a comma to see


def test_capture_fills_the_store_and_status_tells(run, captured):
    before = json.loads(run("status", "--json").stdout)
    assert [row["state"] for row in before] == ["missing"]
    result = run("capture")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 exhibit captured" in result.stderr
    (row,) = json.loads(run("status", "--json").stdout)
    assert row["state"] == "present"
    assert row["bytes"] > 0
    assert "0 exhibits captured" in run("capture").stderr
    assert "1 exhibit captured" in run("capture", "--again").stderr
    assert len(captured.requests) == 2


def test_a_changed_model_makes_an_exhibit_stale(run, folder, captured):
    run("capture")
    folder.write("models/tiny/model.safetensors", "other weights")
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: neurons, view: neuron, model: tiny, text: both}\n")
    rows = json.loads(run("status", "--json").stdout)
    assert [(row["what"], row["text"], row["state"]) for row in rows] == [
        ("attention", "The cat sat", "stale"),
        ("attention", "The cat sat", "missing"),
        ("neurons", "The cat sat", "missing"),
        ("attention", "[CLS] The cat sat [SEP]", "unused"),
    ]


def test_capture_tells_what_failed(run, captured):
    captured.fails_on = "cat"
    result = run("capture")
    assert result.exit_code == 1
    assert "too much for the model" in result.stderr


def test_export_writes_what_others_read(run, folder, captured):
    for ending in ("safetensors", "json", "html"):
        assert run("export", "small/lines", "-o", f"out.{ending}").exit_code == 0
    attention = load_file(folder.root / "out.safetensors")["attention"]
    assert attention.shape == (2, 3, 5, 5)
    assert np.abs(attention.sum(-1) - 1).max() < 0.02
    as_text = json.loads((folder.root / "out.json").read_text())
    assert np.allclose(as_text["attentions"]["self"]["weights"], attention, atol=1e-6)
    assert [token["label"] for token in as_text["tokens"]["text"]] == ["[CLS]", "The", "cat", "sat", "[SEP]"]
    assert "<attn-view" in (folder.root / "out.html").read_text()


def test_export_of_a_neuron_view_writes_queries_and_keys_that_give_the_attention(run, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: neurons, view: neuron, model: tiny, text: cat}\n")
    for ending in ("safetensors", "json", "html"):
        assert run("export", "small/neurons", "-o", f"out.{ending}").exit_code == 0
    tensors = load_file(folder.root / "out.safetensors")
    scores = tensors["queries"].astype(float) @ tensors["keys"].astype(float).swapaxes(-1, -2)
    weights = np.exp(scores * tensors["scale"][:, None, None, None])
    weights /= weights.sum(-1, keepdims=True)
    assert np.abs(weights - tensors["attention"]).max() <= 0.0025
    as_text = json.loads((folder.root / "out.json").read_text())["attentions"]["self"]
    for part in ("queries", "keys", "scale"):
        np.testing.assert_allclose(as_text[part], tensors[part], rtol=1e-5)
    assert " data-neurons-key=" in (folder.root / "out.html").read_text()


def test_export_of_a_comparison_writes_both(run, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: two, model: tiny, compare: [cat, both]}\n")
    for view, ending in (("two", "safetensors"), ("two", "json"), ("two", "html"), ("lines", "safetensors")):
        assert run("export", f"small/{view}", "-o", f"{view}.{ending}").exit_code == 0
    tensors = load_file(folder.root / "two.safetensors")
    assert tensors.keys() == {"first.attention", "second.attention"}
    np.testing.assert_array_equal(tensors["first.attention"], load_file(folder.root / "lines.safetensors")["attention"])
    assert tensors["second.attention"].shape == (2, 3, 8, 8)
    as_text = json.loads((folder.root / "two.json").read_text())
    assert (as_text.keys(), as_text["names"]) == ({"names", "first", "second"}, ["cat", "both"])
    for side in ("first", "second"):
        np.testing.assert_allclose(
            as_text[side]["attentions"]["self"]["weights"], tensors[f"{side}.attention"], atol=1e-6
        )
    with safe_open(folder.root / "two.safetensors", "np") as file:
        about = json.loads(file.metadata()["attnviz"])
    assert about["second"]["tokens"] == as_text["second"]["tokens"]
    page = (folder.root / "two.html").read_text()
    assert all(f" data-{name}=" in page for name in ("exhibit", "second", "second-key", "names"))


def test_numbers_of_a_comparison_are_no_arrays(run, folder, captured):
    gallery = folder.root / "gallery/small.yaml"
    gallery.write_text(gallery.read_text() + "  - {id: two, model: tiny, compare: [cat, both]}\n")
    run("export", "small/two", "-o", "two.safetensors")
    folder.write("docs/page.md", "```attnviz\narrays: two.safetensors\n```\n")
    assert "docs/page.md:2:9: the file holds the numbers of a comparison" in run("check").stderr


def test_status_and_capture_know_both_of_a_comparison(run, folder, captured):
    folder.write("docs/page.md", "```attnviz\nmodel: tiny\ncompare: [She asked, He asked]\n```\n")
    assert "3 exhibits captured, 3 in the store" in run("capture").stderr
    assert [row["text"] for row in json.loads(run("status", "--json").stdout)] == [
        "The cat sat",
        "She asked",
        "He asked",
    ]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("export", "small/lines", "-o", "out.doc"), 2, "expected a file ending in .html"),
        (("export", "small/lins", "-o", "out.html"), 1, 'did you mean "small/lines"?'),
        (("export", "small/lines"), 2, "--output"),
        (
            ("export", "small/lines", "-o", "nowhere/out.json"),
            1,
            "nowhere/out.json can't be written: there is no folder nowhere",
        ),
        (("export", "small/lines", "-o", "x.json", "--theme", "dark"), 2, "are for .svg, .png, .webp"),
        (("export", "small/lines", "-o", "x.svg", "--scale", "2"), 2, "an .svg has no pixels"),
        (("export", "small/lines", "-o", "x.png", "--scale", "nan"), 2, "nan is no number"),
        (("-f", "nowhere.yml", "check"), 2, "nowhere.yml does not exist"),
        (("chek",), 2, "No such command"),
    ],
)
def test_wrong_words_are_told(run, captured, words, status, message):
    result = run(*words)
    assert (result.exit_code, message in result.stderr) == (status, True), result.stderr


def test_a_theme_that_is_not_installed_keeps_nobody_from_capturing(run, folder, captured):
    folder.write(
        "mkdocs.yml",
        """\
        site_name: Small
        theme: {name: not_installed, x: !!python/name:not.installed.thing , y: !ENV [NOT_SET, fallback]}
        plugins: [not_installed, {attnviz: {store: elsewhere}}]
        """,
    )
    assert run("capture").exit_code == 0
    assert list((folder.root / "elsewhere/exhibits").rglob("*.gz"))


def test_an_option_that_is_wrong_is_told(run, folder):
    folder.write("mkdocs.yml", "site_name: Small\nplugins: {attnviz: {capture: often}}\n")
    result = run("check")
    assert result.exit_code == 1
    words = "plugins: attnviz: capture: expected one of auto, never, always, found 'often'"
    assert result.stderr == f"mkdocs.yml:2:30: {words}\n"


@pytest.mark.parametrize(
    ("mkdocs", "words"),
    [
        ("- a list\n", "expected lines of the form"),
        ("site_name: [\n", "mkdocs.yml:2:1: expected the node content"),
        ("plugins: [{attnviz: {galleries: nowhere}}]\n", "there is no gallery file at 'nowhere'"),
        ("plugins: 3\n", "plugins: expected a list, found 3"),
        ("plugins: [{attnviz: yes please}]\n", "expected options such as"),
    ],
)
def test_a_broken_mkdocs_yml_is_told(run, folder, mkdocs, words):
    folder.write("mkdocs.yml", mkdocs)
    result = run("status")
    assert (result.exit_code, words in result.stderr) == (1, True), result.stderr or result.exception


def test_the_schema_is_json(run):
    assert json.loads(run("schema").stdout)["$schema"]


def test_export_writes_a_picture(run, folder, captured):
    result = run("export", "small/lines", "-o", "x.svg")
    assert result.exit_code == 0, result.stderr
    root = ET.parse(folder.root / "x.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"cat", "sat"} <= {node.text for node in root.iter()}
    assert "<picture>" in run_html(run, folder)


@pytest.mark.parametrize(
    ("words", "width"), [((), 1440), (("--width", "400"), 800), (("--width", "400", "--scale", "1"), 400)]
)
def test_export_writes_pixels(run, folder, captured, words, width):
    for theme, ground in (("light", (255, 255, 255)), ("dark", (0x1E, 0x20, 0x29))):
        assert run("export", "small/lines", "-o", "x.png", "--theme", theme, *words).exit_code == 0
        with Image.open(folder.root / "x.png") as image:
            assert image.width == width
            assert image.convert("RGB").getpixel((0, 0)) == ground
            assert len(image.getcolors(1 << 24)) > 10


def test_export_writes_a_walk_through_the_tokens(run, folder, captured):
    assert run("export", "small/lines", "-o", "x.webp", "--width", "400", "--scale", "1").exit_code == 0
    with Image.open(folder.root / "x.webp") as image:
        assert (image.n_frames, image.width, image.info["loop"]) == (6, 400, 0)
        durations, frames = [], set()
        for frame in range(image.n_frames):
            image.seek(frame)
            frames.add(image.convert("RGB").tobytes())
            durations.append(image.info["duration"])
    assert durations == [2000, 1000, 1000, 1000, 1000, 1000]
    assert len(frames) == 6


def test_export_of_a_picture_has_a_theme_and_a_width(run, folder, captured):
    run("export", "small/lines", "-o", "x.svg")
    both = (folder.root / "x.svg").read_text()
    run("export", "small/lines", "-o", "x.svg", "--theme", "dark", "--width", "350")
    dark = (folder.root / "x.svg").read_text()
    assert ("prefers-color-scheme" in both, "prefers-color-scheme" in dark) == (True, False)
    assert ET.fromstring(dark).get("width") == "350"


def run_html(run, folder) -> str:
    assert run("export", "small/lines", "-o", "x.html").exit_code == 0
    return (folder.root / "x.html").read_text()


@pytest.fixture
def many(folder):
    """Thirty texts of one model."""
    lines = [f"  t{index}: {'word ' * (5 + 7 * index)}\n" for index in range(30)]
    views = [f"  - {{id: v{index}, model: tiny, text: t{index}}}\n" for index in range(30)]
    head = "models:\n  tiny: {source: models/tiny}\ntexts:\n"
    folder.write("gallery/small.yaml", "".join([head, *lines, "views:\n", *views]))
    folder.write("docs/index.md", "# None\n")
    return folder


def test_shards_capture_all_and_nothing_twice_whatever_is_there_before(run, many, captured):
    for number in (3, 1, 4, 2, 3):
        result = run("capture", "--shard", f"{number}/4")
        assert result.exit_code == 0, result.stderr
        assert "to mend" not in result.stderr
    assert sorted(captured.texts) == sorted({request.text.shown for request in captured.requests})
    assert len(captured.texts) == 30
    assert {row["state"] for row in json.loads(run("status", "--json").stdout)} == {"present"}


def test_a_shard_tells_what_failed_of_its_own(run, many, captured):
    captured.fails_on = "word"
    told = [run("capture", "--shard", f"{number}/3") for number in (1, 2, 3)]
    assert [result.exit_code for result in told] == [1, 1, 1]
    assert sum(result.stderr.count("too much for the model") for result in told) == 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--shard", "5/4"), "shards are counted from 1: expected 1/4 to 4/4, found 5/4 (a job array's numbers: 1-4)"),
        (("--shard", "0/4"), "shards are counted from 1"),
        (("--shard", "1/0"), "expected at least one shard, as in 1/1"),
        (("--shard", "one"), "expected I/N, such as 1/4, found 'one'"),
        (("--shard", f"1/{'9' * 5000}"), "expected I/N, such as 1/4, found '1/9999"),
        (("--shard", "-1/4"), "expected I/N"),
        (("--shard", "1/4/2"), "expected I/N"),
        (("--workers", "2"), "expected --engine ray"),
        (("--address", "auto"), "expected --engine ray"),
        (("--engine", "ray", "--workers", "0"), "0 is not in the range"),
        (("--engine", "dask"), "'dask' is not one of 'local', 'ray'"),
    ],
)
def test_wrong_ways_to_spread_are_told(run, captured, words, message):
    result = run("capture", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_device_that_is_not_there_is_told_once_and_of_no_text(run, folder, caplog):
    folder.write("docs/more.md", "```attnviz\nmodel: tiny\ntext: Another\n```\n")
    result = run("capture", "--device", "cuda:99")
    assert result.exit_code == 1
    assert "nothing can be captured" in result.stderr
    (told,) = (line for line in result.stderr.splitlines() if 'there is no device "cuda:99"' in line)
    assert not told.startswith(("docs/", "gallery/"))
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {device: 'cuda:99'}}]\n")
    with pytest.raises(Abort):
        build(load_config(str(folder.root / "mkdocs.yml")))
    assert caplog.text.count('there is no device "cuda:99"') == 1
