"""What an author may write: the keys, their types, and the reference text that editors show.

A gallery's JSON Schema is generated from these classes; the text under a field is its description there.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

#: A name becomes a part of file names and links.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
NOT_BLANK_PATTERN = r"\S"

Kind = Literal["head", "model", "matrix"]
Filter = Literal["all", "a-a", "a-b", "b-a", "b-b"]

#: Filters that show a part of a pair.
PAIR_FILTERS = frozenset(get_args(Filter)) - {"all"}

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
NotBlank = Annotated[str, StringConstraints(pattern=NOT_BLANK_PATTERN)]
Index = Annotated[int, Field(ge=0)]


def _source(source: str) -> str:
    if source.startswith("package:") and not re.fullmatch(r"package:[^/\s]+/.*\S.*", source):
        raise PydanticCustomError("package_source", "not package:NAME/PATH")
    return source


def _one_or_more(heads: Any) -> Any:
    if isinstance(heads, list):
        return tuple(heads)
    if isinstance(heads, tuple) or heads is None:
        return heads
    return (heads,)


def _some_each_once(heads: tuple[int, ...]) -> tuple[int, ...]:
    if not heads:
        raise PydanticCustomError("no_heads", "no heads")
    seen: set[int] = set()
    for position, head in enumerate(heads):
        if head in seen:
            raise PydanticCustomError("repeated_head", "{head} at {position}", {"head": head, "position": position})
        seen.add(head)
    return heads


Source = Annotated[NotBlank, AfterValidator(_source)]
Heads = Annotated[
    tuple[Index, ...],
    BeforeValidator(_one_or_more),
    AfterValidator(_some_each_once),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "uniqueItems": True},
            ]
        }
    ),
]


_NO_OTHER_NAMES: dict[str, JsonValue] = {"additionalProperties": False}


class _Keys(BaseModel):
    """A mapping with known keys and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Model(_Keys):
    """A model, and how it is loaded."""

    source: Source
    """Hub id such as `bert-base-uncased`, a folder, `package:NAME/PATH`, or a `.gguf` file of any of these."""
    revision: NotBlank | None = None
    """Commit of a hub model. Pin it: a branch moves, and a commit does not."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """What the model computes in."""
    trust_remote_code: bool = False
    """Whether code that comes with the model may run on your machine."""
    allow_pickle: bool = False
    """Whether weights may be read from pickle files, which can run code on your machine."""


class Text(_Keys):
    """What a model reads: a sentence, or a sentence with its pair or its target."""

    text: NotBlank
    """The text, or the first of a pair."""
    pair: NotBlank | None = None
    """The second text of a pair."""
    target: NotBlank | None = None
    """What the decoder of an encoder-decoder model writes."""

    @model_validator(mode="before")
    @classmethod
    def _from_sentence(cls, written: Any) -> Any:
        return {"text": written} if isinstance(written, str) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": NOT_BLANK_PATTERN}, handler(core_schema)]}


class Options(_Keys):
    """What a view shows first. Layers, heads and tokens count from 0."""

    layer: Index | None = None
    """Layer that is shown first."""
    heads: Heads | None = None
    """Head or heads that are shown first."""
    query: Index | None = None
    """Token whose attention is shown first, the one that looks."""
    key: Index | None = None
    """Token to which attention is shown first, the one that is looked at."""
    filter: Filter = "all"
    """For a pair, the part that is shown: `a-b` is attention from the first text to the second."""


class View(Options):
    """One way to look at one model on one text."""

    id: Name
    """Name of the view: a page shows it as `gallery/id`."""
    view: Kind = "head"
    """What is drawn: `head` (lines between tokens), `model` (all layers and heads) or `matrix` (a heatmap)."""
    model: str
    """Name of one of the gallery's `models`."""
    text: str
    """Name of one of the gallery's `texts`."""
    caption: str | None = None
    """What stands under the view."""


class GalleryFile(_Keys):
    """Models, texts, and views that show the attention of the one on the other."""

    title: NotBlank | None = None
    """What readers see as the gallery's name."""
    description: NotBlank | None = None
    """What the gallery is about."""
    models: dict[Name, Model] = Field({}, json_schema_extra=_NO_OTHER_NAMES)
    """Models by name."""
    texts: dict[Name, Text] = Field({}, json_schema_extra=_NO_OTHER_NAMES)
    """Texts by name: a sentence, or `{text: …, pair: …}`, or `{text: …, target: …}`."""
    views: list[View] = []
    """Views, in the order in which the gallery shows them."""


class FenceBody(Options):
    """What may stand in a fence: all of a view but its id, and the text itself."""

    view: Kind | None = None
    """What is drawn; `head` unless said otherwise."""
    model: str | None = None
    """Name of a model that a gallery declares."""
    text: NotBlank | None = None
    """The sentence itself."""
    pair: NotBlank | None = None
    """The second text of a pair."""
    target: NotBlank | None = None
    """What the decoder of an encoder-decoder model writes."""
    caption: str | None = None
    """What stands under the view."""
