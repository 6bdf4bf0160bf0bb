"""Which layer of a model is running."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

_NUMBER = re.compile(r"(?:^|\.)(\d+)(?:\.|$)")


@contextmanager
def following(model: nn.Module) -> Iterator[Callable[[], int | None]]:
    """While this lasts, tells the number of the layer that runs: the first number in the name of a running module.

    The modules that run are asked from the outermost on: a module that layers share, such as Zamba's,
    is named after the first of them.
    """
    names = {id(module): name for name, module in model.named_modules()}
    running: list[str] = []

    def enter(module: nn.Module, _arguments: Any) -> None:
        running.append(names.get(id(module), ""))

    def leave(_module: nn.Module, _arguments: Any, _output: Any) -> None:
        running.pop()

    hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True))
    try:
        yield lambda: next((int(found[1]) for name in running if (found := _NUMBER.search(name))), None)
    finally:
        for hook in hooks:
            hook.remove()
