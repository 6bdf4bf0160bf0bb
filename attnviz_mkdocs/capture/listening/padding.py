"""Whether a text's attention is the same when others stand beside it in a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.listening.own import is_real, own_attention, sides_of, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from attnviz_mkdocs.capture.listening.hook import Call


def suffers_from_padding(
    model: PreTrainedModel,
    inputs: Mapping[str, Tensor],
    own: Mapping[str, Sequence[Call | None]],
    tolerance: float,
) -> bool:
    """Whether padding changes attention: ConvBERT's convolutions, say, take it in with the last tokens.

    Args:
        model: A model that computes attention by its eager function.
        inputs: A padded batch.
        own: What the model hands out of it.
        tolerance: Largest difference that is none.
    """
    text = int(inputs["attention_mask"].sum(1).argmin())
    alone = own_attention(
        model, {name: values[text : text + 1, is_real(inputs, _reader(name))[text]] for name, values in inputs.items()}
    )
    for name, layers in own.items():
        real = within(inputs, sides_of(model)[name])[text, 0]
        for padded, single in zip(layers, alone[name], strict=True):
            if padded is not None and single is not None:
                difference = (padded.weights[text][:, real] - single.weights[0].flatten(1)).abs().max()
                # Written so that NaN is a difference.
                if not difference <= tolerance:
                    return True
    return False


def _reader(argument: str) -> str:
    return "target" if argument.startswith("decoder") else "source"
