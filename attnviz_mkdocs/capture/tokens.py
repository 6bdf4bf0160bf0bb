"""A text → what a model reads of it, and what a reader sees of each token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.exhibit import Token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from transformers import BatchEncoding, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text, or a pair, as a model reads it.

    Attributes:
        inputs: The model's arguments, by name: a number a token each.
        tokens: The same tokens, for a reader.
    """

    inputs: Mapping[str, Sequence[int]]
    tokens: tuple[Token, ...]

    def __len__(self) -> int:
        return len(self.tokens)


def encode(tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None = None) -> Encoding:
    """Tokenise a text, whole, with the special tokens that the model was trained with.

    Raises:
        CaptureError: Nothing is left of the text.
    """
    fast = tokenizer.is_fast
    encoded = tokenizer(
        text,
        pair,
        truncation=False,
        padding=False,
        verbose=False,
        return_attention_mask=False,
        return_offsets_mapping=fast,
        return_special_tokens_mask=True,
    )
    names = [name for name in tokenizer.model_input_names if name in encoded]
    tokens = _from_offsets(tokenizer, encoded, (text, pair or "")) if fast else _from_pieces(tokenizer, encoded)
    if not tokens:
        raise CaptureError("the tokenizer makes no token of this text; write another one")
    return Encoding({name: encoded[name] for name in names}, tokens)


def joins_pairs(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer was made for pairs: it puts a special token between the two texts."""
    texts = tokenizer("a", "a", return_special_tokens_mask=True, verbose=False)
    inner = texts["special_tokens_mask"]
    content = [index for index, special in enumerate(inner) if not special]
    return bool(content) and any(inner[content[0] : content[-1]])


def _from_offsets(
    tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding, texts: tuple[str, str]
) -> tuple[Token, ...]:
    """Tokens as parts of the texts: the only labels that are right for pieces of bytes and for folded case."""
    pieces = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    words, segments = encoded.word_ids(), encoded.sequence_ids()
    tokens: list[Token] = []
    segment = 0
    for index, (start, end) in enumerate(encoded["offset_mapping"]):
        if segments[index] is None:
            tokens.append(Token(pieces[index], special=True, segment=segment))
            continue
        segment = segments[index]
        own = texts[segment][start:end]
        same_word = index > 0 and words[index] == words[index - 1] and not tokens[-1].special
        # For some tokenizers a whole text is one word: a space begins another all the same.
        continues = same_word and not _has_space(texts[segment][max(0, tokens[-1].end - 1) : start + 1])
        tokens.append(Token(own.strip() or own or pieces[index], start, end, segment=segment, continues=continues))
    return tuple(tokens)


def _has_space(text: str) -> bool:
    return any(character.isspace() for character in text)


def _from_pieces(tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding) -> tuple[Token, ...]:
    """Tokens of a tokenizer that doesn't tell where in the text they are."""
    ids = encoded["input_ids"]
    special = encoded["special_tokens_mask"]
    segments = encoded.get("token_type_ids", [0] * len(ids))
    return tuple(
        Token(piece, special=bool(special[index]), segment=segments[index])
        for index, piece in enumerate(tokenizer.convert_ids_to_tokens(ids))
    )
