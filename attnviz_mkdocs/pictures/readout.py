"""What the tokens that the author chose have to do with the others, in a line; as in the browser's readout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures.format import FLOOR, HIDDEN, MASKED, UNPAIRED, format_percent, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attnviz_mkdocs.pictures.scene import Scene, Shown
    from attnviz_mkdocs.pictures.tokens import Label

#: As many links are told in words.
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Link:
    """How much a head's tokens of one side, those that are chosen together, have to do with one of the other."""

    head: Shown
    other: Label
    weight: float
    parts: tuple[float, ...] = ()


def links(scene: Scene, head: Shown) -> list[Link]:
    """Links between what is chosen and each token of the other side, the strongest first; none that is masked.

    Of a pair that is chosen it is that of the pair.
    """
    rows = list(scene.query.pinned) or list(range(len(scene.query)))
    columns = list(scene.key.pinned) or list(range(len(scene.key)))
    places = np.ix_(rows, columns)
    masked = head.masked[places]
    numbers = np.stack([array[places] for array in (head.weights, *head.parts)])
    if scene.query.pinned and scene.key.pinned:
        sums = np.where(masked, 0, numbers).sum(axis=(1, 2))
        return [] if masked.all() else [Link(head, scene.key[columns[0]], float(sums[0]), tuple(map(float, sums[1:])))]
    axis = 0 if scene.query.pinned else 1
    others = [scene.key[column] for column in columns] if axis == 0 else [scene.query[row] for row in rows]
    sums, unseen = np.where(masked, 0, numbers).sum(axis=axis + 1), np.all(masked, axis=axis).tolist()
    found = [
        Link(head, other, float(sums[0, place]), tuple(map(float, sums[1:, place])))
        for place, (other, is_unseen) in enumerate(zip(others, unseen, strict=True))
        if not is_unseen
    ]
    return sorted(found, key=lambda link: -abs(link.weight))


def readouts(scenes: Sequence[Scene]) -> list[str]:
    """What is chosen, with its strongest links, in a line for each scene; none where nothing is chosen."""
    if scenes[0].state.view not in ("head", "text") or not any(scene.is_focused for scene in scenes):
        return []
    if len(scenes) == 1:
        return [_readout(scenes[0], scenes[0].chosen)]
    return [f"{scene.name}: {_readout(scene, scene.chosen) or UNPAIRED}" for scene in scenes]


def _readout(scene: Scene, heads: Sequence[Shown]) -> str:
    if not scene.is_focused or not heads:
        return ""
    is_pair = bool(scene.query.pinned and scene.key.pinned)
    found = sorted((link for head in heads for link in links(scene, head)), key=lambda link: -abs(link.weight))
    told = []
    for link in [link for link in found if is_pair or abs(link.weight) >= FLOOR][:_TOLD]:
        name = "" if is_pair else f"{link.other.name} "
        told.append(
            f"{name}{format_value(link.weight, link.parts)}" + ("" if len(heads) == 1 else f" ({link.head.name})")
        )
    where = f"{scene.layer_name} · {heads[0].name}" if len(heads) == 1 else scene.layer_name
    summed = " in sum" if max(len(scene.query.pinned), len(scene.key.pinned)) > 1 else ""
    is_taken = scene.taken is not None and scene.key.pinned == (scene.taken,)
    nothing = HIDDEN if is_taken else MASKED if scene.signs is None else scene.unseen
    return f"{where} · {subject(scene)} {', '.join(told) + summed if found else nothing}{_hidden(scene, heads)}"


def subject(scene: Scene) -> str:
    """The chosen tokens, with an arrow."""
    looking, looked_at = (" + ".join(side[place].name for place in side.pinned) for side in (scene.query, scene.key))
    return f"{looked_at} ←" if not looking else f"{looking} → {looked_at}".rstrip()


def _hidden(scene: Scene, heads: Sequence[Shown]) -> str:
    """How much of what the chosen tokens give is hidden, on average."""
    shares = [head.hidden[list(scene.query.pinned)] for head in heads if head.hidden is not None]
    return f" · {format_percent(float(np.mean(shares)))} hidden" if shares and scene.query.pinned else ""
