"""Small tokenizers of each algorithm, trained here, and sentences in many scripts."""

from __future__ import annotations

import json

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SENTENCES = {
    "Latin": "Hello world, isn't it?\n\tok  two",
    "accents": "naïve Ærøskøbing, Đà Nẵng",
    "Chinese": "我在北京学习。",
    "Japanese": "日本語を勉強します。",
    "Korean": "한국어 문장",
    "Arabic": "مرحبا بالعالم",
    "Hebrew": "שלום עולם",
    "Hindi": "नमस्ते दुनिया",
    "Thai": "สวัสดีชาวโลก",
    "Russian": "Привет, мир",
    "Greek": "Ελληνικά γράμματα",
    "emoji": "👩‍👩‍👧‍👦 🇫🇷 👍🏽!",
}
_CORPUS = ["hello world is it ok two isn't lead cafe naive", "日本語 日本", "नमस्ते", "Привет мир", "한국 문장"] * 3
_BYTES = [f"<0x{value:02X}>" for value in range(256)]


def bytewise() -> PreTrainedTokenizerFast:
    """Every byte a token, words begin with their space, as GPT-2 has it before any merge."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({character: index for index, character in enumerate(alphabet)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2, Llama 3 and Qwen: merges of bytes, also across characters."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(
        _CORPUS, trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def sentencepiece_bpe() -> PreTrainedTokenizerFast:
    """As Llama 2: a whole text is one word, and what the vocabulary lacks falls back to bytes."""
    backend = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=340, special_tokens=[*special, *_BYTES], show_progress=False)
    backend.train_from_iterator(["hello world is it ok two"] * 3, trainer)
    backend = _with_plain_bytes(backend)
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def unigram(*, byte_fallback: bool = False) -> PreTrainedTokenizerFast:
    """As T5 and, with bytes, as mT5's successors."""
    backend = Tokenizer(models.Unigram())
    backend.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(" {2,}"), " ")])
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=350 if byte_fallback else 90,
        special_tokens=[*special, *(_BYTES if byte_fallback else [])],
        unk_token="<unk>",
        show_progress=False,
    )
    backend.train_from_iterator(["hello world is it ok two"] * 3 if byte_fallback else _CORPUS, trainer)
    if byte_fallback:
        backend = _with_plain_bytes(backend)
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    backend.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>", pad_token="<pad>", eos_token="</s>")


def word_piece() -> PreTrainedTokenizerFast:
    """As BERT."""
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=["[PAD]", "[UNK]"], show_progress=False)
    backend.train_from_iterator(_CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]")


def _with_plain_bytes(backend: Tokenizer) -> Tokenizer:
    """The trainer takes bytes as added tokens only; to fall back to them, the model must have them to itself."""
    described = json.loads(backend.to_str())
    described["added_tokens"] = [token for token in described["added_tokens"] if token["content"] not in _BYTES]
    if described["model"]["type"] == "Unigram":
        described["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(described))
