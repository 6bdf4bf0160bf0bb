"""How long a text may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch import nn

from attnviz_mkdocs.capture.errors import CaptureError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: More tokens than this are refused for any model: attention grows with their square, and a page
#: has to carry it.
MAX_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Limit:
    """The most tokens that a text may have, and who says so."""

    tokens: int
    whose: str

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
            has, mend = f"has {_counted(tokens)}", "shorten it"
        else:
            has, mend = f"has {_counted(tokens)} and {new:,} are to be generated", "shorten it, or generate fewer"
        raise CaptureError(f"the {what} {has}, but {self.whose} at most {self.tokens:,}; {mend}")


def _counted(tokens: int) -> str:
    return f"{tokens:,} token{'' if tokens == 1 else 's'}"


def find_limit(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, side: Literal["encoder", "decoder"] | None = None
) -> Limit:
    """The smallest of what the model, its tokenizer and a page can take.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        side: Of an encoder-decoder model, which of both; they may have different numbers of positions.
    """
    limits = [Limit(MAX_TOKENS, "a page can show"), Limit(tokenizer.model_max_length, "its tokenizer allows")]
    config = model.config.get_text_config()
    positions = getattr(config, f"max_{side}_position_embeddings", getattr(config, "max_position_embeddings", None))
    if isinstance(positions, int) and positions > 0:
        limits.append(Limit(positions - _skipped(model), "the model has positions for"))
    return min(limits, key=lambda limit: limit.tokens)


def _skipped(model: PreTrainedModel) -> int:
    """Positions that no token gets: RoBERTa and its kin count from the one after that of padding."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding) and module.padding_idx is not None:
            return module.padding_idx + 1
    return 0
