"""A file of arrays → an exhibit."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from attnviz_mkdocs.arrays.exported import exported_in
from attnviz_mkdocs.arrays.file import ArraysError, load_file
from attnviz_mkdocs.arrays.labels import Labels, check_counts, labels_of
from attnviz_mkdocs.arrays.weights import assumed_mask, check_rows, notes_of_rows, read_mask, read_weights
from attnviz_mkdocs.exhibit import SELF, TEXT, Attention, Exhibit, Provenance, Track
from attnviz_mkdocs.spec.mistakes import some

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from attnviz_mkdocs.arrays.exported import Exported
    from attnviz_mkdocs.arrays.file import ArraysFile
    from attnviz_mkdocs.spec import Arrays

    Sides = Mapping[str, tuple[str, str]]

#: Attention of an encoder-decoder model → names of its queries' and its keys' tokens; the first one has to be there.
_OF_TWO = {"cross": ("target", "source"), "encoder": ("source", "source"), "decoder": ("target", "target")}


def read_arrays(path: Path, arrays: Arrays) -> Exhibit:
    """The exhibit that an author's own arrays make.

    The file is a safetensors file with the tensor ``attention`` ``[layer, head, query, key]`` and, where some
    query may not see some key, ``masked``, 1 there, broadcastable to that shape. An encoder-decoder model has
    ``cross.attention`` and may have ``encoder.attention`` and ``decoder.attention``; its queries are the tokens of
    the target. Without ``masked``, attention that never falls on a later key counts as causal.

    Args:
        path: The file, as `find_arrays` found it.
        arrays: What the author wrote.

    Raises:
        ArraysError: The file doesn't hold attention with labelled tokens.
    """
    file = load_file(path)
    exported = exported_in(file)
    names = _names(file)
    # An author's own labels take the place of all that is said of the tokens.
    own = exported if arrays.query is None else None
    labels, sides = _exported_labels(own) if own else _labelled(arrays, file, names)
    attentions: dict[str, Attention] = {}
    notes = list(own.notes) if own else []
    for name in names:
        if name not in sides:
            raise ArraysError(f'"attnviz" in the file\'s metadata says nothing of "{_tensor(name)}"; export it again')
        weights, masked = _numbers(file, name, exported)
        query, key = sides[name]
        check_counts(labels, (query, key), weights.shape, _tensor(name))
        # What was exported is as it was shown, and its notes say why.
        notes += [] if exported else notes_of_rows("Rows" if name == SELF else f"Rows of {name}", weights, masked)
        exported_layers = exported.layers_of(name) if exported else ()
        layers = exported_layers if len(exported_layers) == len(weights) else tuple(range(len(weights)))
        notes += _notes_of_layers(layers, exported_layers) if exported_layers else []
        track = Track.from_weights(weights, masked)
        if exported:
            track = replace(track, largest_error=min(1.0, track.largest_error + exported.error_of(name)))
        attentions[name] = Attention(query, key, layers, track)
    return Exhibit(
        text=own.text if own else None,
        pair=own.pair if own else None,
        target=own.target if own else None,
        tokens=labels.tokens,
        attentions=attentions,
        notes=tuple(notes),
        provenance=exported.provenance if exported else _provenance(arrays, file, _tensor(names[0])),
    )


def _names(file: ArraysFile) -> list[str]:
    names = [name for name in _OF_TWO if _tensor(name) in file.tensors]
    if "attention" in file.tensors:
        if names:
            both = f'"attention" and "{_tensor(names[0])}" can\'t stand in one file'
            raise ArraysError(f"{both}, because a model has either one attention or three; leave one of them out")
        return [SELF]
    if "cross" in names:
        return names
    there = f"it has: {some(sorted(file.tensors))}" if file.tensors else "it has none"
    raise ArraysError(f'the file has no tensor "attention" [layer, head, query, key]; {there}; name yours so')


def _tensor(name: str, what: str = "attention") -> str:
    return what if name == SELF else f"{name}.{what}"


def _numbers(
    file: ArraysFile, name: str, exported: Exported | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Weights ``[layer, head, query, key]``, and where a query may not see a key, broadcastable to them."""
    weights = read_weights(file.tensors[_tensor(name)])
    check_rows(_tensor(name), weights, decoded=exported is not None)
    mask = file.tensors.get(_tensor(name, "masked"))
    if mask is not None:
        return weights, read_mask(mask, weights)
    return weights, None if exported else assumed_mask(weights)


def _exported_labels(exported: Exported) -> tuple[Labels, Sides]:
    called = {name: f'"{name}" in the exported tokens' for name in exported.tokens}
    return Labels(exported.tokens, called, "arrays"), exported.sides


def _labelled(arrays: Arrays, file: ArraysFile, names: list[str]) -> tuple[Labels, Sides]:
    """All labels, and attention → names of its queries' and its keys' tokens."""
    if names != [SELF]:
        return labels_of(arrays, file, _OF_TWO["cross"]), _OF_TWO
    labels = labels_of(arrays, file, ("query", "key"))
    if labels.tokens["query"] == labels.tokens["key"]:
        return labels.of_one_text(TEXT), {SELF: (TEXT, TEXT)}
    return labels, {SELF: ("query", "key")}


def _notes_of_layers(layers: tuple[int, ...], exported: tuple[int, ...]) -> list[str]:
    if layers == exported:
        return []
    return [f"Layers are counted as in the file of arrays: it holds {len(layers)}, and the model has {len(exported)}."]


def _provenance(arrays: Arrays, file: ArraysFile, tensor: str) -> Provenance:
    return Provenance(
        model=arrays.name,
        source=arrays.file,
        fingerprint=file.digest,
        architecture="",
        dtype=file.tensors[tensor].dtype_name,
        disagreement=0.0,
        versions={package: version(package) for package in ("attnviz-mkdocs", "safetensors")},
    )
