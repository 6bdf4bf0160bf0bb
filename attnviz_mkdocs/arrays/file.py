"""The file of arrays: where it is, and what it holds."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from safetensors import SafetensorError, deserialize

from attnviz_mkdocs.spec.mistakes import nearest, short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_DTYPES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
_MASKS = {"U8": np.uint8, "BOOL": np.bool_}

_INSTEAD = "write its arrays with safetensors.numpy.save_file instead"
#: The first bytes of files of other kinds → what they are, and what to do.
_OTHERS = {
    b"version https://git-lfs": 'what Git LFS leaves in place of a file; run "git lfs pull"',
    b"PK\x03\x04": f"a zip archive, such as numpy's .npz or a file of torch.save; {_INSTEAD}",
    b"\x93NUMPY": f"a file of numpy.save; {_INSTEAD}",
    b"\x89HDF": f"an HDF5 file; {_INSTEAD}",
    b"\x80": f"a pickle, which can run code; {_INSTEAD}",
    b"<": "a page of HTML or XML, as a server sends it in place of a file; fetch the file again",
    **dict.fromkeys((b"{", b"["), f"JSON; {_INSTEAD}"),
}

# JSON can write half a character, and no file in UTF-8 can.
_HALF = re.compile("[\ud800-\udfff]")

#: What an author has to mend: the file, or the labels beside its name.
Concern = Literal["arrays", "tokens"]


class ArraysError(ValueError):
    """The arrays can't be shown; the message says why, and what to do.

    Attributes:
        concerns: What the author has to mend.
    """

    def __init__(self, message: str, concerns: Concern = "arrays") -> None:
        super().__init__(message)
        self.concerns = concerns


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as it is in the file.

    Attributes:
        name: What the file calls it.
        dtype: What safetensors calls its type, such as ``F32``.
        shape: Its shape.
        data: Its bytes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @property
    def dtype_name(self) -> str:
        """What people call the type, such as ``float32``."""
        return _DTYPES.get(self.dtype, self.dtype)

    def numbers(self) -> NDArray[np.floating]:
        """Its values in a type that numpy has.

        Raises:
            ArraysError: They are not floating-point numbers.
        """
        if self.dtype not in _DTYPES:
            known = ", ".join(_DTYPES.values())
            raise ArraysError(f'tensor "{self.name}" has the type {self.dtype}; write it as one of {known}')
        if self.dtype == "BF16":
            # The upper half of a float32.
            wide = np.frombuffer(self.data, np.uint16).astype(np.uint32) << 16
            return wide.view(np.float32).reshape(self.shape)
        return np.frombuffer(self.data, _DTYPES[self.dtype]).reshape(self.shape)

    def truths(self) -> NDArray[np.bool_]:
        """Its values as true and false.

        Raises:
            ArraysError: They are neither bytes nor truth values.
        """
        if self.dtype not in _MASKS:
            raise ArraysError(f'tensor "{self.name}" has the type {self.dtype}; write it as uint8 or bool')
        return np.frombuffer(self.data, _MASKS[self.dtype]).reshape(self.shape).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class ArraysFile:
    """What a safetensors file holds.

    Attributes:
        tensors: Name → tensor.
        metadata: What else is written in its header.
        digest: SHA-256 of its bytes.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    digest: str

    def json(self, key: str) -> Any:
        """What the metadata hold under a key, None where there is nothing.

        Raises:
            ArraysError: It is no JSON.
        """
        if key not in self.metadata:
            return None
        try:
            value = json.loads(self.metadata[key])
        except (ValueError, RecursionError) as error:
            raise ArraysError(
                f'"{key}" in the file\'s metadata is no JSON ({error}); write it with json.dumps'
            ) from error
        if _HALF.search(json.dumps(value, ensure_ascii=False)):
            raise ArraysError(f'"{key}" in the file\'s metadata holds half of a surrogate pair; take it out')
        return value


def find_arrays(file: str, root: Path) -> Path:
    """Where the arrays are.

    Args:
        file: What the author wrote.
        root: The folder of mkdocs.yml; nothing outside is read, wherever links in it lead.

    Raises:
        ArraysError: There is no such file in that folder.
    """
    named = short(file)
    try:
        path = (root / file).resolve()
        is_there, is_file = path.exists(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a null character
        raise ArraysError(f"{named} can't be looked up; write a path from the folder of mkdocs.yml on") from error
    if not path.is_relative_to(root.resolve()):
        raise ArraysError(f"{named} leads out of the folder of mkdocs.yml; put the file there")
    if not is_there:
        raise ArraysError(f"{named} is not there{_nearest(path)}; write a path from the folder of mkdocs.yml on")
    if not is_file:
        raise ArraysError(f"{named} is {'a folder; name the file in it' if path.is_dir() else 'no file; name one'}")
    if not os.access(path, os.R_OK):
        raise ArraysError(f"{named} can't be read; arrays are a file that you may read")
    return path


def _nearest(path: Path) -> str:
    """The end of a message about a file that isn't there."""
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    stems = {entry.stem: entry.name for entry in beside if entry.suffix.lower() == path.suffix.lower()}
    near = nearest(path.stem, stems)
    return f', but "{stems[near]}" is, in the same folder' if near else ""


def _other_kind(content: bytes) -> str | None:
    """What a file is that is no safetensors file, as far as its first bytes tell."""
    if content[8:9] == b"{":
        return None  # a damaged one, behind whatever eight bytes of its length
    found = (what for start, what in _OTHERS.items() if content.removeprefix(b"\xef\xbb\xbf").startswith(start))
    return next((f"this is {what}" for what in found), None)


def load_file(path: Path) -> ArraysFile:
    """Read a safetensors file.

    Raises:
        ArraysError: It is no such file.
    """
    content = path.read_bytes()
    try:
        found = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        reason = str(error).removeprefix("Error while deserializing: ")
        message = f"this is no safetensors file ({reason}); write one with safetensors.numpy.save_file"
        raise ArraysError(_other_kind(content) or message) from error
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    tensors = {name: Tensor(name, about["dtype"], tuple(about["shape"]), bytes(about["data"])) for name, about in found}
    return ArraysFile(tensors, header.get("__metadata__") or {}, hashlib.sha256(content).hexdigest())
