"""Sentences put together from lists of words, as many as are wanted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: One in so many is long.
ONE_IN = 20
_NOUNS = "doctor nurse farmer teacher child neighbour keeper baker sailor painter judge gardener"
_ADJECTIVES = "old young quiet tired clever careful angry patient famous lonely cheerful honest"
_VERBS = "asked followed thanked watched helped remembered called trusted visited warned painted forgave"
_PLACES = "harbour garden market station kitchen library bridge school valley museum orchard tower"
_JOINTS = "and because while before after although so until"


def sentences(count: int) -> Iterator[str]:
    """Sentences of which no two are the same, the same on every run.

    Most have 10 to 40 tokens, one in twenty 64 to 128.
    """
    chance = random.Random(0)
    seen: set[str] = set()
    while len(seen) < count:
        clauses = chance.randint(8, 12) if len(seen) % ONE_IN == 0 else chance.randint(1, 3)
        sentence = " ".join(_clause(chance) for _ in range(clauses))
        sentence = f"{sentence[0].upper()}{sentence[1:].rsplit(' ', 1)[0]}."
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


def _clause(chance: random.Random) -> str:
    def one_of(words: str) -> str:
        return chance.choice(words.split())

    who, whom = (f"the {one_of(_ADJECTIVES)} {one_of(_NOUNS)}" for _ in range(2))
    where = chance.choice(["", f"in the {one_of(_PLACES)} "])
    return f"{who} {one_of(_VERBS)} {whom} {where}{one_of(_JOINTS)}"
