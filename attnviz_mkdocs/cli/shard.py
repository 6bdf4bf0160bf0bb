"""`--shard I/N`: a share of what is to be captured, for job arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from attnviz_mkdocs.capture.portions import portions, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.plan import Request


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
        number, slash, count = value.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal()):
            self.fail(f"expected I/N, such as 1/4, found {value!r}", param, ctx)
        shard = Shard(int(number), int(count))
        if shard.count < 1:
            self.fail("expected at least one shard, as in 1/1", param, ctx)
        if not 1 <= shard.number <= shard.count:
            ends = f"expected 1/{shard.count} to {shard.count}/{shard.count}, found {value}"
            self.fail(f"shards are counted from 1: {ends} (a job array's numbers: 1-{shard.count})", param, ctx)
        return shard


SHARD = _ShardType()
