"""A page without its views: for who reads each sign of it and has no use for numbers, such as a search."""

from __future__ import annotations

import re
from secrets import token_hex

_START, _END = "<attn-view ", "</attn-view>"


class Outline:
    """The views of a page, while they are out of it. Their captions are not part of them."""

    def __init__(self) -> None:
        # Nobody writes it into a page.
        self._name = f"attn-view {token_hex(8)}"
        self._sign = re.compile(rf"<!-- {self._name} (\d+) -->")
        self._views: list[str] = []

    def without(self, html: str) -> str:
        """The page without its views; each has a sign in its place."""
        first, *rest = html.split(_START)
        parts = [first]
        for part in rest:
            view, end, after = part.partition(_END)
            parts.append(f"<!-- {self._name} {len(self._views)} -->{after}")
            self._views.append(_START + view + end)
        return "".join(parts)

    def back_in(self, html: str) -> str:
        """The page with its views again, wherever others have put their signs.

        Raises:
            ValueError: A sign is gone, and its view with it.
        """
        views, self._views = self._views, []
        full, count = self._sign.subn(lambda sign: views[int(sign[1])], html)
        if count < len(views):
            raise ValueError(f"{len(views) - count} of {len(views)} attention views were taken out of the page")
        return full
