"""What a model's files were when it was captured: a small JSON file, which says its own checksum."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.store.files import checksum

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHECKSUM = "checksum"
#: What a record says that was written before records had checksums.
_OLDER = {"source", "fingerprint"}


def pack_record(record: Mapping[str, Any]) -> bytes:
    """A record as the bytes of its file; the same record gives the same bytes."""
    return (json.dumps({**record, _CHECKSUM: _checksum(record)}, indent=1, sort_keys=True) + "\n").encode()


def unpack_record(data: bytes) -> dict[str, Any]:
    """What `pack_record` made bytes of.

    Raises:
        ValueError: The bytes are damaged, or are no record.
    """
    try:
        record: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    match record:
        case {"fingerprint": str()}:
            stated = record.pop(_CHECKSUM, None)
        case _:
            raise ValueError("it names no fingerprint")
    if stated != _checksum(record) and not (stated is None and record.keys() <= _OLDER):
        raise ValueError("its checksum does not match")
    return record


def _checksum(record: Mapping[str, Any]) -> str:
    return checksum(json.dumps(record, sort_keys=True).encode())
