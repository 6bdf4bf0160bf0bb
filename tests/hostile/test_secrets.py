"""Nothing of the machine, of its user or of a store's keys gets into what is published or told."""

from __future__ import annotations

import ast
import gzip
import io
import json
from contextlib import redirect_stderr
from importlib.resources import files
from pathlib import Path

import pytest
from builders import at_random
from click.testing import CliRunner
from mkdocs.commands.build import build
from mkdocs.config import load_config
from sphinx.cmd.build import build_main

import attnviz_mkdocs.capture
from attnviz_mkdocs.capture import CaptureError
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.spec import Mistake, Model, Place
from attnviz_mkdocs.spec.secrets import without_secrets
from attnviz_mkdocs.store import Store, StoreError

PACKAGE = Path(str(files("attnviz_mkdocs")))
SECRETS = ("KEY", "SE/CRET+=", "SIGNED", "TOKEN")
ADDRESSES = {
    "none://KEY:SE/CRET+=@bucket/attn": "none://…@bucket/attn",
    "none://KEY@bucket/attn": "none://…@bucket/attn",
    "none://bucket/attn?token=TOKEN": "none://bucket/attn?token=…",
    "none://bucket/attn?v=TOKEN&sig=SIGNED#a": "none://bucket/attn?v=…&sig=…",
    "none://bucket/attn;sid=TOKEN": "none://bucket/attn;sid=…",
    "none://a KEY:TOKEN@bucket/attn": "the address of a store holds a space, which no address can; write %20",
    "simplecache::none://KEY:SE/CRET+=@bucket/attn": "simplecache::none://…@bucket/attn",
    "none://datasets/me/attn@main": "none://datasets/me/attn@main",
    "none://bucket/attn": "none://bucket/attn",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_store_that_can_t_be_opened_is_named_without_what_opens_it(address, folder, monkeypatch):
    with pytest.raises(StoreError) as error:
        Store(address, folder.root)
    assert ADDRESSES[address] in str(error.value)
    monkeypatch.chdir(folder.root)
    for command in (["status"], ["capture"], ["export", "small/lines", "-o", "x.html"]):
        said = CliRunner().invoke(main, ["--store", address, *command])
        assert said.exit_code == 1
        assert not [secret for secret in SECRETS if secret in said.output]


def test_a_store_that_fails_is_named_without_what_opens_it(tmp_path, monkeypatch):
    store = Store("memory://KEY:SE/CRET+=@attn?token=TOKEN", tmp_path)
    assert store.url == "memory://…@attn?token=…"

    def refuse(*_, **__):
        raise PermissionError("403 for https://KEY:SE/CRET+=@host/attn?X-Amz-Signature=SIGNED, see 'https://a?b=TOKEN'")

    for method in ("find", "pipe_file", "cat_file", "rm_file"):
        monkeypatch.setattr(store.files._fs, method, refuse)
    for ask in (lambda: "a" in store, lambda: store.write("a" * 32, b"")):
        with pytest.raises(StoreError) as error:
            ask()
        assert "403 for https://…@host/attn?X-Amz-Signature=…" in str(error.value)
        assert not [secret for secret in SECRETS if secret in str(error.value)]


def test_an_address_that_lacks_its_protocol_is_named_without_what_opens_it(tmp_path):
    assert Store("//KEY:SE/CRET+=@host/attn", tmp_path).url == "//…@host/attn"


@pytest.mark.parametrize(
    "words", ["no address", "a@b.c", "12:30 @ noon", "a?b", "https://example.org/a?b#c", "C://a b@c"]
)
def test_other_words_stay_as_they_are(words):
    assert without_secrets(words) == words


@pytest.mark.parametrize("password", ["SECRET", "SECRET" * 20])
def test_a_source_is_told_in_log_and_page_without_what_opens_it(folder, caplog, password):
    gallery = (folder.root / "gallery/small.yaml").read_text("utf-8")
    source = f'"https://me:{password}@example.org/model?token={password}"'
    folder.write("gallery/small.yaml", gallery.replace("source: models/tiny", f"source: {source}"))
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [attnviz]\ntheme: {name: mkdocs, highlightjs: false}\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    page = (folder.root / "site/index.html").read_text("utf-8")
    for told in (caplog.text, page):
        assert "https://…@example.org/model?token=…" in told
        assert "SECRET" not in told


def test_links_of_a_page_are_told_whole():
    message = 'layer 99 of "#attn:small/lines?layer=99" is not there'
    assert str(Mistake(Place("index.md"), message)) == f"index.md:1:1: {message}"


def test_what_is_published_holds_nothing_of_the_machine(folder, captured, monkeypatch):
    marks = {
        "HOME": "/home/someone-secret",
        "USER": "someone-secret",
        "LOGNAME": "someone-secret",
        "HF_TOKEN": "hf_secret",
    }
    for name, value in marks.items():
        monkeypatch.setenv(name, value)
    model = folder.root / "models/tiny"
    gallery = (folder.root / "gallery/small.yaml").read_text("utf-8").replace("models/tiny", str(model))
    folder.write("gallery/small.yaml", gallery)
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {delivery: linked}}]\n")
    folder.write("docs/inline.md", "```attnviz small/grid\n```\n\n```attnviz small/lines\nview: neuron\n```\n")
    build(load_config(str(folder.root / "mkdocs.yml"), strict=True))
    monkeypatch.chdir(folder.root)
    for name in ("x.html", "x.svg", "x.json", "x.safetensors"):
        assert CliRunner().invoke(main, ["export", "small/lines", "-o", name]).exit_code == 0

    written = [
        *(folder.root / "site").rglob("*"),
        *(folder.root / "gallery/store").rglob("*"),
        *folder.root.glob("x.*"),
    ]
    written = [file for file in written if file.is_file()]
    assert len([file for file in written if file.suffix == ".gz" and "exhibits" in file.parts]) == 4
    for file in written:
        content = file.read_bytes()
        content = gzip.decompress(content) if file.suffix == ".gz" else content
        for mark in (str(folder.root), folder.root.name, *marks.values()):
            assert mark.encode() not in content, (file, mark)
    records = [json.loads(file.read_text("utf-8")) for file in (folder.root / "gallery/store/models").iterdir()]
    assert [record["source"] for record in records] == ["tiny"]


@pytest.fixture
def marked(folder, monkeypatch):
    """What of this machine may be found nowhere: the project's folder, and what the environment holds."""
    marks = {
        name: f"{name.lower()}-of-this-machine" for name in ("HOME", "USER", "LOGNAME", "HF_TOKEN", "SOME_VARIABLE")
    }
    for name, value in marks.items():
        monkeypatch.setenv(name, value)
    return [str(folder.root), folder.root.name, *marks.values()]


def assert_unmarked(files, marks):
    files = [file for file in files if file.is_file()]
    assert files
    for file in files:
        content = file.read_bytes()
        content = gzip.decompress(content) if file.suffix in (".gz", ".svgz") else content
        assert not [mark for mark in marks if mark.encode() in content], file


@pytest.fixture
def failing(monkeypatch):
    """A model in whose place its library tells of a file on this machine."""

    def capture(requests, *, root, device="auto", progress=None):
        for request in requests:
            if "bad" in request.text.shown:
                yield request, CaptureError(f"OSError: '{root}/models/tiny/config.json' and {root}/x.py are no JSON")
            else:
                yield request, at_random(request)

    monkeypatch.setattr(attnviz_mkdocs.capture, "capture", capture)


def test_pages_of_galleries_and_panels_hold_nothing_of_the_machine(folder, failing, marked, caplog):
    gallery = (folder.root / "gallery/small.yaml").read_text("utf-8")
    added = "  - {id: bad, model: tiny, text: bad}\n  - {id: own, arrays: gone.safetensors, tokens: [a]}\n"
    folder.write("gallery/small.yaml", gallery.replace("texts:\n", "texts:\n  bad: A bad text\n") + added)
    folder.write("gallery/broken.yaml", "views: [{id: a, arrays: /etc/passwd}]\n")
    folder.write("docs/index.md", "".join(f"```attnviz small/{name}\n```\n\n" for name in ("lines", "bad", "own")))
    plugins = "plugins: [search, {attnviz: {pages: gallery}}]\ntheme: {name: material, font: false}"
    folder.write("mkdocs.yml", f"site_name: Small\n{plugins}\n")
    build(load_config(str(folder.root / "mkdocs.yml")))
    # Its author is told all, in the log.
    assert f"{folder.root}/models/tiny/config.json" in caplog.text
    site = folder.root / "site"
    assert "OSError: &#39;config.json&#39; and x.py are no JSON" in (site / "index.html").read_text("utf-8")
    assert_unmarked(site.rglob("*"), marked)
    assert (site / "gallery/small/lines/index.html").is_file()


def test_cards_and_other_engines_hold_nothing_of_the_machine(folder, failing, marked, monkeypatch):
    monkeypatch.chdir(folder.root)
    folder.write("card/README.md", "# Small\n")
    folder.write(
        "gallery/more.yaml",
        "models: {tiny: {source: models/tiny}}\ntexts: {bad: bad}\nviews: [{id: v, model: tiny, text: bad}]\n",
    )
    folder.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {remote: remote}}]\n")
    said = [
        CliRunner().invoke(main, words)
        for words in (["card", "card/README.md", "--view", "small/lines"], ["push"], ["status", "--json"], ["status"])
    ]
    assert not [mark for mark in marked for one in said[2:] if mark in one.stdout]
    page = "Small\n=====\n\n.. attnviz:: small/lines\n\n.. attnviz:: more/v\n"
    folder.write("index.rst", page)
    folder.write("conf.py", "extensions = ['attnviz_mkdocs.sphinx']\nexclude_patterns = ['_build', 'docs', 'card']\n")
    for builder in ("html", "text"):
        out = folder.root / "_build" / builder
        words = ["-q", "-b", builder, "-d", str(folder.root / "_build/doctrees"), str(folder.root), str(out)]
        with redirect_stderr(io.StringIO()):
            assert build_main(words) == 0
        assert "config.json" in (out / f"index.{builder[:4] if builder == 'html' else 'txt'}").read_text("utf-8")
        assert_unmarked(out.rglob("*"), marked)
    for name in ("card", "remote", "gallery/store", ".cache"):
        assert_unmarked((folder.root / name).rglob("*"), marked)


# Of other people's modules: what makes objects of bytes, or runs a text.
UNSAFE = {
    *("pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "jsonpickle"),
    *("torch.load", "torch.hub", "torch.jit.load", "numpy.load", "pandas.read_pickle", "runpy"),
    *("os.system", "os.popen", "subprocess", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "diskcache"),
}
RUNS = {"eval", "exec", "compile", "__import__"}
SHORT = {"np": "numpy", "pd": "pandas"}


def unsafe_in(source: str) -> list[str]:
    """What a module names of these, and where it lets others run code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            names = [SHORT.get(dotted.partition(".")[0], dotted.partition(".")[0]) + dotted[dotted.find(".") :]]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS:
            found.append(node.func.id)
        elif isinstance(node, ast.keyword) and node.arg in ("trust_remote_code", "weights_only", "allow_pickle"):
            # Only what an author of a gallery wrote may allow it.
            found += [] if ast.unparse(node.value) == f"spec.{node.arg}" else [ast.unparse(node)]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found += [
                ast.unparse(value)
                for key, value in pairs
                if isinstance(key, ast.Constant)
                and key.value == "trust_remote_code"
                and ast.unparse(value) != "spec.trust_remote_code"
            ]
        found += [name for name in names if any(name == bad or name.startswith(f"{bad}.") for bad in UNSAFE)]
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, dill as d",
        "from pickle import loads",
        "from torch import load",
        "torch.load('x')",
        "torch.jit.load('x')",
        "np.load('x')",
        "from numpy import load",
        "eval('1')",
        "exec(x)",
        "subprocess.run('x')",
        "yaml.load(x)",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "options = {'trust_remote_code': True}",
        "np_load = __import__('pickle')",
    ],
)
def test_what_is_looked_for_would_be_found(source):
    assert unsafe_in(source)


def test_no_code_of_ours_reads_a_pickle_or_runs_a_text():
    modules = [*PACKAGE.rglob("*.py")]
    assert len(modules) > 100
    found = {file.relative_to(PACKAGE).as_posix(): unsafe_in(file.read_text("utf-8")) for file in modules}
    assert {name: what for name, what in found.items() if what} == {}


def test_code_and_pickles_of_a_model_are_refused_unless_its_author_allows_them():
    model = Model(source="a/b")
    assert (model.trust_remote_code, model.allow_pickle) == (False, False)
