"""How long a text may be."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Literal

from torch import nn

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.codec import LARGEST
from attnviz_mkdocs.spec.types import LONGEST, MOST_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

#: Of a file that a browser opens, what its header and the weights near 1 may take.
_SPARE = 2**24

_SHORTER = "shorten it"
_LIFT = f'shorten it, or write "longest:" with up to {MOST_TOKENS:,} under the model; a page grows with its square'


@dataclass(frozen=True, slots=True)
class Limit:
    """The most tokens that a text may have, who says so, and what to do about more."""

    tokens: int
    whose: str
    mend: str = _SHORTER

    def check(self, tokens: int, new: int = 0, what: str = "text") -> None:
        """Refuse a text that is too long; nothing is ever cut off in silence.

        Args:
            tokens: Tokens that it has.
            new: Further ones that the model may write.
            what: What it is, for the message.

        Raises:
            CaptureError: It is.
        """
        if tokens + new <= self.tokens:
            return
        if tokens > self.tokens or not new:
            has, mend = f"has {_counted(tokens)}", self.mend
        else:
            has, mend = f"has {_counted(tokens)} and {new:,} are to be generated", f"generate fewer, or {self.mend}"
        raise CaptureError(f"the {what} {has}, but {self.whose} at most {self.tokens:,}; {mend}")


def _counted(tokens: int) -> str:
    return f"{tokens:,} token{'' if tokens == 1 else 's'}"


def find_limit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    longest: int = LONGEST,
    causal: bool = False,
    side: Literal["encoder", "decoder"] | None = None,
) -> Limit:
    """The smallest of what the model, its tokenizer, a page and a browser can take.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        longest: What the author lets a page show.
        causal: Whether no token sees a later one, so that half of the weights need no room.
        side: Of an encoder-decoder model, which of both; they may have different numbers of positions.
    """
    config = model.config.get_text_config()
    limits = [
        Limit(longest, "a page can show", _LIFT if longest < MOST_TOKENS else _SHORTER),
        Limit(tokenizer.model_max_length, "its tokenizer allows"),
        *_of_browsers(config, causal=causal),
    ]
    positions = getattr(config, f"max_{side}_position_embeddings", getattr(config, "max_position_embeddings", None))
    if isinstance(positions, int) and positions > 0:
        limits.append(Limit(positions - _skipped(model), "the model has positions for"))
    return min(limits, key=lambda limit: limit.tokens)


def _of_browsers(config: PretrainedConfig, *, causal: bool) -> Iterator[Limit]:
    """As many tokens as a browser has room for the weights of, a byte each; an encoder-decoder has three attentions."""
    layers, heads = (getattr(config, name, None) for name in ("num_hidden_layers", "num_attention_heads"))
    if isinstance(layers, int) and isinstance(heads, int) and layers * heads > 0:
        each = (LARGEST - _SPARE) // (layers * heads * (3 if config.is_encoder_decoder else 1))
        tokens = isqrt(2 * each) - 1 if causal else isqrt(each)
        yield Limit(tokens, f"a browser has room for {layers} layers of {heads} heads with")


def _skipped(model: PreTrainedModel) -> int:
    """Positions that no token gets: RoBERTa and its kin count from the one after that of padding."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding) and module.padding_idx is not None:
            return module.padding_idx + 1
    return 0
