"""Pages that show galleries, as MkDocs builds them."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError, PluginError
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from pathlib import Path

PAGES = "plugins: [search, {attnviz: {pages: gallery}}]"
TWO = """\
title: Who is "she"?
description: A pronoun & two people.
tags: [coreference]
models:
  tiny: {source: models/tiny}
  other: {source: models/tiny, dtype: float16}
texts:
  she: The doctor asked. She
  he: The doctor asked. He
views:
  - {id: she, title: The nurse, model: tiny, text: she, layer: 1, tags: [pronouns], caption: Two heads disagree.}
  - {id: he, model: tiny, text: he}
  - {id: she-all, title: All heads, view: model, model: tiny, text: she}
  - {id: both, model: tiny, compare: [she, he]}
  - {id: models, compare: [tiny, other], text: she}
"""


@pytest.fixture
def site(folder, captured):
    """Build the small project with pages for its galleries."""
    folder.write("gallery/who.yaml", TWO)

    def build_it(mkdocs: str = "", *, plugins: str = PAGES, strict: bool = True) -> Path:
        folder.write("mkdocs.yml", f"site_name: Site\n{plugins}\n{mkdocs}\n")
        config = load_config(str(folder.root / "mkdocs.yml"), strict=strict)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        return folder.root / "site"

    return build_it


class Links(HTMLParser):
    """Where a page leads, and what it loads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def files(site: Path) -> set[str]:
    return {file.relative_to(site).as_posix() for file in site.rglob("*.html") if file.name != "404.html"}


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def cards(page: str) -> list[tuple[str, str]]:
    """Where each card leads, and what it is called."""
    found = re.findall(r'<div class="attnviz-card-title" data-search-exclude><a href="([^"]*)">(.*?)</a>', page)
    return [(link, html.unescape(title)) for link, title in found]


def test_without_the_option_there_are_no_pages(site):
    assert files(site(plugins="plugins: [attnviz]")) == {"index.html"}


def test_each_gallery_and_each_exhibit_has_a_page_and_each_view_a_file(site):
    made = files(site("use_directory_urls: false"))
    of_who = {"index", "she", "he", "both", "models", *(f"embed/{name}" for name in ("she", "he", "she-all", "both"))}
    assert made == {
        "index.html",
        "gallery/index.html",
        *(f"gallery/small/{name}.html" for name in ("index", "lines", "embed/lines", "embed/grid")),
        *(f"gallery/who/{name}.html" for name in {*of_who, "embed/models"}),
    }


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
@pytest.mark.parametrize("directory_urls", [True, False])
@pytest.mark.parametrize("folder_of_pages", ["gallery", "deep/er"])
def test_every_link_of_the_pages_leads_somewhere(site, theme, directory_urls, folder_of_pages):
    built = site(
        f"theme: {theme}\nuse_directory_urls: {str(directory_urls).lower()}\n",
        plugins=f"plugins: [search, {{attnviz: {{pages: {folder_of_pages}, delivery: linked}}}}]",
    )
    pages = [file for file in (built / folder_of_pages).rglob("*.html") if file.parent.name != "embed"]
    assert len(pages) == 8
    for page in pages:
        for link in Links(page).found:
            path = urlsplit(link)
            if path.scheme or path.netloc or not path.path or path.path.startswith("/"):
                continue
            target = page.parent / unquote(path.path)
            assert (target / "index.html" if target.is_dir() else target).is_file(), (page, link)


def test_the_index_shows_every_exhibit_below_its_gallery(site):
    page = read(site("use_directory_urls: false") / "gallery/index.html")
    assert cards(page) == [
        ("small/lines.html", "The cat sat"),
        ("who/she.html", "The nurse"),
        ("who/he.html", "The doctor asked. He"),
        ("who/both.html", "she and he"),
        ("who/models.html", "The doctor asked. She"),
    ]
    order = [
        page.index(words) for words in ('href="small/index.html"', "The cat sat", 'href="who/index.html"', "The nurse")
    ]
    assert sorted(order) == order
    assert "A pronoun & two people." in html.unescape(page)
    assert "<attn-gallery>" in page


def test_a_card_has_a_picture_models_tags_and_words_to_be_found_by(site):
    built = site()
    page = read(built / "gallery/who/index.html")
    card = page[page.index('class="attnviz-card"') :].split('class="attnviz-card"')[1]
    picture = re.search(r'<img src="([^"]+)" alt="" [^>]*width="350" height="\d+" loading="lazy"', card)[1]
    assert read(built / "gallery/who" / picture).startswith("<svg")
    assert re.findall(r'attnviz-(?:model|tag|count)">([^<]*)<', card) == ["tiny", "2 views", "coreference", "pronouns"]
    assert 'data-text="The doctor asked. She"' in card
    assert "Two heads disagree." in card


def test_views_of_one_exhibit_are_on_one_page_in_their_authors_order(site):
    page = read(site() / "gallery/who/she/index.html")
    assert re.findall(r'data-name="([^"]+)"', page) == ["who/she", "who/she-all"]
    titles = re.findall(r"<h([12])[^>]*>(.*?)</h", page)
    assert [re.sub("<.*", "", title) for _, title in titles] == [
        "The nurse",
        "All heads",
        "Text",
        "Where it comes from",
    ]
    assert page.count("data-exhibit=") == 1  # once for both


def test_a_page_says_where_its_numbers_are_from_and_how_to_show_them_elsewhere(site):
    page = html.unescape(read(site("site_url: https://example.org/docs/") / "gallery/who/she/index.html"))
    for fact in ("models/small", "SmallModel, 2 layers of 3 heads", "computed in float32", "transformers 5"):
        assert fact in page
    assert "```attnviz who/she\n```" in page
    assert '<iframe src="https://example.org/docs/gallery/who/embed/she.html" title="The nurse" width="100%"' in page
    assert 'href="../embed/she.html"' in page


def test_without_an_address_of_the_site_the_frame_has_a_relative_one(site):
    page = html.unescape(read(site("use_directory_urls: false") / "gallery/who/she.html"))
    assert '<iframe src="embed/she.html"' in page


def test_a_comparison_of_models_tells_of_both(site):
    page = read(site() / "gallery/who/models/index.html")
    assert re.findall(r"Where (\w+) comes from</", page)[-2:] == ["tiny", "other"]


def test_a_comparison_of_texts_counts_the_tokens_of_both(site):
    page = read(site() / "gallery/who/both/index.html")
    [tokens] = re.findall(r"Tokens</th> <td>(.*?)</td>", page)
    assert re.fullmatch(r"\d+ and \d+", tokens)


def test_a_view_of_its_own_needs_nothing_beside_it(site):
    alone = read(site() / "gallery/who/embed/models.html")
    assert alone.count("<attn-view") == 1
    assert not re.findall(r'(?:src|href)="(?!data:)', alone)


def test_a_page_that_the_author_has_written_takes_the_place_of_ours(site, folder):
    folder.write("docs/gallery/README.md", "# Mine\n\n```attnviz\ngallery: who\nmodel: other\n```\n")
    folder.write("docs/gallery/who/he.md", "# His\n")
    built = site("use_directory_urls: false")
    index = read(built / "gallery/index.html")
    assert "Mine" in index
    assert cards(index) == [("who/models.html", "The doctor asked. She")]
    assert "His" in read(built / "gallery/who/he.html")
    assert "attn-view" in read(built / "gallery/who/she.html")


def test_edit_links_lead_to_the_gallery(site):
    mkdocs = "theme: mkdocs\nrepo_url: https://example.org/repo/\nedit_uri: edit/main/docs/\n"
    page = read(site(mkdocs) / "gallery/who/she/index.html")
    assert 'href="https://example.org/repo/edit/main/gallery/who.yaml"' in page


def test_search_finds_an_exhibit_by_its_text_and_carries_no_payload(site):
    built = site()
    entries = json.loads(read(built / "search/search_index.json"))["docs"]
    (text,) = [entry["text"] for entry in entries if entry["location"] == "gallery/who/he/#text"]
    assert "The doctor asked. He" in text
    assert max(len(entry["text"]) for entry in entries) < 1500
    assert "svg" not in json.dumps(entries)


def test_materials_search_finds_an_exhibit_on_its_own_page_alone(site):
    built = site("theme: material")
    entries = json.loads(read(built / "search/search_index.json"))["docs"]
    found = {entry["location"].partition("#")[0] for entry in entries if "Two heads disagree" in entry["text"]}
    assert found == {"gallery/who/she/"}
    assert "iframe" not in json.dumps(entries)


def test_what_is_wrong_with_a_gallery_stands_in_the_index_and_fails_under_strict(site, folder, caplog):
    folder.write("gallery/broken.yaml", "models: 3\nviews: [{id: '{{ a }}'}]\n")
    built = site(strict=False)
    index = html.unescape(read(built / "gallery/index.html"))
    assert "This gallery can’t be shown" in index
    assert "gallery/broken.yaml:1:9: " in index
    assert "gallery/broken.yaml:1:9: " in caplog.text
    assert "The nurse" in index
    with pytest.raises(Abort):
        site()


def test_what_is_wrong_with_a_view_stands_in_its_card_and_on_its_page(site, folder, caplog):
    folder.write("gallery/who.yaml", TWO.replace("text: he}", "text: he, layer: 9}"))
    built = site(strict=False)
    for page in ("gallery/index.html", "gallery/who/index.html", "gallery/who/he/index.html"):
        assert "layer 9 is not in tiny" in read(built / page), page
    assert caplog.text.count("layer 9 is not in tiny") == 1
    assert not (built / "gallery/who/embed/he.html").exists()
    assert "```attnviz who/he" in html.unescape(read(built / "gallery/who/he/index.html"))


def test_all_is_captured_in_one_batch(site, captured):
    site()
    assert captured.batches == 1


def test_a_gallery_that_changes_changes_its_pages(site, folder):
    site()
    folder.write("gallery/who.yaml", TWO.replace("The nurse", "The physician").replace("id: he,", "id: him,"))
    built = site()
    assert next(title for _, title in cards(read(built / "gallery/who/index.html"))) == "The physician"
    assert (built / "gallery/who/him/index.html").is_file()
    assert not (built / "gallery/who/he").exists()


@pytest.mark.parametrize("written", ["../up", "a b", "''", "[a]", "/etc/../x", "3"])
def test_a_folder_that_is_none_is_told(site, written):
    with pytest.raises((PluginError, ConfigurationError, Abort)):
        site(plugins=f"plugins: [{{attnviz: {{pages: {written}}}}}]")


def titles(page: str) -> list[str]:
    """The entries of Material's menu, in order, with what is shown twice once."""
    menu = page[page.index('class="md-nav md-nav--primary"') : page.index('class="md-content"')]
    found = [html.unescape(title.strip()) for title in re.findall(r'class="md-ellipsis">\s*([^<]+?)\s*<', menu)]
    return [title for at, title in enumerate(found) if title != found[at - 1] or not at]


def path_to(page: str) -> list[str]:
    """Material's breadcrumbs."""
    path = page[page.index('class="md-path"') :]
    return [
        html.unescape(one) for one in re.findall(r'class="md-ellipsis">\s*([^<]+?)\s*<', path[: path.index("</nav>")])
    ]


MATERIAL = "theme: {name: material, font: false, features: [navigation.path, navigation.indexes, navigation.footer]}\n"
WHO = ["Who is “she”?", "The nurse", "The doctor asked. He", "she and he", "The doctor asked. She"]
BELOW = ["Small", "The cat sat", *WHO]


@pytest.mark.parametrize(
    ("nav", "menu"),
    [
        ("", ["Home", "About", "Gallery", *BELOW]),
        ("nav: [index.md, about.md]", ["Home", "About", "Gallery", *BELOW]),
        ("nav: [{Shows: gallery/index.md}, about.md]", ["Shows", *BELOW, "About"]),
        ("nav: [gallery/index.md, about.md]", ["Gallery", *BELOW, "About"]),
        ("nav: [{More: [{Shows: gallery/index.md}, about.md]}]", ["More", "Shows", *BELOW, "About"]),
        ("nav: [{Shows: [gallery/index.md, about.md]}]", ["Shows", *BELOW, "About"]),
    ],
)
def test_the_galleries_stand_in_the_menu_where_their_author_has_put_them(site, folder, nav, menu):
    folder.write("docs/about.md", "# About\n")
    folder.write("docs/index.md", "# Home\n")
    built = site(MATERIAL + nav)
    assert titles(read(built / "about/index.html")) == menu
    heading = "Shows" if "{Shows: gallery/index.md}" in nav else "Gallery"
    assert re.search(rf"<h1[^>]*>{heading}<", read(built / "gallery/index.html"))


def test_pages_follow_one_another_and_have_a_path(site):
    page = read(site(MATERIAL) / "gallery/who/he/index.html")
    assert path_to(page) == ["Small", "Gallery", "Who is “she”?"]
    footer = page[page.index('class="md-footer"') :]
    links = re.findall(r'href="([^"]+)" class="md-footer__link md-footer__link--(prev|next)"', footer)
    assert links == [("../she/", "prev"), ("../both/", "next")]


def test_own_pages_beside_ours_stay_in_the_menu(site, folder):
    folder.write("docs/gallery/essay.md", "# An essay\n")
    assert "An essay" in titles(read(site(MATERIAL) / "gallery/who/he/index.html"))


def test_many_exhibits_are_not_in_the_menu_but_have_their_place(site, folder, caplog):
    texts = "".join(f"  t{number}: Sentence number {number}\n" for number in range(31))
    views = "".join(f"  - {{id: v{number}, model: tiny, text: t{number}}}\n" for number in range(31))
    many = "title: Many\nmodels: {tiny: {source: models/tiny}}\ntexts:\n" + texts + "views:\n" + views
    folder.write("gallery/many.yaml", many)
    with caplog.at_level("INFO"):
        built = site(MATERIAL)
    page = read(built / "gallery/many/v7/index.html")
    assert path_to(page) == ["Small", "Gallery", "Many"]
    menu = titles(page)
    assert "Many" in menu
    assert "Sentence number 8" not in menu
    assert "The nurse" in menu
    footer = page[page.index('class="md-footer"') :]
    links = re.findall(r'href="([^"]+)" class="md-footer__link md-footer__link--(prev|next)"', footer)
    assert links == [("../v6/", "prev"), ("../v8/", "next")]
    assert len(cards(read(built / "gallery/many/index.html"))) == 31
    assert "not included" not in caplog.text


HOSTILE = [
    "</title><script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "# *bold* _it_ `code` [a](javascript:alert(1)) ![x](y)",
    "{{ 7 * 7 }} {% raw %} {# no #} &lt;b&gt; &amp;",
    "<img src=x onerror=alert(1)>",
    "```attnviz small/nothing",
    "--- a: b\n\n# h\n\n    code",
    "\u202eright to left\u202c \u2028 \u0007"[:-2],
    "x" * 5000,
    "😀 &#60;script&#62;",
]


class Elements(HTMLParser):
    """Elements and attributes that could run something, outside of the theme's own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.title = ""
        self._in_title = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._in_title = tag == "title"
        self.found += [name for name, _ in attrs if name.startswith("onmouse") or name == "onerror"]
        self.found += [value for _, value in attrs if value and value.startswith("javascript:alert")]

    def handle_data(self, data):
        if self._in_title:
            self.title += data


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
def test_whatever_words_are_in_a_gallery_stand_in_its_pages_as_words(site, folder, theme):
    of = {"model": "tiny", "layer": 1}
    gallery = {
        "title": HOSTILE[0],
        "description": " ".join(HOSTILE[:7]),
        "tags": ["<b>*tag*</b>"],
        "models": {"tiny": {"source": "models/tiny"}},
        "texts": {f"t{at}": words for at, words in enumerate([*HOSTILE, *map(str, range(len(HOSTILE)))])},
        "views": [
            *({**of, "id": f"text{at}", "text": f"t{at}"} for at in range(10)),
            *(
                {**of, "id": f"own{at}", "text": f"t{at}", "title": HOSTILE[at - 10], "caption": HOSTILE[at - 10]}
                for at in range(10, 20)
            ),
        ],
    }
    folder.write("docs/index.md", "# Home\n")
    file = folder.root / "gallery/hostile.yaml"
    with file.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump(gallery, stream)
    plain = read(site(f"theme: {theme}", plugins="plugins: [search, attnviz]") / "index.html")
    built = site(f"theme: {theme}")
    pages = [file for file in (built / "gallery").rglob("*.html") if file.parent.name != "embed"]
    assert len(pages) == 29
    for file in pages:
        page = read(file)
        assert not Elements(page).found, file
        assert "alert(1)" not in Elements(page).title or "<" not in Elements(page).title
        assert page.count("<script") == plain.count("<script"), file
        assert "attnviz-error" not in page, file
    for at, words in enumerate(HOSTILE[:6]):
        for page in (f"text{at}", f"own{at + 10}"):
            assert words in html.unescape(read(built / f"gallery/hostile/{page}/index.html")), (page, words)
    names = {title for _, title in cards(read(built / "gallery/hostile/index.html"))}
    assert names >= set(HOSTILE[:7]) - {HOSTILE[6]}


CUSTOM = "theme: {name: material, font: false, custom_dir: overrides}\n"


def test_an_authors_template_takes_the_place_of_ours(site, folder, captured):
    own = "# {{ exhibit.title }}, mine\n\n```attnviz\nmodel: tiny\ntext: {{ gallery.name }} beside\n```\n"
    folder.write("overrides/attnviz/exhibit.md", own)
    built = site(CUSTOM)
    page = read(built / "gallery/who/she/index.html")
    assert "The nurse, mine" in page
    assert "data-fence" in page
    assert "who beside" in captured.texts
    assert "attnviz-cards" in read(built / "gallery/who/index.html")
    assert not (built / "attnviz").exists()


@pytest.mark.parametrize("own", ["\n{{ exhibit.titel }}\n", "\n{% if %}\n"])
def test_a_broken_template_is_told_with_its_line(site, folder, own, caplog):
    folder.write("overrides/attnviz/exhibit.md", own)
    with pytest.raises((PluginError, Abort)) as error:
        site(CUSTOM)
    assert "overrides/attnviz/exhibit.md:2:1: this template can't be used" in caplog.text + str(error.value)


@pytest.mark.parametrize("directory_urls", [True, False])
def test_a_part_of_a_gallery_leads_to_its_pages_from_any_page(site, folder, directory_urls):
    folder.write(
        "docs/deep/er/page.md", "# Page\n\n- item\n\n    ```attnviz\n    gallery: who\n    tags: pronouns\n    ```\n"
    )
    built = site(f"use_directory_urls: {str(directory_urls).lower()}")
    file = built / ("deep/er/page/index.html" if directory_urls else "deep/er/page.html")
    [(link, title)] = cards(read(file))
    assert title == "The nurse"
    assert (file.parent / link / "index.html" if directory_urls else file.parent / link).resolve().is_file()
    assert "<attn-view" not in read(file)


def test_where_there_are_no_pages_a_part_of_a_gallery_is_its_views(site, folder):
    folder.write("docs/page.md", "# Page\n\n```attnviz\ngallery: coreference\nmodel: tiny\n```\n")
    page = read(site(plugins="plugins: [attnviz]") / "page/index.html")
    names = ["who/she", "who/he", "who/she-all", "who/both", "who/models"]
    assert re.findall(r'data-name="([^"]+)"', page) == names
    assert "attnviz-card" not in page


def test_a_part_that_is_none_is_told_in_its_place(site, folder, caplog):
    folder.write("docs/page.md", "---\ntitle: Page\n---\n\n```attnviz\ngallery: whoo\n```\n")
    page = html.unescape(read(site(strict=False) / "page/index.html"))
    told = 'docs/page.md:6:10: unknown gallery or tag "whoo"; did you mean "who"?'
    assert told in page
    assert told in caplog.text


LANGUAGES = """\
plugins:
  - search
  - i18n: {languages: [{locale: en, default: true, name: English}, {locale: de, name: Deutsch}]}
  - attnviz: {pages: gallery}
"""


@pytest.mark.parametrize("nav", ["", "nav: [index.md, {Views: gallery/index.md}]"])
def test_each_language_has_its_pages_and_all_share_the_files_of_views(site, folder, nav):
    for name in ("index.md", "index.de.md"):
        folder.write(f"docs/{name}", "# Home\n\n```attnviz\ngallery: who\n```\n")
    folder.write("docs/gallery/who/he.de.md", "# Er\n")
    root = site(f"theme: {{name: material, font: false}}\n{nav}", plugins=LANGUAGES)
    for language, home in (("en", root), ("de", root / "de")):
        for name in ("index", "gallery/index", "gallery/who/index", "gallery/who/she/index"):
            page = home / f"{name}.html"
            assert f'<html lang="{language}"' in read(page)
            links = [link for link in Links(page).found if link.endswith("both/")]
            assert {(page.parent / link).resolve() for link in links} == {(home / "gallery/who/both").resolve()}
        # It has no cards, so that what is left is its menu.
        assert links == ["../both/"]
        (link,) = {link for link in Links(home / "gallery/who/both/index.html").found if "embed/" in link}
        assert (home / "gallery/who/both" / link).resolve() == (root / "gallery/who/embed/both.html").resolve()
    assert {file for file in files(root) if "/embed/" in file and "de/" in file} == set()
    assert ["Er</h1>" in read(home / "gallery/who/he/index.html") for home in (root, root / "de")] == [False, True]


def test_the_page_of_all_pages_leads_to_the_files_of_views(site):
    root = site(plugins="plugins: [search, {attnviz: {pages: gallery}}, print-site]")
    page = root / "print_page/index.html"
    links = [link for link in Links(page).found if "embed" in link]
    assert {(page.parent / link).resolve() for link in links} == {file.resolve() for file in root.rglob("embed/*.html")}
