"""Keys that can't stand together, and keys that need another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.spec.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

#: Keys that can't all stand together → why one of them has to go.
_APART: dict[tuple[str, ...], str] = {
    ("text", "messages"): "a model reads a sentence or a chat",
    ("messages", "pair"): "a pair belongs to a sentence",
    ("messages", "target"): "a target belongs to a sentence",
    ("target", "generate"): "a target is given, or the model writes it",
    ("pair", "generate"): "no model goes on after a pair",
    ("compare", "model", "text"): "what is compared is two texts in one model, or two models on one text",
    ("compare", "messages"): "a fence compares sentences, and chats only as texts of a gallery",
    ("compare", "arrays"): "what is compared is two texts or two models",
} | {
    ("arrays", key): "arrays are what some model made of some text already"
    for key in ("model", "text", "messages", "pair", "target", "generate", "seed")
}
#: Key → the key that it needs, and why.
_NEEDED = {
    "seed": ("generate", "a seed draws the tokens that the model writes"),
    "tokens": ("arrays", "they label the tokens of arrays"),
}


def wrong_together(keys: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Which of the keys of a text, a view or a fence can't stand so, and what to tell their author."""
    for apart, why in _APART.items():
        if set(apart) <= set(keys):
            *others, last = map(quoted, apart)
            yield apart, f"{', '.join(others)} and {last} can't stand together, because {why}; take one of them out"
    for key, (needed, why) in _NEEDED.items():
        # What goes with arrays is told above.
        if key in keys and needed not in keys and not (needed == "generate" and "arrays" in keys):
            yield (key,), f'{quoted(key)} needs "{needed}:", because {why}; add that, or take {quoted(key)} out'


def without_effect(options: Mapping[str, Any], *, compares: bool) -> Iterator[tuple[str, str]]:
    """Options that change nothing as the others are, and what to tell their author.

    Args:
        options: What is chosen; what is left out is as it is by default.
        compares: Whether two are compared.
    """
    if options.get("least") is not None and options.get("sort", "index") == "index":
        why = "it is about the statistic by which heads are sorted"
        yield "least", f'"least" needs "sort:" with a statistic, because {why}; add that, or take "least" out'
    if options.get("comparison", "both") != "both" and not compares:
        why = "it says what of a comparison is shown"
        yield "comparison", f'"comparison" needs "compare:", because {why}; add that, or take "comparison" out'


def schema_of(keys: Collection[str]) -> dict[str, Any]:
    """The same as a JSON Schema, for a mapping that may hold ``keys``."""
    apart = [{"not": {"required": list(wrong)}} for wrong in _APART if set(wrong) <= set(keys)]
    needs = {key: [needed] for key, (needed, _) in _NEEDED.items() if {key, needed} <= set(keys)}
    return {"allOf": apart, "dependencies": needs}
