"""Good input made bad: trees of keys and values with a part changed, and bytes with some of them changed."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Tree = dict[str, Any] | list[Any]

#: Values that no one expects where they turn up.
ODD = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**64, 10**40, 10**3000, 0.5, -0.5, 1e308, float("inf"), float("nan")),
    *("", " ", "0", "null", "attention", "x" * 5000, "\0", "\x02wzxhzdk:0\x03", "\u2028", "\u202e", "\U0001f600"),
    *("</script>", '"><img src=x onerror=hit()>', "../../etc/passwd", "__proto__", "constructor", "{{7*7}}"),
    *([], {}, [[]], [{}], {"": None}, [None], ["a", "b"], [1, 2], {"text": "A"}, {"__proto__": {"a": 1}}),
)


def paths(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The ways to all parts of a tree, itself left out."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for key, part in parts for found in ((*path, key), *paths(part, (*path, key)))]


@st.composite
def mutated(draw, tree: Tree) -> Tree:
    """A tree of which one to three parts are lost, renamed, doubled, moved or replaced."""
    changed = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        ways = paths(changed)
        if not ways:
            break
        *above, last = draw(st.sampled_from(ways))
        parent = changed
        for key in above:
            parent = parent[key]
        match draw(st.sampled_from(["lose", "rename", "double", "replace", "replace", "borrow"])):
            case "lose":
                del parent[last]
            case "rename" if isinstance(parent, dict):
                parent[draw(st.sampled_from(["", "x", f"{last}s", str(last)[:-1], str(last).upper()]))] = parent.pop(
                    last
                )
            case "double" if isinstance(parent, list):
                parent.insert(last, copy.deepcopy(parent[last]))
            case "borrow":
                other = tree
                for key in draw(st.sampled_from(paths(tree))):
                    other = other[key]
                parent[last] = copy.deepcopy(other)
            case _:
                parent[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return changed


@st.composite
def damaged(draw, data: bytes) -> bytes:
    """Bytes of which some are cut off, flipped, lost, doubled or written over."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 12))
        match draw(st.sampled_from(["cut", "flip", "lose", "double", "write"])):
            case "cut":
                data = data[:at]
            case "flip":
                data = data[:at] + bytes(byte ^ (1 << length % 8) for byte in data[at : at + 1]) + data[at + 1 :]
            case "lose":
                data = data[:at] + data[at + length :]
            case "double":
                data = data[: at + length] + data[at:]
            case _:
                data = data[:at] + draw(st.binary(max_size=12)) + data[at + length :]
    return data
