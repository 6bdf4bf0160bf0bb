"""What a fence compares under ``compare``: two texts or two models, and what readers see as their names."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Literal, TypeAlias

from attnviz_mkdocs.spec.mistakes import quoted, short

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

#: Of what there are two.
Compared: TypeAlias = Literal["text", "model"]

_LONGEST_NAME = 40


class UnclearError(ValueError):
    """What is compared can't be told from the names; the message says what to write."""


def meant(texts: Sequence[bool], models: Sequence[bool], base: Compared | None, view: str) -> Compared:
    """What two names mean in a fence that names a view, and says neither "model" nor "text" itself.

    Args:
        texts: Of each, whether the view's gallery has a text of that name.
        models: Of each, whether some gallery has a model of that name.
        base: What the view that the fence names compares itself.
        view: The name of that view.

    Raises:
        UnclearError: They may mean either, or the view keeps nothing that goes with them.
    """
    all_are: dict[Compared, bool] = {"text": all(texts), "model": all(models)}
    only_text, only_model = (
        any(one and not other for one, other in zip(*both, strict=True)) for both in ((texts, models), (models, texts))
    )
    if only_text and only_model:
        raise UnclearError("one of these is a text and the other a model; compare two texts or two models")
    if base is None:
        if all_are["text"] and all_are["model"]:
            raise UnclearError('these are texts and models; write "model:" to compare texts, "text:" to compare models')
        # A sentence is not declared anywhere; a name that stands beside a model's is one.
        has_model = any(is_model and not is_text for is_text, is_model in zip(texts, models, strict=True))
        return "model" if has_model else "text"
    other: Compared = "model" if base == "text" else "text"
    if all_are[other] and not all_are[base]:
        why = f"{quoted(view)} compares two {base}s"
        raise UnclearError(f'{why}, so this fence needs "{base}:" too to compare two {other}s')
    return base


def names_of(entries: tuple[str, str], compared: Compared, texts: Collection[str]) -> tuple[str, str]:
    """What readers see as the names of two texts or models.

    Args:
        entries: As the author wrote them.
        compared: What they are.
        texts: Names of texts; every other entry is a sentence.
    """
    first, second = entries
    if compared == "text" and not {first, second} & set(texts):
        return names_of_sentences(first, second)
    return short(first, _LONGEST_NAME), short(second, _LONGEST_NAME)


def names_of_sentences(first: str, second: str) -> tuple[str, str]:
    """What readers see as the names of two sentences: the sentences, or where they are long, what differs.

    Words that both begin with and words that both end with are left out, as far as each keeps one of its own.
    """
    first, second = " ".join(first.split()), " ".join(second.split())
    if max(len(first), len(second)) <= _LONGEST_NAME:
        return first, second
    names = _differing(first.split(" "), second.split(" "))
    if names[0] == names[1]:  # as what differs stands far behind, in a word or after it
        start = min(_shared(first, second), len(first) - 1, len(second) - 1)
        names = short(f"…{first[start:]}", _LONGEST_NAME), short(f"…{second[start:]}", _LONGEST_NAME)
    return names


def _differing(first: list[str], second: list[str]) -> tuple[str, str]:
    start = _shared(first[:-1], second[:-1])
    end = _shared(first[:start:-1], second[:start:-1])

    def name(words: list[str]) -> str:
        own = " ".join(words[start : len(words) - end])
        return short(f"{'… ' if start else ''}{own}{' …' if end else ''}", _LONGEST_NAME)

    return name(first), name(second)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """How many both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
