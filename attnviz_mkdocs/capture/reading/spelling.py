"""Ids → the text that they spell, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.reading.labels import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.reading.labels import Span

#: What a decoder writes for bytes that spell no character.
_UNREADABLE = "\ufffd"


def spell(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], before: Sequence[int] = ()) -> tuple[str, list[Span]]:
    """The text that ids spell, and where in it each of them stands.

    The ids themselves are decoded, because tokenising their text again may give others.

    Args:
        tokenizer: Their tokenizer.
        ids: Tokens; special, unknown and nameless ones stand nowhere.
        before: Tokens before them, whose text is left out, but on which theirs depends.

    Returns:
        The text and a span for each id; ids that spell a character together share one.
    """
    unspelled = specials(tokenizer) | {tokenizer.unk_token_id}

    def decoded(count: int) -> str:
        text: str = tokenizer.decode(
            [*before, *ids[:count]], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    base = len(decoded(0))
    spans = [NOWHERE] * len(ids)
    text, done = "", 0
    waiting: list[int] = []
    for index, (token, name) in enumerate(zip(ids, tokenizer.convert_ids_to_tokens(list(ids)), strict=True)):
        # A model may have, and write, more tokens than its tokenizer has names for.
        if token in unspelled or name is None:
            continue
        longer = decoded(index + 1)[base:]
        if text.endswith(_UNREADABLE) and longer.startswith(text) and longer[len(text) :].strip(_UNREADABLE):
            # The rest of a character never came.
            done, waiting = len(text), []
        waiting.append(index)
        for each in waiting:
            spans[each] = done, len(longer)
        # Of a part of a character, some decoders make a sign, and some make nothing.
        if longer != text and not longer.endswith(_UNREADABLE):
            done, waiting = len(longer), []
        text = longer
    return text, spans


def specials(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids of the tokens that are no text but signs to the model."""
    added = {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    return frozenset(added | set(tokenizer.all_special_ids)) - {tokenizer.unk_token_id}
