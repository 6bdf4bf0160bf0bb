from __future__ import annotations

import base64
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from attnviz_mkdocs.render.base85 import ALPHABET, encode


@given(st.binary(max_size=40))
def test_it_is_what_the_standard_library_writes_but_for_four_signs(data):
    assert encode(data) == base64.b85encode(data).decode().translate(str.maketrans("&<>@", ",.:["))


def test_html_leaves_it_as_it_is():
    assert len(set(ALPHABET)) == 85
    assert escape(ALPHABET.decode()) == ALPHABET.decode()
