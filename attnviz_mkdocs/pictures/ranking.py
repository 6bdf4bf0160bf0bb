"""Heads by what they do: statistics in words, and heads in the order of one; as in frontend/src/scene/ranking.ts."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.analysis import STATISTICS, statistic
from attnviz_mkdocs.analysis.statistics import OF_POSITIONS
from attnviz_mkdocs.pictures.format import format_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.exhibit import Track
    from attnviz_mkdocs.pictures.scene import Scene

# Shares from here on say what a head is about.
_TELLING = 0.5

#: A layer's number and a head's.
Place = tuple[int, int]


def format_statistic(name: str, value: float) -> str:
    """As many digits as tell heads apart: nats, tokens, or a share such as ".41"."""
    if name == "entropy":
        return f"{value:.2f}"
    return f"{value:.1f}" if name == "distance" else format_cell(value) or "0"


def ranked_by(scene: Scene) -> str | None:
    """The statistic that heads are ranked by; None where they stay in their layers, and where there is no such one."""
    name = scene.state.options.sort
    is_offered = name not in OF_POSITIONS or not scene.is_across
    return None if name == "index" or scene.signs is not None or not is_offered else name


@lru_cache(2)
def ranked(scene: Scene, name: str) -> list[tuple[Place, float]]:
    """Heads of at least the value that the author chose, with their own, the largest first."""
    least = scene.state.options.least or 0
    found = [
        ((layer, head), float(value))
        for layer, track in zip(scene.layers, scene.attention.track.by_layer(), strict=True)
        for head, value in enumerate(_measured(scene, track, [name])[name])
    ]
    return sorted((head for head in found if head[1] >= least), key=lambda head: -head[1])


@lru_cache(2)
def statistics_line(scene: Scene) -> str:
    """The statistics of one head, or which of several has the largest where that says something; or nothing."""
    heads = scene.measured
    if not heads:
        return ""
    names = [name for name in STATISTICS if name not in OF_POSITIONS or not scene.is_across]
    of_layer = _measured(scene, scene.captured_layer, names)
    values = {name: of_head[list(heads)] for name, of_head in of_layer.items()}
    if len(heads) == 1:
        return " · ".join(_said(name, float(own[0])) for name, own in values.items())
    told = [
        f"{_said(name, float(own.max()))} (head {heads[int(own.argmax())]})"
        for name, own in values.items()
        if name == "entropy" or (name != "distance" and own.max() >= _TELLING)
    ]
    return f"Largest of {len(heads)} heads: {' · '.join(told)}"


def _said(name: str, value: float) -> str:
    return f"{name} {format_statistic(name, value)}{' nats' if name == 'entropy' else ''}"


def _measured(scene: Scene, track: Track, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Statistics of each head of a layer, of pieces as they were captured."""
    special = np.array([token.special for token in scene.exhibit.tokens[scene.attention.key]], bool)
    weights, masked = track.weights()[0], track.masked()[0]
    return {name: statistic(name, weights, masked, special) for name in names}
