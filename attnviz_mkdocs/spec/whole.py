"""What only shows when the parts of a gallery are seen together.

This reads what was written, not the checked types, so that a mistake elsewhere hides none of these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from attnviz_mkdocs.spec.explain import (
    missing,
    no_neurons,
    no_neurons_compared,
    no_neurons_in_step,
    no_pair,
    not_carried,
    nothing_to_compare,
    taken,
    the_same,
)
from attnviz_mkdocs.spec.marked import Mapping, Scalar, Sequence, plain, walk
from attnviz_mkdocs.spec.mistakes import Mistake, did_you_mean, nearest, quoted, some
from attnviz_mkdocs.spec.together import without_effect, wrong_together
from attnviz_mkdocs.spec.types import PAIR_FILTERS, WITHOUT_NEURONS, Text, View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attnviz_mkdocs.spec.marked import Node
    from attnviz_mkdocs.spec.mistakes import Place

    #: What a gallery declares under ``models`` or ``texts``.
    Names: TypeAlias = dict[str, Node]


def wrong_references(gallery: Node) -> Iterator[Mistake]:
    """Names that name nothing, and what only shows when a view and its text are seen together.

    This reads what was written, not the checked types, so that a mistake elsewhere hides none of these.
    """
    if not isinstance(gallery, Mapping):
        return
    models, texts, views = (gallery.items.get(key) for key in ("models", "texts", "views"))
    ids: dict[str, Place] = {}
    for view in views.items if isinstance(views, Sequence) else ():
        if not isinstance(view, Mapping):
            continue
        for key, named in (("model", models), ("text", texts)):
            if named is None or isinstance(named, Mapping):
                names = named.items if named else {}
                yield from _unknown_name(view.items.get(key), key, names)
                yield from _wrong_comparison(view, key, names)
        view_id = view.items.get("id")
        if isinstance(view_id, Scalar) and isinstance(view_id.value, str):
            first = ids.setdefault(view_id.value, view_id.place)
            if first is not view_id.place:
                yield Mistake(view_id.place, taken(view_id.value, first))
        if isinstance(texts, Mapping):
            yield from _filters_without_pair(view, texts)


def wrong_keys(gallery: Node) -> Iterator[Mistake]:
    """Texts and views with keys that can't stand together, or without those that they need."""
    for path, part in walk(gallery):
        match path, part:
            case ("texts", str()), Mapping():
                yield from _together(part)
                yield from (missing(path, key, gallery) for key in _lacking(part, Text, {"text"}, "messages"))
            case ("views", int()), Mapping():
                yield from _together(part)
                lacking = _lacking(part, View, {"model", "text"}, "arrays")
                if "compare" not in part.items:
                    yield from (missing(path, key, gallery) for key in lacking)
                elif lacking == {"model", "text"}:
                    yield Mistake(part.keys["compare"], nothing_to_compare("this view"))
                yield from _neurons_without(part)
                yield from _without_effect(part)
                yield from _layers_left_out(part)


def _together(part: Mapping) -> Iterator[Mistake]:
    for keys, message in wrong_together(part.items):
        yield Mistake(max(part.keys[key] for key in keys), message)


def _lacking(part: Mapping, kind: type[Text | View], needed: set[str], instead: str) -> set[str]:
    """What is not there, not even under an unknown key, which is told already."""
    there = part.items.keys() | {
        nearest(key, [*needed, instead]) for key in part.items.keys() - kind.model_fields.keys()
    }
    return set() if instead in there else needed - there


def _unknown_name(name: Node | None, key: str, names: Names, under: str = "") -> Iterator[Mistake]:
    if not isinstance(name, Scalar) or not isinstance(name.value, str) or name.value in names:
        return
    known = sorted(names)
    guess = did_you_mean(name.value, known)
    if key == "text" and guess == "." and re.search(r"\s", name.value):
        is_sentence = f"{quoted(under or key)} takes a name, but {quoted(name.value)} is a sentence"
        message = f'{is_sentence}; write it under "texts:" and give its name here'
    elif not known:
        message = f'unknown {key} {quoted(name.value)}; declare it under "{key}s:" in this file'
    else:
        message = f"unknown {key} {quoted(name.value)}{guess} This file declares: {some(known)}"
    yield Mistake(name.place, message)


def _steps(view: Mapping) -> Iterator[Mapping]:
    steps = view.items.get("steps")
    for step in steps.items if isinstance(steps, Sequence) else ():
        if isinstance(step, Mapping):
            yield step


def _compared(view: Mapping) -> tuple[Node, ...]:
    """What a view compares, as far as it names two."""
    compare = view.items.get("compare")
    return compare.items if isinstance(compare, Sequence) and len(compare.items) == 2 else ()  # noqa: PLR2004


def _key_of_compared(view: Mapping) -> str | None:
    """Of what the names under ``compare`` are names: that of the two keys which the view leaves out."""
    left_out = {"model", "text"} - view.items.keys()
    return left_out.pop() if len(left_out) == 1 else None


def _wrong_comparison(view: Mapping, key: str, names: Names) -> Iterator[Mistake]:
    """What a view compares under names that name nothing, or the same."""
    if key != _key_of_compared(view):
        return
    first, second = _compared(view) or (None, None)
    for entry in (first, second):
        if isinstance(entry, Scalar) and not entry.written.strip():
            continue  # told as what is empty
        yield from _unknown_name(entry, key, names, "compare")
    if not isinstance(first, Scalar) or not isinstance(second, Scalar) or first.written == second.written:
        return
    one, other = names.get(first.written), names.get(second.written)
    if one and other and plain(one) == plain(other):
        yield Mistake(second.place, the_same(second.written, first.written, key))


def _without_effect(view: Mapping) -> Iterator[Mistake]:
    """Options of a view or of its steps that change nothing as the others are."""
    of_view = _values(view)
    for part in (view, *_steps(view)):
        for key, message in without_effect(of_view | _values(part), compares="compare" in view.items):
            if key in part.items:
                yield Mistake(part.items[key].place, message)


def _layers_left_out(view: Mapping) -> Iterator[Mistake]:
    """Layers that the view or a step of it shows, but that its page doesn't carry."""
    carried = view.items.get("layers")
    if carried is None:
        return
    written = carried.items if isinstance(carried, Sequence) else (carried,)
    layers = [layer for layer in map(_index, written) if layer is not None]
    for part in (view, *_steps(view)):
        layer = _index(part.items.get("layer"))
        if layers and layer is not None and layer not in layers:
            yield Mistake(part.items["layer"].place, not_carried(layer, layers))


def _index(node: Node | None) -> int | None:
    """The number of a layer, if it is one."""
    match node:
        case Scalar(value=int(index)) if not isinstance(index, bool) and index >= 0:
            return index
    return None


def _values(part: Mapping) -> dict[str, object]:
    return {key: value.value for key, value in part.items.items() if isinstance(value, Scalar)}


def _neurons_without(view: Mapping) -> Iterator[Mistake]:
    """Neurons of arrays, and in the steps of a view that is of another kind."""
    kind = view.items.get("view")
    # What is no kind at all is told already, and may be meant to be "neuron".
    is_other = kind is None or (isinstance(kind, Scalar) and kind.value in WITHOUT_NEURONS)
    for part in (view, *_steps(view)):
        shown = part.items.get("view")
        if isinstance(shown, Scalar) and shown.value == "neuron":
            if "compare" in view.items:
                yield Mistake(shown.place, no_neurons_compared())
            elif "arrays" in view.items:
                yield Mistake(shown.place, no_neurons())
            elif is_other:
                yield Mistake(shown.place, no_neurons_in_step())


def _filters_without_pair(view: Mapping, texts: Mapping) -> Iterator[Mistake]:
    compared = _compared(view) if _key_of_compared(view) == "text" else ()
    for part in (view, *_steps(view)):
        for name in (view.items.get("text"), *compared):
            yield from _filter_without_pair(part.items.get("filter"), name, texts)


def _filter_without_pair(chosen: Node | None, name: Node | None, texts: Mapping) -> Iterator[Mistake]:
    if not isinstance(chosen, Scalar) or not isinstance(name, Scalar) or chosen.value not in PAIR_FILTERS:
        return
    text = texts.items.get(name.written)
    if isinstance(text, Scalar) or (
        isinstance(text, Mapping) and text.items.keys() <= Text.model_fields.keys() - {"pair"}
    ):
        yield Mistake(chosen.place, no_pair(chosen.written, f"text {quoted(name.written)}"))
