"""What a build says of pages, galleries and sites that weigh too much."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError
from safetensors.numpy import save_file

LONG = " ".join(f"word{number}" for number in range(60))


@pytest.fixture
def heavy(folder, captured):
    """A page with a long text as a neuron view, and another with the same text."""
    gallery = (
        (folder.root / "gallery/small.yaml")
        .read_text()
        .replace("cat: The cat sat\n", f"cat: The cat sat\n  long: {LONG}\n")
    )
    views = "  - {id: neurons, view: neuron, model: tiny, text: long}\n  - {id: long, model: tiny, text: long}\n"
    folder.write("gallery/small.yaml", gallery + views)
    folder.write("docs/index.md", "# Page\n\n```attnviz small/lines\n```\n\n```attnviz small/neurons\n```\n")
    folder.write("docs/other.md", "```attnviz small/long\n```\n")
    return folder


def warnings(folder, caplog, options: str) -> list[str]:
    folder.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {options}}}]\n")
    caplog.clear()
    build(load_config(str(folder.root / "mkdocs.yml")))
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def page_size(folder, page="index.html") -> int:
    return len((folder.root / "site" / page).read_bytes())


def site_size(folder) -> int:
    return sum(len(file.read_bytes()) for file in (folder.root / "site").rglob("*") if file.is_file())


def carried(folder, page="index.html") -> list[int]:
    """Lengths of what the views of a page carry."""
    html = (folder.root / "site" / page).read_text()
    return [len(data) for data in re.findall(r' data-(?:exhibit|neurons|second)="([^"]*)"', html)]


def kilo(size: int) -> str:
    return f"{size / 1000:.1f} kB".replace(".0 ", " ")


def test_a_sane_site_is_within_the_defaults(heavy, caplog):
    assert warnings(heavy, caplog, "{}") == []


def test_a_page_may_weigh_its_budget_and_not_a_byte_more(heavy, caplog):
    warnings(heavy, caplog, "{budget: 1GB}")
    size = page_size(heavy)
    assert warnings(heavy, caplog, f"{{budget: {size}}}") == []
    # The time of the build stands in the page, and is as long each time.
    (told,) = warnings(heavy, caplog, f"{{budget: {{page: {size - 1}}}}}")
    assert told.startswith("docs/index.md:1:1: the page weighs ")
    assert "that is 1 byte over the budget of" in told


def test_a_heavy_page_names_its_largest_parts_and_what_makes_it_lighter(heavy, caplog):
    told, *_ = warnings(heavy, caplog, "{budget: 2kB}")
    lines = told.splitlines()
    html = (heavy.root / "site/index.html").read_text()
    small, attention = (len(data) for data in re.findall(r' data-exhibit="([^"]*)"', html))
    (neurons,) = (len(data) for data in re.findall(r' data-neurons="([^"]*)"', html))
    parts = [(small, "3:1: attention"), (attention, "6:1: attention"), (neurons, "6:1: queries and keys")]
    expected = [f"  {kilo(size):>9}  docs/index.md:{what}" for size, what in sorted(parts, reverse=True)]
    assert lines[1:4] == expected
    assert f"delivery: linked in mkdocs.yml takes {kilo(small + neurons + attention)} out of it" in told
    assert "view: head in place of view: neuron saves " in told
    assert "shorter texts" in told
    assert lines[-1] == "  - or raise the budget"


def test_what_it_says_helps(heavy, caplog):
    warnings(heavy, caplog, "{budget: 1GB}")
    inline = page_size(heavy)
    data = sum(carried(heavy))
    assert warnings(heavy, caplog, f"{{budget: {inline - data + 600}}}")
    assert not any(
        "the page weighs" in told
        for told in warnings(heavy, caplog, f"{{budget: {inline - data + 600}, delivery: linked}}")
    )


def test_naming_layers_helps(heavy, caplog):
    (told, *_) = warnings(heavy, caplog, "{budget: 2kB}")
    assert "layers: in a view takes along only those layers that it names" in told
    before = carried(heavy)
    heavy.write(
        "docs/index.md",
        "# Page\n\n```attnviz small/lines\nlayers: 1\n```\n\n```attnviz small/neurons\nlayers: 0\n```\n",
    )
    (told, *_) = warnings(heavy, caplog, "{budget: 2kB}")
    assert "layers:" not in told
    # Two layers became one; tokens and other words stay.
    assert sum(carried(heavy)) < 0.7 * sum(before)


def test_a_linked_view_that_fetches_too_much_is_told_at_the_view(heavy, caplog):
    warnings(heavy, caplog, "{delivery: linked}")
    exhibits = {file.name: file.stat().st_size for file in (heavy.root / "site/assets/attnviz/exhibits").iterdir()}
    (of_view, _, *_) = (
        sum(exhibits[name.rpartition("/")[2]] for name in re.findall(r'data-(?:neurons-)?src="([^"]*)"', view))
        for view in reversed(re.findall(r"<attn-view[^>]*>", (heavy.root / "site/index.html").read_text()))
    )
    page = page_size(heavy)
    assert of_view > page
    (told,) = warnings(heavy, caplog, f"{{delivery: linked, budget: {of_view - 1}}}")
    assert told.startswith("docs/index.md:6:1: this view fetches ")
    assert "1 byte over" in told
    assert "linked" not in told
    assert warnings(heavy, caplog, f"{{delivery: linked, budget: {of_view}}}") == []


def test_a_page_has_a_budget_of_its_own(heavy, caplog):
    heavy.write("docs/other.md", "---\ntitle: Other\nattnviz: {budget: 2kB}\n---\n\n```attnviz small/long\n```\n")
    (told,) = warnings(heavy, caplog, "{}")
    assert told.startswith("docs/other.md:1:1: the page weighs ")
    assert "over the budget of 2 kB" in told
    heavy.write("docs/other.md", "---\nattnviz: {budget: 1GB}\n---\n\n```attnviz small/long\n```\n")
    assert [told.partition(":")[0] for told in warnings(heavy, caplog, "{budget: 2kB}")] == ["docs/index.md"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "{budget: much}",
            "\"budget\": expected a size such as 2MB, 900kB or 1GiB, or a number of bytes, found 'much'",
        ),
        ("{buget: 2MB}", '"attnviz" must be of the form {budget: 2MB}, but this is'),
        ("2MB", '"attnviz" must be of the form {budget: 2MB}, but this is'),
    ],
)
def test_front_matter_that_is_wrong_is_told_where_it_is(heavy, caplog, written, words):
    heavy.write("docs/other.md", f"---\ntitle: Other\nattnviz: {written}\n---\n")
    (told,) = warnings(heavy, caplog, "{}")
    assert told.startswith(f"docs/other.md:3:1: {words}")


@pytest.mark.parametrize("delivery", ["inline", "linked"])
def test_a_gallery_weighs_what_its_views_bring_to_the_site(heavy, caplog, delivery):
    heavy.write(
        "docs/other.md", "```attnviz small/long\n```\n\n```attnviz\nmodel: tiny\ntext: Not of the gallery\n```\n"
    )
    warnings(heavy, caplog, f"{{delivery: {delivery}}}")
    assets = heavy.root / "site/assets/attnviz"
    pages = ("index.html", "other/index.html")
    others = re.findall(r"<attn-view[^>]*>(?s:.*?)</attn-view>", (heavy.root / "site" / pages[1]).read_text())[1]
    pictures = sum(file.stat().st_size for file in (assets / "pictures").iterdir() if file.name not in others)
    if delivery == "inline":
        *_, last = carried(heavy, pages[1])
        data = sum(size for page in pages for size in carried(heavy, page)) - last
    else:
        data = sum(file.stat().st_size for file in (assets / "exhibits").iterdir() if file.name not in others)
    weight = pictures + data
    gallery = heavy.root / "gallery/small.yaml"
    text = gallery.read_text()
    gallery.write_text(f"budget: {weight}\n{text}")
    assert warnings(heavy, caplog, f"{{delivery: {delivery}}}") == []
    gallery.write_text(f"title: Again\nbudget: {weight - 1}\n{text.removeprefix('title: Small')}")
    (told,) = warnings(heavy, caplog, f"{{delivery: {delivery}}}")
    assert told.startswith("gallery/small.yaml:2:9: in the site the gallery weighs ")
    assert "1 byte over" in told
    assert ("delivery: linked in mkdocs.yml saves" in told) is (delivery == "inline")
    gallery.write_text(text)
    (told,) = warnings(heavy, caplog, f"{{delivery: {delivery}, budget: {{gallery: 5kB}}}}")
    assert told.startswith("gallery/small.yaml:1:1: in the site")


def test_a_gallery_weighs_the_pages_of_single_views_too(heavy, caplog):
    heavy.write("docs/index.md", "# Page\n")
    heavy.write("docs/other.md", "# Page\n")
    options = "pages: gallery, budget: {gallery: 5kB}"
    (told,) = warnings(heavy, caplog, f"{{{options}}}")
    site = heavy.root / "site"
    pages = sorted(file.stat().st_size for file in (site / "gallery/small/embed").iterdir())
    pictures = sum(file.stat().st_size for file in (site / "assets/attnviz/pictures").iterdir())
    data = sum(sum(carried(heavy, file)) for file in (site / "gallery/small").glob("*/index.html"))
    whole = heavy.root / "gallery/small.yaml"
    text = whole.read_text()
    assert f"pages: false in mkdocs.yml saves the pages of single views, {sum(pages) / 1000:.0f} kB," in told
    assert f"  {pages[-1] / 1000:5.0f} kB  gallery/small.yaml:" in told
    whole.write_text(f"budget: {sum(pages) + pictures + data}\n{text}")
    assert warnings(heavy, caplog, f"{{{options}}}") == []
    whole.write_text(f"budget: {sum(pages) + pictures + data - 1}\n{text}")
    (told,) = warnings(heavy, caplog, f"{{{options}}}")
    assert "1 byte over" in told


def test_of_a_page_that_nobody_wrote_it_is_told_where_its_view_stands(heavy, caplog):
    heavy.write("docs/index.md", "# Page\n")
    heavy.write("docs/other.md", "# Page\n")
    text = (heavy.root / "gallery/small.yaml").read_text()
    line = 1 + text.splitlines().index("  - {id: neurons, view: neuron, model: tiny, text: long}")
    warnings(heavy, caplog, "{pages: gallery}")
    size = page_size(heavy, "gallery/small/neurons/index.html")
    (told,) = warnings(heavy, caplog, f"{{pages: gallery, budget: {size - 1}}}")
    assert told.startswith(f"gallery/small.yaml:{line}:5: its page gallery/small/neurons.md weighs ")
    assert "1 byte over" in told
    assert f" gallery/small.yaml:{line}:5: queries and keys\n" in told


def test_linking_saves_a_gallery_what_is_said(heavy, caplog):
    options = "budget: {gallery: 100}"
    (inline,) = warnings(heavy, caplog, f"{{{options}}}")
    before = sum(size for page in ("index.html", "other/index.html") for size in carried(heavy, page))
    (linked,) = warnings(heavy, caplog, f"{{{options}, delivery: linked}}")
    after = sum(file.stat().st_size for file in (heavy.root / "site/assets/attnviz/exhibits").iterdir())
    saved = float(re.search(r"linked in mkdocs.yml saves ([\d.]+) kB", inline)[1])
    assert saved == pytest.approx((before - after) / 1000, abs=0.06)
    assert "linked" not in linked


def test_the_site_weighs_all_its_files(heavy, caplog):
    warnings(heavy, caplog, "{}")
    size = site_size(heavy)
    (told,) = warnings(heavy, caplog, f"{{budget: {{site: {size - 200}}}}}")
    assert told.startswith("mkdocs.yml:1:1: the site, to which views bring ")
    assert f", weighs {size / 10**6:.1f} MB; that is" in told
    assert re.search(r"that is \d+ bytes over the budget", told)


def test_over_the_budget_a_strict_build_fails(heavy):
    heavy.write("mkdocs.yml", "site_name: Small\nplugins: [{attnviz: {budget: 2kB}}]\n")
    with pytest.raises(Abort, match="strict"):
        build(load_config(str(heavy.root / "mkdocs.yml"), strict=True))


def test_arrays_are_told_apart(folder, captured, caplog):
    weights = np.random.default_rng(0).dirichlet(np.ones(64), (4, 4, 64)).astype("f4")
    save_file({"attention": weights}, folder.root / "own.safetensors")
    labels = [f"t{number}" for number in range(64)]
    folder.write("docs/index.md", f"```attnviz\narrays: own.safetensors\ntokens: {labels}\n```\n")
    (told,) = warnings(folder, caplog, "{budget: 20kB}")
    assert "layers: in a view takes along only those layers that it names" in told
    assert "shorter texts" not in told


@pytest.mark.parametrize("budget", ["much", "{pages: 2MB}", "{site: 0}", "[1MB]", "{site: {a: 1}}"])
def test_budgets_that_are_none_are_told(folder, captured, budget):
    folder.write("mkdocs.yml", f"site_name: Small\nplugins: [{{attnviz: {{budget: {budget}}}}}]\n")
    with pytest.raises((ConfigurationError, Abort)):
        build(load_config(str(folder.root / "mkdocs.yml"), strict=True))
