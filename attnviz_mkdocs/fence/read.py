"""A fence → the figure that it asks for, or all that is wrong with it, in the page's own lines and columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.fence.find import find_fences
from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.explain import no_pair
from attnviz_mkdocs.spec.gallery import Figure
from attnviz_mkdocs.spec.marked import Mapping, Scalar, read
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, nearest
from attnviz_mkdocs.spec.types import PAIR_FILTERS, FenceBody, Options, Text

if TYPE_CHECKING:
    from attnviz_mkdocs.fence.find import Fence
    from attnviz_mkdocs.spec.gallery import Galleries, Gallery
    from attnviz_mkdocs.spec.marked import Node

_TWO_FORMS = 'write "attnviz gallery/view" in its first line, or "model:" and "text:" between the marks'


def read_fence(fence: Fence, galleries: Galleries, file: str, line_offset: int = 0) -> Figure:
    """The figure that a fence asks for.

    Args:
        fence: As `find_fences` found it.
        galleries: What it may refer to.
        file: The page's path as shown to people.
        line_offset: Lines of the file in front of those in which the fence was found, such as front matter.

    Raises:
        SpecError: All that is wrong with the fence.
    """
    return _Reader(fence, galleries, file, line_offset).figure()


def read_page(text: str, galleries: Galleries, file: str) -> tuple[list[Figure], list[Mistake]]:
    """The figures that all fences of a page ask for, and the mistakes of those that can't be read.

    Args:
        text: The page's source, front matter and all.
        galleries: What its fences may refer to.
        file: The page's path as shown to people.
    """
    figures: list[Figure] = []
    mistakes: list[Mistake] = []
    # Not `splitlines`, which takes U+2028 and form feeds for ends of lines; Markdown does not.
    for fence in find_fences(text.split("\n")):
        try:
            figures.append(read_fence(fence, galleries, file))
        except SpecError as error:
            mistakes.extend(error.mistakes)
    return figures, mistakes


class _Reader:
    """One fence, and what is wrong with it so far."""

    def __init__(self, fence: Fence, galleries: Galleries, file: str, line_offset: int) -> None:
        self._fence = fence
        self._galleries = galleries
        self._file = file
        self._line = fence.line + line_offset
        self._place = Place(file, self._line, fence.column)
        self._mistakes: list[Mistake] = []

    def figure(self) -> Figure:
        if not self._fence.is_closed:
            raise SpecError([Mistake(self._place, "this fence is never closed; end it with a line of the same marks")])
        base = self._named_view()
        written, body = self._body()
        owner, model_name = self._model(written, base)
        if written and not self._fence.argument:
            self._require_all(written)
        text = self._text(body, base) if body else None
        if self._mistakes or owner is None or body is None or text is None:
            raise SpecError(self._mistakes)
        options = {key: getattr(body, key) for key in body.model_fields_set & Options.model_fields.keys()}
        figure = Figure(
            kind=body.view or (base.kind if base else "head"),
            model_name=model_name,
            model=owner.models[model_name],
            text=text,
            options=(base.options if base else Options()).model_copy(update=options),
            caption=(base.caption if base and body.caption is None else body.caption) or None,
            place=self._place,
            name=base.name if base else "",
            places={
                **(base.places if base else {}),
                **owner.model_places(model_name),
                **{key: value.place for key, value in written.items()},
            },
        )
        if figure.options.filter in PAIR_FILTERS and figure.text.pair is None:
            place = written["filter" if "filter" in written else "text"].place  # in a gallery they are checked together
            raise SpecError([Mistake(place, no_pair(figure.options.filter, "the text"))])
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
        return node.items if isinstance(node, Mapping) else {}, check(node, FenceBody, self._mistakes)

    def _require_all(self, written: dict[str, Node]) -> None:
        """A fence that names no view has to say everything itself."""
        needed = {"model": f'"model:". {self._galleries.known_models}', "text": '"text:" with the sentence itself'}
        misspelt = {nearest(key, needed) for key in written.keys() - FenceBody.model_fields.keys()}
        for key in needed.keys() - written.keys() - misspelt:
            self._object(self._place, f"this fence names no view, so it needs {needed[key]}")

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

    def _text(self, body: FenceBody, base: Figure | None) -> Text | None:
        home = self._home(base)
        text = base.text if base else None
        if body.text is not None:
            text = home.texts.get(body.text) if home else None
            text = text or Text(text=body.text)
        return text and text.model_copy(update=body.model_dump(include={"pair", "target"}, exclude_none=True))

    def _home(self, base: Figure | None) -> Gallery | None:
        return self._galleries[base.name.partition("/")[0]] if base else None

    def _locate(self, line: int, column: int) -> Place:
        return Place(self._file, self._line + 1 + line, self._fence.column_in_page(line, column))

    def _object(self, place: Place, message: str) -> None:
        self._mistakes.append(Mistake(place, message))
