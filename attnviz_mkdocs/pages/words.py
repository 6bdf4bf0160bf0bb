"""An author's words in a page's Markdown, and in what themes make of a page's title."""

from __future__ import annotations

import re
import unicodedata

from attnviz_mkdocs.spec.mistakes import short

_LONGEST_TITLE = 90
# All that means something to Markdown, HTML, or a template that is applied to a page.
_MEANING = re.compile(r"[!-/:-@\[-`{-~\t\n\r]")
# Themes write a title into attributes, into elements that hold no others, and some take its entities back before.
_PLAIN = str.maketrans("<>", "\u2039\u203a")
_TEMPLATE = re.compile(r"\{(?=[{%#])")
_ENTITY = re.compile(r"&(?=#?\w+;)")


class Words(str):
    """What stands in a page as it was written, whatever it holds: each sign that could mean more is an entity.

    A template that writes ``{{ words }}`` needs no more than that.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return _MEANING.sub(lambda sign: f"&#{ord(sign[0])};", self)


def plain_title(title: str) -> str:
    """A title for menus and windows: one line, and nothing in it that could end an attribute or an element."""
    shown = "".join(sign for sign in " ".join(title.split()) if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"})
    opened = re.sub(r'(^|[\s(\[])"', r"\1“", shown).replace('"', "”").translate(_PLAIN)
    return _ENTITY.sub("&amp;", _TEMPLATE.sub("{ ", short(opened, _LONGEST_TITLE)))
