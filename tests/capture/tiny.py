"""Small random models of many architectures, saved as an author would have them: a folder each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedTokenizerFast

from attnviz_mkdocs.plan import Request
from attnviz_mkdocs.spec import Model, Text

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["the", "cat", "sat", "on", "mat", "because", "it", "was", "warm", "a", "dog", "ran", "and", "then", "slept"]
WORDS += ["doctor", "nurse", "she", "he", ".", ","]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
# Room for what some types add to a tokenizer by themselves.
VOCABULARY = len(SPECIAL) + len(WORDS) + 8
SHORT, LONG = "the cat sat", "the doctor and the nurse sat on a mat because it was warm and then she slept ."


def tokenizer(*, special: bool = True, **options: Any) -> PreTrainedTokenizerFast:
    """Words; with ``[CLS]`` and ``[SEP]`` as BERT has them, or without any special token."""
    backend = Tokenizer(WordLevel({word: index for index, word in enumerate([*SPECIAL, *WORDS])}, unk_token="[UNK]"))
    backend.pre_tokenizer = Whitespace()
    names: dict[str, str] = {"unk_token": "[UNK]"}
    if special:
        backend.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        names |= {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names, **options)


def config(kind: str, **options: Any) -> PretrainedConfig:
    """A small configuration: 3 layers of 4 heads."""
    small = {"vocab_size": VOCABULARY, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3} | _SIZES[kind] | options
    return AutoConfig.for_model(kind, **small)


def save(folder: Path, config: PretrainedConfig, words: PreTrainedTokenizerFast | None = None) -> Path:
    """A model's folder; its weights are large enough that attention differs from place to place."""
    torch.manual_seed(0)
    model = AutoModel.from_config(config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.ndim > 1 and "norm" not in name.lower():
                weights.normal_(0, 0.35)
    model.save_pretrained(folder)
    words = words or tokenizer(special=config.model_type not in DECODERS)
    words.save_pretrained(folder)
    return folder


def requests(source: Path | str, *texts: str | Text, **model: Any) -> list[Request]:
    """A request a text, of one model."""
    spec = Model(source=str(source), **model)
    sentences = [text if isinstance(text, Text) else Text(text=text) for text in texts]
    return [Request(f"key{index}", "tiny", spec, text, "f" * 64) for index, text in enumerate(sentences)]


def _encoder(**options: Any) -> dict[str, Any]:
    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
    return {**sizes, "max_position_embeddings": 64, **options}


def _decoder(**options: Any) -> dict[str, Any]:
    return _encoder(num_key_value_heads=2, head_dim=8, **options)


_SIZES: dict[str, dict[str, Any]] = {
    "bert": _encoder(),
    "roberta": _encoder(max_position_embeddings=66),
    "albert": _encoder(embedding_size=16),
    "mpnet": _encoder(),
    "deberta-v2": _encoder(relative_attention=True, pos_att_type=["p2c", "c2p"]),
    "distilbert": {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 64},
    "modernbert": _encoder(global_attn_every_n_layers=3, local_attention=8),
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64},
    "llama": _decoder(),
    "qwen2": _decoder(),
    "qwen3": _decoder(),
    "gemma": _decoder(),
    "gemma2": _decoder(query_pre_attn_scalar=8, sliding_window=4),
    "mistral": _decoder(sliding_window=4),
    "bloom": {"hidden_size": 32, "n_layer": 3, "n_head": 4},
    "mamba": {"hidden_size": 32, "num_hidden_layers": 3, "state_size": 4},
    "jamba": _encoder(num_key_value_heads=2, attn_layer_period=3, attn_layer_offset=1, use_mamba_kernels=False),
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 3, "num_heads": 4},
}
DECODERS = ("gpt2", "llama", "qwen2", "qwen3", "gemma", "gemma2", "mistral", "bloom", "mamba", "jamba")
