"""Labels of arrays' tokens: those that the author wrote, or those that came with the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from attnviz_mkdocs.arrays.file import ArraysError
from attnviz_mkdocs.exhibit import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attnviz_mkdocs.arrays.file import ArraysFile, Concern
    from attnviz_mkdocs.spec import Arrays

_SPECIAL = re.compile(
    r"\[[A-Z]+\d*\]|</?s>|<(?:bos|cls|eos|mask|pad|sep|unk)>|<\|.+\|>|<(?:start|end)_of_[a-z]+>", re.IGNORECASE
)
_LIST = TypeAdapter(tuple[str, ...])
_SIDES = TypeAdapter(dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled tokens, in sequences.

    Attributes:
        tokens: Name of a sequence → its tokens.
        called: Name of a sequence → what a message calls its labels.
        concerns: Where they were written: in the file of arrays, or beside its name.
    """

    tokens: Mapping[str, tuple[Token, ...]]
    called: Mapping[str, str]
    concerns: Concern

    def of_one_text(self, name: str) -> Labels:
        """The same for tokens that look at each other; the first sequence is taken."""
        first = next(iter(self.tokens))
        return Labels({name: self.tokens[first]}, {name: self.called[first]}, self.concerns)


def labels_of(arrays: Arrays, file: ArraysFile, sides: tuple[str, str]) -> Labels:
    """The tokens that look, and the tokens that are looked at.

    Args:
        arrays: What the author wrote.
        file: What may hold labels under ``tokens`` in its metadata.
        sides: What the sequences of the two are named.

    Raises:
        ArraysError: There are no labels, or what the file holds can't be understood.
    """
    if arrays.query is not None and arrays.key is not None:
        return _labels(sides, arrays.query, arrays.key, "tokens")
    written = file.json("tokens")
    if written is None:
        raise ArraysError('the tokens have no labels; write them under "tokens:", or as JSON into the file\'s metadata')
    try:
        if isinstance(written, dict) and written.keys() == {"query", "key"}:
            both = _SIDES.validate_python(written)
            return _labels(sides, both["query"], both["key"], "arrays")
        one = _LIST.validate_python(written)
    except ValidationError as error:
        forms = '["The", "cat"] or {"query": ["The", "cat"], "key": ["Die", "Katze"]}'
        raise ArraysError(f"\"tokens\" in the file's metadata can't be understood; write {forms}") from error
    return _labels(sides, one, one, "arrays")


def check_counts(labels: Labels, sides: tuple[str, str], shape: tuple[int, ...], name: str) -> None:
    """Refuse labels that are more or fewer than the tokens.

    Args:
        labels: All labels.
        sides: Names of the sequences that look, and that are looked at.
        shape: ``(layer, head, query, key)``.
        name: What the file calls the weights.

    Raises:
        ArraysError: They are.
    """
    queries, keys = shape[2:]
    query, key = sides
    if labels.called[query] == labels.called[key] and queries != keys:
        has = f"{_count(queries, 'query', 'queries')} and {_count(keys, 'key', 'keys')}"
        message = f'"tokens" is one list, but "{name}" has {has}; write {{query: […], key: […]}}'
        raise ArraysError(message, labels.concerns)
    for sequence, one, many, count in ((key, "key", "keys", keys), (query, "query", "queries", queries)):
        found = len(labels.tokens[sequence])
        if found != count:
            has = f'{_count(found, "label", "labels")}, but "{name}" has {_count(count, one, many)}'
            raise ArraysError(f"{labels.called[sequence]} has {has}; write one for each", labels.concerns)


def _labels(sides: tuple[str, str], query: tuple[str, ...], key: tuple[str, ...], concerns: Concern) -> Labels:
    if query == key:
        return Labels(dict.fromkeys(sides, _tokens(query)), dict.fromkeys(sides, '"tokens"'), concerns)
    tokens = dict(zip(sides, (_tokens(query), _tokens(key)), strict=True))
    called = dict(zip(sides, ('"query" of "tokens"', '"key" of "tokens"'), strict=True))
    return Labels(tokens, called, concerns)


def _tokens(labels: tuple[str, ...]) -> tuple[Token, ...]:
    return tuple(Token(label, special=bool(_SPECIAL.fullmatch(label))) for label in labels)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
