"""Links in a page's prose that drive a view: ``[head 5.10](attn:she?layer=5&head=10&query=She)``.

What stands after the question mark is a state, in the words of a gallery; a token may be named by its
label. In the page it becomes an address of the page itself,
``#attn:who-is-she/she?layer=5&heads=10&query=9``, which a browser keeps in its history and a reader can
pass on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from attnviz_mkdocs.spec import Options, View
from attnviz_mkdocs.spec.mistakes import did_you_mean, quoted, some
from attnviz_mkdocs.views import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.codec.exhibits import Side
    from attnviz_mkdocs.spec import Figure

#: What the address of such a link starts with.
SCHEME = "attn:"

_KEYS = ("view", *Options.model_fields)


class LinkError(ValueError):
    """A link leads nowhere: it names no view of its page, or what the view doesn't have."""


def resolve(address: str, shown: Mapping[str, tuple[Figure, Header]]) -> str:
    """Where a link leads in its page.

    Args:
        address: As its author wrote it.
        shown: The page's views by name, with what their exhibits say of themselves.

    Raises:
        LinkError: It leads nowhere.
    """
    parts = urlsplit(address)
    name = _view(unquote(parts.path), shown)
    state = _state(dict(parse_qsl(parts.query, keep_blank_values=True)), *shown[name])
    query = urlencode(state, safe=",")
    return f"#{SCHEME}{quote(name)}" + (f"?{query}" if query else "")


def _view(written: str, shown: Mapping[str, object]) -> str:
    """The view of that name, or of that id where only one has it."""
    if written in shown:
        return written
    same_id = [name for name in shown if name.rpartition("/")[2] == written]
    if len(same_id) == 1:
        return same_id[0]
    if not shown:
        raise LinkError(
            'this page has no view with a name; show a view of a gallery, or write "id: NAME" into the fence'
        )
    guess = did_you_mean(written, shown)
    raise LinkError(f"this page has no view {quoted(written)}{guess} It has: {some(list(shown))}")


def _state(written: dict[str, str], figure: Figure, header: Header) -> dict[str, Any]:
    """The state as a browser reads it: numbers, and heads with commas."""
    if "head" in written:
        written["heads"] = written.pop("head")
    unknown = next((key for key in written if key not in _KEYS), None)
    if unknown is not None:
        guess = did_you_mean(unknown, _KEYS)
        raise LinkError(f"unknown {quoted(unknown)} in a link{guess} A link may set: {', '.join(_KEYS)}")
    if written.get("view") == "neuron" and figure.kind != "neuron":
        raise LinkError('the page carries no queries and keys for this view; write "view: neuron" where it is shown')
    attention = written.get("attention") or figure.options.attention
    known = attention if attention in header.attentions else header.attentions[0]
    values = {key: _value(key, text, header, known) for key, text in written.items()}
    of_view = {"attention": attention} | {key: value for key, value in values.items() if key != "view"}
    options = Options.model_validate(of_view)
    mistakes = check(replace(figure, options=options, steps=(), places={}, kept=frozenset()), header)
    if mistakes:
        raise LinkError("; ".join(mistake.message for mistake in mistakes))
    return {key: ",".join(map(str, value)) if isinstance(value, tuple) else value for key, value in values.items()}


def _value(key: str, text: str, header: Header, attention: str) -> int | str | tuple[int, ...]:
    if key == "heads":
        return tuple(dict.fromkeys(_number("head", part) for part in text.split(",")))
    if key == "layer":
        return _number(key, text)
    if key in ("query", "key"):
        side: Side = "query" if key == "query" else "key"
        return int(text) if text.isdecimal() else _token(side, text, header.labels(side, attention))
    choices = _choices(key)
    if text not in choices:
        raise LinkError(f"{key} can't be {quoted(text)}{did_you_mean(text, choices)} It may be: {', '.join(choices)}")
    return text


def _number(key: str, text: str) -> int:
    if not text.isdecimal():
        raise LinkError(f"{key} must be a number from 0 on, but it is {quoted(text)}")
    return int(text)


def _token(side: Side, text: str, labels: list[str]) -> int:
    if text not in labels:
        guess = did_you_mean(text, labels)
        raise LinkError(f"no {side} token is called {quoted(text)}{guess} They are: {' '.join(labels)}")
    return labels.index(text)


def _choices(key: str) -> list[str]:
    annotation = (View if key == "view" else Options).model_fields[key].annotation
    choices = (choice for part in (annotation, *get_args(annotation)) for choice in get_args(part))
    return [choice for choice in choices if isinstance(choice, str)]
