"""What an author asks for → what a model reads: a text, a pair, a chat, a target, and what it writes itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.reading.chat import WRITER, render, with_roles
from attnviz_mkdocs.capture.reading.labels import NOWHERE, Piece, label
from attnviz_mkdocs.capture.reading.limits import find_limit
from attnviz_mkdocs.capture.reading.spelling import spell
from attnviz_mkdocs.capture.reading.tokens import SOURCE, TARGET, Encoding, at, joins_pairs, tokenise
from attnviz_mkdocs.exhibit import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.loading import Loaded
    from attnviz_mkdocs.capture.reading.labels import Span
    from attnviz_mkdocs.capture.reading.limits import Limit
    from attnviz_mkdocs.capture.reading.tokens import Tokenised
    from attnviz_mkdocs.exhibit import Token
    from attnviz_mkdocs.spec import Text


def encode_both(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, target: str) -> Encoding:
    """Tokenise a text and its target for an encoder-decoder model.

    The decoder reads the target as it did when it was trained: after its start token, and without
    the token that ends it.

    Raises:
        CaptureError: One of both can't be tokenised, or the model has no start token.
    """
    tokenised = tokenise(tokenizer, target, as_target=True)
    ids, pieces = list(tokenised.inputs["input_ids"]), list(tokenised.pieces[0])
    if pieces[-1].special:
        del ids[-1], pieces[-1]
    start = _start(model)
    tokens = label(target, [_start_piece(tokenizer, start), *pieces])
    return _of_both(tokenise(tokenizer, text), [start, *ids], tokens, target)


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes of an author's texts what a model reads.

    Attributes:
        loaded: The model.
        causal: Whether it reads one sequence, and none of its tokens sees a later one.
    """

    loaded: Loaded
    causal: bool

    def read(self, text: Text) -> Encoding:
        """What the model reads of a text.

        Raises:
            CaptureError: The model can't read it, or can't write what it is asked for.
        """
        return self._read_both(text) if self.loaded.model.config.is_encoder_decoder else self._read_one(text)

    def _read_one(self, text: Text) -> Encoding:
        tokenizer = self.loaded.tokenizer
        if text.target is not None:
            raise CaptureError('"target" is for encoder-decoder models, which this is not; remove it')
        if text.pair is not None and (self.causal or not joins_pairs(tokenizer)):
            raise CaptureError(
                'this model was not trained on pairs of texts: "pair" is for BERT and its kin; write both as one text'
            )
        if text.generate is not None and not self.causal:
            raise CaptureError(
                'this model reads a text as a whole and writes none: "generate" is for decoders such as GPT-2 and '
                "for encoder-decoder models; remove it"
            )
        written = text.text or ""
        places: list[tuple[Span, str]] = []
        if text.messages is not None:
            written, places = render(tokenizer, text.messages, answered=text.generate is not None)
        tokenised = tokenise(tokenizer, written, text.pair, complete=text.messages is not None)
        self._limit().check(len(tokenised), text.generate or 0)
        encoding = Encoding(tokenised.inputs, {TEXT: tokenised.tokens()}, written)
        if text.generate is not None:
            encoding = self._continued(tokenised, self._write(tokenised, text))
        if text.messages is None:
            return encoding
        places.append(((len(written), len(encoding.text)), WRITER))
        return replace(encoding, tokens={TEXT: with_roles(encoding.tokens[TEXT], places)})

    def _read_both(self, text: Text) -> Encoding:
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        if text.text is None or text.pair is not None:
            refused = "messages" if text.text is None else "pair"
            raise CaptureError(f'an encoder-decoder model reads a text and its target, no "{refused}"; give it "text"')
        if text.target is not None:
            encoding = encode_both(model, tokenizer, text.text, text.target)
            self._limit("encoder").check(len(encoding.tokens[SOURCE]))
            self._limit("decoder").check(len(encoding.tokens[TARGET]), what="target")
            return encoding
        if text.generate is None:
            raise CaptureError('an encoder-decoder model needs "target", or "generate: 20" to have it write one')
        tokenised = tokenise(tokenizer, text.text)
        self._limit("encoder").check(len(tokenised))
        self._limit("decoder").check(1, text.generate, what="target")
        start, *ids = self._write(tokenised, text)
        target, spans = spell(tokenizer, ids)
        tokens = label(target, [_start_piece(tokenizer, start), *at(tokenizer, ids, spans, target)])
        return _of_both(tokenised, [start, *ids], _generated(tokens, 1), target)

    def _write(self, tokenised: Tokenised, text: Text) -> list[int]:
        if self.loaded.writer is None:
            raise CaptureError(
                'the model has no weights to write with, which "generate" needs: choose one that was saved with its '
                "language-modelling head, or write the text out"
            )
        return self.loaded.writer.write(tokenised.inputs["input_ids"], text.generate or 0, text.seed)

    def _continued(self, tokenised: Tokenised, new: Sequence[int]) -> Encoding:
        tokenizer, [prompt], [pieces] = self.loaded.tokenizer, tokenised.texts, tokenised.pieces
        addition, spans = spell(tokenizer, new, before=tokenised.inputs["input_ids"])
        whole = prompt + addition
        behind = [span if span == NOWHERE else (span[0] + len(prompt), span[1] + len(prompt)) for span in spans]
        tokens = _generated(label(whole, [*pieces, *at(tokenizer, new, behind, whole)]), len(pieces))
        inputs = {
            name: [*values, *(new if name == "input_ids" else [values[-1]] * len(new))]
            for name, values in tokenised.inputs.items()
        }
        return Encoding(inputs, {TEXT: tokens}, whole)

    def _limit(self, side: Literal["encoder", "decoder"] | None = None) -> Limit:
        loaded = self.loaded
        return find_limit(loaded.model, loaded.tokenizer, longest=loaded.longest, causal=self.causal, side=side)


def _of_both(source: Tokenised, target_ids: Sequence[int], target_tokens: tuple[Token, ...], target: str) -> Encoding:
    return Encoding(
        source.inputs,
        {SOURCE: source.tokens(), TARGET: target_tokens},
        source.texts[0],
        {"decoder_input_ids": target_ids},
        target,
    )


def _generated(tokens: Sequence[Token], first: int) -> tuple[Token, ...]:
    return (*tokens[:first], *(replace(token, generated=True) for token in tokens[first:]))


def _start(model: PreTrainedModel) -> int:
    """The token that the decoder starts with, found as transformers finds it."""
    for name in ("decoder_start_token_id", "bos_token_id"):
        start = getattr(model.config, name, None)
        if start is not None:
            return int(start)
    raise CaptureError(
        "the model doesn't say which token its decoder starts with; expected decoder_start_token_id in config.json",
        concerns="source",
    )


def _start_piece(tokenizer: PreTrainedTokenizerBase, start: int) -> Piece:
    return Piece(tokenizer.convert_ids_to_tokens(start), special=True)
