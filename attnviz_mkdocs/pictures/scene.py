"""What pictures are drawn of: one attention of an exhibit, as the view's first state has it."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.analysis import (
    hidden_share,
    join_tokens,
    join_weights,
    parts_of_characters,
    reduced,
    strongest,
    without_first_key,
    word_starts,
)
from attnviz_mkdocs.pictures.format import HIDDEN, MASKED
from attnviz_mkdocs.pictures.tokens import before_each, label_of
from attnviz_mkdocs.quantise import MASKED as MASKED_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Attention, Exhibit, Token, Track
    from attnviz_mkdocs.pictures.state import State
    from attnviz_mkdocs.pictures.tokens import Label
    from attnviz_mkdocs.spec.types import Filter

    Weights = NDArray[np.float32]
    Masked = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A head, or what several come to.

    Attributes:
        name: "head 7", "mean of 12 heads".
        head: Its number; None for what several come to.
        weights: Of the shown tokens, ``[query, key]``; masked is 0, and so is what is too weak to be shown.
        masked: Where a query may not see a key.
        hidden: Of what each query gives, the share that is too weak to be shown, ``[query]``; None where all is shown.
        parts: Of a difference, what is taken of what.
    """

    name: str
    head: int | None
    weights: Weights
    masked: Masked
    hidden: NDArray[np.float64] | None = None
    parts: tuple[Weights, ...] = ()


@dataclass(frozen=True, slots=True)
class Signs:
    """What weights of either sign mean.

    Attributes:
        more: Whose weights are larger where the number is positive.
        less: Whose are where it is negative.
        error: Numbers up to this may come from rounding.
    """

    more: str
    less: str
    error: float


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """The tokens that look, or those that are looked at.

    Attributes:
        labels: All of them, pieces or words.
        starts: The first piece of each.
        shown: Which of them the filter leaves.
        pinned: Places among those that are shown: what the author chose.
    """

    labels: tuple[Label, ...]
    starts: tuple[int, ...]
    shown: tuple[int, ...]
    pinned: tuple[int, ...] = ()

    @classmethod
    def of(cls, tokens: tuple[Token, ...], texts: Sequence[str | None], *, words: bool, segment: int | None) -> Side:
        """A side of an attention, of which nothing is chosen.

        Args:
            tokens: Its pieces.
            texts: The text that they are of, and its pair.
            words: Whether words are shown.
            segment: What is shown of a pair; None for all.
        """
        starts = word_starts(tokens) if words else range(len(tokens))
        joined = join_tokens(tokens, starts)
        parts = [None] * len(joined) if words else parts_of_characters(joined)
        between = before_each(tokens, texts)
        labels = tuple(map(label_of, joined, parts, (between[start] for start in starts)))
        shown = tuple(at for at, token in enumerate(joined) if segment in (None, token.segment))
        return cls(labels, tuple(starts), shown)

    def choosing(self, tokens: Iterable[int]) -> Side:
        """The same with these of its tokens chosen."""
        chosen = set(tokens)
        return replace(self, pinned=tuple(place for place, token in enumerate(self.shown) if token in chosen))

    def token_of(self, piece: int) -> int:
        """The token that a piece belongs to."""
        return bisect(self.starts, piece) - 1

    def __len__(self) -> int:
        return len(self.shown)

    def __getitem__(self, place: int) -> Label:
        return self.labels[self.shown[place]]

    def __iter__(self) -> Iterator[Label]:
        return (self.labels[index] for index in self.shown)


@dataclass(frozen=True, eq=False)
class Scene:
    """One attention, as a view shows it.

    Attributes:
        exhibit: Where it is from.
        state: What the view shows first, as far as the exhibit has it.
        asked: What it was to show.
        attention: The attention as it was captured.
        query: The tokens that look.
        key: The tokens that are looked at.
        has_words: Whether words are shown in place of pieces.
        without_first: Whether the first piece is hidden from all.
        name: What readers call it beside another; empty where there is none.
        signs: What weights of either sign mean; None where none is negative.
    """

    exhibit: Exhibit
    state: State
    asked: State
    attention: Attention
    query: Side
    key: Side
    has_words: bool
    without_first: bool
    name: str = ""
    signs: Signs | None = None

    @classmethod
    def of(cls, state: State, exhibit: Exhibit, name: str = "") -> Scene:
        """What an exhibit shows of itself in a state, whose tokens are its own."""
        options = state.options
        attention = exhibit.attentions[state.attention]
        asked, state = state, state.fitted(attention.layers, attention.track.shape[1])
        names = attention.query, attention.key
        # The neurons of a word are not there, and neither are those of what is hidden.
        as_captured = state.view == "neuron"
        words = options.units == "words" and not as_captured
        query, key = (
            Side.of(exhibit.tokens[of], _texts(exhibit, of), words=words, segment=segment)
            for of, segment in zip(names, _segments(options.filter), strict=True)
        )
        is_own = attention.query == attention.key and len(exhibit.tokens[attention.key]) > 1
        return cls(
            exhibit=exhibit,
            state=state,
            asked=asked,
            attention=attention,
            query=query.choosing(map(query.token_of, options.query or ())),
            key=key.choosing(map(key.token_of, options.key or ())),
            has_words=words,
            without_first=options.sink == "hidden" and not as_captured and is_own,
            name=name,
        )

    @property
    def layers(self) -> tuple[int, ...]:
        """The model's own number of each layer."""
        return self.attention.layers

    @property
    def heads(self) -> int:
        """How many heads each layer has."""
        return self.attention.track.shape[1]

    @property
    def is_across(self) -> bool:
        """Whether the tokens that look are not those that are looked at."""
        return self.attention.query != self.attention.key

    @property
    def is_focused(self) -> bool:
        """Whether the author chose tokens."""
        return bool(self.query.pinned or self.key.pinned)

    @property
    def taken(self) -> int | None:
        """Which of the shown keys is hidden from all; None where none is, or only the first piece of a word."""
        is_whole = self.without_first and (len(self.key.starts) == 1 or self.key.starts[1] == 1)
        return self.key.shown.index(0) if is_whole and 0 in self.key.shown else None

    @property
    def unseen(self) -> str:
        """What pairs are that have no weight; empty where each has one."""
        if self.taken is not None:
            return f"{MASKED} or {HIDDEN}"
        track = self.attention.track
        has_masked = track.layout == "causal" or bool((track.codes == MASKED_CODE).any())
        return MASKED if has_masked or self.without_first else ""

    @property
    def layer_name(self) -> str:
        """What stands for the layer: "Layer 5", or "Mean of 6 layers"."""
        if self.joins_layers:
            return f"{'Maximum' if self.state.options.by == 'max' else 'Mean'} of {len(self.layers)} layers"
        return f"Layer {self.state.layer}"

    @property
    def joins_layers(self) -> bool:
        """Whether all layers are shown as one."""
        return self.state.options.reduce in ("layers", "all")

    @property
    def joins_heads(self) -> bool:
        """Whether the chosen heads are shown as one."""
        return self.state.options.reduce in ("heads", "all")

    def by_layer(self) -> Iterator[tuple[Weights, Masked]]:
        """The weights of each layer and where they are masked, ``[head, query, key]`` of the shown tokens."""
        places = np.ix_(range(self.heads), self.query.shown, self.key.shown)
        return ((weights[places], masked[places]) for weights, masked in self._switched())

    @property
    def measured(self) -> tuple[int, ...]:
        """The heads whose statistics are told: those that are shown one by one."""
        state = self.state
        heads = (state.head,) if state.view == "matrix" and not self.joins_heads else state.heads
        is_one_by_one = len(heads) == 1 or not self.joins_heads
        is_told = state.view in ("head", "matrix", "text") and self.signs is None
        return heads if is_told and is_one_by_one and not self.joins_layers else ()

    @property
    def parts(self) -> tuple[Scene, ...]:
        """The scenes of captured attention that it is made of."""
        return (self,)

    @cached_property
    def captured_layer(self) -> Track:
        """The layer that is shown, as it was captured."""
        return next(islice(self.attention.track.by_layer(), self.attention.layers.index(self.state.layer), None))

    @cached_property
    def chosen(self) -> tuple[Shown, ...]:
        """The heads that the author chose, or what they come to."""
        return self.of_heads(self.state.heads)

    @cached_property
    def chosen_head(self) -> Shown:
        """What a view of one head shows: that head, or what several come to."""
        return self.chosen[0] if self.joins_heads else self.of_heads((self.state.head,))[0]

    def of_heads(self, heads: tuple[int, ...]) -> tuple[Shown, ...]:
        """These heads, or what they come to."""
        options = self.state.options
        layer = self.layers.index(self.state.layer)
        layers = self._switched() if self.joins_layers else islice(self._switched(), layer, layer + 1)
        weights, masked = (np.stack([part[list(heads)] for part in parts]) for parts in zip(*layers, strict=True))
        if options.reduce != "none":
            weights, masked = reduced(weights, masked, options.reduce, options.by)
        if len(heads) > weights.shape[1]:
            name = f"{'maximum' if options.by == 'max' else 'mean'} of {len(heads)} heads"
            return (self._strongest(name, None, weights[0, 0], masked[0, 0]),)
        return tuple(
            self._strongest(f"head {head}", head, weights[0, at], masked[0, at]) for at, head in enumerate(heads)
        )

    def _strongest(self, name: str, head: int | None, weights: Weights, masked: Masked) -> Shown:
        """All of it, or of each query the strongest keys, for the tokens that the filter leaves."""
        mass, places = self.state.options.mass, np.ix_(self.query.shown, self.key.shown)
        if mass >= 1:
            return Shown(name, head, weights[places], masked[places])
        kept = strongest(weights, mass)
        hidden = hidden_share(weights, kept)[list(self.query.shown)]
        return Shown(name, head, np.where(kept, weights, np.float32(0))[places], masked[places], hidden)

    def _switched(self) -> Iterator[tuple[Weights, Masked]]:
        """Each layer with words and without the first token, where the view has it so; of all tokens."""
        for track in self.attention.track.by_layer():
            weights, masked = track.weights()[0], track.masked()[0]
            if self.without_first:
                weights, masked = without_first_key(weights, masked)
            if self.has_words:
                weights, masked = join_weights(weights, masked, self.query.starts, self.key.starts)
            yield weights, masked


def _texts(exhibit: Exhibit, tokens: str) -> tuple[str | None, ...]:
    """The texts that tokens of that name are of."""
    return (exhibit.target,) if tokens == "target" else (exhibit.text, exhibit.pair)


def _segments(filter_: Filter) -> tuple[int | None, int | None]:
    """Which texts of a pair are shown: the one that looks, the one that is looked at."""
    if filter_ == "all":
        return None, None
    looking, looked_at = ("ab".index(name) for name in filter_.split("-"))
    return looking, looked_at
