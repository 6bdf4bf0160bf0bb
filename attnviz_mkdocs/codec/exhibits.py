"""Exhibit ⇄ bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attnviz_mkdocs.codec.files import CodecError, load, pack, peek_header, stated
from attnviz_mkdocs.exhibit import Attention, Exhibit, Provenance, Token, Track
from attnviz_mkdocs.neurons import digest_of_labels
from attnviz_mkdocs.quantise import ABSOLUTE_ERROR, ESCAPE, FLOOR, LEVELS, RELATIVE_ERROR

if TYPE_CHECKING:
    from attnviz_mkdocs.codec.files import Tensors

Side = Literal["query", "key"]

#: What the weights of a token may sum to: 1, what half precision rounds, and what codes are off by.
_LARGEST_SUM = 1.05 * (1 + RELATIVE_ERROR)

_FLAGS = ("special", "continues", "generated")


def encode(exhibit: Exhibit, key: str | None = None) -> bytes:
    """Encode an exhibit; the same exhibit gives the same bytes.

    Args:
        exhibit: The exhibit.
        key: What a store keeps it under; None where none does.
    """
    tensors: dict[str, np.ndarray[Any, Any]] = {"levels": np.ascontiguousarray(LEVELS)}
    for name, attention in exhibit.attentions.items():
        tensors[f"{name}.codes"] = np.ascontiguousarray(attention.track.codes)
        tensors[f"{name}.top"] = np.ascontiguousarray(attention.track.top)
    content = {
        "key": key,
        "text": exhibit.text,
        "pair": exhibit.pair,
        "target": exhibit.target,
        "notes": list(exhibit.notes),
        "tokens": {name: _columns(tokens) for name, tokens in exhibit.tokens.items()},
        "attentions": [_about(name, attention) for name, attention in exhibit.attentions.items()],
        "provenance": asdict(exhibit.provenance),
    }
    return pack("attention", tensors, content)


def decode(data: bytes) -> Exhibit:
    """Decode what `encode` made.

    Raises:
        CodecError: The bytes are damaged, are no exhibit, or are of another format.
    """
    tensors, header = load(data, "attention")
    if not np.array_equal(tensors.get("levels", ()), LEVELS):
        raise CodecError("the bytes are not an exhibit: their levels are not those of this format")
    try:
        tokens = {name: _tokens(columns) for name, columns in header["tokens"].items()}
        return Exhibit(
            text=header["text"],
            pair=header["pair"],
            target=header["target"],
            notes=tuple(header["notes"]),
            tokens=tokens,
            attentions={about["name"]: _attention(about, tensors) for about in header["attentions"]},
            provenance=Provenance(**header["provenance"]),
        )
    except CodecError:
        raise
    except (KeyError, TypeError) as error:
        raise CodecError(f"the bytes are not an exhibit: {error}") from error


@dataclass(frozen=True, slots=True)
class Header:
    """What an encoded exhibit says of itself, without its numbers.

    Attributes:
        content: The header as it was written.
    """

    content: dict[str, Any]

    @property
    def attentions(self) -> list[str]:
        """Names of the attentions, that which is shown first before the others."""
        return [about["name"] for about in self.content["attentions"]]

    @property
    def digest(self) -> str:
        """What neurons must say of their tokens to belong to this exhibit."""
        return digest_of_labels({name: columns["label"] for name, columns in self.content["tokens"].items()})

    def layers(self, attention: str | None = None) -> list[int]:
        """The model's own numbers of the layers of one attention, of the first where none is named."""
        layers: list[int] = self._about(attention)["layers"]
        return layers

    def heads(self, attention: str | None = None) -> int:
        """How many heads each layer of one attention has."""
        return int(self._about(attention)["shape"][1])

    def labels(self, side: Side, attention: str | None = None) -> list[str]:
        """What the tokens of one side are called."""
        labels: list[str] = self.content["tokens"][self.sequence(side, attention)]["label"]
        return labels

    def sequence(self, side: Side, attention: str | None = None) -> str:
        """The name of the tokens of one side, such as ``target``."""
        return str(self._about(attention)[side])

    def has_pair(self, attention: str | None = None) -> bool:
        """Whether both sides hold tokens of a text and of its pair."""
        sides = (self.sequence("query", attention), self.sequence("key", attention))
        return all({0, 1} <= set(self.content["tokens"][name]["segment"]) for name in sides)

    def _about(self, attention: str | None) -> dict[str, Any]:
        return next(about for about in self.content["attentions"] if attention in (None, about["name"]))


def peek(data: bytes) -> Header:
    """Read the header of an encoded exhibit, and no more than that.

    Raises:
        CodecError: The bytes are no exhibit.
    """
    return Header(peek_header(data, "attention"))


def _about(name: str, attention: Attention) -> dict[str, Any]:
    track = attention.track
    return {
        "name": name,
        "query": attention.query,
        "key": attention.key,
        "layers": list(attention.layers),
        "shape": list(track.shape),
        "layout": track.layout,
        "error": {
            "largest": stated(track.largest_error),
            "absolute": ABSOLUTE_ERROR,
            "relative": RELATIVE_ERROR,
            "relative_from": FLOOR,
        },
    }


def _columns(tokens: tuple[Token, ...]) -> dict[str, list[Any]]:
    """Tokens as one list a field, which is shorter and compresses better than one object a token."""
    rows = [asdict(token) for token in tokens]
    columns = {field: [row[field] for row in rows] for field in Token.__dataclass_fields__}
    return columns | {flag: [int(value) for value in columns[flag]] for flag in _FLAGS}


def _tokens(columns: dict[str, list[Any]]) -> tuple[Token, ...]:
    columns = columns | {flag: [bool(value) for value in columns[flag]] for flag in _FLAGS}
    rows = zip(*(columns[field] for field in Token.__dataclass_fields__), strict=True)
    return tuple(Token(*row) for row in rows)


def _attention(about: dict[str, Any], tensors: Tensors) -> Attention:
    name = about["name"]
    layers, heads, queries, keys = shape = tuple(about["shape"])
    codes, top = tensors[f"{name}.codes"], tensors[f"{name}.top"]
    causal = about["layout"] == "causal"
    expected = (layers, heads, queries * (queries + 1) // 2) if causal else (layers, heads, keys, queries)
    if codes.shape != expected:
        raise CodecError(f"attention {name!r}: codes have shape {codes.shape}, expected {expected}")
    if not codes.dtype == top.dtype == np.uint8 or top.shape != (np.count_nonzero(codes == ESCAPE),):
        raise CodecError(f"attention {name!r}: its codes don't fit the list that they look into")
    if ESCAPE + int(top.max(initial=0)) >= len(LEVELS):
        raise CodecError(f"attention {name!r}: a code names no level")
    track = Track(shape, about["layout"], codes, top, about["error"]["largest"])
    _check_sums(name, track)
    return Attention(about["query"], about["key"], tuple(about["layers"]), track)


def _check_sums(name: str, track: Track) -> None:
    """Refuse what no softmax gave, whoever wrote the file."""
    for position, layer in enumerate(track.by_layer()):
        largest = float(layer.weights().sum(-1).max())
        if largest > _LARGEST_SUM:
            raise CodecError(
                f"attention {name!r}: the weights of a token in layer {position} of the file sum to {largest:.3g}; "
                "they can't be more than 1"
            )
