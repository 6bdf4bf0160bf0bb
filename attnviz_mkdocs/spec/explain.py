"""What a failed check means to the author: where to look, what is wrong, what was expected, what to do."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.marked import Mapping, Scalar, Sequence, follow, kind_of
from attnviz_mkdocs.spec.mistakes import Mistake, did_you_mean, quoted, short
from attnviz_mkdocs.spec.size import A_SIZE
from attnviz_mkdocs.spec.types import (
    MOST_NEW_TOKENS,
    MOST_TOKENS,
    NAME_PATTERN,
    TAG_PATTERN,
    FenceBody,
    GalleryFile,
    Message,
    Model,
    Options,
    PartBody,
    Sides,
    Step,
    Text,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from attnviz_mkdocs.spec.marked import Node, Path
    from attnviz_mkdocs.spec.mistakes import Place

_NOUN: dict[type[BaseModel], str] = {
    GalleryFile: "gallery",
    FenceBody: "fence",
    PartBody: "fence of a gallery",
    Model: "model",
    Message: "message",
    Sides: "mapping of labels",
    Step: "step",
    Text: "text",
    View: "view",
}
_ANY = None
_LONGEST_EXAMPLE = 40
# As `NAME_PATTERN` says: it is part of a file's name in the site, and of addresses.
_LONGEST_NAME = 100
#: The keys that lead to a mapping of its own type, from the outside in.
_PARTS: dict[tuple[str | None, ...], type[BaseModel]] = {
    ("models", _ANY): Model,
    ("texts", _ANY): Text,
    ("texts", _ANY, "messages", _ANY): Message,
    ("messages", _ANY): Message,
    ("views", _ANY): View,
    ("views", _ANY, "tokens"): Sides,
    ("views", _ANY, "steps", _ANY): Step,
    ("tokens",): Sides,
    ("steps", _ANY): Step,
}
#: A key by which YAML 1.1 merges another mapping into this one.
MERGE = "<<"
#: Characters that look like a space or like nothing.
_HIDDEN = re.compile("[\u00a0\u00ad\u1680\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff]")
#: What the name of a gallery's view looks like.
_VIEW_NAME = re.compile(r"[\w.-]+/[\w.-]+")
#: What pydantic puts into a path that no author wrote.
_MARKS = frozenset({"[key]", "[labels]", "[sides]"})
_TO_ADD = {
    (Message, "content"): "what is said",
    (Message, "role"): "who says it, such as user",
    (Model, "source"): "a hub id, a folder, or package:NAME/PATH",
    (Sides, "key"): "the labels of the tokens that are looked at",
    (Sides, "query"): "the labels of the tokens that look",
    (Step, "caption"): "what the step shows, in words",
    (Text, "text"): 'the sentence itself, or "messages:" with a chat',
    (View, "id"): "a name of its own, by which pages show it",
    (View, "model"): 'one of the names under "models"',
    (View, "text"): 'one of the names under "texts"',
}
#: Keys that take any number of a range, and which.
NUMBERS = {"mass": "a number above 0, up to 1, such as 0.9", "least": "a number from 0 on"}
#: Keys that take a number, or a list of numbers.
_LISTS = frozenset({"heads", "layers", "query", "key"})
_BRACKETS = '; put quotes round a text that starts with "[" or "{"'


class Case:
    """One failed check, seen from the author's file.

    Attributes:
        type: The kind of check, as pydantic calls it.
        words: What pydantic says of it.
        context: What a message may use of it.
        key: The key that the check is about.
        is_about_key: Whether the key itself is wrong.
        found: The value that the check is about; for what is missing, the mapping that lacks it.
        written: The characters of a single value; empty for others.
        is_text: Whether that value is text.
        kind: The type of the mapping that the check belongs to.
        noun: What a message calls such a mapping.
        subject: What a message calls this one.
        name: What a message calls the value.
        keys: What such a mapping may hold.
    """

    def __init__(self, details: ErrorDetails, root: Node, whole: type[BaseModel]) -> None:
        loc = written_path(details)
        path, self.found = follow(root, loc)
        self.type = details["type"]
        self.words = details["msg"]
        self.context = details.get("ctx", {})
        self.key = next((part for part in reversed(loc) if isinstance(part, str)), "")
        self.is_about_key = self.type == "extra_forbidden" or details["loc"][-1:] == ("[key]",)
        self.written = self.found.written if isinstance(self.found, Scalar) else ""
        self.is_text = isinstance(self.found, Scalar) and isinstance(self.found.value, str)
        self.kind, owner = _owner(path, whole)
        self.noun = _NOUN[self.kind]
        self.subject = _subject(root, owner, self.noun)
        # One that stands alone is checked as the only entry of a list.
        is_entry = bool(loc) and path == loc and self.key != loc[-1]
        self.name = f"an entry of {quoted(self.key)}" if is_entry else quoted(self.key)
        self.keys = sorted(self.kind.model_fields, key=lambda key: key in _inherited(self.kind))  # its own first
        self._around = follow(root, loc[:-1])[1]

    @property
    def place(self) -> Place:
        """Where an author has to look."""
        if self.is_about_key and isinstance(self._around, Mapping):
            return self._around.keys[self.key]
        if self.type == "repeated" and isinstance(self.found, Sequence):
            return self.found.items[int(self.context["position"])].place
        return self.found.place

    @property
    def but(self) -> str:
        """The half of a sentence that says what was found instead."""
        if not isinstance(self.found, Scalar):
            return f"but this is {kind_of(self.found)}"
        return f"but {quoted(self.written) if self.is_text else short(self.written)} is {kind_of(self.found)}"

    @property
    def but_this(self) -> str:
        """The same for what has to be a number, of which the kind needs no words."""
        return f"but this is {short(self.written)}" if kind_of(self.found) == "a number" else self.but

    @property
    def in_quotes(self) -> str:
        """What to do where text was expected."""
        return f"; put quotes round it: {quoted(self.written)}" if isinstance(self.found, Scalar) else _BRACKETS


def written_path(details: ErrorDetails) -> Path:
    """Where a check failed, in the author's keys and positions alone."""
    return tuple(part for part in details["loc"] if part not in _MARKS)


def explain(case: Case) -> Mistake:
    """Say in words what a failed check means."""
    return Mistake(case.place, _WORDS.get(case.type, _in_other_words)(case))


def without_value(root: Node, path: Path) -> Mistake:
    """Say that there is nothing at ``path``, where something was begun."""
    node = follow(root, path)[1]
    if not path or not isinstance(path[-1], str):
        return Mistake(node.place, "a value is missing here; write one, or take the entry out")
    mend = "write one, or take the key out"
    if isinstance(node, Scalar) and node.comment:
        mend = f'"#" starts a comment, so put quotes round the text: {quoted(node.comment)}'
    elif re.search(r":\S", path[-1]):
        mend = 'put a space after the ":"'
    return Mistake(node.place, f"{quoted(path[-1])} has no value; {mend}")


def no_pair(chosen: str, text: str) -> str:
    """What is wrong with a filter that shows a part of a pair, on a text without one."""
    return (
        f'filter "{chosen}" shows a part of a pair, but {text} has no pair; add "pair:" to it, or take the filter out'
    )


def no_neurons() -> str:
    """What is wrong with a neuron view of arrays."""
    return 'view "neuron" shows queries and keys, but arrays hold attention alone; choose head, model, matrix or text'


def no_neurons_in_step() -> str:
    """What is wrong with a step that shows neurons in a view that has none."""
    return (
        'view "neuron" shows queries and keys, which come only with a view that is neuron from the start; '
        'write "view: neuron" for the view itself, or choose head, model, matrix or text for this step'
    )


def no_neurons_compared() -> str:
    """What is wrong with a neuron view of a comparison."""
    return 'a comparison has no neuron view; choose head, model, matrix or text, or take "compare" out'


def not_carried(layer: int, layers: Iterable[int]) -> str:
    """What is wrong with a layer that is to be shown, but that the page doesn't carry."""
    carried = ", ".join(map(str, sorted(layers)))
    return f'layer {layer} is not among those that the page carries; "layers" has: {carried}'


def nothing_to_compare(subject: str) -> str:
    """What is wrong with a comparison that says neither in which model nor on which text."""
    return (
        f'{subject} has "compare", but neither "model" nor "text"; '
        'add "model:" where two texts are compared, or "text:" where two models are'
    )


def the_same(entry: str, first: str, key: str) -> str:
    """What is wrong with a comparison of two names for the same."""
    return f"{quoted(entry)} is the same {key} as {quoted(first)}; compare two that differ"


def of_kept_steps(base: str) -> str:
    """What to do about steps of the view that a fence names; the end of a message about them."""
    return f'; the steps come from {base}, so write others here, or "steps: []" for none'


def taken(own_id: str, first: Place) -> str:
    """What is wrong with an id that another view has already."""
    return f"{quoted(own_id)} is the id of the view in line {first.line} already; choose another"


def no_name(written: str) -> str:
    """The half of a sentence that says what a name is made of, with the nearest to ``written``."""
    ascii_only = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode()
    example = re.sub(r"[^A-Za-z0-9_.]+", "-", ascii_only)[:_LONGEST_EXAMPLE].strip("-._") or "my-name"
    letters = 'letters (a to z), digits, "-", "_" and ".", a letter or digit first'
    if len(ascii_only) > _LONGEST_NAME:
        letters = f"at most {_LONGEST_NAME} {letters}"
    return f'can\'t be a name; use {letters}, such as "{example}"'


def missing(path: Path, key: str, root: Node) -> Mistake:
    """Say that the text or view at ``path`` of a gallery has no ``key``."""
    return explain(Case({"type": "missing", "loc": (*path, key), "msg": "", "input": None}, root, GalleryFile))


def _owner(path: Path, whole: type[BaseModel]) -> tuple[type[BaseModel], Path]:
    """The type of the innermost mapping that a path leads into, and where that mapping is."""
    for depth in range(len(path), 0, -1):
        for keys, kind in _PARTS.items():
            # A gallery's parts stand under names, and those of a fence don't.
            is_of_whole = (keys[0] in GalleryFile.model_fields) == (whole is GalleryFile)
            if len(keys) == depth and is_of_whole and all(key in (_ANY, path[i]) for i, key in enumerate(keys)):
                return kind, path[:depth]
    return whole, ()


def _subject(root: Node, owner: Path, noun: str) -> str:
    match owner:
        case (*_, int(position)):
            part = follow(root, owner)[1]
            own_id = part.items.get("id") if isinstance(part, Mapping) else None
            return f"{noun} {quoted(own_id.written)}" if isinstance(own_id, Scalar) else f"{noun} number {position + 1}"
        case (_, str(name)):
            return f"{noun} {quoted(name)}"
    return f"the {noun}"


def _inherited(kind: type[BaseModel]) -> frozenset[str]:
    return frozenset(key for base in kind.__bases__ for key in getattr(base, "model_fields", ()))


def _in_other_words(case: Case) -> str:
    return f"{case.name} is not right: {case.words}"


def _unknown_key(case: Case) -> str:
    others = ("gallery",) if case.kind is FenceBody else ()
    guess = did_you_mean(case.key, (*case.keys, *others))
    if case.key == MERGE:
        guess = "; nothing is merged here, so write out what you mean."
    elif hidden := _HIDDEN.search(case.key):
        guess = f"; U+{ord(hidden[0]):04X}, which can't be seen, stands in it: take it out."
    elif nouns := _where_known(case):
        guess = f"; it is a key of {nouns}."
    return f"unknown key {case.name} in a {case.noun}{guess} A {case.noun} has: {', '.join(case.keys)}"


def _where_known(case: Case) -> str:
    """What of a gallery has the key that has no place here."""
    kinds = (Model, Text, View) if case.kind is FenceBody else (GalleryFile, Model, Text, View)
    nouns = " or ".join(f"a {_NOUN[kind]}" for kind in kinds if case.key in kind.model_fields)
    return f"{nouns} in a gallery" if nouns and case.kind is FenceBody else nouns


def _missing(case: Case) -> str:
    return f'{case.subject} has no {case.name}; add "{case.key}:" with {_TO_ADD[case.kind, case.key]}'


def _unfit(case: Case) -> str:
    if case.context["pattern"] == TAG_PATTERN and case.written.strip():
        return f"{quoted(case.written)} is no tag; a tag is one line of at most 40 characters, without space around it"
    if case.context["pattern"] != NAME_PATTERN:
        is_needed = (case.kind, case.key) in _TO_ADD
        return f"{case.name} is empty; write something" + ("" if is_needed else ", or take the key out")
    name = case.key if case.is_about_key else case.written
    return f"{quoted(name)} {no_name(name)}"


def _not_whole(case: Case) -> str:
    mend = "; take the quotes off" if case.is_text and case.written.isascii() and case.written.isdecimal() else ""
    return f"{case.name} must be a whole number {_range(case)}, {case.but_this}{mend}"


def _no_such_number(case: Case) -> str:
    mend = "; take the quotes off" if case.is_text and re.fullmatch(r"[0-9]*\.?[0-9]+", case.written) else ""
    return f"{case.name} must be {NUMBERS[case.key]}, {case.but_this}{mend}"


def _out_of_range(case: Case) -> str:
    if case.key in NUMBERS:
        return _no_such_number(case)
    if case.key in {*Options.model_fields, "layers"}:
        return f"{case.name} can't be {short(case.written)}; layers, heads and tokens count from 0"
    return f"{case.name} must be a whole number {_range(case)}, {case.but_this}"


def _range(case: Case) -> str:
    most = {"generate": MOST_NEW_TOKENS, "longest": MOST_TOKENS}.get(case.key)
    if most:
        return f"from 1 to {most}"
    is_list = case.key in _LISTS and not case.name.startswith("an entry")
    return "from 0 on, or a list such as [1, 7]" if is_list else "from 0 on"


def _not_a_list(case: Case) -> str:
    if case.key == "views" and isinstance(case.found, Mapping):
        first = next(iter(case.found.items), "name")
        mend = f'write "- id: {first}", and its other keys below "id"'
        if first.startswith("-"):
            mend = 'put a space after each "-"'
        return f"{case.name} must be a list, {case.but}; {mend}"
    alone = ', or have the keys "query" and "key" with a list each' if case.key == "tokens" else ""
    return f'{case.name} must be a list whose entries start with "- "{alone}, {case.but}'


def _unknown_word(case: Case) -> str:
    known = re.findall(r"'([^']*)'", case.context["expected"])
    if case.kind is FenceBody and case.key == "view" and _VIEW_NAME.fullmatch(case.written):
        return f'{case.name} must be one of {", ".join(known)}; write {case.written} behind "attnviz" in the first line'
    if not case.is_text:
        return f"{case.name} must be one of {', '.join(known)}, {case.but}"
    return f"unknown {case.key} {quoted(case.written)}{did_you_mean(case.written, known)} Known are: {', '.join(known)}"


def _not_a_mapping(case: Case) -> str:
    if case.kind is Text and isinstance(case.found, Scalar):
        return f"{case.subject} must be a sentence, {case.but}{case.in_quotes}"
    keys = f'lines of the form "key: value" with the keys {", ".join(case.keys)}'
    if case.kind is Text:
        return f"{case.subject} must be a sentence, or {keys}, {case.but}{case.in_quotes}"
    mend = '; write "source:" in front of it' if case.kind is Model and case.is_text else ""
    if case.is_text:
        mend = _meant(case) or mend
    return f"{case.subject} must be {keys}, {case.but}{mend}"


def _meant(case: Case) -> str:
    """What to do about a text that was meant for a key with its value, or for the name of a view."""
    # An equals sign, a colon of another script, no space behind it, or one that is none to YAML.
    key = re.match(r"([\w-]+)\s*[:=\uff1a]", case.written)
    if key and key[1] in case.kind.model_fields:
        return f'; write "{key[1]}:" and an ordinary space behind it'
    if case.kind is FenceBody and _VIEW_NAME.fullmatch(case.written):
        return f'; write {case.written} behind "attnviz" in the first line'
    return ""


def _repeated(case: Case) -> str:
    entry = case.context["entry"]
    noun = {"heads": "head", "layers": "layer"}.get(case.key, "token")
    what = quoted(entry) if isinstance(entry, str) else f"{noun} {entry}"
    mend = "compare two that differ" if case.key == "compare" else "take one out"
    return f"{what} stands twice in {case.name}; {mend}"


def _not_two(case: Case) -> str:
    count = case.context["count"]
    return f"{case.name} takes two entries, but this list has {count}; write two, as in [one, another]"


def _not_by_name(case: Case) -> str:
    mend = '; put a space after each ":"' if re.search(r":\S", case.written) else ""
    if isinstance(case.found, Sequence):
        mend = '; write a name and ":" in place of each "-"'
    return f'{case.name} must be lines of the form "name: …", {case.but}{mend}'


#: Type of check → what to say where it fails.
_WORDS: dict[str, Callable[[Case], str]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_pattern_mismatch": _unfit,
    "string_type": lambda case: f"{case.name} must be text, {case.but}{case.in_quotes}",
    "int_type": _not_whole,
    "int_from_float": _not_whole,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "greater_than": _no_such_number,
    "finite_number": _no_such_number,
    "float_type": _no_such_number,
    "bool_type": lambda case: f"{case.name} must be true or false, {case.but}",
    "literal_error": _unknown_word,
    "empty_list": lambda case: f"{case.name} is an empty list; write at least one entry, or take the key out",
    "repeated": _repeated,
    "not_two": _not_two,
    "size": lambda case: f"{case.name} must be {A_SIZE}, {case.but}",
    "package_source": lambda case: f"{case.name} names no file or folder in a package; write package:NAME/PATH",
    "arrays_outside": lambda case: (
        f"{case.name} must be a path from the folder of mkdocs.yml on, such as arrays/mine.safetensors, "
        f"but {quoted(case.written)} leaves that folder"
    ),
    "list_type": _not_a_list,
    "tuple_type": _not_a_list,
    "dict_type": _not_by_name,
    "model_type": _not_a_mapping,
}
