"""Exhibit ⇄ bytes: a gzip'd safetensors file, the very bytes that the browser decodes.

Any tool can open it::

    import gzip, json, numpy as np, safetensors.numpy as st

    raw = gzip.decompress(open("….safetensors.gz", "rb").read())
    tensors = st.load(raw)
    levels, codes = tensors["attention.levels"], tensors["attention.codes"]
    weights = levels[codes]
    weights[codes == 255] = levels[255 + tensors["attention.top"].astype(int)]
    # weights: [layer, head, key, query], or [layer, head, pair] where the header says "causal"

What the numbers are is written in the safetensors header, as JSON under the key ``attnviz``.
Nothing is pickled, nothing is executed.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

import deflate
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from attnviz_mkdocs.exhibit import Exhibit, Provenance, Token, Track
from attnviz_mkdocs.quantise import ABSOLUTE_ERROR, FLOOR, LEVELS, RELATIVE_ERROR

#: Version of the bytes. A reader refuses what is newer than it knows.
FORMAT = 1
#: File name ending of an encoded exhibit.
SUFFIX = ".safetensors.gz"

# libdeflate's best level: 7 to 9 % smaller than zlib's, at a fifth of a second a million weights.
_LEVEL = 12


# A header larger than this is none of ours.
_LONGEST_HEADER = 64 * 1024 * 1024


class CodecError(ValueError):
    """The bytes are not an exhibit, or are damaged; the message says which."""


def encode(exhibit: Exhibit) -> bytes:
    """Encode an exhibit; the same exhibit gives the same bytes."""
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    tracks: dict[str, dict[str, Any]] = {}
    for name, track in sorted(exhibit.tracks.items()):
        tensors[f"{name}.codes"] = np.ascontiguousarray(track.codes)
        tensors[f"{name}.top"] = np.ascontiguousarray(track.top)
        tensors[f"{name}.levels"] = np.ascontiguousarray(LEVELS)
        tracks[name] = {
            "axes": ["layer", "head", "query", "key"],
            "shape": list(track.shape),
            "layout": track.layout,
            "error": {
                "largest": float(f"{track.largest_error:.6g}"),
                "absolute": ABSOLUTE_ERROR,
                "relative": RELATIVE_ERROR,
                "relative_from": FLOOR,
            },
        }
    header = {
        "format": FORMAT,
        "text": exhibit.text,
        "pair": exhibit.pair,
        "tokens": {
            "query": _columns(exhibit.query),
            "key": None if exhibit.key == exhibit.query else _columns(exhibit.key),
        },
        "tracks": tracks,
        "provenance": asdict(exhibit.provenance),
    }
    text = json.dumps(header, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    raw = save_tensors(tensors, metadata={"attnviz": text})
    packed: bytes = deflate.gzip_compress(raw, _LEVEL)
    return _without_time(packed)


def decode(data: bytes) -> Exhibit:
    """Decode what `encode` made.

    Raises:
        CodecError: The bytes are damaged, are no exhibit, or are of a newer format.
    """
    raw = unpack(data)
    try:
        tensors = load_tensors(raw)
        header = read_header(raw)
        tokens = header["tokens"]
        query = _tokens(tokens["query"])
        key = query if tokens["key"] is None else _tokens(tokens["key"])
        tracks = {name: _track(name, about, tensors) for name, about in header["tracks"].items()}
        return Exhibit(
            text=header["text"],
            pair=header["pair"],
            query=query,
            key=key,
            tracks=tracks,
            provenance=Provenance(**header["provenance"]),
        )
    except CodecError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CodecError(f"the bytes are not an exhibit: {error}") from error


@dataclass(frozen=True, slots=True)
class Header:
    """What an encoded exhibit says of itself, without its numbers.

    Attributes:
        content: The header as it was written.
    """

    content: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(layer, head, query, key)`` of the attention."""
        layers, heads, queries, keys = self.content["tracks"]["attention"]["shape"]
        return layers, heads, queries, keys

    def labels(self, side: Literal["query", "key"]) -> list[str]:
        """What the tokens of one side are called."""
        tokens = self.content["tokens"]
        labels: list[str] = (tokens[side] or tokens["query"])["label"]
        return labels


def peek(data: bytes) -> Header:
    """Read the header of an encoded exhibit, and no more than that.

    Raises:
        CodecError: The bytes are no exhibit.
    """
    try:
        stream = zlib.decompressobj(wbits=31)
        start = stream.decompress(data, 8)
        (length,) = struct.unpack("<Q", start)
        return Header(read_header(start + stream.decompress(stream.unconsumed_tail, min(length, _LONGEST_HEADER))))
    except (zlib.error, struct.error) as error:
        raise CodecError(f"the bytes are damaged: {error}") from error


def unpack(data: bytes) -> bytes:
    """The safetensors file inside an encoded exhibit."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise CodecError(f"the bytes are damaged: {error}") from error


def read_header(raw: bytes) -> dict[str, Any]:
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
    return header


def _columns(tokens: tuple[Token, ...]) -> dict[str, list[Any]]:
    """Tokens as one list a field, which is shorter and compresses better than one object a token."""
    return {
        "label": [token.label for token in tokens],
        "start": [token.start for token in tokens],
        "end": [token.end for token in tokens],
        "special": [int(token.special) for token in tokens],
        "segment": [token.segment for token in tokens],
        "continues": [int(token.continues) for token in tokens],
    }


def _tokens(columns: dict[str, list[Any]]) -> tuple[Token, ...]:
    fields = ("label", "start", "end", "special", "segment", "continues")
    rows = zip(*(columns[field] for field in fields), strict=True)
    return tuple(
        Token(label, start, end, bool(special), segment, bool(continues))
        for label, start, end, special, segment, continues in rows
    )


def _track(name: str, about: dict[str, Any], tensors: dict[str, np.ndarray[Any, Any]]) -> Track:
    layers, heads, queries, keys = shape = tuple(about["shape"])
    codes = tensors[f"{name}.codes"]
    causal = about["layout"] == "causal"
    expected = (layers, heads, queries * (queries + 1) // 2) if causal else (layers, heads, keys, queries)
    if codes.shape != expected:
        raise CodecError(f"track {name!r}: codes have shape {codes.shape}, expected {expected}")
    return Track(shape, about["layout"], codes, tensors[f"{name}.top"], about["error"]["largest"])


def _without_time(packed: bytes) -> bytes:
    """Set gzip's time stamp and operating system to none, so that bytes depend on content alone."""
    return packed[:4] + b"\0\0\0\0" + packed[8:9] + b"\xff" + packed[10:]
