"""Texts of like length → batches, padded to one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from attnviz_mkdocs.capture.tokens import Encoding

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
    longest = max(len(encoding) for encoding in encodings)

    def padded(rows: Iterable[Sequence[int]], filler: int) -> Tensor:
        return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows], device=device)

    inputs = {
        name: padded((encoding.inputs[name] for encoding in encodings), pad_id if name == "input_ids" else 0)
        for name in encodings[0].inputs
    }
    return {**inputs, "attention_mask": padded(([1] * len(encoding) for encoding in encodings), 0)}
