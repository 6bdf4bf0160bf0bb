"""What a reader must know to read a drawing, in sentences above it; as in the browser, frontend/src/frame/notes.ts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attnviz_mkdocs.pictures.format import format_error, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from attnviz_mkdocs.pictures.scene import Scene


def notes_of(scenes: Sequence[Scene]) -> list[str]:
    """Sentences on what is shown; what is said of all scenes is said once, and what of one, with its name."""
    parts = [part for scene in scenes for part in scene.parts]
    said = [[*part.exhibit.notes, *_of_tokens(part), *_of_choice(part), *_of_what_lacks(part)] for part in parts]
    notes = []
    for note in dict.fromkeys(note for own in said for note in own):
        whose = [part.name for part, own in zip(parts, said, strict=True) if note in own]
        notes.append(note if len(whose) == len(parts) else f"{whose[0]}: {note}")
    return [*notes, *_of_comparison(scenes, parts)]


def _of_what_lacks(scene: Scene) -> Iterator[str]:
    """What was asked for and the exhibit doesn't have."""
    asked, state = scene.asked, scene.state
    if state.view != "model" and not scene.joins_layers and asked.layer != state.layer:
        yield f"No layer {asked.layer}; layer {state.layer} is shown."
    heads = asked.heads if state.view == "head" or scene.joins_heads else (asked.head,)
    if state.view != "model" and min(heads) >= scene.heads:
        yield f"No head {', '.join(map(str, heads))}; head {state.head} is shown."


def _of_comparison(scenes: Sequence[Scene], parts: Sequence[Scene]) -> Iterator[str]:
    """How two are compared."""
    if len(parts) == 1:
        return
    first, second = parts
    made, other = (part.exhibit.provenance for part in parts)
    if (made.source, made.revision) != (other.source, other.revision) and not first.joins_heads:
        yield (
            "A head of one model has nothing to do with the head of that number in another model; compare means over "
            "heads."
        )
    signs = scenes[0].signs
    if signs is not None:
        if first.state.view == "model" and (first.heads, first.layers) != (second.heads, second.layers):
            yield "Where one has no such layer or head, its nearest is taken."
        yield f"Differences up to {format_error(signs.error)} may come from rounding and have no shade."


def _of_tokens(scene: Scene) -> Iterator[str]:
    attention = scene.attention
    if scene.is_across:
        looking, looked_at = (
            f"{len(side.labels)} {name} token{'' if len(side.labels) == 1 else 's'}"
            for side, name in ((scene.query, attention.query), (scene.key, attention.key))
        )
        yield f"{looking} attend to {looked_at}."
    if scene.state.view != "model" and not scene.joins_layers:
        mask = describe_mask(scene.captured_layer.masked()[0, 0])
        if mask:
            yield mask
    if scene.has_words and len(scene.key.starts) + len(scene.query.starts) < sum(attention.track.shape[2:]):
        yield "Pieces are joined to words: of their keys the sum, of their queries the mean."
    if scene.without_first:
        yield "First token hidden, rows renormalised."
    if any(label.token.generated for side in (scene.query, scene.key) for label in side.labels):
        yield "Dotted underline: written by the model."


def _of_choice(scene: Scene) -> Iterator[str]:
    """On what became of heads, layers and keys that aren't shown one by one."""
    options = scene.state.options
    if scene.state.view in ("model", "neuron"):
        return
    joined = [f"{len(scene.layers)} layers"] if scene.joins_layers else []
    joined += [f"{len(scene.state.heads)} heads"] if scene.joins_heads else []
    if joined and options.by == "mean":
        yield f"Mean of {' and '.join(joined)}."
    elif joined:
        yield (
            f"Maximum of {' and '.join(joined)}: of each pair the largest weight, so that what a token gives adds up "
            "to more than 1."
        )
    shown = scene.chosen if scene.state.view == "head" else (scene.chosen_head,)
    hidden = [head.hidden for head in shown if head.hidden is not None]
    if hidden:
        left = np.mean([(head.weights > 0).sum(axis=-1).mean() for head in shown])
        yield (
            f"Of each query the strongest keys that make up {format_percent(options.mass)} are shown, {left:.1f} on "
            f"average; {format_percent(float(np.mean(hidden)))} of the attention is hidden."
        )


def describe_mask(masked: NDArray[np.bool_]) -> str | None:
    """A sentence on a layer whose queries are kept from more than the keys after them.

    Args:
        masked: Where a query may not see a key, ``[query, key]``.
    """
    queries, keys = masked.shape
    if not masked.any():
        return None
    window = _window(masked) if queries == keys else None
    if window is None:
        return "In this layer some tokens may not see some others."
    before, after = window
    if before == queries - 1 and after in (0, queries - 1):
        return None
    reach = [f"{_tokens(before)} before it"] if before else []
    if after:
        reach.append(f"the {'one' if after == 1 else after} after it" if before else f"{_tokens(after)} after it")
    return f"In this layer a token sees {', '.join(reach)}, and itself." if reach else _ONLY_ITSELF


_ONLY_ITSELF = "In this layer a token sees only itself."


def _window(masked: NDArray[np.bool_]) -> tuple[int, int] | None:
    """How far queries see, in tokens before and after; None where the mask is no window."""
    queries, keys = np.nonzero(~masked)
    distances = queries - keys
    before, after = max(0, int(distances.max(initial=0))), max(0, int(-distances.min(initial=0)))
    places = np.subtract.outer(np.arange(len(masked)), np.arange(len(masked)))
    is_window = ((places <= before) & (places >= -after)) == ~masked
    return (before, after) if is_window.all() else None


def _tokens(count: int) -> str:
    return "the token" if count == 1 else f"the {count} tokens"
