"""The file around the numbers: gzip'd safetensors with a JSON header of ours."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from decimal import ROUND_CEILING, Context
from typing import TYPE_CHECKING, Any, Literal

import deflate
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

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

# libdeflate's best level: 7 to 9 % smaller than zlib's, at a fifth of a second a million weights.
_LEVEL = 12
# A header larger than this is none of ours.
_LONGEST_HEADER = 64 * 1024 * 1024


class CodecError(ValueError):
    """The bytes are not what they should be, or are damaged; the message says which."""


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
        (length,) = struct.unpack("<Q", start)
        rest = stream.decompress(stream.unconsumed_tail, min(length, _LONGEST_HEADER))
    except (zlib.error, struct.error) as error:
        raise CodecError(f"the bytes are damaged: {error}") from error
    return read_header(start + rest, kind)


def unpack(data: bytes) -> bytes:
    """The safetensors file inside."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise CodecError(f"the bytes are damaged: {error}") from error


def read_header(raw: bytes, kind: Kind | None = None) -> dict[str, Any]:
    """What a safetensors file of ours says of itself."""
    try:
        (length,) = struct.unpack_from("<Q", raw)
        header: dict[str, Any] = json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["attnviz"])
    except (struct.error, KeyError, TypeError, ValueError) as error:
        raise CodecError("the file holds no attnviz header") from error
    if header.get("format") != FORMAT:
        raise CodecError(
            f"the file has format {header.get('format')!r}, this version reads {FORMAT}; upgrade attnviz-mkdocs"
        )
    if kind not in (None, header.get("kind")):
        raise CodecError(f"the file holds {header.get('kind')}, expected {kind}")
    return header


def _without_time(packed: bytes) -> bytes:
    """Set gzip's time stamp and operating system to none, so that bytes depend on content alone."""
    return packed[:4] + b"\0\0\0\0" + packed[8:9] + b"\xff" + packed[10:]
