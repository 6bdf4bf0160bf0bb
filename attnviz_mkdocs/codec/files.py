"""The file around the numbers: gzip'd safetensors with a JSON header of ours."""

from __future__ import annotations

import json
import zlib
from decimal import ROUND_CEILING, Context
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

import deflate
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from attnviz_mkdocs.codec.headers import check_header
from attnviz_mkdocs.spec.characters import in_line
from attnviz_mkdocs.spec.mistakes import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Tensors = Mapping[str, np.ndarray[Any, Any]]

_UPWARDS = Context(prec=2, rounding=ROUND_CEILING)

#: Version of the bytes. A reader refuses what it doesn't know.
FORMAT = 2
#: File name ending of an encoded exhibit, and of its neurons.
SUFFIX = ".safetensors.gz"

Kind = Literal["attention", "neurons"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# In characters; words that quote more are cut.
_LONGEST_MESSAGE = 300
_NO_HEADER = "the file holds no attnviz header"

# Of attention of real models, level 10 makes 2 to 4 % less, in more than twice the time: more than the model takes.
_LEVEL = 8
# A header larger than this is none of ours.
_LONGEST_HEADER = 2**24
#: Bytes of the largest file inside, as in the browser, which must not be made to hold more.
LARGEST = 2**29
# Deflate packs no better than this, and gzip's own words take 18 bytes.
_LARGEST_RATIO = 1032
_LEAST = 18


class CodecError(ValueError):
    """The bytes are not what they should be, or are damaged; the message says which."""

    def __init__(self, message: str) -> None:
        # It may quote what somebody wrote into a file.
        super().__init__(in_line(short(message, _LONGEST_MESSAGE)))


def pack(kind: Kind, tensors: Tensors, content: Mapping[str, Any]) -> bytes:
    """A file of that kind; the same content gives the same bytes."""
    header = {"format": FORMAT, "kind": kind, **content}
    text = json.dumps(header, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    packed: bytes = deflate.gzip_compress(save_tensors(dict(tensors), metadata={"attnviz": text}), _LEVEL)
    return _without_time(packed)


def load(data: bytes, kind: Kind) -> tuple[Tensors, dict[str, Any]]:
    """The tensors and the header of a file.

    Raises:
        CodecError: The bytes are damaged, or of another kind or a format that isn't known.
    """
    raw = unpack(data)
    header = read_header(raw, kind)
    try:
        return load_tensors(raw), header
    except (SafetensorError, ValueError) as error:
        raise CodecError(f"the bytes are damaged: {error}") from error


def stated(error: float) -> float:
    """An error as a header states it: rounded up, so coarsely that the last bits of a run don't show.

    A text in another company of a batch is rounded otherwise in the last bit; its codes are mostly the same, and so
    shall its file be.
    """
    return float(_UPWARDS.create_decimal(f"{error:.6g}"))


def peek_header(data: bytes, kind: Kind | None = None) -> dict[str, Any]:
    """Read the header of a file of that kind, or of any, and no more than that.

    Raises:
        CodecError: The bytes are no file of that kind.
    """
    try:
        stream = zlib.decompressobj(wbits=31)
        start = stream.decompress(data, 8)
        length = _header_length(start)
        rest = stream.decompress(stream.unconsumed_tail, length)
    except zlib.error as error:
        raise CodecError(f"the bytes are damaged: {error}") from error
    return read_header(start + rest, kind)


def unpack(data: bytes) -> bytes:
    """The safetensors file inside.

    Raises:
        CodecError: The bytes are damaged, or unpack to more than they say, or than any exhibit has.
    """
    length = int.from_bytes(data[-4:], "little")
    if len(data) < _LEAST or not 0 < length <= min(LARGEST, len(data) * _LARGEST_RATIO):
        raise CodecError(f"the bytes are damaged: {len(data):,} of them can't hold {length:,}")
    stream = zlib.decompressobj(wbits=31)
    try:
        raw = stream.decompress(data, length)
        rest = stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise CodecError(f"the bytes are damaged: {error}") from error
    if rest or not stream.eof or stream.unused_data:
        raise CodecError("the bytes are damaged: they hold more or less than they say")
    return raw


def read_header(raw: bytes, kind: Kind | None = None) -> dict[str, Any]:
    """What a safetensors file of ours says of itself.

    Raises:
        CodecError: It is none of ours, or doesn't say all that it must.
    """
    length = _header_length(raw)
    try:
        metadata = json.loads(raw[8 : 8 + length], parse_constant=_no_number)["__metadata__"]
        header: dict[str, Any] = json.loads(metadata["attnviz"], parse_constant=_no_number)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CodecError(_NO_HEADER) from error
    if not isinstance(header, dict):
        raise CodecError(_NO_HEADER)
    found = {name: value for name, value in header.items() if isinstance(value, int | str)}
    if found.get("format") != FORMAT:
        raise CodecError(
            f"the file has format {found.get('format', 'none')}, this version reads {FORMAT}; upgrade attnviz-mkdocs"
        )
    if found.get("kind") not in (KINDS if kind is None else (kind,)):
        raise CodecError(f"the file holds {found.get('kind', 'none')}, expected {kind}")
    try:
        check_header(header)
    except ValueError as error:
        raise CodecError(str(error)) from error
    return header


def _no_number(name: str) -> NoReturn:
    """Python's JSON has NaN and Infinity; a browser's has not."""
    raise ValueError(name)


def _header_length(raw: bytes) -> int:
    """How long the header of a safetensors file is, in bytes."""
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or not 0 < length <= _LONGEST_HEADER:  # noqa: PLR2004 - the eight bytes of the length
        raise CodecError(_NO_HEADER)
    return length


def _without_time(packed: bytes) -> bytes:
    """Set gzip's time stamp and operating system to none, so that bytes depend on content alone."""
    return packed[:4] + b"\0\0\0\0" + packed[8:9] + b"\xff" + packed[10:]
