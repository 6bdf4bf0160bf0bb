from __future__ import annotations

from html import unescape

import pytest
from builders import attention, exhibit

from attnviz_mkdocs.codec import encode
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.render import Payload, Still, draw_figure
from attnviz_mkdocs.spec import Figure, Model, Options, Place, Text

WORDS = ("東京", "“é”", "\U0001f600", "→", "x")


@pytest.mark.parametrize("caption", [None, "Wer … schläft → 東京 & <b>"])
def test_it_is_ascii_and_says_what_it_said(caption):
    shown = exhibit(attention(), labels=WORDS)
    figure = Figure("head", "模型", Model(source="x"), Text(text=" ".join(WORDS)), Options(), caption, Place("x"))
    picture = picture_of(figure, shown)
    html = draw_figure(figure, Payload("key", encode(shown)), still=Still.carried(picture))
    assert html.isascii()
    assert f'alt="{picture.alt}"' in unescape(html)
    assert caption is None or f"<figcaption>{caption}</figcaption>" in unescape(html)
