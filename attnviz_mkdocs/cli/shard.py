"""`--shard I/N`: a share of what is to be captured, for job arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.capture.portions import portions, share
from attnviz_mkdocs.spec.mistakes import short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.plan import Request


_NUMBERS = re.compile(r"(\d{1,9})/(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several shares.

    Attributes:
        number: Which, from 1.
        count: How many there are.
    """

    number: int
    count: int

    def keys(self, needed: Iterable[Request]) -> set[str]:
        """Keys of the share's exhibits.

        Args:
            needed: All that is needed, whether the store has it or not, so that shards that run one after
                another draw the same borders.
        """
        return {
            request.key for portion in share(portions(needed), self.number, self.count) for request in portion.requests
        }


class _ShardType(click.ParamType[Shard]):
    name = "shard"

    def convert(self, value: str | Shard, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        numbers = _NUMBERS.fullmatch(value)
        if not numbers:
            self.fail(f"expected I/N, such as 1/4, found {short(value)!r}", param, ctx)
        shard = Shard(*map(int, numbers.groups()))
        if shard.count < 1:
            self.fail("expected at least one shard, as in 1/1", param, ctx)
        if not 1 <= shard.number <= shard.count:
            ends = f"expected 1/{shard.count} to {shard.count}/{shard.count}, found {value}"
            self.fail(f"shards are counted from 1: {ends} (a job array's numbers: 1-{shard.count})", param, ctx)
        return shard


SHARD = _ShardType()
