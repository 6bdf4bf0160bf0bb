"""What is to be seen in a picture, in words for those who don't see it: made of the numbers."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.analysis import statistic
from attnviz_mkdocs.pictures.format import FLOOR, format_token, format_value, format_weight
from attnviz_mkdocs.pictures.neuron import told as told_of_neurons
from attnviz_mkdocs.pictures.ranking import format_statistic, ranked, ranked_by
from attnviz_mkdocs.pictures.readout import links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.neurons import Scores
    from attnviz_mkdocs.pictures.scene import Scene, Shown
    from attnviz_mkdocs.spec import Figure

LONGEST = 400
_LONGEST_TEXTS = 90
# A head does what more than half of its attention does.
_MOSTLY = 0.5
# As many heads are told of one by one, and as many links of each.
_HEADS, _LINKS, _RANKED = 3, 2, 5

# Where the keys of a job stand from their queries.
_OFFSETS = {"previous": -1, "next": 1, "self": 0}
# Weaker links are hardly seen; a difference from here on is.
_SEEN, _CLEAR = 0.05, 0.1

#: Statistic → what a head does that has much of it.
_JOBS = {
    "previous": "look mostly at the token before",
    "next": "look mostly at the token after",
    "self": "look mostly at the token itself",
    "first": "rest mostly on the first token",
    "special": "rest mostly on special tokens",
}


def alternative(figure: Figure, scenes: Sequence[Scene], numbers: Scores | None = None) -> str:
    """A sentence or a few on what the picture shows, of at most `LONGEST` characters.

    Args:
        figure: What the author asked for.
        scenes: What the view shows first.
        numbers: Of the neurons, for a neuron view.
    """
    step = f" (step 1 of {len(figure.steps)}: {scenes[0].state.caption})" if figure.steps else ""
    text = subject_of(figure, scenes) + step
    for place, clause in enumerate(_clauses(scenes, numbers)):
        longer = f"{text}{': ' if place == 0 else '; '}{clause}"
        if len(longer) >= LONGEST:
            break
        text = longer
    return (text if len(text) < LONGEST else text[: LONGEST - 2].rstrip() + "…") + "."


def _clauses(scenes: Sequence[Scene], numbers: Scores | None) -> Iterator[str]:
    if len(scenes) == 1:
        yield from _of_scene(scenes[0], numbers)
        return
    # Of either as much as of the other.
    told = [[f"{scene.name}: {clause}" for clause in _of_scene(scene, numbers)] for scene in scenes]
    for one, other in zip_longest(*told):
        yield from (clause for clause in (one, other) if clause)


def _of_scene(scene: Scene, numbers: Scores | None) -> Iterator[str]:
    if scene.signs is not None:
        yield from _of_difference(scene)
        return
    match scene.state.view:
        case "model":
            yield from _of_model(scene)
            if scene.state.opened is not None:
                opened = scene.of_heads((scene.state.opened,))
                what = ", ".join([f"opened is head {scene.state.layer}.{scene.state.opened}", *_chosen(scene)])
                yield from (f"{what}: {clause}" for clause in islice(_of_heads(scene, opened), 1))
        case "matrix":
            yield from _of_pairs(scene, scene.chosen_head)
        case "text" if not scene.is_focused:
            yield from _of_received(scene)
        case "neuron" if numbers is not None:
            yield from told_of_neurons(scene, numbers)
        case _:
            yield from _of_heads(scene, scene.chosen)


def subject_of(figure: Figure, scenes: Sequence[Scene]) -> str:
    """What is shown: attention of minilm on “The cat”, layer 5, heads 10 and 11, from “it”."""
    scene = scenes[0]
    parts = [part for scene in scenes for part in scene.parts]
    which = f"{scene.state.attention} attention" if len(scene.exhibit.attentions) > 1 else "attention"
    if scene.signs is not None:
        which = f"difference of {which}"
    names = [_model_of(part, figure) for part in parts]
    models = " and ".join(dict.fromkeys(map(format_token, names)))
    read = dict.fromkeys(said for part in parts for said in (part.exhibit.text, part.exhibit.pair) if said is not None)
    on = " on " + " and ".join(f"“{_short(said, _LONGEST_TEXTS // len(read))}”" for said in read) if read else ""
    where = [] if scene.state.view == "model" else [scene.layer_name.lower(), _heads(scene)]
    if scene.state.options.filter != "all":
        where.append("from text {} to text {}".format(*scene.state.options.filter.upper().split("-")))
    # Thumbnails are of all tokens, and a neuron view says itself which query it opens.
    chosen = [] if scene.state.view in ("model", "neuron") else _chosen(scene)
    return ", ".join([f"{which[:1].upper()}{which[1:]} of {models}{on}", *where, *chosen])


def _chosen(scene: Scene) -> list[str]:
    """The tokens that the author chose: from “it”, to “cat”."""
    return [
        f"{word} {' + '.join(side[place].quoted for place in side.pinned)}"
        for word, side in (("from", scene.query), ("to", scene.key))
        if side.pinned
    ]


def _model_of(scene: Scene, figure: Figure) -> str:
    """The name of the model of one of those that are shown."""
    is_second = figure.second is not None and figure.names is not None and scene.name == figure.names[1]
    return figure.second.model_name if figure.second is not None and is_second else figure.model_name


def _heads(scene: Scene) -> str:
    if scene.state.view not in ("head", "text") and not scene.joins_heads:
        return f"head {scene.state.head}"
    heads = [head.name for head in scene.chosen]
    if len(heads) == 1:
        return heads[0]
    if len(heads) == scene.heads:
        return f"all {len(heads)} heads"
    numbers = [name.removeprefix("head ") for name in heads]
    return f"heads {', '.join(numbers[:-1])} and {numbers[-1]}"


def _of_heads(scene: Scene, heads: Sequence[Shown]) -> Iterator[str]:
    if scene.is_focused:
        for head in heads:
            found = [link for link in links(scene, head) if link.weight >= FLOOR][:_LINKS]
            whose = "" if len(heads) == 1 else f"{head.name} "
            said = _listed([f"{link.other.quoted} ({format_weight(link.weight)})" for link in found])
            if scene.query.pinned and scene.key.pinned:
                yield f"{whose}{format_weight(found[0].weight) if found else 'masked'}"
            elif said:
                gives = "gives most to" if scene.query.pinned else "gets most from"
                yield f"{whose}{gives} {said}" if whose else f"most {'to' if scene.query.pinned else 'from'} {said}"
    elif len(heads) <= _HEADS:
        for head in heads:
            whose = "" if len(heads) == 1 else f"{head.name}: "
            for clause in _of_pairs(scene, head):
                yield whose + clause
                whose = ""
    else:
        weights, masked = np.stack([head.weights for head in heads]), np.stack([head.masked for head in heads])
        yield from _jobs(scene, [head.name.removeprefix("head ") for head in heads], weights, masked)


def _of_pairs(scene: Scene, head: Shown) -> Iterator[str]:
    """What a head does with most of its attention, and beside that the strongest pairs."""
    if scene.is_focused:
        yield from _of_heads(scene, [head])
        return
    rest = head.weights.copy()
    job = next(iter(_done(scene, head.weights[None], head.masked[None])[0]), None)
    if job is not None:
        name, share = job
        yield f"on average {format_weight(share)} goes to {_object(scene, name)}"
        rest[:, _keys_of(scene, name)] = 0
        if name in _OFFSETS:
            places = np.arange(len(rest))
            rest[np.subtract.outer(places, places) == -_OFFSETS[name]] = 0
    strongest = np.argsort(-rest, axis=None, kind="stable")[: _LINKS + 1]
    pairs = [
        f"{scene.query[query].quoted} → {scene.key[key].quoted} ({format_weight(float(rest[query, key]))})"
        for query, key in zip(*np.unravel_index(strongest, rest.shape), strict=True)
        if rest[query, key] >= _SEEN
    ]
    if pairs:
        many = (
            f"pairs{' beside that' if job else ''} are" if len(pairs) > 1 else f"pair{' beside that' if job else ''} is"
        )
        yield f"the strongest {many} {_listed(pairs)}"


def _object(scene: Scene, job: str) -> str:
    """What a job is about: "the token before", or the first token by its name."""
    return f"the first token, {scene.key[0].quoted}" if job == "first" else _JOBS[job].split(" mostly ")[1][3:]


def _keys_of(scene: Scene, job: str) -> list[int]:
    """The keys on which a job rests."""
    special = [place for place, label in enumerate(scene.key) if label.token.special]
    return {"first": [0], "special": special}.get(job, [])


def _of_model(scene: Scene) -> Iterator[str]:
    """How many heads there are, and what they do."""
    by = ranked_by(scene)
    if by is not None:
        yield from _of_ranking(scene, by)
        return
    names, weights, masked = [], [], []
    for layer, (own, unseen) in zip(scene.layers, scene.by_layer(), strict=True):
        names += [f"{layer}.{head}" for head in range(scene.heads)]
        weights.append(own)
        masked.append(unseen)
    yield f"{len(scene.layers)} layers of {scene.heads} heads"
    yield from _jobs(scene, names, np.concatenate(weights), np.concatenate(masked))


def _of_received(scene: Scene) -> Iterator[str]:
    """What each key gets, on average over the queries that may see it."""
    head = scene.chosen[0]
    seen = (~head.masked).sum(axis=0)
    received = np.where(head.masked, 0, head.weights).sum(axis=0) / np.maximum(seen, 1)
    strongest = np.argsort(-received, kind="stable")[: _LINKS + 1]
    said = [
        f"{scene.key[int(key)].quoted} ({format_weight(float(received[key]))})"
        for key in strongest
        if received[key] >= FLOOR
    ]
    if said:
        yield f"on average, most is given to {_listed(said)}"


def _of_ranking(scene: Scene, name: str) -> Iterator[str]:
    """The heads in the order of a statistic."""
    heads = ranked(scene, name)
    every, least = len(scene.layers) * scene.heads, scene.state.options.least
    of = "" if least is None else f", {len(heads)} of {every} with at least {least:g}"
    first = [f"{layer}.{head} ({_value(name, value)})" for (layer, head), value in heads[:_RANKED]]
    yield f"heads in the order of {name}{of}" + (f", largest first: {', '.join(first)}" if first else "")


def _value(name: str, value: float) -> str:
    """A statistic, with the 0 that labels in a drawing have no room for."""
    return format_statistic(name, value) if name in ("entropy", "distance") else format_weight(value)


def _is_square(scene: Scene) -> bool:
    """Whether the tokens that look are those that are looked at, so that places can be compared."""
    return scene.attention.query == scene.attention.key and scene.query.shown == scene.key.shown


def _done(scene: Scene, weights: NDArray[np.float32], masked: NDArray[np.bool_]) -> list[list[tuple[str, float]]]:
    """Of each head what it mostly does, and with how much of its attention; what it does most comes first."""
    special = np.array([label.token.special for label in scene.key])
    done: list[list[tuple[str, float]]] = [[] for _ in weights]
    for name in _JOBS:
        if not _is_square(scene) and name != "special":
            continue
        for head, share in enumerate(statistic(name, weights, masked, special)):
            # The first token is often a special one, and then it is called the first.
            is_new = not any(job == "first" for job, _ in done[head]) or name != "special"
            if share > _MOSTLY and is_new:
                done[head].append((name, float(share)))
    return [sorted(jobs, key=lambda job: -job[1]) for jobs in done]


def _jobs(scene: Scene, names: Sequence[str], weights: NDArray[np.float32], masked: NDArray[np.bool_]) -> Iterator[str]:
    """How many heads do what, and which those are, where they are few."""
    heads = defaultdict(list)
    for name, jobs in zip(names, _done(scene, weights, masked), strict=True):
        heads[jobs[0][0] if jobs else ""].append(name)
    for job, said in _JOBS.items():
        own = heads[job]
        if own:
            which = f" ({', '.join(own)})" if len(own) <= _HEADS else ""
            yield f"{len(own)} {_of_one(said) if len(own) == 1 else said}{which}"
    if len(heads[""]) == len(names):
        head, query, key = np.unravel_index(weights.argmax(), weights.shape)
        pair = f"{scene.query[int(query)].quoted} → {scene.key[int(key)].quoted}"
        yield f"the strongest pair is {pair} in head {names[int(head)]} ({format_weight(float(weights.max()))})"
    elif heads[""]:
        yield f"the other {len(heads[''])} do none of this with more than half of their attention"


def _of_one(said: str) -> str:
    verb, rest = said.split(" ", 1)
    return f"{verb}s {rest}"


def _of_difference(scene: Scene) -> Iterator[str]:
    """Where the two differ most."""
    if scene.state.view == "model":
        largest = [
            (float(abs(own).max()), f"{layer}.{head}", own)
            for layer, (weights, _) in zip(scene.layers, scene.by_layer(), strict=True)
            for head, own in enumerate(weights)
        ]
        largest.sort(key=lambda head: -head[0])
        for size, name, own in largest[:_HEADS]:
            query, key = np.unravel_index(abs(own).argmax(), own.shape)
            pair = f"{scene.query[int(query)].quoted} → {scene.key[int(key)].quoted}"
            yield f"head {name} differs by up to {format_weight(size)}, for {pair}"
        few = sum(size < _CLEAR for size, *_ in largest)
        yield f"{few} of {len(largest)} heads differ by less than {_CLEAR} everywhere"
        return
    for head in scene.chosen if scene.state.view == "head" else (scene.chosen_head,):
        whose = "" if scene.state.view != "head" or len(scene.chosen) == 1 else f"{head.name}: "
        if scene.is_focused:
            found = [
                f"{link.other.quoted} {format_value(link.weight, link.parts)}"
                for link in links(scene, head)[: _LINKS + 1]
                if abs(link.weight) >= FLOOR
            ]
        else:
            order = np.argsort(-abs(head.weights), axis=None, kind="stable")[: _LINKS + 1]
            found = [
                f"{scene.query[query].quoted} → {scene.key[key].quoted} "
                + format_value(float(head.weights[query, key]), [float(part[query, key]) for part in head.parts])
                for query, key in zip(*np.unravel_index(order, head.weights.shape), strict=True)
                if abs(head.weights[query, key]) >= FLOOR
            ]
        yield f"{whose}the largest differences are {_listed(found)}" if found else f"{whose}no difference"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _short(text: str, longest: int) -> str:
    return format_token(" ".join(text.split()), longest)
