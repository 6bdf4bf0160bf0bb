"""Pictures, each drawn once and kept in a folder for the next build."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from pydantic import TypeAdapter

from attnviz_mkdocs.codec import CodecError, decode, decode_neurons
from attnviz_mkdocs.kept import keep, sealed, unsealed
from attnviz_mkdocs.pictures.picture import PICTURE_VERSION, Picture, picture_of

if TYPE_CHECKING:
    from pathlib import Path

    from attnviz_mkdocs.spec import Figure

_PICTURE = TypeAdapter(Picture)


class Encoded(Protocol):
    """An exhibit or its neurons as bytes, under their key."""

    @property
    def key(self) -> str: ...

    @property
    def data(self) -> bytes: ...


class Album:
    """The pictures of a project.

    Args:
        folder: Where they are kept. What is there is ours, and may be thrown away.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(
        self, figure: Figure, exhibit: Encoded, neurons: Encoded | None = None, second: Encoded | None = None
    ) -> Picture:
        """The picture of a figure: what was kept, or drawn now.

        Args:
            figure: What the author asked for.
            exhibit: Its exhibit.
            neurons: The exhibit's neurons, for a neuron view.
            second: The other exhibit, for a comparison.

        Raises:
            CodecError: The bytes are not what they should be.
        """
        name = f"{_digest(figure, exhibit, neurons, second)}.picture"
        kept = _read(self._folder / name)
        if kept is not None:
            return kept
        first, numbers = decode(exhibit.data), None if neurons is None else decode_neurons(neurons.data)
        if numbers is not None and not numbers.fit(first):
            raise CodecError("the queries and keys belong to another exhibit; delete them and capture again")
        made = picture_of(figure, first, numbers, None if second is None else decode(second.data))
        keep(self._folder, name, sealed(json.dumps(asdict(made)).encode()))
        return made


def _digest(figure: Figure, *shown: Encoded | None) -> str:
    """Of all that decides what is drawn, and of nothing else."""
    step = figure.steps[0] if figure.steps else None
    decides = {
        "version": PICTURE_VERSION,
        "shown": [one and one.key for one in shown],
        "name": figure.model_name,
        "names": figure.names,
        "view": figure.kind,
        "options": figure.options.model_dump(mode="json"),
        "steps": len(figure.steps),
        "step": None if step is None else step.model_dump(mode="json", exclude_unset=True),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


def _read(file: Path) -> Picture | None:
    """What was kept, if it is there and whole."""
    try:
        return _PICTURE.validate_json(bytes(unsealed(file.read_bytes())), strict=True)
    except (OSError, ValueError):
        return None
