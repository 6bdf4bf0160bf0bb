"""What of a text a token may not see, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.capture.listening.hybrids import counted
from attnviz_mkdocs.exhibit import SELF, causal_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Attention, Track


def notes_on_windows(attentions: Mapping[str, Attention]) -> list[str]:
    """A sentence for each window within which layers attend, where it hides a part of the text."""
    return [
        _sentence(name, attention, [attention.layers[index] for index in np.flatnonzero(reaches == reach)], int(reach))
        for name, attention in attentions.items()
        if attention.query == attention.key
        for reaches in [_reaches(attention.track)]
        for reach in np.unique(reaches[reaches != _ALL])
    ]


_ALL, _UNEVEN = -1, -2


def _reaches(track: Track) -> NDArray[np.intp]:
    """How far a token sees, for each layer; -1 for as far as can be, -2 where that isn't the same everywhere."""
    queries, keys = track.shape[2:]
    of_key, of_query = causal_pairs(queries) if track.layout == "causal" else np.indices((keys, queries))
    distance = abs(of_query - of_key)
    # Heads of a layer share a mask.
    return np.array([_reach(codes != 0, distance) for codes in track.codes[:, 0]])


def _reach(seen: NDArray[np.bool_], distance: NDArray[np.intp]) -> int:
    if seen.all():
        return _ALL
    reach = int(distance[seen].max(initial=0))
    return _UNEVEN if (distance[~seen] <= reach).any() else reach


def _sentence(name: str, attention: Attention, layers: list[int], reach: int) -> str:
    where = [counted(layers)] if len(layers) < len(attention.layers) else []
    where += [f"the {name}"] if name != SELF else []
    before = attention.track.layout == "causal"
    if reach == _UNEVEN:
        what = "doesn't see all tokens before it" if before else "doesn't see all others"
    else:
        tokens = f"{reach} token{'' if reach == 1 else 's'} {'before it' if before else 'on each side'}"
        what = f"sees itself and at most {tokens}" if reach else "sees only itself"
    return f"In {' of '.join(where)} a token {what}." if where else f"A token {what}."
