"""A view's first state and those of its tour, and whether the exhibit has what the author asked to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.exhibit import SELF
from attnviz_mkdocs.spec import Mistake, Options
from attnviz_mkdocs.spec.explain import not_carried, of_kept_steps
from attnviz_mkdocs.spec.mistakes import quoted
from attnviz_mkdocs.spec.types import PAIR_FILTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.codec.exhibits import Side
    from attnviz_mkdocs.spec import Figure
    from attnviz_mkdocs.spec.types import Kind

#: The most tokens on a side between which lines are still told apart; for more, text flows and is shaded.
MOST_TOKENS_OF_LINES = 128


@dataclass(frozen=True, slots=True)
class Shown:
    """A view of a page, and what its exhibits say of themselves.

    Attributes:
        figure: The view.
        header: Of its exhibit.
        second: Of the exhibit that it is compared with.
    """

    figure: Figure
    header: Header
    second: Header | None = None


def kind_of(figure: Figure, header: Header) -> Kind:
    """What is drawn first: what the author chose, or what suits the number of tokens."""
    if figure.kind is not None:
        return figure.kind
    attention = figure.options.attention
    return kind_for(max(len(header.labels("query", attention)), len(header.labels("key", attention))))


def kind_for(tokens: int) -> Kind:
    """What suits so many tokens, the longer of the two sides, where the author chose nothing."""
    return "head" if tokens <= MOST_TOKENS_OF_LINES else "text"


def first_state(figure: Figure) -> dict[str, Any]:
    """The state that ``<attn-view>`` starts in; what the author left open is left out."""
    chosen = {} if figure.kind is None else {"view": figure.kind}
    return chosen | figure.options.model_dump(mode="json", exclude_defaults=True)


def step_states(figure: Figure) -> list[dict[str, Any]]:
    """The steps of the tour: of each its caption, and the state that it sets in place of the first."""
    return [
        {
            "caption": step.caption,
            "state": step.model_dump(mode="json", exclude_unset=True, exclude={"caption"}),
        }
        for step in figure.steps
    ]


def check(shown: Shown) -> list[Mistake]:
    """What the author asked to see, at first or in a step of the tour, and the exhibits don't have.

    Of what a view is compared with, the browser shows the nearest layer, head and token that it has.
    """
    figure = shown.figure
    if shown.second is not None and _is_plain(shown.header) != _is_plain(shown.second):
        why = "an encoder-decoder model and one that is none have no attention in common"
        return [Mistake(figure.place_of("compare"), f"{why}; compare two models of the same kind")]
    lacking = [*_lacking(figure.options, shown), *_not_carried(shown)]
    first = [
        Mistake(figure.place_of(option), message + (_of_the_view(option, figure) if option in figure.kept else ""))
        for option, message in lacking
    ]
    return first + [mistake for position in range(len(figure.steps)) for mistake in _in_step(position, shown)]


def _in_step(position: int, shown: Shown) -> Iterator[Mistake]:
    figure = shown.figure
    step = figure.steps[position]
    for option, message in (*_lacking(step.over(figure.options), shown), *_left_out(step.layer, figure)):
        # What the step doesn't set is told of the view itself, unless it is the step's attention that lacks it.
        blamed = next((key for key in (option, "attention") if key in step.model_fields_set), None)
        if blamed is None:
            continue
        mend = "" if blamed == option else f'; "{option}" comes from the view, so write another one in this step'
        if "steps" in figure.kept:
            mend = of_kept_steps(figure.base)
        yield Mistake(figure.place_of("steps", position, blamed), message + mend)


def _not_carried(shown: Shown) -> Iterator[tuple[str, str]]:
    """What is wrong with the layers that a page shall carry."""
    figure = shown.figure
    if figure.layers is None:
        return
    yield from _left_out(figure.options.layer, figure)
    headers = {figure.model_name: shown.header}
    if shown.second is not None and figure.second is not None:
        headers.setdefault(figure.second.model_name, shown.second)
    for name, header in headers.items():
        there = {attention: header.layers(attention) for attention in header.attentions}
        known = sorted({layer for layers in there.values() for layer in layers})
        lacking = sorted(set(figure.layers).difference(known))
        if lacking:
            yield "layers", f"layer {lacking[0]} is not in {name}: {_layers(known)}"
        for attention, layers in there.items():
            if not lacking and not set(figure.layers).intersection(layers):
                yield "layers", f"none of these layers is in the {attention} attention of {name}: {_layers(layers)}"


def _left_out(layer: int | None, figure: Figure) -> Iterator[tuple[str, str]]:
    """A layer that is to be shown, but that the page doesn't carry."""
    if layer is not None and figure.layers is not None and layer not in figure.layers:
        yield "layer", not_carried(layer, figure.layers)


def _of_the_view(option: str, figure: Figure) -> str:
    return f'; "{option}" comes from {figure.base}, so write another one here'


def _lacking(options: Options, shown: Shown) -> Iterator[tuple[str, str]]:
    """Options that an exhibit lacks, and what is wrong with them; each once, of the first exhibit that lacks it."""
    figure = shown.figure
    told = list(_mistakes(options, figure.model_name, shown.header))
    yield from told
    if shown.second is None or figure.second is None or figure.names is None:
        return
    second = figure.second
    name = quoted(figure.names[1]) if second.model_name == figure.model_name else second.model_name
    wanted = Options(attention=options.attention, filter=options.filter)
    for option, message in _mistakes(wanted, name, shown.second):
        if option not in dict(told):
            yield option, message


def _mistakes(options: Options, name: str, header: Header) -> Iterator[tuple[str, str]]:
    is_plain = _is_plain(header)
    if options.attention is not None and options.attention not in header.attentions:
        if is_plain:
            why = f"{name} is not an encoder-decoder model and has no {options.attention} attention"
            yield "attention", f'{why}; take "attention" out'
        else:
            yield "attention", f"{name} has no {options.attention} attention; it has: {', '.join(header.attentions)}"
        return
    attention = header.attentions[0] if options.attention is None else options.attention
    if options.filter in PAIR_FILTERS and not header.has_pair(attention):
        why = f'filter "{options.filter}" shows a part of a pair, but {name} has no pair'
        yield "filter", f"{why}; take the filter out"
    subject = name if is_plain else f"the {attention} attention of {name}"
    layers, heads = header.layers(attention), header.heads(attention)
    if options.layer is not None and options.layer not in layers:
        yield "layer", f"layer {options.layer} is not in {subject}: {_layers(layers)}"
    for head in options.heads or ():
        if head >= heads:
            yield "heads", f"head {head} is not in {subject}: {_range(heads, 'head')}"
    sides: tuple[tuple[Side, tuple[int, ...] | None], ...] = (("query", options.query), ("key", options.key))
    for side, tokens in sides:
        labels = header.labels(side, attention)
        for token in tokens or ():
            if token >= len(labels):
                text = "text" if is_plain else header.sequence(side, attention)
                yield side, f"{side} {token} is not in the {text}: {_tokens(labels)}"


def _is_plain(header: Header) -> bool:
    """Whether it is of no encoder-decoder model."""
    return header.attentions == [SELF]


def _range(count: int, what: str) -> str:
    if count == 1:
        return f"it has one {what}, {what} 0"
    return f"it has {count} {what}s, 0 to {count - 1}"


def _layers(layers: list[int]) -> str:
    if layers == list(range(len(layers))):
        return _range(len(layers), "layer")
    return f"attention is in layers {', '.join(map(str, layers))}"


def _tokens(labels: list[str]) -> str:
    shown = ", ".join(f"{index} {label}" for index, label in enumerate(labels[:40]))
    more = "" if len(labels) <= 40 else f", … {len(labels) - 1} {labels[-1]}"  # noqa: PLR2004 - a line's worth
    return f"it has {len(labels)} tokens: {shown}{more}"
