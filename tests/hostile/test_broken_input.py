"""Galleries, fences and arrays that are broken: each is told with its place and a mend, and no view is lost for it."""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path

import markdown
import numpy as np
import pytest
from builders import attention, exhibit
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import damaged, mutated
from ruamel.yaml import YAML
from safetensors.numpy import save

from attnviz_mkdocs.arrays import ArraysError, read_arrays
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.codec import decode, encode
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.render.numbers import as_safetensors
from attnviz_mkdocs.spec import Arrays, load_galleries

CASES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("broken.yaml").read_text("utf-8"))
GALLERIES = [case for case in CASES if "gallery" in case]
PAGES = [case for case in CASES if "page" in case]
GOOD = """\
models: {tiny: {source: models/tiny}}
texts: {cat: The cat sat, both: {text: The cat sat, pair: A cat sits}}
views: [{id: v, model: tiny, text: cat}]
"""
MARKS = "~" * 9


def names(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["case"])


def write(root: Path, name: str, content: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    return file


def convert(root: Path, page: str) -> str:
    options = {"root": str(root), "capture": "never"}
    return markdown.markdown(page, extensions=["attnviz"], extension_configs={"attnviz": options})


def shown(html: str) -> int:
    """How many fences have a view or a panel in their place."""
    return html.count("<attn-view ") + html.count('class="attnviz-error"')


@names(GALLERIES)
def test_a_broken_gallery_is_told_in_these_words(case, tmp_path):
    file = write(tmp_path, "g.yaml", case["gallery"])
    told = load_galleries([file], tmp_path).mistakes
    assert [str(mistake) for mistake in told] == [f"g.yaml:{words}" for words in case["mistakes"]]


@names(PAGES)
def test_a_broken_fence_is_told_in_these_words_and_has_a_panel(case, tmp_path):
    galleries = load_galleries([write(tmp_path, "gallery/g.yaml", GOOD)], tmp_path)
    figures, mistakes = read_page(case["page"], galleries, "p.md")
    assert not figures
    assert [str(mistake) for mistake in mistakes] == [f"p.md:{words}" for words in case["mistakes"]]
    html = convert(tmp_path, case["page"])
    assert shown(html) == 1
    assert "\0" not in html


def test_check_tells_them_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "mkdocs.yml", "site_name: A\nplugins: [attnviz]\n")
    write(tmp_path, "gallery/g.yaml", GOOD)
    for number, case in enumerate(GALLERIES):
        write(tmp_path, f"gallery/bad-{number}.yaml", case["gallery"])
    for number, case in enumerate(PAGES):
        write(tmp_path, f"docs/bad-{number}.md", case["page"])
    said = CliRunner().invoke(main, ["check"])
    assert (said.exit_code, type(said.exception)) == (1, SystemExit)
    lines = said.stderr.splitlines()
    for cases, form in ((GALLERIES, "gallery/bad-{}.yaml:"), (PAGES, "docs/bad-{}.md:")):
        for number, case in enumerate(cases):
            # A model that is not there is told of all galleries that are.
            for words in case["mistakes"]:
                start = form.format(number) + words.split(" Galleries declare")[0].split("; did you mean")[0]
                assert any(line.startswith(start) for line in lines), start
    assert lines[-1] == f"{len(lines) - 1} mistakes to mend"


UNREADABLE = {
    "bytes of another encoding": lambda root: (root / "docs/x.md").write_bytes(b"caf\xe9\n"),
    "a link to nowhere": lambda root: (root / "docs/x.md").symlink_to("nowhere"),
    "a link to itself": lambda root: (root / "docs/x.md").symlink_to("x.md"),
    "a gallery of another encoding": lambda root: (root / "gallery/x.yaml").write_bytes(b"title: caf\xe9\n"),
    "a gallery that is a link to nowhere": lambda root: (root / "gallery/x.yaml").symlink_to("nowhere"),
    "a gallery that is a folder": lambda root: (root / "gallery/x.yaml").mkdir(),
}
OPTIONS = {
    "galleries: 3": "galleries: expected a folder",
    "galleries: [3]": "galleries: expected a folder",
    "galleries: /nowhere/*.yaml": "can't be looked up",
    "galleries: '**x'": "can't be looked up",
    'galleries: "a\\0b"': "there is no gallery file at",
    "galleries: nowhere": "there is no gallery file at",
    'store: "a\\0b"': "store: expected text without control characters",
    "store: [a]": "store: expected text",
    "capture: [a]": "capture: expected one of",
    "capture: 3": "capture: expected one of",
    "delivery: {}": "delivery: expected one of",
    "device: 3": "device: expected text",
    "3: a": "unknown option 3",
    "3": "expected options such as store: gallery/store",
    "{store: " + "[" * 3000 + "]" * 3000 + "}": "nested too deep",
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "mkdocs.yml", "site_name: A\nplugins: [attnviz]\n")
    write(tmp_path, "gallery/g.yaml", GOOD)
    write(tmp_path, "docs/index.md", "```attnviz g/v\n```\n")
    return tmp_path


@pytest.mark.parametrize("command", [["check"], ["status"]])
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_can_t_be_read_is_told_with_its_name(small, what, command):
    UNREADABLE[what](small)
    said = CliRunner().invoke(main, command)
    assert (said.exit_code, type(said.exception)) == (1, SystemExit)
    assert re.search(r"^(docs|gallery)/x\.\w+:1:\d+: .+; (save|expected) ", said.stderr, re.MULTILINE)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_can_t_be_is_told_with_its_name(small, option):
    content = option if option.startswith("{") or option == "3" else f"{{{option}}}"
    write(small, "mkdocs.yml", f"plugins: [{{attnviz: {content}}}]\n")
    said = CliRunner().invoke(main, ["check"])
    assert (said.exit_code, type(said.exception)) == (1, SystemExit)
    assert re.match(r"mkdocs\.yml:(1:\d+:)? ", said.stderr)
    assert OPTIONS[option] in said.stderr


def test_a_folder_named_like_a_page_is_none(small):
    (small / "docs/x.md").mkdir()
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


GALLERY = {
    "title": 'Who is "she"?',
    "description": "Coreference.",
    "models": {"tiny": {"source": "models/tiny", "revision": "abc", "dtype": "float32"}, "other": {"source": "a/b"}},
    "texts": {
        "cat": "The cat sat",
        "both": {"text": "The cat sat", "pair": "A cat sits"},
        "chat": {"messages": [{"role": "user", "content": "Hello"}], "generate": 3, "seed": 0},
    },
    "views": [
        {"id": "a", "view": "head", "model": "tiny", "text": "cat", "layer": 1, "heads": [0, 2], "caption": "A"},
        {"id": "b", "model": "tiny", "text": "both", "filter": "a-b", "query": 1, "key": [1, 2], "link": "x"},
        {"id": "c", "model": "tiny", "compare": ["cat", "both"], "comparison": "difference", "mass": 0.5},
        {"id": "d", "arrays": "x.safetensors", "tokens": {"query": ["a"], "key": ["b", "c"]}},
        {"id": "e", "view": "neuron", "model": "tiny", "text": "cat", "steps": [{"caption": "A", "view": "matrix"}]},
    ],
}
FENCES = [view | {"text": "The cat sat"} if "text" in view else view for view in GALLERY["views"]]
#: What slips into a file when it is written or copied by hand.
SLIPS = (
    "\t",
    " ",
    "\n",
    ":",
    "- ",
    "#",
    '"',
    "'",
    "{",
    "]",
    "&a ",
    "*a",
    "|",
    ">",
    "%",
    "@",
    "\u00a0",
    "\u2028",
    "\ufeff",
)


@st.composite
def written(draw, tree) -> str:
    """A tree as people write it, in blocks or in brackets, with slips of the hand."""
    changed = draw(mutated(tree))
    if draw(st.booleans()):
        lines = io.StringIO()
        YAML(typ="safe", pure=True).dump(changed, lines)
        text = lines.getvalue()
    else:
        text = json.dumps(changed, indent=draw(st.sampled_from([None, 1, 4])), ensure_ascii=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 3))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["slip", "indent", "outdent", "lose", "double"])):
            case "slip":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + draw(st.sampled_from(SLIPS)) + lines[at][place:]
            case "indent":
                lines[at] = " " + lines[at]
            case "outdent":
                lines[at] = lines[at].removeprefix(" ")
            case "lose":
                del lines[at]
            case _:
                lines.insert(at, lines[at])
        text = "\n".join(lines)
    return text


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("site")
    write(root, "gallery/g.yaml", GOOD)
    return root


def check_mistakes(mistakes, text: str, file: str) -> None:
    lines = re.split("\r\n|[\r\n]", text)
    for mistake in mistakes:
        assert mistake.place.file == file
        assert 1 <= mistake.place.line <= len(lines)
        assert 1 <= mistake.place.column <= len(lines[mistake.place.line - 1]) + 1
        assert str(mistake).isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", str(mistake))
        assert len(mistake.message) < 2000


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(text=written(GALLERY))
def test_any_gallery_is_read_or_told_what_is_wrong(text):
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder), "g.yaml", text)
        galleries = load_galleries([file], Path(folder))
    check_mistakes(galleries.mistakes, text, "g.yaml")
    assert bool(galleries.mistakes) == ("g" not in galleries)
    assert not galleries.mistakes or not list(galleries.figures())


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.sampled_from(FENCES).flatmap(written), min_size=1, max_size=3))
def test_each_fence_of_any_page_has_a_view_or_a_panel(root, bodies):
    page = "\n\n".join(f"{MARKS}attnviz\n{body}\n{MARKS}" for body in bodies)
    galleries = load_galleries([root / "gallery/g.yaml"], root)
    figures, mistakes = read_page(page, galleries, "p.md")
    check_mistakes(mistakes, page, "p.md")
    starts = [0]
    for body in bodies:
        starts.append(starts[-1] + body.count("\n") + 4)
    told = {sum(start < mistake.place.line for start in starts) for mistake in mistakes}
    assert len(figures) + len(told) == len(bodies)
    assert shown(convert(root, page)) == len(bodies)


def parts_of(content: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def file_of(header: dict, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


OWN = save({"attention": attention(), "masked": np.zeros((5, 5), np.uint8)}, {"tokens": json.dumps(list("abcde"))})
EXPORTED = as_safetensors(exhibit(attention()))


def read_or_refuse(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")
        path.write_bytes(content)
        try:
            made = read_arrays(path, Arrays("m.safetensors"))
        except ArraysError:
            return
    # What was read can be stored, and read again.
    assert decode(encode(made)).tokens == made.tokens


@settings(max_examples=200)
@given(content=st.sampled_from([OWN, EXPORTED]).flatmap(damaged))
def test_damaged_arrays_are_read_or_told_what_is_wrong(content):
    read_or_refuse(content)


@settings(max_examples=300)
@given(data=st.data(), content=st.sampled_from([OWN, EXPORTED]))
def test_arrays_with_a_changed_header_are_read_or_told_what_is_wrong(data, content):
    header, body = parts_of(content)
    read_or_refuse(file_of(data.draw(mutated(header)), body))


@settings(max_examples=300)
@given(data=st.data(), content=st.sampled_from([OWN, EXPORTED]))
def test_arrays_that_say_something_else_are_read_or_told_what_is_wrong(data, content):
    header, body = parts_of(content)
    about = {name: json.loads(value) for name, value in header["__metadata__"].items()}
    changed = data.draw(mutated(about))
    header["__metadata__"] = {str(name): json.dumps(value) for name, value in changed.items()}
    read_or_refuse(file_of(header, body))


def test_numbers_that_no_page_could_show_are_told():
    header, body = parts_of(EXPORTED)
    written = json.loads(header["__metadata__"]["attnviz"])
    [name, *_] = written["tokens"]
    for change in (
        lambda about: about["tokens"][name][0].update(end=2**53),
        lambda about: about["tokens"][name][0].update(start=-(2**53)),
        lambda about: about["provenance"].update(versions={str(number): "1" for number in range(65)}),
    ):
        about = json.loads(json.dumps(written))
        change(about)
        header["__metadata__"]["attnviz"] = json.dumps(about)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "m.safetensors")
            path.write_bytes(file_of(header, body))
            with pytest.raises(ArraysError):
                read_arrays(path, Arrays("m.safetensors"))


@pytest.mark.parametrize("key", ["tokens", "attnviz"])
@pytest.mark.parametrize(
    "value", ["[" * 99_999, "[" * 50_000 + "]" * 50_000, "9" * 5000, "", "NaN", '["\\ud800"]', '{"a": "\\udfff"}']
)
def test_metadata_that_can_t_be_read_is_told_so(key, value):
    header, body = parts_of(OWN)
    header["__metadata__"] = {key: value}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")
        path.write_bytes(file_of(header, body))
        with pytest.raises(ArraysError, match="in the file's metadata"):
            read_arrays(path, Arrays("m.safetensors"))
