"""What an author may write: the keys, their types, and the reference text that editors show.

A gallery's JSON Schema is generated from these classes; the text under a field is its description there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PureWindowsPath
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from attnviz_mkdocs.spec.size import SIZE_PATTERN, parse_size
from attnviz_mkdocs.spec.together import schema_of

#: A name becomes a part of file names and links.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
#: Something that can be seen: neither a space nor a sign of no width.
NOT_BLANK_PATTERN = r"[^\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
#: A tag is read at a glance and stands in an address.
TAG_PATTERN = r"^\S(.{0,38}\S)?$"

#: Tokens of a text, unless its model says otherwise: attention grows with their square, and a page has to carry it.
LONGEST = 1024
#: The most tokens that a browser shows.
MOST_TOKENS = 4096
#: The most heads of all layers that a browser shows: more than any model has.
MOST_HEADS = 2**15
#: A model writes no more new tokens than one exhibit can hold.
MOST_NEW_TOKENS = 1024

Kind = Literal["head", "model", "neuron", "matrix", "text"]
Filter = Literal["all", "a-a", "a-b", "b-a", "b-b"]

#: Filters that show a part of a pair.
PAIR_FILTERS = frozenset(get_args(Filter)) - {"all"}

#: What can be drawn of attention alone.
WITHOUT_NEURONS = frozenset(get_args(Kind)) - {"neuron"}

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
NotBlank = Annotated[str, StringConstraints(pattern=NOT_BLANK_PATTERN)]
Index = Annotated[int, Field(ge=0)]

_Entry = TypeVar("_Entry")

_NO_OTHER_NAMES: dict[str, JsonValue] = {"additionalProperties": False}
_NOT_EMPTY: dict[str, JsonValue] = {"minItems": 1}


def _source(source: str) -> str:
    if source.startswith("package:") and not re.fullmatch(r"package:[^/\s]+/.*\S.*", source):
        raise PydanticCustomError("package_source", "not package:NAME/PATH")
    return source


def _inside(path: str) -> str:
    # A Windows path takes both kinds of slashes for what they are, whatever this machine is.
    parts = PureWindowsPath(path)
    depth = 0
    for part in parts.parts:
        depth += -1 if part == ".." else 1
        if depth < 0 or parts.anchor:
            raise PydanticCustomError("arrays_outside", "outside the site's folder")
    return path


def _as_tuple(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written


def _one_or_more(written: Any) -> Any:
    if isinstance(written, list | tuple) or written is None:
        return _as_tuple(written)
    return (written,)


def _some(entries: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    if not entries:
        raise PydanticCustomError("empty_list", "no entries")
    return entries


def _each_once(entries: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    seen: set[_Entry] = set()
    for position, entry in enumerate(entries):
        if entry in seen:
            raise PydanticCustomError("repeated", "{entry} at {position}", {"entry": entry, "position": position})
        seen.add(entry)
    return entries


def _two(entries: Any) -> Any:
    if isinstance(entries, tuple) and len(entries) != 2:  # noqa: PLR2004 - as the name says
        raise PydanticCustomError("not_two", "{count} entries", {"count": len(entries)})
    return entries


def _alone_or_listed(tokens: tuple[int, ...]) -> int | list[int]:
    return tokens[0] if len(tokens) == 1 else list(tokens)


Source = Annotated[NotBlank, AfterValidator(_source)]
Heads = Annotated[
    tuple[Index, ...],
    BeforeValidator(_one_or_more),
    AfterValidator(_some),
    AfterValidator(_each_once),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "uniqueItems": True},
            ]
        }
    ),
]
Tokens = Annotated[Heads, PlainSerializer(_alone_or_listed)]

Tags = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=TAG_PATTERN)], ...],
    BeforeValidator(_one_or_more),
    AfterValidator(_each_once),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": TAG_PATTERN},
                {"type": "array", "items": {"type": "string", "pattern": TAG_PATTERN}, "uniqueItems": True},
            ]
        }
    ),
]

Labels = Annotated[
    tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_some), Field(json_schema_extra=_NOT_EMPTY)
]


def _bytes(written: Any) -> Any:
    size = parse_size(written)
    if size is None:
        raise PydanticCustomError("size", "no size")
    return size


Size = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": SIZE_PATTERN}]}),
]


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
    longest: Annotated[int, Field(ge=1, le=MOST_TOKENS)] = LONGEST
    """How many tokens a text may have. A page grows with their square: twice as many make it four times as large."""


class Message(_Keys):
    """What one side of a chat says."""

    role: NotBlank
    """Who says it: `user`, `assistant`, `system`, or what else the model's template knows."""
    content: NotBlank
    """What is said."""


class _Input(_Keys):
    """What a model reads."""

    text: NotBlank | None = None
    """The text, or the first of a pair."""
    messages: (
        Annotated[
            tuple[Message, ...],
            BeforeValidator(_as_tuple),
            AfterValidator(_some),
            Field(json_schema_extra=_NOT_EMPTY),
        ]
        | None
    ) = None
    """In place of `text`, a chat, which the model's own template puts into words."""
    pair: NotBlank | None = None
    """The second text of a pair."""
    target: NotBlank | None = None
    """What the decoder of an encoder-decoder model reads."""
    generate: Annotated[int, Field(ge=1, le=MOST_NEW_TOKENS)] | None = None
    """How many new tokens the model writes at most: after the text, or as the target."""
    seed: Index | None = None
    """Draws the new tokens at random, with this seed; without it, the most likely one is taken."""


class Text(_Input):
    """What a model reads: a sentence, a sentence with its pair or its target, or a chat."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["text"]}, {"required": ["messages"]}]})

    @property
    def shown(self) -> str:
        """The text, or all that is said in the chat, in words for people."""
        return self.text or "\n".join(message.content for message in self.messages or ())

    @model_validator(mode="before")
    @classmethod
    def _from_sentence(cls, written: Any) -> Any:
        return {"text": written} if isinstance(written, str) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        mapping = handler(core_schema) | schema_of(cls.model_fields)
        return {"anyOf": [{"type": "string", "pattern": NOT_BLANK_PATTERN}, mapping]}


class Sides(_Keys):
    """Labels of the tokens that look and of those that are looked at."""

    query: Labels
    """Labels of the tokens that look."""
    key: Labels
    """Labels of the tokens that are looked at."""


def _form_of_labels(written: Any) -> str:
    return "[sides]" if isinstance(written, dict | Sides) else "[labels]"


class _Compared(_Keys):
    """Two that are looked at in the same way."""

    compare: (
        Annotated[
            tuple[NotBlank, NotBlank],
            BeforeValidator(_two),
            BeforeValidator(_as_tuple),
            AfterValidator(_each_once),
            WithJsonSchema(
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": NOT_BLANK_PATTERN},
                    "minItems": 2,
                    "maxItems": 2,
                    "uniqueItems": True,
                }
            ),
        ]
        | None
    ) = None
    """Two texts that the `model` reads, or two models that read the `text`; the other of these keys is left out."""


class _Arrays(_Keys):
    """Attention from elsewhere."""

    arrays: Annotated[NotBlank, AfterValidator(_inside)] | None = None
    """In place of a model and a text, a safetensors file with attention, relative to mkdocs.yml."""
    tokens: (
        Annotated[Annotated[Labels, Tag("[labels]")] | Annotated[Sides, Tag("[sides]")], Discriminator(_form_of_labels)]
        | None
    ) = None
    """Labels of the arrays' tokens: a list, or `{query: [...], key: [...]}`. They may be in the file instead."""


class Options(_Keys):
    """What a view shows first. Layers, heads and tokens count from 0."""

    layer: Index | None = None
    """Layer that is shown first."""
    heads: Heads | None = None
    """Head or heads that are shown first."""
    query: Tokens | None = None
    """Token whose attention is shown first, the one that looks; several are summed."""
    key: Tokens | None = None
    """Token to which attention is shown first, the one that is looked at; several are summed."""
    filter: Filter = "all"
    """For a pair, the part that is shown: `a-b` is attention from the first text to the second."""
    attention: Literal["encoder", "decoder", "cross"] | None = None
    """Of an encoder-decoder model, the attention that is shown first; `cross` unless said otherwise."""
    units: Literal["pieces", "words"] = "pieces"
    """Whether tokens are shown as the model has them, or put together to words."""
    sink: Literal["shown", "hidden"] = "shown"
    """Whether attention to the first token is shown, or hidden and the rest renormalised."""
    mass: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    """Of each query only the strongest keys are shown that together make up this share of its attention."""
    reduce: Literal["none", "heads", "layers", "all"] = "none"
    """What becomes one: the chosen `heads`, all `layers`, or both."""
    by: Literal["mean", "max"] = "mean"
    """How they become one: by their mean, or by their largest weight."""
    sort: Literal["index", "entropy", "distance", "previous", "next", "self", "first", "special"] = "index"
    """In a model view, the order of the heads: as the model has them, or the largest first by a statistic."""
    least: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """In a model view, only heads are shown whose statistic, by which they are sorted, is at least this."""
    order: Literal["index", "token", "head"] = "index"
    """In a neuron view, the order of the neurons: by `index`, or by their share for the `token` or in the `head`."""
    comparison: Literal["both", "difference", "first", "second"] = "both"
    """Of a comparison, what is shown: both sides, the first less the second, or one of them."""

    def over(self, others: Options) -> Options:
        """What the author set here, and for the rest what ``others`` say."""
        own = self.model_fields_set & Options.model_fields.keys()
        return shared(others.model_copy(update={key: getattr(self, key) for key in own})) if own else others


@lru_cache(1024)
def shared(options: Options) -> Options:
    """The same options; one object for all views that choose alike, of which a large site has thousands."""
    return options


class Step(Options):
    """One step of a tour: what it shows in place of what its view shows first."""

    caption: NotBlank
    """What the step shows, in words for readers."""
    view: Kind | None = None
    """What is drawn; `neuron` only where the view itself is one."""


class _Guided(_Keys):
    """What leads readers from view to view, and through one of them."""

    link: Name | None = None
    """Views of one page with the same link follow one another: what readers choose in one, the others show."""
    steps: Annotated[tuple[Step, ...], BeforeValidator(_as_tuple)] = ()
    """A tour through the view, one step after the other."""


class _Carried(_Keys):
    """What of an exhibit a page carries."""

    layers: Heads | None = None
    """Layers that the page carries, so that it is lighter; left out, all of them."""


class View(Options, _Guided, _Arrays, _Compared, _Carried):
    """One way to look at one model on one text, at two of either side by side, or at arrays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["model", "text"]},
                {"required": ["compare", "model"]},
                {"required": ["compare", "text"]},
                {"required": ["arrays"]},
            ]
        }
    )

    id: Name
    """Name of the view: a page shows it as `gallery/id`."""
    title: NotBlank | None = None
    """What readers see as its name in a list of views, and as the name of its page."""
    view: Kind | None = None
    """What is drawn: `head` (lines between tokens), `model` (all layers and heads), `neuron` (queries and keys),
    `matrix` (a heatmap) or `text` (running text, shaded). Left out, it is `head`, and `text` from 129 tokens on."""
    model: str | None = None
    """Name of one of the gallery's `models`."""
    text: str | None = None
    """Name of one of the gallery's `texts`."""
    caption: str | None = None
    """What stands under the view."""
    tags: Tags = ()
    """What it is about, in names or short phrases by which readers find it, beside the gallery's own."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(core_schema) | schema_of(cls.model_fields)


class GalleryFile(_Keys):
    """Models, texts, and views that show the attention of the one on the other."""

    title: NotBlank | None = None
    """What readers see as the gallery's name."""
    description: NotBlank | None = None
    """What the gallery is about."""
    tags: Tags = ()
    """What all its views are about, in names or short phrases by which readers find them."""
    budget: Size | None = None
    """What the gallery's views may weigh in the built site, such as `20MB`; above it, the build warns."""
    models: dict[Name, Model] = Field({}, json_schema_extra=_NO_OTHER_NAMES)
    """Models by name."""
    texts: dict[Name, Text] = Field({}, json_schema_extra=_NO_OTHER_NAMES)
    """Texts by name: a sentence, or a mapping such as `{text: …, pair: …}` or `{messages: …}`."""
    views: list[View] = []
    """Views, in the order in which the gallery shows them."""


class FenceBody(Options, _Guided, _Arrays, _Compared, _Carried, _Input):
    """What may stand in a fence: all of a view, and the text itself."""

    id: Name | None = None
    """Name by which links of the page call the view."""
    view: Kind | None = None
    """What is drawn; left out, `head`, and `text` from 129 tokens on."""
    model: str | None = None
    """Name of a model that a gallery declares."""
    caption: str | None = None
    """What stands under the view."""


class PartBody(_Keys):
    """What may stand in a fence that shows a part of a gallery."""

    gallery: NotBlank
    """Name of a gallery, or where none is called so, a tag."""
    model: NotBlank | None = None
    """Name of a model: only views that show it."""
    tags: Tags = ()
    """Only views that have all of these tags."""
