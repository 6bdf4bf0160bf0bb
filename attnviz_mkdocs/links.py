"""Links in a page's prose that drive a view: ``[head 5.10](attn:she?layer=5&head=10&query=She)``.

What stands after the question mark is a state, in the words of a gallery; a token may be named by its
label. In the page it becomes an address of the page itself,
``#attn:who-is-she/she?layer=5&heads=10&query=9``, which a browser keeps in its history and a reader can
pass on. Several tokens are written one by one, ``query=She&query=doctor``, or by their places, ``query=9,3``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import numpy as np

from attnviz_mkdocs.spec import Options, View
from attnviz_mkdocs.spec.explain import NUMBERS
from attnviz_mkdocs.spec.mistakes import did_you_mean, quoted, some
from attnviz_mkdocs.spec.together import without_effect
from attnviz_mkdocs.terms import SCHEME
from attnviz_mkdocs.views import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.codec.exhibits import Side
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.views import Shown

_KEYS = ("view", *Options.model_fields, "step")
#: Keys that may stand several times.
_SEVERAL = frozenset({"heads", "query", "key"})


class LinkError(ValueError):
    """A link leads nowhere: it names no view of its page, or what the view doesn't have."""


def resolve(address: str, views: Mapping[str, Shown | None]) -> str:
    """Where a link leads in its page.

    Args:
        address: As its author wrote it.
        views: The page's views by name; None for one that can't be shown, or that nobody has captured yet. Of a link
            there, only the names are checked.

    Raises:
        LinkError: It leads nowhere.
    """
    parts = urlsplit(address)
    name = _view(unquote(parts.path), views)
    written, shown = _by_key(parse_qsl(parts.query, keep_blank_values=True)), views[name]
    state = {} if shown is None else _state(written, shown)
    query = urlencode({key: _written(value) for key, value in state.items()}, safe=",")
    return f"#{SCHEME}{quote(name)}" + (f"?{query}" if query else "")


def _view(written: str, views: Mapping[str, Shown | None]) -> str:
    """The view of that name, or of that id where only one has it."""
    if written in views:
        return written
    same_id = [name for name in views if name.rpartition("/")[2] == written]
    if len(same_id) == 1:
        return same_id[0]
    if not views:
        raise LinkError(
            'this page has no view with a name; show a view of a gallery, or write "id: NAME" into the fence'
        )
    guess = did_you_mean(written, views)
    raise LinkError(f"this page has no view {quoted(written)}{guess} It has: {some(list(views))}")


def _by_key(written: list[tuple[str, str]]) -> dict[str, list[str]]:
    """What is written under each key, as often as it may stand there."""
    values: dict[str, list[str]] = {}
    for key, text in written:
        values.setdefault("heads" if key == "head" else key, []).append(text)
    unknown = next((key for key in values if key not in _KEYS), None)
    if unknown is not None:
        guess = did_you_mean(unknown, _KEYS)
        raise LinkError(f"unknown {quoted(unknown)} in a link{guess} A link may set: {', '.join(_KEYS)}")
    repeated = next((key for key, texts in values.items() if len(texts) > 1 and key not in _SEVERAL), None)
    if repeated is not None:
        raise LinkError(f"{quoted(repeated)} stands twice in a link; take one out")
    return values


def _state(written: dict[str, list[str]], shown: Shown) -> dict[str, Any]:
    """The state that a link asks for."""
    figure, header = shown.figure, shown.header
    if written.get("view") == ["neuron"] and figure.kind != "neuron":
        raise LinkError(f"the page carries no queries and keys for this view; {_no_neurons(figure)}")
    attention = written["attention"][0] if "attention" in written else figure.options.attention
    known = attention if attention in header.attentions else header.attentions[0]
    values = {key: _value(key, texts, header, known) for key, texts in written.items() if key != "step"}
    set_here = {key: value for key, value in values.items() if key != "view"}
    options = Options.model_validate({"attention": attention} | set_here)
    # What the view's author wrote has been checked where it stands.
    asked = replace(figure, options=options, steps=(), places={}, kept=frozenset())
    mistakes = [mistake.message for mistake in check(replace(shown, figure=asked))]
    all_told = options.over(figure.options).model_dump()
    for option, message in without_effect(all_told, compares=figure.second is not None):
        mistakes += [message] if option in set_here else []
    if mistakes:
        raise LinkError("; ".join(mistakes))
    return values | ({"step": _step(written["step"][0], figure)} if "step" in written else {})


def _value(key: str, texts: list[str], header: Header, attention: str) -> float | str | tuple[int, ...]:
    if key == "heads":
        return tuple(dict.fromkeys(_number("head", part) for text in texts for part in text.split(",")))
    if key in ("query", "key"):
        side: Side = "query" if key == "query" else "key"
        labels = header.labels(side, attention)
        return tuple(dict.fromkeys(token for text in texts for token in _tokens(side, text, labels)))
    [text] = texts
    if key == "layer":
        return _number(key, text)
    if key in NUMBERS:
        return _decimal(key, text)
    choices = _choices(key)
    if text not in choices:
        raise LinkError(f"{key} can't be {quoted(text)}{did_you_mean(text, choices)} It may be: {', '.join(choices)}")
    return text


def _written(value: float | str | tuple[int, ...]) -> str:
    """A value as a browser reads it: of several numbers, with commas."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def _number(key: str, text: str) -> int:
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise LinkError(f"{key} must be a number from 0 on, but it is {quoted(text)}")
    return int(text)


def _decimal(key: str, text: str) -> float:
    try:
        return float(getattr(Options.model_validate({key: float(text)}), key))
    except ValueError as error:  # no number, or one that the option can't be
        raise LinkError(f"{key} must be {NUMBERS[key]}, but it is {quoted(text)}") from error


def _tokens(side: Side, text: str, labels: list[str]) -> list[int]:
    """The tokens that a text names: by their places, or the first of that label."""
    if re.fullmatch(r"\d+(,\d+)*", text, re.ASCII):
        return [int(place) for place in text.split(",")]
    if text not in labels:
        guess = did_you_mean(text, labels)
        raise LinkError(f"no {side} token is called {quoted(text)}{guess} They are: {' '.join(labels)}")
    return [labels.index(text)]


def _step(text: str, figure: Figure) -> int:
    if not figure.steps:
        raise LinkError('"step" leads to a step of a tour, but this view has no "steps"; take it out')
    step = _number("step", text)
    if step >= len(figure.steps):
        raise LinkError(f"step {step} is not in the tour: steps count from 0, and the last is {len(figure.steps) - 1}")
    return step


def _no_neurons(figure: Figure) -> str:
    return "a comparison has none" if figure.second else 'write "view: neuron" where it is shown'


def _choices(key: str) -> list[str]:
    annotation = (View if key == "view" else Options).model_fields[key].annotation
    choices = (choice for part in (annotation, *get_args(annotation)) for choice in get_args(part))
    return [choice for choice in choices if isinstance(choice, str)]
