"""Requests → portions: what is captured of one model in one go.

Which texts a batch holds moves the last bits of its floats. So the portions, and with them the batches,
follow from what is asked for alone: one process, the workers of a cluster and the shards of a job array
make the same ones, and so the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Model, Text

#: What a portion may cost, in tokens of a short text: a few batches.
PORTION = 1024
#: Bytes of a text that make a token, in most languages and tokenizers.
_BYTES_A_TOKEN = 4
#: From this many tokens on, a text's weights cost more than its tokens do; between what was measured of
#: MiniLM (200) and of SmolLM2 (400).
_LONG = 250
#: A token that is written takes a pass by itself.
_WRITTEN = 16


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of what is asked of one model; all that is asked of a text is in one portion.

    Attributes:
        requests: What is to be captured.
        cost: What that is expected to cost, in tokens of a short text.
        writes: Whether the model writes a text of this portion or of another one, so that it is loaded once for all.
    """

    requests: tuple[Request, ...]
    cost: int
    writes: bool

    @property
    def model(self) -> Model:
        """The model that reads it."""
        return self.requests[0].model

    @property
    def model_name(self) -> str:
        """The model's name in its gallery."""
        return self.requests[0].model_name


def portions(requests: Iterable[Request]) -> list[Portion]:
    """All portions: model by model, and texts of like length together, the longest first.

    So the worker that is last has little left to do, and what is too long for the memory is known early.
    """
    models: dict[Model, dict[Text, list[Request]]] = {}
    for request in requests:
        models.setdefault(request.model, {}).setdefault(request.text, []).append(request)
    return [portion for texts in models.values() for portion in _of_one_model(texts)]


def share(all_portions: Sequence[Portion], number: int, count: int) -> list[Portion]:
    """One of several shares of like cost; neighbours, so that few shares load the same model.

    Args:
        all_portions: All that is asked for, whether it was captured before or not: what others capture in the
            meantime must not move the borders.
        number: Which share, from 1.
        count: How many shares there are.
    """
    # In whole numbers, so that every machine draws the same borders.
    total = 2 * sum(portion.cost for portion in all_portions)
    shares: list[list[Portion]] = [[] for _ in range(count)]
    before = 0
    for portion in all_portions:
        shares[(2 * before + portion.cost) * count // total].append(portion)
        before += portion.cost
    return shares[number - 1]


def _of_one_model(texts: Mapping[Text, list[Request]]) -> Iterator[Portion]:
    writes = any(text.generate is not None for text in texts)
    costs = {text: _cost(text) for text in texts}
    held: list[Request] = []
    cost = 0
    # By key where the cost is the same: the order of an author's texts decides nothing.
    for text in sorted(texts, key=lambda text: (-costs[text], texts[text][0].key)):
        if held and cost + costs[text] > PORTION:
            yield Portion(tuple(held), cost, writes)
            held, cost = [], 0
        held += texts[text]
        cost += costs[text]
    yield Portion(tuple(held), cost, writes)


def _cost(text: Text) -> int:
    """What a text is expected to cost, told without a tokenizer: tokens, and weights, which are their square."""
    parts = (text.shown, text.pair or "", text.target or "")
    size = sum(len(part.encode()) for part in parts)
    written = text.generate or 0
    tokens = 2 + size // _BYTES_A_TOKEN + written
    return tokens + tokens * tokens // _LONG + _WRITTEN * written
