"""The types that every room hands on: an exhibit, its tokens, its tracks and where they came from."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - what is read of a file is checked against these types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from attnviz_mkdocs.quantise import ESCAPE, dequantise, quantise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)

#: How the codes of a track are laid out; see `Track`.
Layout = Literal["full", "causal"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a model's input.

    Attributes:
        label: What a reader sees: the token's own characters in the text, or the name of a special
            token such as ``[CLS]``.
        start: Where it starts in its text, in characters (code points); -1 for what isn't in the text.
            Neighbours that start and end alike are pieces of one character.
        end: Where it ends, exclusive; -1 likewise.
        special: Whether it is a mark of the model's own, such as ``[SEP]``, which stands for nothing in a text.
        segment: 0 for the text, 1 for its pair.
        continues: Whether it continues the word of the token before it.
        generated: Whether the model wrote it.
        role: In a chat, who says it, such as ``user``; None for what the template adds, and in a plain text.
    """

    label: str
    start: int = -1
    end: int = -1
    special: bool = False
    segment: int = 0
    continues: bool = False
    generated: bool = False
    role: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """Attention of all layers and heads, as 8-bit codes (see `attnviz_mkdocs.quantise`).

    Attributes:
        shape: ``(layer, head, query, key)``.
        layout: ``"full"``: ``codes`` has the shape ``[layer, head, key, query]``; ``"causal"``: no
            query sees a key after it, and ``codes`` has the shape ``[layer, head, pair]``, where
            the pairs run over keys and, for each key, over the queries from that key on. Both are
            key-major, because the weights that one key gets resemble one another.
        codes: uint8.
        top: uint8, one entry for each code 255, in C order of ``codes``.
        largest_error: Largest absolute difference between a decoded and a captured weight.
    """

    shape: tuple[int, int, int, int]
    layout: Layout
    codes: NDArray[np.uint8]
    top: NDArray[np.uint8]
    largest_error: float

    @classmethod
    def from_weights(cls, weights: NDArray[np.floating], masked: NDArray[np.bool_] | None = None) -> Track:
        """Quantise ``weights``, shape ``[layer, head, query, key]``.

        Args:
            weights: Attention in ``[0, 1]``.
            masked: Where a query may not see a key, broadcast to the shape of ``weights``.

        Raises:
            ValueError: A weight is not a number or lies outside ``[0, 1]``.
        """
        layers, heads, queries, keys = weights.shape
        layout: Layout = "full"
        packed = weights.swapaxes(-1, -2)
        mask = None
        if masked is not None:
            masked = np.broadcast_to(masked, weights.shape)
            mask = masked.swapaxes(-1, -2)
            if is_causal(masked):
                layout = "causal"
                pairs = causal_pairs(queries)
                packed, mask = packed[..., pairs[0], pairs[1]], mask[..., pairs[0], pairs[1]]
        codes, top = quantise(packed, mask)
        shown = packed if mask is None else np.where(mask, 0, packed)
        error = float(np.abs(dequantise(codes, top) - shown).max(initial=0))
        return cls((layers, heads, queries, keys), layout, codes, top, error)

    def by_layer(self) -> Iterator[Track]:
        """The same layer by layer, so that not all of it is decoded at once."""
        at = 0
        for layer in range(self.shape[0]):
            codes = self.codes[layer : layer + 1]
            top = self.top[at : at + int(np.count_nonzero(codes == ESCAPE))]
            at += len(top)
            yield replace(self, shape=(1, *self.shape[1:]), codes=codes, top=top)

    def of_layers(self, positions: Sequence[int]) -> Track:
        """Some of its layers, by their positions, at least one; the largest error is that of all."""
        layers = list(self.by_layer())
        chosen = [layers[position] for position in positions]
        codes = np.concatenate([layer.codes for layer in chosen])
        top = np.concatenate([layer.top for layer in chosen])
        return replace(self, shape=(len(chosen), *self.shape[1:]), codes=codes, top=top)

    def weights(self) -> NDArray[np.float32]:
        """Decoded attention, float32 ``[layer, head, query, key]``; masked is 0."""
        return self._unpack(dequantise(self.codes, self.top))

    def masked(self) -> NDArray[np.bool_]:
        """Where a query may not see a key, bool ``[layer, head, query, key]``."""
        seen = self._unpack(self.codes != 0)
        return ~seen

    def _unpack(self, packed: NDArray[_Scalar]) -> NDArray[_Scalar]:
        if self.layout == "full":
            return np.ascontiguousarray(packed.swapaxes(-1, -2))
        unpacked = np.zeros(self.shape, packed.dtype)
        keys, queries = causal_pairs(self.shape[2])
        unpacked[..., queries, keys] = packed
        return unpacked


def is_causal(masked: NDArray[np.bool_]) -> bool:
    """Whether every query is kept from every key after it; ``masked`` is ``[…, query, key]``."""
    queries, keys = masked.shape[-2:]
    later = np.triu(np.ones((queries, keys), bool), 1)
    return queries == keys and queries > 1 and bool(masked[..., later].all())


def causal_pairs(length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Keys and queries of the pairs with ``query >= key``, in key-major order."""
    keys, queries = np.triu_indices(length)
    return keys, queries


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an exhibit came from: enough to capture it again, and nothing of the machine.

    Attributes:
        model: The model's name in its gallery.
        source: Where it was loaded from, as its author wrote it.
        revision: The commit, for a model from the hub.
        fingerprint: SHA-256 over the model's and the tokenizer's files.
        architecture: The class that ran, such as ``BertModel``.
        dtype: What it computed in, such as ``float32``.
        asked: A digest of what was asked for, by which a store tells what has become stale.
        disagreement: Largest absolute difference between the captured attention and the model's
            own, on the check that runs when the model is loaded.
        versions: Package name → version, of what took part.
    """

    model: str
    source: str
    fingerprint: str
    architecture: str
    dtype: str
    disagreement: float
    revision: str | None = None
    asked: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Attention:
    """One of the attentions that a model has: its self-attention, or a decoder's attention on an encoder.

    Attributes:
        query: Name of the tokens that attend.
        key: Name of the tokens that are attended to.
        layers: The model's own number of each layer of the track; hybrids skip some.
        track: The weights.
    """

    query: str
    key: str
    layers: tuple[int, ...]
    track: Track


#: Names of the one sequence of tokens, and of the one attention, that most models have.
TEXT, SELF = "text", "self"


@dataclass(frozen=True, eq=False, slots=True)
class Exhibit:
    """One model on one input.

    Attributes:
        text: The text, as its author wrote it, or as a chat's template and the model made it; None for arrays
            that came without one.
        pair: The second text of a pair.
        target: What the decoder of an encoder-decoder model reads.
        tokens: Name → tokens: ``text``; or ``source`` and ``target`` of an encoder-decoder model.
        attentions: Name → attention, the first of which is shown first: ``self``; or ``cross``,
            ``encoder`` and ``decoder``.
        notes: Sentences that a reader must know to read the numbers.
        provenance: Where the numbers came from.
    """

    text: str | None
    tokens: Mapping[str, tuple[Token, ...]]
    attentions: Mapping[str, Attention]
    provenance: Provenance
    pair: str | None = None
    target: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def attention(self) -> Track:
        """The weights of the attention that is shown first."""
        return self._first.track

    @property
    def query(self) -> tuple[Token, ...]:
        """The tokens that attend, in the attention that is shown first."""
        return self.tokens[self._first.query]

    @property
    def key(self) -> tuple[Token, ...]:
        """The tokens that are attended to, in the attention that is shown first."""
        return self.tokens[self._first.key]

    @property
    def _first(self) -> Attention:
        return next(iter(self.attentions.values()))
