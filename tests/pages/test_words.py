from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import markdown
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment

from attnviz_mkdocs.pages import Words, plain_title

# No control characters: no gallery can hold any, and HTML can't either.
TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("<>&\"'`*_#{}[]()!-~\\ |:="), min_size=1
)
#: What Python-Markdown marks its own places with, and takes out of a page.
TEXT = TEXT.map(lambda text: re.sub("[\x02\x03\ufffe\uffff]", "", text)).filter(str.strip)


class Seen(HTMLParser):
    """What a reader sees of a page, and the elements that it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.elements = "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)

    def handle_data(self, data):
        self.text += data


def line(text: str) -> str:
    return " ".join(text.split())


@given(TEXT)
@example("*a* _b_ `c` [d](e) <f> &amp; {{ g }} www.h.org <!-- i --> \\* 1. j")
def test_words_are_seen_as_they_were_written(written):
    heading = Environment(autoescape=True).from_string("# {{ words }}").render(words=Words(line(written)))
    seen = Seen(markdown.markdown(heading, extensions=["fenced_code", "tables", "toc", "attr_list"]))
    assert line(seen.text) == line(written)
    assert seen.elements == ["h1"]


@given(TEXT)
def test_words_are_seen_as_they_were_written_in_html_within_markdown(written):
    page = (
        Environment(autoescape=True)
        .from_string('<p title="{{ words }}">{{ words }}</p>\n')
        .render(words=Words(written))
    )
    seen = Seen(markdown.markdown(page))
    assert line(seen.text) == line(written)
    assert seen.elements == ["p"]


@given(TEXT)
@example('"a" <b> &lt;/title> {{ c }} {% d %}')
def test_a_title_ends_no_element_no_attribute_and_is_no_template(written):
    # Themes take entities back before they write a title.
    for title in (plain_title(written), html.unescape(plain_title(written))):
        assert not set('<>"\n\u202e\u200b') & set(title)
    assert not re.search(r"\{[{%#]", plain_title(written))
    assert len(html.unescape(plain_title(written))) <= 90


def test_a_title_reads_well():
    assert plain_title('Who is "she"? (A "doctor")') == "Who is “she”? (A “doctor”)"
    assert plain_title("a < b &  c\n&amp; d") == "a ‹ b & c &amp;amp; d"
