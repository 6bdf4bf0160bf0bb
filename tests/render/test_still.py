from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import pytest
from builders import attention, exhibit

from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.pictures import Svg, picture_of
from attnviz_mkdocs.render import Payload, Still, carried, draw_figure, draw_page
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text


@pytest.fixture
def figure():
    return Figure("head", "small", Model(source="x"), Text(text="x"), Options(query=(1,)), None, Place("x"))


@pytest.fixture
def picture(figure):
    return picture_of(figure, exhibit(attention(), labels=('"><img src=x>', "a", "b", "c", "&")))


class Nodes(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def one(self, tag):
        (attributes,) = [attributes for name, attributes in self.found if name == tag]
        return attributes


def test_a_view_holds_its_picture_in_two_widths_with_words(figure, picture):
    nodes = Nodes(draw_figure(figure, Payload("key", b"data"), still=Still(picture, "wide.svg", "narrow.svg")))
    assert [tag for tag, _ in nodes.found] == ["figure", "attn-view", "picture", "source", "img"]
    image, source = nodes.one("img"), nodes.one("source")
    assert (image["src"], source["srcset"], source["media"]) == ("wide.svg", "narrow.svg", "(max-width: 600px)")
    assert image["alt"] == picture.alt
    for node, drawn in ((image, picture.wide), (source, picture.narrow)):
        root = ET.fromstring(drawn.content)
        assert (node["width"], node["height"]) == (root.get("width"), root.get("height"))
    assert nodes.one("attn-view")["style"] == picture.style
    assert (image["loading"], image["decoding"]) == ("lazy", "async")


def test_a_page_alone_carries_it(figure, picture):
    html = draw_page(figure, "key", encode(exhibit(attention())), picture=picture)
    image = Nodes(html).one("img")
    scheme, content = image["src"].split(",", 1)
    assert scheme == "data:image/svg+xml"
    assert unquote(content) == picture.wide.content
    assert unescape(picture.alt) == image["alt"]


def test_without_a_picture_there_is_none(figure):
    assert "<picture" not in draw_figure(figure, Payload("key", b"data"))


@pytest.mark.parametrize("content", ["".join(map(chr, range(256))), "“猫” 🐈 &#8212; 100% <svg a='b'/>"])
def test_a_carried_picture_is_an_address(content):
    plain = " !$'()*+,-./:;=?@[]^_{|}~"
    assert carried(Svg(content, 1, 1, 0)) == f"data:image/svg+xml,{quote(content, safe=plain)}"
