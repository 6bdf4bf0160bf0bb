"""YAML 1.2 in which every value knows where it stands.

Values are what the core schema of YAML 1.2 says: ``no``, ``12:30:45`` and ``2026-11-22`` are text. What has no
place in a file that people write for people is refused in plain words: duplicate keys, tags, several documents,
control characters, and aliases that contain themselves or multiply.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from attnviz_mkdocs.spec.characters import CONTROL, printable, whole
from attnviz_mkdocs.spec.earlier import Reading
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, quoted, short
from attnviz_mkdocs.spec.syntax import syntax_mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ruamel.yaml.events import Event

Path = tuple[str | int, ...]

#: A gallery is seven levels deep.
DEEPEST = 20
#: Values that aliases may repeat; a few nested aliases can otherwise stand for billions.
MOST_REPEATED = 100_000

# ruamel.yaml ends a line at these two, as YAML 1.1 does; in 1.2 they are ordinary characters.
_SEPARATORS_OUT = str.maketrans("\u2028\u2029", "\U0010fffe\U0010ffff")
_SEPARATORS_IN = str.maketrans("\U0010fffe\U0010ffff", "\u2028\u2029")

_NULL = re.compile(r"(null|Null|NULL|~|)")
_BOOL = re.compile(r"(true|True|TRUE|false|False|FALSE)")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OTHER_INT = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, and the characters that it was written with; where there is none, the comment in its place."""

    place: Place
    value: str | int | float | bool | None
    written: str
    size: int = 1
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; ``size`` counts the values in it, its own and those below."""

    place: Place
    items: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, and where each key stands."""

    place: Place
    items: dict[str, Node]
    keys: dict[str, Place]
    size: int


Node = Scalar | Sequence | Mapping
_NodeEvent = ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent


def read(text: str, locate: Callable[[int, int], Place], mistakes: list[Mistake]) -> Node | None:
    """Read the one YAML document in ``text``.

    Args:
        text: YAML; a byte order mark in front is let pass.
        locate: From a line and a column in ``text``, both counted from 0, to the place that people are shown.
        mistakes: What is wrong but doesn't keep the rest from being understood is added here.

    Returns:
        The document's value, or None where there is none, only comments or ``{}``.

    Raises:
        SpecError: The text can't be understood as YAML; ``mistakes`` are among its own.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        return None  # as most fences are that name a view; the parser takes its time even for nothing
    if control := CONTROL.search(text):
        raise SpecError([Mistake(_locate_index(text, control.start(), locate), _control_words(control[0]))])
    text = text.translate(_SEPARATORS_OUT)
    reading = Reading.of(text, locate)
    try:
        return _Reader(_events(text, reading), reading, mistakes).document()
    except SpecError as error:
        raise SpecError([*mistakes, *error.mistakes]) from error.__cause__


def _events(text: str, reading: Reading) -> Iterator[Event]:
    last: Event | None = None
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            last = event
            yield event
    except MarkedYAMLError as error:
        raise SpecError([syntax_mistake(error, replace(reading, last=last))]) from error
    except Exception as error:  # the parser lets others through, such as a ValueError for "\UFFFFFFFF"
        message = "what follows can't be read as YAML; put quotes round the text"
        place = reading.locate(last.end_mark.line, last.end_mark.column) if last else reading.locate(0, 0)
        raise SpecError([Mistake(place, message)]) from error


def plain(node: Node) -> object:
    """The value without its places."""
    match node:
        case Mapping():
            return {key: plain(value) for key, value in node.items.items()}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.value


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every value with the keys and positions that lead to it, from the outside in."""
    yield path, node
    match node:
        case Mapping():
            for key, value in node.items.items():
                yield from walk(value, (*path, key))
        case Sequence():
            for position, item in enumerate(node.items):
                yield from walk(item, (*path, position))


def follow(node: Node, path: Path) -> tuple[Path, Node]:
    """As far along ``path`` as there are values: how far that is, and the value there."""
    for depth, step in enumerate(path):
        match node, step:
            case Mapping(), str() if step in node.items:
                node = node.items[step]
            case Sequence(), int() if step < len(node.items):
                node = node.items[step]
            case _:
                return path[:depth], node
    return path, node


class _Reader:
    """Makes nodes of the parser's events."""

    def __init__(self, events: Iterator[Event], reading: Reading, mistakes: list[Mistake]) -> None:
        self._events = events
        self._reading = reading
        self._mistakes = mistakes
        self._anchored: dict[str, Node | None] = {}
        self._repeated = 0

    def document(self) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, 'a second document starts here; take the "---" out')
            elif isinstance(event, _NodeEvent):
                root = self._node(event, 0)
        if isinstance(root, Mapping):
            return root if root.items or self._mistakes else None
        return None if isinstance(root, Scalar) and root.value is None and root.written == "" else root

    def _node(self, event: _NodeEvent, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._refusal(event, f"values are nested more than {DEEPEST} deep; take some levels out")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            why = f"{quoted(tag)} is a YAML tag, which means nothing here"
            message = f'{why}; put quotes round a text that starts with "!"'
            self._mistakes.append(Mistake(self._place(event), message))
        if event.anchor:
            self._anchored[event.anchor] = None
        node: Node
        if isinstance(event, MappingStartEvent):
            node = self._mapping(event, depth)
        elif isinstance(event, SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._scalar(event)
        if event.anchor:
            self._anchored[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent) -> Node:
        if event.anchor not in self._anchored:
            why = f"{quoted(f'*{event.anchor}')} repeats a value that is not there"
            message = f'{why}; put quotes round a text that starts with "*"'
            raise self._refusal(event, message)
        node = self._anchored[event.anchor]
        if node is None:
            raise self._refusal(event, f"{quoted(f'*{event.anchor}')} stands inside the very value that it repeats")
        self._repeated += node.size
        if self._repeated > MOST_REPEATED:
            raise self._refusal(event, f"aliases repeat more than {MOST_REPEATED:,} values; write fewer of them")
        return node

    def _mapping(self, start: MappingStartEvent, depth: int) -> Mapping:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for event in self._members():
            key = self._node(event, depth + 1)
            value = self._node(cast("_NodeEvent", next(self._events)), depth + 1)
            name = self._key(key)
            if name is None:
                continue
            if name in keys:
                first = keys[name].line
                self._mistakes.append(
                    Mistake(key.place, f"{quoted(name)} stands here twice, first in line {first}; take one out")
                )
                continue
            if isinstance(value, Scalar) and value.value is None and value.written == "":
                # The parser puts what is not there on the next line.
                value = replace(value, place=key.place, comment=self._reading.comment_after(event))
            items[name] = value
            keys[name] = key.place
        return Mapping(self._place(start), items, keys, 1 + sum(value.size for value in items.values()))

    def _sequence(self, start: SequenceStartEvent, depth: int) -> Sequence:
        items = tuple(self._node(event, depth + 1) for event in self._members())
        return Sequence(self._place(start), items, 1 + sum(item.size for item in items))

    def _scalar(self, event: ScalarEvent) -> Scalar:
        place = self._place(event)
        written = whole(event.value.translate(_SEPARATORS_IN))
        if control := CONTROL.search(written):
            self._mistakes.append(Mistake(place, _control_words(control[0])))
            written = printable(written)
        is_plain = event.implicit[0]
        return Scalar(place, _resolve(written) if is_plain else written, written)

    def _key(self, key: Node) -> str | None:
        if isinstance(key, Scalar) and isinstance(key.value, str):
            return key.value
        found = f"{(isinstance(key, Scalar) and short(key.written)) or 'this'} is {kind_of(key)}"
        self._mistakes.append(Mistake(key.place, f"a key must be text, but {found}; put quotes round it"))
        return None

    def _members(self) -> Iterator[_NodeEvent]:
        for event in self._events:
            if isinstance(event, CollectionEndEvent):
                return
            yield cast("_NodeEvent", event)

    def _place(self, event: Event) -> Place:
        return self._reading.locate(event.start_mark.line, event.start_mark.column)

    def _refusal(self, event: Event, message: str) -> SpecError:
        return SpecError([Mistake(self._place(event), message)])


def kind_of(node: Node) -> str:
    """What a message calls such a value."""
    match node:
        case Mapping():
            return "a mapping of keys"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "no value"
        case Scalar(value=bool()):
            return "a truth value"
        case Scalar(value=int() | float()):
            return "a number"
    return "text"


def _resolve(written: str) -> str | int | float | bool | None:
    if _NULL.fullmatch(written):
        return None
    if _BOOL.fullmatch(written):
        return written.lower() == "true"
    if _INT.fullmatch(written):
        return int(written)
    if _OTHER_INT.fullmatch(written):
        return int(written, 0)
    if _FLOAT.fullmatch(written):
        return float(written.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return written


def _control_words(character: str) -> str:
    kinds = {"Cc": "a control character", "Cs": "half of a surrogate pair"}
    kind = kinds.get(unicodedata.category(character), "no character")
    return f"U+{ord(character):04X} is {kind}, which a text can't hold; take it out"


def _locate_index(text: str, index: int, locate: Callable[[int, int], Place]) -> Place:
    before = text[:index].split("\n")
    return locate(len(before) - 1, len(before[-1]))
