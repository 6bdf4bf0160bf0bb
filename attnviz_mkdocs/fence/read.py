"""A fence → the figure that it asks for, or all that is wrong with it, in the page's own lines and columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.fence.find import find_fences
from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.explain import no_neurons, no_neurons_in_step, no_pair, of_kept_steps, taken
from attnviz_mkdocs.spec.gallery import Arrays, Figure
from attnviz_mkdocs.spec.marked import Mapping, Scalar, read, walk
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, nearest, quoted
from attnviz_mkdocs.spec.together import wrong_together
from attnviz_mkdocs.spec.types import PAIR_FILTERS, FenceBody, Options, Text

if TYPE_CHECKING:
    from attnviz_mkdocs.fence.find import Fence
    from attnviz_mkdocs.spec.gallery import Galleries, Gallery
    from attnviz_mkdocs.spec.marked import Node, Path
    from attnviz_mkdocs.spec.types import Kind

#: Keys that show a model on a text where the view that a fence names shows arrays.
_INSTEAD_OF_ARRAYS = frozenset({"model", "text", "messages"})
#: Keys that change the text of the view that a fence names.
_CHANGES = ("pair", "target", "generate", "seed")
#: Keys to blame where a model can't read the text, most telling first.
_GIVE_TEXT = ("text", "messages", *_CHANGES, "model")
#: Keys after which the options of the view that a fence names may no longer fit.
_SHOW_SOMETHING_ELSE = (*_GIVE_TEXT, "arrays", "attention")


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
    return _Reader(fence, galleries, file, line_offset, {} if ids is None else ids).figure()


def read_page(text: str, galleries: Galleries, file: str) -> tuple[list[Figure], list[Mistake]]:
    """The figures that all fences of a page ask for, and the mistakes of those that can't be read.

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
            figures.append(read_fence(fence, galleries, file, ids=ids))
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
        if not self._fence.is_closed:
            raise SpecError([Mistake(self._place, "this fence is never closed; end it with a line of the same marks")])
        base = self._named_view()
        written, body = self._body()
        self._take_id(written.get("id"))
        if base and base.arrays and written.keys() & _INSTEAD_OF_ARRAYS:
            base = replace(base, arrays=None)
        arrays = self._arrays(body, base)
        owner, model_name = (None, arrays.name) if arrays else self._model(written, base)
        text = None if arrays else self._text(written, body, base)
        if base or not self._fence.argument:
            self._together(written, arrays, text)
        if not arrays:
            self._require_all(written, base)
        if self._mistakes or body is None:
            raise SpecError(self._mistakes)
        kept = self._kept(written, base)
        changed = [value.place for value in map(written.get, _GIVE_TEXT) if value]
        figure = Figure(
            kind=body.view or (base.kind if base else None),
            model_name=model_name,
            model=owner.models[model_name] if owner else None,
            text=text,
            options=body.over(base.options if base else Options()),
            caption=(base.caption if base and body.caption is None else body.caption) or None,
            place=self._place,
            name=body.id or (base.name if base else ""),
            arrays=arrays,
            link=body.link or (base.link if base else None),
            steps=base.steps if base and "steps" not in written else body.steps,
            base=base.name if base else "",
            places={
                **{path: place for path, place in (base.places if base else {}).items() if path[0] not in kept},
                **(owner.model_places(model_name) if owner else {}),
                **({("text",): changed[0]} if changed else {}),
                **{(key,): place for key, place in kept.items()},
                **{path: part.place for key, value in written.items() for path, part in walk(value, (key,))},
            },
            kept=frozenset(kept),
        )
        self._check(figure, written)
        return figure

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
            mend = ", ".join(f'"{key}: {value}"' for key, value in settings) or 'keys such as "layer: 3"'
            message = f'only the name of a view, gallery/view, can follow "attnviz"; write {mend} between the marks'
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

    def _together(self, written: dict[str, Node], arrays: Arrays | None, text: Text | None) -> None:
        """Keys that can't stand together, in the fence or with those of the view that it names."""
        # What is written under "text" may be the name of a chat.
        said = written.keys() - ({"text"} if text and "messages" not in written else set())
        keys = said | (text.model_fields_set if text else set()) | ({"arrays"} if arrays else set())
        for wrong, message in wrong_together(keys):
            self._object(max(self._keys[key] for key in wrong if key in written), message)

    def _require_all(self, written: dict[str, Node], base: Figure | None) -> None:
        """A fence has to say what no view says for it."""
        if base and base.model:
            return
        if not base and (self._fence.argument or not written):
            return  # which is told already
        needed = {"model": f'"model:". {self._galleries.known_models}', "text": '"text:" with the sentence itself'}
        why = f"{quoted(base.name)} shows arrays, so this fence" if base else "this fence names no view, so it"
        unknown = written.keys() - FenceBody.model_fields.keys()
        there = written.keys() | {nearest(key, [*needed, "messages", "arrays"]) for key in unknown}
        if "arrays" in there:
            return
        for key in needed.keys() - there - ({"text"} if "messages" in there else set()):
            self._object(self._place, f"{why} needs {needed[key]}")

    def _kept(self, written: dict[str, Node], base: Figure | None) -> dict[str, Place]:
        """What is right in the gallery but may not fit what the fence shows instead → where the fence says so."""
        changing = [written[key].place for key in _SHOW_SOMETHING_ELSE if key in written]
        if base is None or not changing:
            return {}
        return dict.fromkeys({*Options.model_fields, "steps"} - written.keys(), changing[0])

    def _check(self, figure: Figure, written: dict[str, Node]) -> None:
        """What only shows when all is put together; in a gallery each view and its text are checked together."""
        parts: list[tuple[Path, Options, Kind | None]] = [((), figure.options, figure.kind)]
        parts += [(("steps", position), step, step.view) for position, step in enumerate(figure.steps)]
        for path, options, kind in parts:
            mend = of_kept_steps(figure.base) if path and "steps" not in written else ""
            if figure.text and figure.text.pair is None and options.filter in PAIR_FILTERS:
                self._object(figure.place_of(*path, "filter"), no_pair(options.filter, "the text") + mend)
            if kind == "neuron" and (figure.arrays or figure.kind != "neuron"):
                blamed = (*path, "view") if path and not mend else ("view" if "view" in written else "arrays",)
                message = no_neurons() if figure.arrays else no_neurons_in_step()
                self._object(figure.place_of(*blamed), message + mend)
        if self._mistakes:
            raise SpecError(self._mistakes)

    def _arrays(self, body: FenceBody | None, base: Figure | None) -> Arrays | None:
        inherited = base.arrays if base else None
        if body is None:
            return inherited
        arrays = inherited if body.arrays is None else Arrays(body.arrays)
        return arrays and arrays.labelled(body.tokens)

    def _model(self, written: dict[str, Node], base: Figure | None) -> tuple[Gallery | None, str]:
        """The gallery that declares the model, and the model's name there."""
        home = self._home(base)
        name = written.get("model")
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            return home, base.model_name if base else ""
        try:
            return self._galleries.find_model(name.value, home)
        except LookupError as error:
            self._object(name.place, str(error))
            return None, ""

    def _text(self, written: dict[str, Node], body: FenceBody | None, base: Figure | None) -> Text | None:
        home = self._home(base)
        text = base.text if base else None
        if body is None:
            return None if {"text", "messages"} & written.keys() else text
        if body.text is not None:
            text = home.texts.get(body.text) if home else None
            text = text or Text(text=body.text)
        elif body.messages is not None:
            text = Text(messages=body.messages)
        return text and text.model_copy(update=body.model_dump(include=set(_CHANGES), exclude_none=True))

    def _home(self, base: Figure | None) -> Gallery | None:
        return self._galleries[base.name.partition("/")[0]] if base else None

    def _locate(self, line: int, column: int) -> Place:
        return Place(self._file, self._line + 1 + line, self._fence.column_in_page(line, column))

    def _object(self, place: Place, message: str) -> None:
        self._mistakes.append(Mistake(place, message))
