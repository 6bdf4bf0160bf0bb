"""What `attnviz export` writes beside the numbers, so that its files can be brought back."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, Field

from attnviz_mkdocs.arrays.file import ArraysError
from attnviz_mkdocs.codec.headers import MOST_VERSIONS, MOST_WHOLE, Layers, Notes
from attnviz_mkdocs.exhibit import Provenance, Token

if TYPE_CHECKING:
    from attnviz_mkdocs.arrays.file import ArraysFile


def _of_a_pair(token: Token) -> Token:
    if token.segment not in (0, 1):
        raise ValueError("a token of neither text")
    if max(abs(token.start), abs(token.end)) >= MOST_WHOLE:
        raise ValueError("a token that no text is long enough for")
    return token


def _that_is_written(provenance: Provenance) -> Provenance:
    if not isfinite(provenance.disagreement) or len(provenance.versions) > MOST_VERSIONS:
        raise ValueError("what no capture says of itself")
    return provenance


_ExportedToken = Annotated[Token, AfterValidator(_of_a_pair)]


class ExportedAttention(BaseModel):
    """Of one attention, the names of its tokens, the numbers of its layers, and how far its weights may be off."""

    query: str
    key: str
    layers: Layers
    largest_error: Annotated[float, Field(ge=0, le=1)]


class Exported(BaseModel):
    """What is said of an exhibit; see `attnviz_mkdocs.exhibit.Exhibit`."""

    text: str | None
    pair: str | None
    target: str | None
    notes: Notes
    tokens: Annotated[dict[str, tuple[_ExportedToken, ...]], Field(max_length=8)]
    attentions: dict[str, ExportedAttention]
    provenance: Annotated[Provenance, AfterValidator(_that_is_written)]

    @property
    def sides(self) -> dict[str, tuple[str, str]]:
        """Attention → names of its queries' and its keys' tokens."""
        return {name: (about.query, about.key) for name, about in self.attentions.items()}

    def layers_of(self, name: str) -> tuple[int, ...]:
        """The model's own numbers of an attention's layers; empty where nothing is said of it."""
        return tuple(self.attentions[name].layers) if name in self.attentions else ()

    def error_of(self, name: str) -> float:
        """How far an attention's weights in the file may be from those that were captured."""
        return self.attentions[name].largest_error if name in self.attentions else 0.0


def exported_in(file: ArraysFile) -> Exported | None:
    """What `attnviz export` wrote into the file; None for a file of another origin.

    Raises:
        ArraysError: It was changed since, so that it can't be understood.
    """
    written = file.json("attnviz")
    if written is None:
        return None
    if isinstance(written, dict) and {"first", "second"} <= written.keys():
        raise ArraysError(
            "the file holds the numbers of a comparison, but arrays are those of one model on one text; "
            "export a view that compares nothing"
        )
    try:
        exported = Exported.model_validate(written)
        named = {name for sides in exported.sides.values() for name in sides}
        if named <= exported.tokens.keys():
            return exported
        raise ValueError("tokens without labels")  # noqa: TRY301 - told in the words below
    except ValueError as error:
        message = '"attnviz" in the file\'s metadata is not what attnviz writes; export the file again, or take it out'
        raise ArraysError(message) from error
