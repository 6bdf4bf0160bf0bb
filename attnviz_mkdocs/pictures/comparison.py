"""What of one exhibit, or of two that are compared, is drawn; as in frontend/src/scene/comparison.ts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.analysis import align
from attnviz_mkdocs.pictures.format import UNPAIRED
from attnviz_mkdocs.pictures.scene import Scene, Shown, Side, Signs
from attnviz_mkdocs.pictures.state import nearest, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attnviz_mkdocs.analysis.align import Pair
    from attnviz_mkdocs.exhibit import Exhibit
    from attnviz_mkdocs.pictures.scene import Masked, Weights
    from attnviz_mkdocs.pictures.tokens import Label
    from attnviz_mkdocs.spec import Figure


def scenes_of(figure: Figure, exhibit: Exhibit, second: Exhibit | None = None) -> tuple[Scene, ...]:
    """The scenes that a figure draws beside one another: the first alone where the other has no such attention.

    Args:
        figure: What the author asked for.
        exhibit: Its exhibit.
        second: The other exhibit, for a comparison.
    """
    state = state_of(figure, exhibit)
    comparison = state.options.comparison
    if second is None or figure.names is None or state.attention not in second.attentions:
        return (Scene.of(state, exhibit),)
    if comparison == "difference":
        # A share of what a query gives is none of a difference.
        state = replace(state, options=state.options.model_copy(update={"mass": 1.0}))
    first, other = (Scene.of(state, one, name) for one, name in zip((exhibit, second), figure.names, strict=True))
    pairs = tuple(
        align([label.token for label in one.labels], [label.token for label in beside.labels])
        for one, beside in ((first.query, other.query), (first.key, other.key))
    )
    if comparison == "difference":
        return (_difference(first, other, pairs[0], pairs[1]),)
    other = replace(
        other,
        query=other.query.choosing(_counterparts(first.query, pairs[0])),
        key=other.key.choosing(_counterparts(first.key, pairs[1])),
    )
    return {"both": (first, other), "first": (first,), "second": (other,)}[comparison]


def _counterparts(side: Side, pairs: Sequence[Pair]) -> Iterator[int]:
    """Of the tokens of the first that are chosen, those of the second that they stand beside."""
    chosen = {side.shown[place] for place in side.pinned}
    return (other for one, other in pairs if one in chosen and other is not None)


@dataclass(frozen=True, eq=False, kw_only=True)
class Difference(Scene):
    """The first less the second, for tokens that are pairs.

    Heads and layers that become one do so in each of them before. A layer or a head that one of them lacks is its
    nearest. Pairs in which a token has no counterpart have no weight.
    """

    first: Scene
    second: Scene
    pairs: tuple[tuple[Pair, ...], tuple[Pair, ...]]

    @property
    def parts(self) -> tuple[Scene, ...]:
        """The scenes of captured attention that it is made of."""
        return (self.first, self.second)

    @property
    def layers(self) -> tuple[int, ...]:
        """The model's own number of each layer that one of them has at least."""
        return tuple(sorted({layer for part in self.parts for layer in part.layers}))

    @property
    def heads(self) -> int:
        """How many heads one of them has at least."""
        return max(part.heads for part in self.parts)

    @property
    def taken(self) -> int | None:
        """Which of the pairs is hidden from all in both."""
        one, other = (part.taken for part in self.parts)
        return None if one is None or other is None else self.pairs[1].index((one, other))

    @property
    def unseen(self) -> str:
        """What pairs are that have no weight."""
        unseen = [part.unseen for part in self.parts if part.unseen][:1]
        has_unpaired = any(None in pair for pairs in self.pairs for pair in pairs)
        return " or ".join([*unseen, *([UNPAIRED] if has_unpaired else [])])

    @property
    def layer_name(self) -> str:
        """What stands for the layer in both."""
        return _both(*(part.layer_name for part in self.parts))

    def by_layer(self) -> Iterator[tuple[Weights, Masked]]:
        """The differences of each layer, and where there are none, ``[head, query, key]``."""
        of_layer = [dict(zip(part.layers, part.by_layer(), strict=True)) for part in self.parts]
        for layer in self.layers:
            numbers = []
            for part, own in zip(self.parts, of_layer, strict=True):
                weights, masked = own[nearest(layer, part.layers)]
                heads = np.minimum(np.arange(self.heads), part.heads - 1)
                numbers.append((weights[heads], masked[heads]))
            difference, unseen, _ = self._subtracted(numbers[0], numbers[1])
            yield difference, unseen

    def of_heads(self, heads: tuple[int, ...]) -> tuple[Shown, ...]:
        """These heads, or what they come to, one less the other."""
        groups = [heads] if self.joins_heads else [(head,) for head in heads]
        shown = []
        for group in groups:
            one, other = (part.of_heads(_fitted(group, part.heads))[0] for part in self.parts)
            weights, masked, parts = self._subtracted((one.weights, one.masked), (other.weights, other.masked))
            head = group[0] if len(group) == 1 else None
            shown.append(Shown(_both(one.name, other.name), head, weights, masked, parts=parts))
        return tuple(shown)

    def _subtracted(
        self, first: tuple[Weights, Masked], second: tuple[Weights, Masked]
    ) -> tuple[Weights, Masked, tuple[Weights, ...]]:
        """Of paired tokens the first less the second; masked where it is in both, or a token has no counterpart."""
        unpaired = np.zeros([len(pairs) for pairs in self.pairs], bool)
        parts, masks = [], []
        for at, (weights, masked) in enumerate((first, second)):
            rows, columns = (np.array([pair[at] for pair in pairs], float) for pairs in self.pairs)
            unpaired |= np.isnan(rows)[:, None] | np.isnan(columns)
            places = (..., *np.ix_(np.nan_to_num(rows).astype(int), np.nan_to_num(columns).astype(int)))
            parts.append(weights[places])
            masks.append(masked[places])
        unseen = (masks[0] & masks[1]) | unpaired
        minuend, subtrahend = (np.where(unpaired, np.float32(0), part) for part in parts)
        return minuend - subtrahend, unseen, (minuend, subtrahend)


def _difference(first: Scene, second: Scene, queries: Sequence[Pair], keys: Sequence[Pair]) -> Difference:
    query, query_pairs = _joined(first.query, second.query, queries)
    key, key_pairs = _joined(first.key, second.key, keys)
    error = first.attention.track.largest_error + second.attention.track.largest_error
    return Difference(
        exhibit=first.exhibit,
        state=first.state,
        asked=first.asked,
        attention=first.attention,
        query=query,
        key=key,
        has_words=first.has_words,
        without_first=first.without_first,
        name=f"{first.name} − {second.name}",
        first=first,
        second=second,
        pairs=(query_pairs, key_pairs),
        signs=Signs(f"more in {first.name}", f"more in {second.name}", error),
    )


def _joined(first: Side, second: Side, pairs: Sequence[Pair]) -> tuple[Side, tuple[Pair, ...]]:
    """A side of a difference, and of its pairs the places among the shown tokens of either."""
    places = [{token: place for place, token in enumerate(side.shown)} for side in (first, second)]
    kept = [(one, other) for one, other in pairs if one in places[0] or other in places[1]]
    labels = tuple(
        _label(None if one is None else first.labels[one], None if other is None else second.labels[other])
        for one, other in kept
    )
    shown = tuple((places[0].get(one), places[1].get(other)) for one, other in kept)  # type: ignore[arg-type]
    side = Side(labels, (), tuple(range(len(labels))))
    return side.choosing(place for place, (one, _) in enumerate(shown) if one in first.pinned), shown


def _label(one: Label | None, other: Label | None) -> Label:
    """A pair as one token: "She/He" where one stands for the other."""
    if one is None or other is None or one.token.label == other.token.label:
        known = one or other
        if known is None:
            raise ValueError("a pair has a token")
        return known
    return replace(one, text=f"{one.text}/{other.text}")


def _fitted(heads: tuple[int, ...], count: int) -> tuple[int, ...]:
    return tuple(head for head in heads if head < count) or (count - 1,)


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one} − {other}"
