"""Where an option stands in an engine's configuration, which is read once more when there is something to tell.

Neither YAML's nor TOML's readers say where a value stood, and a ``conf.py`` is code.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from attnviz_mkdocs.spec import Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAME = "attnviz"
#: Where engines name us; one that runs no plugins has the fence as an extension of Markdown.
SECTIONS = ("plugins", "markdown_extensions")
# MkDocs itself follows as many as there are; a file may name itself.
_MOST_INHERITED = 20


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or what one is made of.

    Attributes:
        path: Its keys and positions; empty for all options.
        is_key: Whether its name is meant, and not its value.
    """

    path: tuple[str | int, ...] = ()
    is_key: bool = False


def place_of(option: Option, file: Path) -> Place | None:
    """Where an option stands, or the nearest that is written above it; None where nothing is known of it.

    Args:
        option: What is looked for.
        file: The configuration; one that it inherits from is looked at as well.
    """
    try:
        if file.suffix == ".py":
            return _in_code(option, file)
        if file.suffix == ".toml":
            return _in_toml(option, file)
        return _in_yaml(option, file)
    except (OSError, ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        return None


def _in_yaml(option: Option, file: Path) -> Place | None:
    nearest: Place | None = None
    for _ in range(_MOST_INHERITED):
        root = yaml.compose(file.read_bytes(), Loader=yaml.SafeLoader)
        for node in filter(None, map(_ours, (_value(root, section) for section in SECTIONS))):
            place, is_all = _follow(node, option, file)
            if is_all:
                return place
            nearest = nearest or place
        base = _value(root, "INHERIT")
        if not isinstance(base, yaml.ScalarNode):
            break
        file = file.parent / str(base.value)
    return nearest


def _ours(section: yaml.Node | None) -> tuple[yaml.Node, yaml.Node | None] | None:
    """Our name in a list or a mapping, and our options."""
    entries = section.value if isinstance(section, yaml.SequenceNode) else [section]
    for entry in entries:
        if isinstance(entry, yaml.ScalarNode) and entry.value == _NAME:
            return entry, None
        if found := _pair(entry, _NAME):
            return found
    return None


def _follow(ours: tuple[yaml.Node, yaml.Node | None], option: Option, file: Path) -> tuple[Place, bool]:
    """As far along an option's path as there is something, and whether that is all of it."""
    key, value = ours
    for step in option.path:
        if isinstance(value, yaml.SequenceNode) and isinstance(step, int) and step < len(value.value):
            key = value = value.value[step]
        elif isinstance(value, yaml.ScalarNode) and isinstance(step, int):
            continue  # one may stand alone where several may be listed
        elif found := _pair(value, step):
            key, value = found
        else:
            return _place(key, file), False
    return _place(key if option.is_key or value is None or not option.path else value, file), True


def _pair(node: yaml.Node | None, name: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((pair for pair in pairs if pair[0].value == str(name)), None)


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pair = _pair(node, name)
    return pair and pair[1]


def _place(node: yaml.Node, file: Path) -> Place:
    return Place(str(file), node.start_mark.line + 1, node.start_mark.column + 1)


def _in_toml(option: Option, file: Path) -> Place | None:
    text = file.read_text("utf-8")
    at, is_all = 0, True
    for step in (_NAME, *option.path):
        # A quoted name, a table's, or one with a value; not a word of a comment.
        found = re.compile(rf"""^[^#\n]*?(?<![\w-])({re.escape(str(step))})(?=["']?\s*[\].=])""", re.MULTILINE).search(
            text, at
        )
        if found is None or not isinstance(step, str):
            is_all = False
            break
        at = found.start(1)
    return None if not at and not is_all else _place_at(text, at, file)


def _place_at(text: str, at: int, file: Path) -> Place:
    return Place(str(file), text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _in_code(option: Option, file: Path) -> Place | None:
    wanted = "_".join((_NAME, *map(str, option.path[:1])))
    found: Sequence[ast.AST] = [
        node if option.is_key else statement.value
        for statement in ast.parse(file.read_bytes()).body
        if isinstance(statement, ast.Assign)
        for node in statement.targets
        if isinstance(node, ast.Name) and node.id == wanted
    ]
    # The last counts.
    last = found[-1] if found else None
    return Place(str(file), last.lineno, last.col_offset + 1) if isinstance(last, ast.expr) else None
