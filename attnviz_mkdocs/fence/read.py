"""A fence → the figure that it asks for, or all that is wrong with it, in the page's own lines and columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.fence.find import find_fences
from attnviz_mkdocs.fence.part import read_part
from attnviz_mkdocs.fence.subjects import CHANGES, Finder, Found, Said
from attnviz_mkdocs.fence.whole import wrong_as_a_whole
from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.explain import taken
from attnviz_mkdocs.spec.gallery import Figure
from attnviz_mkdocs.spec.marked import Mapping, Scalar, plain, read, walk
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, quoted
from attnviz_mkdocs.spec.types import FenceBody, Options, shared

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly

    from attnviz_mkdocs.fence.find import Fence
    from attnviz_mkdocs.spec.gallery import Galleries
    from attnviz_mkdocs.spec.marked import Node, Path

_CLOSE_IT = "end it with a line of the same marks"
#: A line that opens a fence, of whatever kind.
_OPENING = re.compile(r"[\s>*+-]*(`{3,}|~{3,})\s*[\w{]")
#: Keys to blame where a model can't read the text, most telling first.
_GIVE_TEXT = ("text", "messages", *CHANGES, "model")
#: Keys after which the options of the view that a fence names may no longer fit.
_SHOW_SOMETHING_ELSE = ("compare", *_GIVE_TEXT, "arrays", "attention")


def read_fence(
    fence: Fence, galleries: Galleries, file: str, line_offset: int = 0, ids: dict[str, Place] | None = None
) -> Figure:
    """The figure that a fence asks for.

    Args:
        fence: As `find_fences` found it.
        galleries: What it may refer to.
        file: The page's path as shown to people.
        line_offset: Lines of the file in front of those in which the fence was found, such as front matter.
        ids: The ids of the page's fences so far, and where they were written; the fence's is added.

    Raises:
        SpecError: All that is wrong with the fence.
    """
    try:
        return _Reader(fence, galleries, file, line_offset, {} if ids is None else ids).figure()
    except SpecError as error:
        opened = next((row for row, line in enumerate(fence.inside) if _OPENING.match(line)), None)
        if opened is None or not fence.is_closed:
            raise
        # What is wrong with it is wrong because it holds what follows it.
        first = fence.line + line_offset
        message = f"this fence is never closed, and in line {first + 1 + opened} another opens; {_CLOSE_IT}"
        raise SpecError([Mistake(Place(file, first, fence.column), message)]) from error


def read_page(text: str, galleries: Galleries, file: str) -> tuple[list[Figure], list[Mistake]]:
    """The figures that all fences of a page ask for, alone or as a part of a gallery, and the mistakes of the others.

    Args:
        text: The page's source, front matter and all.
        galleries: What its fences may refer to.
        file: The page's path as shown to people.
    """
    figures: list[Figure] = []
    mistakes: list[Mistake] = []
    ids: dict[str, Place] = {}
    # Not `splitlines`, which takes U+2028 and form feeds for ends of lines; Markdown does not.
    for fence in find_fences(text.split("\n")):
        try:
            part = read_part(fence, galleries, file)
            figures += [read_fence(fence, galleries, file, ids=ids)] if part is None else part
        except SpecError as error:
            mistakes.extend(error.mistakes)
    return figures, mistakes


class _Reader:
    """One fence, and what is wrong with it so far."""

    def __init__(self, fence: Fence, galleries: Galleries, file: str, line_offset: int, ids: dict[str, Place]) -> None:
        self._fence = fence
        self._ids = ids
        self._galleries = galleries
        self._file = file
        self._line = fence.line + line_offset
        self._place = Place(file, self._line, fence.column)
        self._mistakes: list[Mistake] = []
        self._keys: dict[str, Place] = {}

    def figure(self) -> Figure:
        if word := self._fence.misspelt:
            place = replace(self._place, column=self._fence.argument_column)
            message = f'{quoted(word)} is nearly the word of a view; write "attnviz", and a space behind it'
            raise SpecError([Mistake(place, message)])
        if not self._fence.is_closed:
            raise SpecError([Mistake(self._place, f"this fence is never closed; {_CLOSE_IT}")])
        base = self._named_view()
        written, body = self._body()
        self._take_id(written.get("id"))
        names_a_view = bool(self._fence.argument)
        said = Said(self._place, written, self._keys, body, base, names_a_view)
        found = Finder(said, self._galleries, self._mistakes).find()
        if self._mistakes or body is None:
            raise SpecError(self._mistakes)
        figure = self._figure(body, base, found, written)
        self._mistakes += wrong_as_a_whole(figure, written)
        if self._mistakes:
            raise SpecError(self._mistakes)
        return figure

    def _figure(self, body: FenceBody, base: Figure | None, found: Found, written: dict[str, Node]) -> Figure:
        """What the fence says, over what the view says that it names."""
        arrays, kept = found.arrays, self._kept(written, base)
        subjects = found.subjects
        second = subjects[1] if found.compared else None
        options = body.over(base.options if base else Options())
        if second is None and options.comparison != "both" and "comparison" not in written:
            options = shared(options.model_copy(update={"comparison": "both"}))
        return Figure(
            kind=body.view or (base.kind if base else None),
            model_name=arrays.name if arrays else subjects[0].model_name,
            model=None if arrays else subjects[0].model,
            text=None if arrays else subjects[0].text,
            options=options,
            caption=(base.caption if base and body.caption is None else body.caption) or None,
            place=self._place,
            name=body.id or (base.name if base else ""),
            arrays=arrays,
            second=second,
            names=found.names,
            link=body.link or (base.link if base else None),
            steps=base.steps if base and "steps" not in written else body.steps,
            layers=body.layers or (base.layers if base else None),
            base=base.name if base else "",
            places=self._places(base, found, kept, written),
            written={key: plain(value) for key, value in written.items()},
            kept=frozenset(kept),
        )

    def _places(
        self, base: Figure | None, found: Found, kept: dict[str, Place], written: dict[str, Node]
    ) -> ReadOnly[Path, Place]:
        """Where what the figure shows was written: in the gallery, or here."""
        if base is not None and not written:
            return base.places
        changed = [value.place for value in map(written.get, _GIVE_TEXT) if value]
        given: list[Path] = [("text",), *((("compare", 0), ("compare", 1)) if found.compared else ())]
        return {
            **{path: place for path, place in (base.places if base else {}).items() if path[0] not in kept},
            **found.model_places(),
            **(dict.fromkeys(given, changed[0]) if changed else {}),
            **{(key,): place for key, place in kept.items()},
            **{path: part.place for key, value in written.items() for path, part in walk(value, (key,))},
        }

    def _named_view(self) -> Figure | None:
        name, *more = self._fence.argument.split() or [""]
        place = replace(self._place, column=self._fence.argument_column)
        if not name:
            return None
        if "{" in self._fence.argument:
            message = (
                'braces can\'t stand here; write "attnviz gallery/view", and keys such as "layer: 3" between the marks'
            )
            self._object(place, message)
            return None
        if more or "=" in name:
            settings = re.findall(r"(\w+)=[\"']?([^\s\"']+)", self._fence.argument)
            known = [f'"{key}: {value}"' for key, value in settings if key in FenceBody.model_fields]
            keys = ", ".join(known) or 'keys such as "layer: 3"'
            mend = f"write {keys} between the marks"
            if "/" in name and any("/" in word for word in more):
                mend = "write a fence for each view"
            message = f'only the name of a view, gallery/view, can follow "attnviz"; {mend}'
            self._object(place, message)
            return None
        try:
            return self._galleries.figure(name)
        except LookupError as error:
            self._object(place, str(error))
            return None

    def _body(self) -> tuple[dict[str, Node], FenceBody | None]:
        """What is written under each key, and the same checked."""
        node = read(self._fence.body, self._locate, self._mistakes)
        if node is None:
            if not self._fence.argument:
                form = 'write "attnviz gallery/view" in its first line, or "model:" and "text:" between the marks'
                self._object(self._place, f"this fence is empty; {form}")
            return {}, FenceBody()
        if not isinstance(node, Mapping):
            return {}, check(node, FenceBody, self._mistakes)
        self._keys = node.keys
        return node.items, check(node, FenceBody, self._mistakes)

    def _take_id(self, own_id: Node | None) -> None:
        if isinstance(own_id, Scalar) and isinstance(own_id.value, str):
            first = self._ids.setdefault(own_id.value, own_id.place)
            if first is not own_id.place:
                self._object(own_id.place, taken(own_id.value, first))

    def _kept(self, written: dict[str, Node], base: Figure | None) -> dict[str, Place]:
        """What is right in the gallery but may not fit what the fence shows instead → where the fence says so."""
        changing = [written[key].place for key in _SHOW_SOMETHING_ELSE if key in written]
        if base is None or not changing:
            return {}
        return dict.fromkeys({*Options.model_fields, "layers", "steps"} - written.keys(), changing[0])

    def _locate(self, line: int, column: int) -> Place:
        return Place(self._file, self._line + 1 + line, self._fence.column_in_page(line, column))

    def _object(self, place: Place, message: str) -> None:
        self._mistakes.append(Mistake(place, message))
