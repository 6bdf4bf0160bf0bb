"""A chat → the text that a model's template makes of it, and who says what in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.capture.errors import CaptureError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transformers import PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.reading.labels import Span
    from attnviz_mkdocs.exhibit import Token
    from attnviz_mkdocs.spec import Message

#: Who says what a model writes.
WRITER = "assistant"


def render(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, answered: bool
) -> tuple[str, list[tuple[Span, str]]]:
    """The text of a chat, by the tokenizer's own template, and the places and roles of its messages.

    Args:
        tokenizer: The model's.
        messages: What is said, in order.
        answered: Whether the model is to write an answer.

    Raises:
        CaptureError: There is no template, or it refuses the messages.
    """
    if not tokenizer.chat_template:
        raise CaptureError(
            'the tokenizer has no chat template, which "messages" need; choose a model that was trained to chat, or '
            'write the chat as "text"'
        )

    def rendered(contents: Iterable[str]) -> str:
        chat = [{"role": message.role, "content": content} for message, content in zip(messages, contents, strict=True)]
        text: str = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=answered)
        return text

    try:
        text = rendered(message.content for message in messages)
        skeleton = rendered(_mark(index) for index in range(len(messages)))
    except Exception as error:
        raise CaptureError(
            f"the chat template of the tokenizer refuses the messages: {first_line(error)}; write them as it wants them"
        ) from error
    return text, _places(text, skeleton, [message.role for message in messages])


def with_roles(tokens: Iterable[Token], places: Sequence[tuple[Span, str]]) -> tuple[Token, ...]:
    """The same tokens, with the role of the message that each begins in."""
    return tuple(
        replace(token, role=next((role for (start, end), role in places if start <= token.start < end), None))
        for token in tokens
    )


def _mark(index: int) -> str:
    return f"\ue000{index}\ue001"


_MARK = re.compile(r"\ue000(\d+)\ue001")


def _places(text: str, skeleton: str, roles: Sequence[str]) -> list[tuple[Span, str]]:
    """Where the messages stand in the text: between the words of the template, which stand in the skeleton too.

    To look for the messages themselves would find a short one within the template's words. Nothing
    is found where the template's words depend on what is said.
    """
    own, marks = _MARK.split(skeleton)[::2], _MARK.findall(skeleton)
    match = re.fullmatch("(.*?)".join(map(re.escape, own)), text, re.DOTALL)
    if match is None:
        return []
    return [(match.span(group), roles[int(mark)]) for group, mark in enumerate(marks, 1)]
