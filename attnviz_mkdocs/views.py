"""A view's first state, and whether the exhibit has what the author asked to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.spec import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.spec import Figure


def first_state(figure: Figure) -> dict[str, Any]:
    """The state that ``<attn-view>`` starts in; what the author left open is left out."""
    options = figure.options
    state = {
        "view": figure.kind,
        "layer": options.layer,
        "heads": None if options.heads is None else list(options.heads),
        "query": options.query,
        "key": options.key,
        "filter": options.filter,
    }
    return {name: value for name, value in state.items() if value is not None}


def check(figure: Figure, header: Header) -> list[Mistake]:
    """What the author asked to see and the exhibit doesn't have."""
    return [Mistake(figure.place_of(option), message) for option, message in _mistakes(figure, header)]


def _mistakes(figure: Figure, header: Header) -> Iterator[tuple[str, str]]:
    options = figure.options
    layers, heads, queries, keys = header.shape
    name = figure.model_name
    if options.layer is not None and options.layer >= layers:
        yield "layer", f"layer {options.layer} is not in {name}: {_range(layers, 'layer')}"
    for head in options.heads or ():
        if head >= heads:
            yield "heads", f"head {head} is not in {name}: {_range(heads, 'head')}"
    if options.query is not None and options.query >= queries:
        yield "query", f"query {options.query} is not in the text: {_tokens(header.labels('query'))}"
    if options.key is not None and options.key >= keys:
        yield "key", f"key {options.key} is not in the text: {_tokens(header.labels('key'))}"


def _range(count: int, what: str) -> str:
    if count == 1:
        return f"it has one {what}, {what} 0"
    return f"it has {count} {what}s, 0 to {count - 1}"


def _tokens(labels: list[str]) -> str:
    shown = ", ".join(f"{index} {label}" for index, label in enumerate(labels[:40]))
    more = "" if len(labels) <= 40 else f", … {len(labels) - 1} {labels[-1]}"  # noqa: PLR2004 - a line's worth
    return f"it has {len(labels)} tokens: {shown}{more}"
