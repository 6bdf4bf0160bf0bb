"""A text → what a model reads of it, and what a reader sees of each token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.reading.labels import NOWHERE, Piece, in_segment, label
from attnviz_mkdocs.capture.reading.spelling import specials, spell
from attnviz_mkdocs.exhibit import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from transformers import BatchEncoding, PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.reading.labels import Span
    from attnviz_mkdocs.exhibit import Token

#: Names of the two sequences of an encoder-decoder model.
SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a model reads.

    Attributes:
        inputs: The model's arguments, by name: a number a token each; of an encoder-decoder model,
            those of its encoder.
        tokens: The same tokens, for a reader: ``text``; or ``source`` and ``target``.
        text: The whole text, as a chat's template and the model made it.
        target_inputs: The arguments of an encoder-decoder model's decoder.
        target: The text that its decoder reads.
    """

    inputs: Mapping[str, Sequence[int]]
    tokens: Mapping[str, tuple[Token, ...]]
    text: str
    target_inputs: Mapping[str, Sequence[int]] = field(default_factory=dict)
    target: str | None = None

    def __len__(self) -> int:
        return sum(len(tokens) for tokens in self.tokens.values())


@dataclass(frozen=True, slots=True)
class Tokenised:
    """A text, or a pair, as its tokenizer has it.

    Attributes:
        inputs: A model's arguments, by name: a number a token each.
        texts: The text, and its pair, if any.
        pieces: The tokens of each; what the tokenizer puts after the text goes with the text.
    """

    inputs: Mapping[str, Sequence[int]]
    texts: tuple[str, ...]
    pieces: tuple[tuple[Piece, ...], ...]

    def __len__(self) -> int:
        return sum(len(pieces) for pieces in self.pieces)

    def tokens(self) -> tuple[Token, ...]:
        """The tokens, for a reader."""
        return tuple(
            token
            for segment, (text, pieces) in enumerate(zip(self.texts, self.pieces, strict=True))
            for token in in_segment(label(text, pieces), segment)
        )


def encode(tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None = None) -> Encoding:
    """Tokenise a text, or a pair, for a model that reads one sequence.

    Raises:
        CaptureError: The text can't be tokenised.
    """
    tokenised = tokenise(tokenizer, text, pair)
    return Encoding(tokenised.inputs, {TEXT: tokenised.tokens()}, text)


def tokenise(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    pair: str | None = None,
    *,
    as_target: bool = False,
    complete: bool = False,
) -> Tokenised:
    """Tokenise a text, whole, with the special tokens that the model was trained with.

    Args:
        tokenizer: The model's.
        text: The text.
        pair: The second text of a pair.
        as_target: Whether a decoder reads it that was trained on another language, or with other special tokens.
        complete: Whether all special tokens stand in the text already, as in a chat.

    Raises:
        CaptureError: The text holds half a character, or nothing is left of it.
    """
    texts = (text,) if pair is None else (text, pair)
    for each in texts:
        _refuse_halves(each)
    encoded = tokenizer(
        **({"text_target": text} if as_target else {"text": text, "text_pair": pair}),
        add_special_tokens=not complete,
        truncation=False,
        padding=False,
        verbose=False,
        return_attention_mask=False,
        return_offsets_mapping=tokenizer.is_fast,
        return_special_tokens_mask=True,
    )
    ids = encoded["input_ids"]
    if not ids:
        raise CaptureError("the tokenizer makes no token of this text; write another one")
    names = [name for name in tokenizer.model_input_names if name in encoded]
    return Tokenised({name: encoded[name] for name in names}, texts, _pieces(tokenizer, encoded, texts))


def joins_pairs(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer was made for pairs: it puts a special token between the two texts."""
    texts = tokenizer("a", "a", return_special_tokens_mask=True, verbose=False)
    inner = texts["special_tokens_mask"]
    content = [index for index, special in enumerate(inner) if not special]
    return bool(content) and any(inner[content[0] : content[-1]])


def at(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], spans: Sequence[Span], text: str) -> list[Piece]:
    """Tokens with their names; a special token that stands in the text, as in a chat, keeps its place."""
    special = specials(tokenizer)
    names = [name or f"<{token}>" for token, name in zip(ids, tokenizer.convert_ids_to_tokens(list(ids)), strict=True)]
    return [
        Piece(name, start, end, token in special and text[max(start, 0) : max(end, 0)].strip() in {name, ""})
        for token, name, (start, end) in zip(ids, names, spans, strict=True)
    ]


def _refuse_halves(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CaptureError(
            f"character {error.start} of the text is U+{ord(text[error.start]):04X}, one half of a character, which is "
            "no text by itself; write the whole character"
        ) from error


def _pieces(
    tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding, texts: Sequence[str]
) -> tuple[tuple[Piece, ...], ...]:
    """The tokens of each of the texts."""
    ids: list[int] = encoded["input_ids"]
    segments = _segments(tokenizer, encoded)
    pair = next((index for index, segment in enumerate(segments) if segment == 1), len(ids))
    pieces = []
    for text, part in zip(texts, (range(pair), range(pair, len(ids))), strict=False):
        content = [index for index in part if segments[index] is not None]
        own = [ids[index] for index in content]
        if tokenizer.is_fast:
            spans = [tuple(encoded["offset_mapping"][index]) for index in content]
        else:
            spans = _found(tokenizer, own, text)
        standing = dict(zip(content, at(tokenizer, own, spans, text), strict=True))
        added = {index: Piece(tokenizer.convert_ids_to_tokens(ids[index]), special=True) for index in part}
        pieces.append(tuple((added | standing).values()))
    return tuple(pieces)


def _segments(tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding) -> Sequence[int | None]:
    """For each token, the text that it stands in: 0 or 1; None for what the tokenizer added."""
    if tokenizer.is_fast:
        found: list[int | None] = encoded.sequence_ids()
        return found
    kinds = encoded.get("token_type_ids", [0] * len(encoded["input_ids"]))
    return [None if added else kind for added, kind in zip(encoded["special_tokens_mask"], kinds, strict=True)]


def _found(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], text: str) -> list[Span]:
    """Where tokens stand whose tokenizer doesn't tell: where the letters that they spell are those of the text."""
    spelled, spans = spell(tokenizer, ids)
    theirs, ours = ([(i, c.casefold()) for i, c in enumerate(each) if not c.isspace()] for each in (spelled, text))
    if [character for _, character in theirs] != [character for _, character in ours]:
        return [NOWHERE] * len(ids)
    place = {there: here for (there, _), (here, _) in zip(theirs, ours, strict=True)}
    found = []
    for start, end in spans:
        inside = [place[index] for index in range(start, end) if index in place]
        found.append((inside[0], inside[-1] + 1) if inside else NOWHERE)
    return found
