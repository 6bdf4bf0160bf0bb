"""What a file of ours must say of itself. A store may be anyone's, so nothing in it is taken for granted."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    model_validator,
)

from attnviz_mkdocs.spec.types import MOST_HEADS, MOST_TOKENS

#: From here on a browser has no whole numbers.
MOST_WHOLE = 2**53
#: Of packages that took part in a capture.
MOST_VERSIONS = 64
_Whole = Annotated[int, Field(gt=-MOST_WHOLE, lt=MOST_WHOLE)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Provenance(_Part):
    model: str
    source: str
    fingerprint: str
    architecture: str
    dtype: str
    disagreement: float
    revision: str | None
    asked: str
    versions: Annotated[dict[str, str], Field(max_length=MOST_VERSIONS)]


class _Tokens(_Part):
    """A list for each field of `attnviz_mkdocs.exhibit.Token`."""

    label: Annotated[list[str], Field(max_length=MOST_TOKENS)]
    start: list[_Whole]
    end: list[_Whole]
    special: list[_Whole]
    segment: list[Annotated[int, Field(ge=0, le=1)]]
    continues: list[_Whole]
    generated: list[_Whole]
    role: list[str | None]

    @model_validator(mode="after")
    def _are_complete(self) -> _Tokens:
        if len({len(column) for _, column in self}) > 1:
            raise ValueError("the columns have different lengths")
        return self


def _ascending(layers: list[int]) -> list[int]:
    if any(after <= before for before, after in pairwise(layers)):
        raise ValueError("layers stand in another order than in the model")
    return layers


#: The model's own numbers of layers, in its order.
Layers = Annotated[list[Annotated[_Whole, Field(ge=0)]], AfterValidator(_ascending)]
#: Sentences for readers; more would be no help.
Notes = Annotated[list[str], Field(max_length=64)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Error(_Part):
    largest: _Share


class _Attention(_Part):
    name: Annotated[str, Field(min_length=1)]
    query: str
    key: str
    layers: Layers
    shape: Annotated[list[PositiveInt], Field(min_length=4, max_length=4)]
    layout: Literal["full", "causal"]
    error: _Error


class _File(_Part):
    #: Files that were written before there was one say nothing of it.
    key: str | None = None


class _Exhibit(_File):
    text: str | None
    pair: str | None
    target: str | None
    notes: Notes
    tokens: Annotated[dict[str, _Tokens], Field(max_length=8)]
    attentions: Annotated[list[_Attention], Field(min_length=1, max_length=8)]
    provenance: _Provenance

    @model_validator(mode="after")
    def _fits(self) -> _Exhibit:
        if len({about.name for about in self.attentions}) < len(self.attentions):
            raise ValueError("two attentions have one name")
        for about in self.attentions:
            if not {about.query, about.key} <= self.tokens.keys():
                raise ValueError(f"the tokens of attention {about.name!r} are missing")
            layers, heads, queries, keys = about.shape
            tokens = [len(self.tokens[side].label) for side in (about.query, about.key)]
            if tokens != [queries, keys] or len(about.layers) != layers:
                raise ValueError(f"attention {about.name!r} of shape {about.shape} does not fit its tokens and layers")
            if layers * heads > MOST_HEADS:
                raise ValueError(
                    f"attention {about.name!r} has {layers * heads:,} heads; a view shows at most {MOST_HEADS:,}"
                )
            if about.layout == "causal" and queries != keys:
                raise ValueError(f"attention {about.name!r} of shape {about.shape} can't be causal")
        return self


class _Bias(_Part):
    layout: Literal["distance", "key", "pair"]
    of_layer: list[Annotated[int, Field(ge=-1)]]


class _Scores(_Part):
    name: Annotated[str, Field(min_length=1)]
    bias: _Bias | None
    error: _Share


class _Neurons(_File):
    tokens: str
    attentions: Annotated[list[_Scores], Field(min_length=1)]
    provenance: _Provenance


_KINDS: dict[str, tuple[str, type[_File]]] = {"attention": ("an exhibit", _Exhibit), "neurons": ("neurons", _Neurons)}


def check_header(header: dict[str, Any]) -> None:
    """Refuse a header that lacks something, or whose parts don't fit one another.

    Args:
        header: What the file says of itself, its kind among it.

    Raises:
        ValueError: It does; the message says the first that is wrong.
    """
    what, kind = _KINDS[header["kind"]]
    try:
        kind.model_validate(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, first["loc"]))
        raise ValueError(f"the bytes are not {what}: {at}{': ' if at else ''}{first['msg']}") from error
