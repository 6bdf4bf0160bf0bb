"""Models that bypass transformers' attention interface, watched while they compute.

Such a model, with its eager attention, multiplies queries with keys, does a few things to the
product, and takes a softmax. Each tensor on that way is remembered as what became of a product, and
with what it was scaled; at the softmax, what the product can't account for must be a bias: something
that depends on positions alone. Which layer's attention it is, if it is attention at all, is for the
listener to tell, by comparing with the model's own: many a softmax is none.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from attnviz_mkdocs.capture.listening.bias import lean
from attnviz_mkdocs.capture.listening.hook import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from attnviz_mkdocs.capture.listening.hook import Recorder

#: A score that was lowered by this much is of a key that must not be seen; some models add -10000 to hide one.
_LOWERED = -5e3
# Functions, methods and operators, without their underscores: what scales a product, and by which
# power of the factor; what adds to it or hides some of it; what moves its numbers elsewhere.
_FACTORS = {"mul": 1, "imul": 1, "rmul": 1, "multiply": 1, "div": -1, "truediv": -1, "itruediv": -1, "divide": -1}
_ADDED = {"add", "iadd", "radd", "sub", "isub", "masked_fill", "where", "max", "maximum", "clamp"}
_MOVED = {"view", "view_as", "reshape", "contiguous", "to", "float", "type", "type_as"}

_ENTANGLED = (
    "its scores hold more than products of queries with keys and a bias for each position: terms that depend on "
    "content and position at once, such as those of disentangled attention"
)


@contextmanager
def watching(recorder: Recorder, batch: int) -> Iterator[None]:
    """While this lasts, ``recorder`` is told of every softmax of scores that a product was made into.

    Args:
        recorder: Told of each, in order; of queries and keys only where these explain the scores.
        batch: Texts in the batch, to tell them from heads where a model lays both into one dimension.
    """
    with _Watch(recorder, batch):
        yield


class _Watch(TorchFunctionMode):
    def __init__(self, recorder: Recorder, batch: int) -> None:
        super().__init__()
        self._recorder = recorder
        self._batch = batch
        self._products = WeakIdKeyDictionary()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            name = getattr(func, "__name__", "").strip("_")
            arguments = [*args, *(kwargs or {}).values()]
            if name == "softmax":
                self._softmax(arguments, result)
            else:
                product = _multiplied(name, arguments, kwargs or {}) or self._continued(name, arguments)
                if product is not None:
                    self._products[result] = product
        return result

    def _continued(self, name: str, arguments: Sequence[Any]) -> _Product | None:
        """The product that one of the arguments came of, as it is after an operation; None for none."""
        if name not in _FACTORS.keys() | _ADDED | _MOVED:
            return None
        product = self._product_of(arguments)
        if product is None or name not in _FACTORS:
            return product
        factor = next((float(x) for x in arguments if isinstance(x, int | float) or _is_number(x)), None)
        return product if factor is None else replace(product, scale=product.scale * factor ** _FACTORS[name])

    def _product_of(self, arguments: Sequence[Any]) -> _Product | None:
        tensors = (argument for argument in arguments if isinstance(argument, Tensor))
        return next((self._products[tensor] for tensor in tensors if tensor in self._products), None)

    def _softmax(self, arguments: Sequence[Any], weights: Tensor) -> None:
        product = self._product_of(arguments)
        if product is None or not all(_has_heads(part, self._batch) for part in (weights, product.query, product.key)):
            return
        scores, weights, query, key = (
            part.reshape(self._batch, -1, *part.shape[-2:])
            for part in (arguments[0], weights, product.query, product.key)
        )
        call = _explained(scores, weights, query, key, product.scale)
        if call is not None:
            self._recorder(call)


@dataclass(frozen=True, slots=True)
class _Product:
    """``scale * query @ key.mT``, to which things may have been added since."""

    query: Tensor
    key: Tensor
    scale: float = 1.0


def _multiplied(name: str, arguments: Sequence[Any], kwargs: Mapping[str, Any]) -> _Product | None:
    """The product that an operation makes; None where it makes none."""
    tensors = [argument for argument in arguments if isinstance(argument, Tensor)]
    if name in {"matmul", "bmm"}:
        query, key = tensors[:2]
        # Vectors have nothing to transpose.
        return _Product(query, key.mT) if key.ndim > 1 else None
    if name == "baddbmm":
        query, key = tensors[-2:]
        return _Product(query, key.mT, float(kwargs.get("alpha", 1)))
    if name == "einsum":
        return _einsum(arguments[0], tensors)
    return None


def _einsum(equation: str, operands: Sequence[Tensor]) -> _Product | None:
    """The product of two operands, if what is left of them last are the letters of query and key."""
    if len(operands) != 2 or "." in equation:  # noqa: PLR2004  # a query and a key, with all their letters
        return None
    left, right = operands
    inputs, _, output = equation.replace(" ", "").partition("->")
    of_left, _, of_right = inputs.partition(",")
    summed = "".join(letter for letter in of_left if letter in of_right and letter not in output)
    both, query, key = output[:-2], output[-2:-1], output[-1:]
    needed_left, needed_right = f"{both}{query}{summed}", f"{both}{key}{summed}"
    if sorted(needed_left) != sorted(of_left) or sorted(needed_right) != sorted(of_right):
        return None
    return _Product(
        left.permute([of_left.index(letter) for letter in needed_left]),
        right.permute([of_right.index(letter) for letter in needed_right]),
    )


def _is_number(argument: object) -> bool:
    return isinstance(argument, Tensor) and argument.numel() == 1


def _has_heads(numbers: Tensor, batch: int) -> bool:
    """Whether the shape may be ``[batch, head, …, …]``, or with batch and head in one dimension."""
    return numbers.ndim in {3, 4} and len(numbers) % batch == 0


def _explained(scores: Tensor, weights: Tensor, query: Tensor, key: Tensor, scale: float) -> Call | None:
    """What ran, where the shapes fit; with its queries and keys, where these and a bias make the scores."""
    heads, queries, keys = weights.shape[1:]
    if (query.shape[1:3], key.shape[2], heads % key.shape[1]) != ((heads, queries), keys, 0):
        return None
    product = scale * query.float() @ key.float().repeat_interleave(heads // key.shape[1], 1).mT
    rest = scores.float() - product
    seen = rest > _LOWERED
    # As models do that hide the same of every head: a mask of its own for each would have to be looked at.
    mask = seen[:, :1] if bool((seen == seen[:, :1]).all()) else seen
    precision = max(torch.finfo(part.dtype).eps for part in (scores, query))
    tolerance = 8 * precision * float(torch.maximum(product.abs(), rest.abs()).masked_fill(~seen, 1).amax())
    bias = lean(rest, seen, tolerance)
    if bias is None:
        return Call(weights, mask, query=query, key=key, scale=scale)
    if bias.layout == "pair":
        return Call(weights, mask, unknown=_ENTANGLED)
    return Call(weights, mask, query=query, key=key, scale=scale, bias=bias.expand(queries))
