"""Texts of like length → batches, padded to one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from attnviz_mkdocs.capture.reading.tokens import Encoding

#: Tokens in a batch, padding counted. More of them made nothing faster.
BATCH_TOKENS = 256


class _Sized(Protocol):
    def __len__(self) -> int: ...


_Item = TypeVar("_Item", bound=_Sized)


def by_length(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Batches of items of like length, shortest first; an item that fills a batch has it to itself."""
    batch: list[_Item] = []
    for item in sorted(items, key=len):
        if batch and (len(batch) + 1) * len(item) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def pad(encodings: Sequence[Encoding], pad_id: int, device: torch.device) -> Mapping[str, Tensor]:
    """A batch's arguments for a model: int64 ``[text, token]`` each, padded on the right.

    The right side keeps every token at its own position, whether the model counts positions from
    the left or is told of the padding.
    """
    source = _side([encoding.inputs for encoding in encodings], "attention_mask", pad_id, device)
    if not encodings[0].target_inputs:
        return source
    return source | _side([encoding.target_inputs for encoding in encodings], "decoder_attention_mask", pad_id, device)


def _side(
    rows: Sequence[Mapping[str, Sequence[int]]], mask: str, pad_id: int, device: torch.device
) -> dict[str, Tensor]:
    """The arguments of a model, or of its encoder or decoder, and its mask of what is no padding."""
    lengths = [len(next(iter(row.values()))) for row in rows]

    def padded(values: Iterable[Sequence[int]], filler: int) -> Tensor:
        return torch.tensor([[*row, *[filler] * (max(lengths) - len(row))] for row in values], device=device)

    inputs = {
        name: padded((row[name] for row in rows), pad_id if name.endswith("input_ids") else 0) for name in rows[0]
    }
    return inputs | {mask: padded(([1] * length for length in lengths), 0)}
