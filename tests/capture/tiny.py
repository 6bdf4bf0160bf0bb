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
    small = {"vocab_size": VOCABULARY, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3} | SIZES[kind] | options
    return AutoConfig.for_model(kind, **small)


def save(
    folder: Path, config: PretrainedConfig, words: PreTrainedTokenizerFast | None = None, auto: Any = AutoModel
) -> Path:
    """A model's folder; its weights are large enough that attention differs from place to place."""
    torch.manual_seed(0)
    model = auto.from_config(config)
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


def _zamba(**options: Any) -> dict[str, Any]:
    kinds = ["mamba", "hybrid", "mamba", "hybrid"]
    sizes = {"num_hidden_layers": 4, "num_key_value_heads": 4, "attention_head_dim": 16, "mamba_d_state": 4}
    return _encoder(layers_block_type=kinds, mamba_expand=2, **options) | sizes


def _t5(**options: Any) -> dict[str, Any]:
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 4}
    return {**sizes, "decoder_start_token_id": 0, **options}


def _bart(**options: Any) -> dict[str, Any]:
    return {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 3,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "max_position_embeddings": 64,
        "decoder_start_token_id": 3,
        **options,
    }


_MAMBA: dict[str, Any] = {
    "mamba_n_heads": 8,
    "mamba_d_head": 8,
    "mamba_d_state": 4,
    "mamba_n_groups": 1,
    "mamba_chunk_size": 8,
}
_EXPERTS: dict[str, Any] = {
    "num_experts": 2,
    "num_local_experts": 2,
    "num_experts_per_tok": 1,
    "moe_intermediate_size": 16,
}
_ROUTED: dict[str, Any] = {
    "n_routed_experts": 2,
    "n_shared_experts": 1,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
}
_LATENT: dict[str, Any] = {
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 4,
    "v_head_dim": 8,
    "num_key_value_heads": 4,
}
_SIDES = {"encoder": 2, "decoder": 3}
SIZES: dict[str, dict[str, Any]] = {
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
    "longformer": _encoder(attention_window=[4, 8, 4]),
    "big_bird": _encoder(block_size=4, num_random_blocks=1),
    "nystromformer": _encoder(num_landmarks=4, segment_means_seq_len=16),
    "diffllama": _decoder(),
    "yoso": _encoder(),
    # Layers of two kinds.
    "jamba": _encoder(num_key_value_heads=2, attn_layer_period=3, attn_layer_offset=1, use_mamba_kernels=False),
    "bamba": _decoder(attn_layer_indices=[1], **_MAMBA),
    "granitemoehybrid": _decoder(layer_types=["mamba", "attention", "mamba"], **_MAMBA, **_EXPERTS),
    "falcon_h1": _decoder(mamba_d_ssm=32, **_MAMBA | {"mamba_n_heads": 4}),
    "lfm2": _decoder(layer_types=["conv", "full_attention", "conv"]),
    "recurrent_gemma": _decoder(
        lru_width=32, attention_window_size=4, block_types=["recurrent", "recurrent", "attention"]
    ),
    "zamba": _zamba(n_mamba_heads=2, use_mamba_kernels=False),
    "zamba2": _zamba(
        n_mamba_heads=4, mamba_headdim=16, mamba_ngroups=1, chunk_size=8, num_mem_blocks=1, use_mem_eff_path=False
    ),
    "qwen3_next": _decoder(
        layer_types=["linear_attention", "full_attention", "linear_attention"],
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        shared_expert_intermediate_size=16,
        **_EXPERTS,
    ),
    "minimax": _decoder(layer_types=["linear_attention", "full_attention", "linear_attention"], **_EXPERTS),
    # An encoder of 2 layers and a decoder of 3.
    "t5": _t5(),
    "mt5": _t5(),
    "umt5": _t5(),
    "switch_transformers": _t5(num_experts=2, num_sparse_encoder_layers=1, num_sparse_decoder_layers=1),
    "longt5": _t5(local_radius=3),
    "bart": _bart(),
    "mbart": _bart(),
    "pegasus": _bart(),
    "marian": _bart(),
    "m2m_100": _bart(),
    "blenderbot": _bart(),
    "blenderbot-small": _bart(),
    "plbart": _bart(),
    "mvp": _bart(),
    "bigbird_pegasus": _bart(),
    "led": _bart(attention_window=4, max_encoder_position_embeddings=64, max_decoder_position_embeddings=64),
    "fsmt": _bart(langs=["de", "en"], src_vocab_size=VOCABULARY, tgt_vocab_size=VOCABULARY),
    "prophetnet": {
        "hidden_size": 32,
        "num_encoder_layers": 2,
        "num_decoder_layers": 3,
        "num_encoder_attention_heads": 4,
        "num_decoder_attention_heads": 2,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "max_position_embeddings": 64,
        "ngram": 2,
        "decoder_start_token_id": 2,
    },
    "mpt": {"d_model": 32, "n_layers": 3, "n_heads": 4, "max_seq_len": 64},
    "codegen": {"n_embd": 32, "n_layer": 3, "n_head": 4, "rotary_dim": 4, "n_positions": 64},
    "gptj": {"n_embd": 32, "n_layer": 3, "n_head": 4, "rotary_dim": 4, "n_positions": 64},
    "gpt_neo": {
        "hidden_size": 32,
        "num_layers": 4,
        "num_heads": 4,
        "attention_types": [[["global", "local"], 2]],
        "window_size": 4,
        "max_position_embeddings": 64,
    },
    "falcon": {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4},
    "flaubert": {"emb_dim": 32, "n_layers": 3, "n_heads": 4},
    "xlm": {"emb_dim": 32, "n_layers": 3, "n_heads": 4},
    "convbert": _encoder(),
    "megatron-bert": _encoder(),
    "rembert": _encoder(input_embedding_size=16, output_embedding_size=16),
    "roformer": _encoder(),
    "deberta": _encoder(relative_attention=True, pos_att_type=["p2c", "c2p"]),
    "xlnet": {"d_model": 32, "n_layer": 3, "n_head": 4, "d_inner": 48},
    "cohere": _decoder(),
    "granite": _decoder(attention_multiplier=0.2),
    "gpt_oss": _decoder(sliding_window=4, num_local_experts=4, num_experts_per_tok=2),
    # Further families, for the page on which of them can be shown.
    **dict.fromkeys(
        (
            "xlm-roberta",
            "camembert",
            "ernie",
            "nomic_bert",
            "data2vec-text",
            "layoutlm",
            "bert-generation",
            "xlm-roberta-xl",
        ),
        _encoder(),
    ),
    **dict.fromkeys(
        ("roc_bert", "roberta-prelayernorm", "splinter", "eurobert", "modernbert-decoder", "ibert"), _encoder()
    ),
    **dict.fromkeys(
        ("luke", "markuplm", "tapas", "mra", "fnet", "canine", "gpt_neox", "gpt_neox_japanese", "biogpt"), _encoder()
    ),
    **dict.fromkeys(("electra", "jina_embeddings_v3"), _encoder(embedding_size=16)),
    "esm": _encoder(mask_token_id=4),
    "mobilebert": _encoder(),
    "funnel": {
        "d_model": 32,
        "n_head": 4,
        "d_head": 8,
        "d_inner": 48,
        "block_sizes": [1, 1],
        "block_repeats": [1, 1],
        "architectures": ["FunnelModel"],
    },
    "gpt_bigcode": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64},
    "openai-gpt": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64},
    "ctrl": {"n_embd": 32, "n_layer": 3, "n_head": 4, "dff": 48, "n_positions": 64},
    "opt": _encoder(ffn_dim=48, word_embed_proj_dim=32),
    "xglm": {"d_model": 32, "num_layers": 3, "attention_heads": 4, "ffn_dim": 48, "max_position_embeddings": 64},
    **dict.fromkeys(
        ("olmo", "olmo2", "olmo3", "phi", "phi3", "stablelm", "starcoder2", "persimmon", "glm", "glm4"), _decoder()
    ),
    **dict.fromkeys(
        ("exaone4", "nemotron", "smollm3", "helium", "ministral", "ministral3", "cohere2", "arcee"), _decoder()
    ),
    **dict.fromkeys(
        ("seed_oss", "apertus", "ernie4_5", "hunyuan_v1_dense", "bitnet", "doge", "vaultgemma", "cwm"), _decoder()
    ),
    **dict.fromkeys(("nanochat", "jais2", "gemma4_text"), _decoder()),
    "gemma3_text": _decoder(
        sliding_window=4,
        query_pre_attn_scalar=8,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    ),
    **dict.fromkeys(
        ("mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "phimoe", "granitemoe", "hunyuan_v1_moe", "flex_olmo", "jetmoe"),
        _decoder(**_EXPERTS),
    ),
    "minimax_m2": _decoder(**_EXPERTS),
    **dict.fromkeys(("dots1", "glm4_moe"), _decoder(**_EXPERTS, **_ROUTED)),
    "llama4_text": _decoder(**_EXPERTS, intermediate_size_mlp=48, attention_chunk_size=8),
    **dict.fromkeys(("deepseek_v2", "deepseek_v3"), _encoder(**_EXPERTS, **_ROUTED, **_LATENT)),
    "nemotron_h": _decoder(),
    "olmo_hybrid": _decoder(),
    "mamba2": {
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "state_size": 4,
        "num_heads": 8,
        "head_dim": 8,
        "n_groups": 1,
    },
    "falcon_mamba": {"hidden_size": 32, "num_hidden_layers": 3, "state_size": 4},
    "rwkv": {"hidden_size": 32, "num_hidden_layers": 3, "attention_hidden_size": 32, "intermediate_size": 48},
    "xlstm": _decoder(),
    "nllb-moe": _bart(num_experts=2, expert_capacity=8, encoder_sparse_step=1, decoder_sparse_step=1),
    "t5gemma": {side: _decoder(vocab_size=VOCABULARY, num_hidden_layers=layers) for side, layers in _SIDES.items()},
}
DECODERS = ("gpt2", "llama", "qwen2", "qwen3", "gemma", "gemma2", "mistral", "bloom", "mamba")
DECODERS += ("jamba", "bamba", "granitemoehybrid", "falcon_h1", "lfm2", "recurrent_gemma", "zamba", "zamba2")
DECODERS += ("qwen3_next", "minimax")
DECODERS += ("mpt", "codegen", "gptj", "gpt_neo", "falcon", "cohere", "granite", "gpt_oss")
