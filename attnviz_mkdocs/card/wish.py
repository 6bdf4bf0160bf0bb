"""What a block of a README shows, as its opening marker says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

from attnviz_mkdocs.spec.mistakes import did_you_mean, quoted
from attnviz_mkdocs.spec.types import NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: What is drawn, as a fence would ask for it: a ``view``, or both sides of a ``comparison``, or their difference.
Layout = Literal["head", "model", "neuron", "matrix", "text", "comparison", "difference"]
Format = Literal["png", "svg", "webp"]
#: Where a README is shown; each has words of its own for a picture that follows its theme.
Reader = Literal["huggingface", "github"]

#: Of a picture, in pixels: narrower is not legible, wider is no column of text.
NARROWEST, WIDEST = 320, 1600

_SETTINGS = ("layout", "width", "format", "link", "for")
_CHOICES = {"layout": get_args(Layout), "format": get_args(Format), "for": get_args(Reader)}
_NAME = NAME_PATTERN[1:-1]
_VIEW = re.compile(f"{_NAME}/{_NAME}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a block shows.

    Attributes:
        view: ``gallery/id``.
        said: Settings by name, as they are written; what is not said is left to us.
    """

    view: str
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def marker(self) -> str:
        """The opening marker."""
        settings = (f"{name}={self.said[name]}" for name in _SETTINGS if name in self.said)
        return f"<!-- attnviz: {' '.join([self.view, *settings])} -->"

    @property
    def layout(self) -> Layout | None:
        """What is drawn in place of what the gallery says."""
        return cast("Layout | None", self.said.get("layout"))

    @property
    def width(self) -> int | None:
        """Of the pictures, in pixels."""
        return int(self.said["width"]) if "width" in self.said else None

    @property
    def format(self) -> Format:
        """Of the pictures."""
        return cast("Format", self.said.get("format", "png"))

    @property
    def link(self) -> str:
        """Address of a page with the live view; ``none``, or ``auto`` for the site's own page."""
        return self.said.get("link", "auto")

    @property
    def reader(self) -> Reader | None:
        """Where the README is shown."""
        return cast("Reader | None", self.said.get("for"))


def read_wish(words: Sequence[str]) -> Wish:
    """What the words of an opening marker say, if `wrong_in` finds nothing wrong with them."""
    view, *settings = words
    return Wish(view, {name: value for name, _, value in (setting.partition("=") for setting in settings)})


def wrong_in(words: Sequence[str]) -> Iterator[str]:
    """What is wrong with the words of an opening marker."""
    view, *settings = words or [""]
    if not _VIEW.fullmatch(view):
        yield f"expected the name of a view, gallery/view, found {quoted(view) if view else 'nothing'}"
    names = [setting.partition("=")[0] for setting in settings]
    yield from (f"{name} is said {names.count(name)} times; say it once" for name in _SETTINGS if names.count(name) > 1)
    for setting in settings:
        name, _, value = setting.partition("=")
        if wrong := wrong_with(name, value):
            yield wrong


def wrong_with(name: str, value: str) -> str | None:
    """What is wrong with a setting."""
    if name not in _SETTINGS:
        known = ", ".join(f"{known}=…" for known in _SETTINGS)
        return f"unknown setting {quoted(name)}{did_you_mean(name, _SETTINGS)} A marker has: {known}"
    choices = _CHOICES.get(name)
    if choices and value not in choices:
        return f"{name}: expected one of {', '.join(choices)}, found {quoted(value)}"
    if name == "width" and not (re.fullmatch("[0-9]{1,5}", value) and NARROWEST <= int(value) <= WIDEST):
        return f"width: expected a number of pixels from {NARROWEST} to {WIDEST}, found {quoted(value)}"
    if name == "link" and (not value or re.search(r'[\s<>"]', value)):
        return f"link: expected an address without spaces and angles, none or auto, found {quoted(value)}"
    if name == "link" and re.match(r"[^/?#]*:", value) and not re.match("https?://", value, re.IGNORECASE):
        return f"link: expected an address that starts with https:// or http://, or a path, found {quoted(value)}"
    return None
