"""Families of models that hand out attention in a form of their own, or that have none to hand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.listening.hook import Call

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_STATE_SPACE, _RECURRENT = "it is a state-space model", "it is recurrent"
_REASONS = {
    "canine": "it attends from characters to characters nearby, then from groups of characters to groups",
    "falcon_mamba": _STATE_SPACE,
    "funnel": "its layers pool tokens into fewer and fewer",
    "fnet": "it mixes tokens by a Fourier transform",
    "mamba": _STATE_SPACE,
    "mamba2": _STATE_SPACE,
    "mra": "it estimates attention at several resolutions, and keeps no weights",
    "reformer": "it attends by hashing, and only within groups of like tokens",
    "rwkv": _RECURRENT,
    "xlstm": _RECURRENT,
    "yoso": "it estimates attention by hashing, and keeps no weights",
}


def refuse_without_attention(config: PretrainedConfig) -> None:
    """Refuse a model that has no attention from tokens to tokens, in words better than what it would fail with.

    Raises:
        CaptureError: It has none.
    """
    reason = _REASONS.get(config.model_type)
    if config.model_type == "nystromformer" and config.num_landmarks != config.segment_means_seq_len:
        reason = "it estimates attention through a few landmarks, and keeps no weights"
    if reason is not None:
        message = f"{config.model_type} has no attention from each token to each token: {reason}; choose another model"
        raise CaptureError(message)


def note_on(config: PretrainedConfig) -> str | None:
    """What a reader must know of a family's attention; None for nothing."""
    if config.model_type == "prophetnet":
        return "Only the main stream of the decoder is shown, not those that predict the tokens after the next."
    return None


def settle(model: PreTrainedModel) -> None:
    """Have a model attend as it does to short texts.

    BigBird comes to that by itself when it meets the first one, but puts other modules in the place of
    those that transformers listens to, and hands out nothing from then on.
    """
    if model.config.model_type == "big_bird":
        model.set_attention_type("original_full")


def chooses_keys(config: PretrainedConfig) -> bool:
    """Whether a model lets each query see only the keys that an indexer of its own chose, as DeepSeek V3.2 does.

    transformers applies the choice under the names of its own implementations of attention and under no
    other, and no difference shows in a text that is shorter than the choice.
    """
    return hasattr(config, "index_topk") or hasattr(config, "index_topk_blocks")


def longest(config: PretrainedConfig) -> int | None:
    """Up to how many tokens a model attends as it does to a short text; None where length changes nothing."""
    if config.model_type in {"big_bird", "bigbird_pegasus"} and config.attention_type == "block_sparse":
        return int((5 + 2 * config.num_random_blocks) * config.block_size)
    return None


def straightened(config: PretrainedConfig, attention: str, weights: object, queries: int, keys: int) -> Call | None:
    """Attention ``[batch, head, query, key]``, of what a model hands out.

    Args:
        config: The model's.
        attention: Name of the attention.
        weights: What the model hands out of one layer.
        queries: Tokens that attend.
        keys: Tokens that are attended to.

    Returns:
        None for what is no attention from tokens to tokens.
    """
    if not isinstance(weights, Tensor):
        return None
    if config.model_type == "squeezebert":
        # What it hands out is what the softmax is taken of.
        weights = weights.softmax(-1)
    if config.model_type == "prophetnet" and attention != "decoder":
        weights = _softened(weights, queries)
    if (config.model_type, attention) in {("longformer", "self"), ("led", "encoder")}:
        return _of_windows(weights)
    if (config.model_type, attention) == ("longt5", "encoder") and weights.shape[-1] == 3 * weights.shape[-2]:
        return _of_blocks(weights, keys)
    if weights.ndim == 4 and weights.shape[2:] == (queries, keys):  # noqa: PLR2004  # batch, head, query, key
        return Call(weights)
    return None


def _softened(scores: Tensor, queries: int) -> Tensor:
    """ProphetNet hands out scores before the softmax, and after its main stream those of streams that predict."""
    return scores[:, :, :queries].softmax(-1)


def _of_windows(weights: Tensor) -> Call:
    """Longformer's ``[batch, head, query, key - query + reach]``."""
    tokens, reach = weights.shape[2], weights.shape[3] // 2
    places = torch.arange(tokens, device=weights.device)
    columns = places - places[:, None] + reach
    seen = (columns >= 0) & (columns <= 2 * reach)
    columns = columns.clamp(0, 2 * reach).expand(*weights.shape[:2], -1, -1)
    return Call(weights.gather(3, columns).masked_fill(~seen, 0), seen[None, None])


def _of_blocks(weights: Tensor, tokens: int) -> Call:
    """LongT5's ``[batch, block, head, query in block, key in the blocks before, at and after it]``."""
    batch, blocks, heads, size, reached = weights.shape
    wide = weights.new_zeros(batch, heads, blocks, size, (blocks + 2) * size)
    for block in range(blocks):
        wide[:, :, block, :, block * size : block * size + reached] = weights[:, block]
    places = torch.arange(tokens, device=weights.device)
    seen = (places[:, None] - places).abs() < size
    return Call(wide.flatten(2, 3)[:, :, :tokens, size : size + tokens], seen[None, None])
