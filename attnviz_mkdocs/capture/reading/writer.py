"""What a model writes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig

from attnviz_mkdocs.capture.errors import in_words
from attnviz_mkdocs.capture.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

#: What is a model's own about writing; all else (beams, penalties, temperature) is left at nothing.
_KEPT = (
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "bad_words_ids",
)


@dataclass(frozen=True, slots=True)
class Writer:
    """A model with its head, which writes text.

    The settings that came with it are replaced: it takes the most likely token each time, or draws
    from the whole of what it expects.

    Attributes:
        model: The model.
        device: Where its inputs are.
    """

    model: PreTrainedModel
    device: torch.device

    def __post_init__(self) -> None:
        own = self.model.generation_config
        kept = {name: getattr(own, name, None) for name in _KEPT}
        # Without one, transformers says aloud that it takes another; none is padded here.
        if kept["pad_token_id"] is None:
            kept["pad_token_id"] = 0
        # transformers fills what a call leaves open from here.
        self.model.generation_config = GenerationConfig(**kept)

    @torch.inference_mode()
    def write(self, ids: Sequence[int], count: int, seed: int | None = None) -> list[int]:
        """What the model writes, up to the end that it sets itself.

        Args:
            ids: What it reads: the text to continue, or the source of an encoder-decoder model.
            count: New tokens, at most.
            seed: Draws them at random; the same seed draws the same ones on the same machine. None
                for the most likely ones.

        Returns:
            The new tokens; of an encoder-decoder model, after the one that its decoder starts with.

        Raises:
            CaptureError: The model fails.
        """
        read = torch.tensor([ids], device=self.device)
        choice = {"do_sample": False} if seed is None else {"do_sample": True, "temperature": 1.0, "top_k": 0}
        # Of encoder-decoder models, transformers' cache has as many layers as the encoder, too few for some decoders.
        both: bool = self.model.config.is_encoder_decoder
        devices = [self.device] if self.device.type == "cuda" else []
        with in_words("the model fails when it writes"), quiet(), torch.random.fork_rng(devices):
            torch.manual_seed(seed or 0)
            written = self.model.generate(
                read, attention_mask=torch.ones_like(read), max_new_tokens=count, use_cache=not both, **choice
            )[0]
        new: list[int] = written.tolist()
        return new if both else new[len(ids) :]
