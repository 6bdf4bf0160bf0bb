"""What a fence shows: the models and texts, or the arrays, that it names, and for the rest those of its view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attnviz_mkdocs.fence.compared import UnclearError, meant, names_of
from attnviz_mkdocs.spec.explain import nothing_to_compare, the_same
from attnviz_mkdocs.spec.gallery import Arrays, Subject
from attnviz_mkdocs.spec.marked import Scalar, Sequence
from attnviz_mkdocs.spec.mistakes import Mistake, nearest, quoted, some
from attnviz_mkdocs.spec.together import wrong_together
from attnviz_mkdocs.spec.types import FenceBody, Text

if TYPE_CHECKING:
    from attnviz_mkdocs.fence.compared import Compared
    from attnviz_mkdocs.spec.gallery import Figure, Galleries, Gallery
    from attnviz_mkdocs.spec.marked import Node, Path
    from attnviz_mkdocs.spec.mistakes import Place

#: Keys that show a model on a text where the view that a fence names shows arrays.
_INSTEAD_OF_ARRAYS = frozenset({"model", "text", "messages", "compare"})
#: Keys that change the text of the view that a fence names.
CHANGES = ("pair", "target", "generate", "seed")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said in a fence, and by the view that it names.

    Attributes:
        place: Where the fence is.
        written: Key → what is written under it.
        keys: Key → where it stands.
        body: The same, checked; None where something is wrong.
        base: The view that the fence names.
        names_a_view: Whether it names one, be it there or not.
    """

    place: Place
    written: dict[str, Node]
    keys: dict[str, Place]
    body: FenceBody | None
    base: Figure | None
    names_a_view: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a fence shows; of models or of texts there are two where they are compared.

    Attributes:
        arrays: In place of models and texts.
        models: Each with the gallery that declares it and its name there.
        texts: What they read.
        compared: Of what there are two.
        names: What readers see as the names of the two.
    """

    arrays: Arrays | None = None
    models: tuple[tuple[Gallery, str], ...] = ()
    texts: tuple[Text, ...] = ()
    compared: Compared | None = None
    names: tuple[str, str] | None = None

    @property
    def subjects(self) -> list[Subject]:
        """Each model on each text."""
        return [
            Subject(name, gallery.models[name], text, ("compare", position))
            for position, (gallery, name, text) in enumerate(self._each())
        ]

    def model_places(self) -> dict[Path, Place]:
        """Where each key of the models was written."""
        places = self.models[0][0].model_places(self.models[0][1]) if self.models else {}
        for position, (gallery, name, _) in enumerate(self._each() if self.compared else ()):
            places |= {("compare", position, *key): place for key, place in gallery.model_places(name).items()}
        return places

    def _each(self) -> list[tuple[Gallery, str, Text]]:
        models, texts = self.models * len(self.texts), self.texts * len(self.models)
        return [(gallery, name, text) for (gallery, name), text in zip(models, texts, strict=True)]


class Finder:
    """Finds what a fence shows.

    Args:
        said: What is said in the fence.
        galleries: What it may refer to.
        mistakes: What is wrong with it is added here.
    """

    def __init__(self, said: Said, galleries: Galleries, mistakes: list[Mistake]) -> None:
        base = said.base
        if base and base.arrays and said.written.keys() & _INSTEAD_OF_ARRAYS:
            base = replace(base, arrays=None)
        self._base = base
        self._home = galleries[base.name.partition("/")[0]] if base else None
        self._said = said
        self._written = said.written
        self._galleries = galleries
        self._mistakes = mistakes

    def find(self) -> Found:
        """What the fence shows; where something is wrong, what can be known of it."""
        arrays = self._arrays()
        if arrays:
            self._together([], arrays)
            return Found(arrays)
        compared = self._compared()
        models, texts = self._models(compared), self._texts(compared)
        if self._base or (self._written and not self._said.names_a_view):
            self._together(texts)
            self._require_all()
        found = Found(None, tuple(models), tuple(texts), compared, self._names(compared))
        self._require_two(found)
        return found

    def _arrays(self) -> Arrays | None:
        body, inherited = self._said.body, self._base.arrays if self._base else None
        if body is None:
            return inherited
        arrays = inherited if body.arrays is None else Arrays(body.arrays)
        return arrays and arrays.labelled(body.tokens)

    def _compared(self) -> Compared | None:
        """Of what the fence shows two."""
        base, body = self._base, self._said.body
        inherited = base.compares if base else None
        if base and inherited and "compare" not in self._written:
            for key in {"text": ("text", "messages"), "model": ("model",)}[inherited]:
                if key in self._written:
                    why = f"{quoted(base.name)} compares two {inherited}s"
                    self._object(key, f'{why}; write "compare:" with two others, or take {quoted(key)} out')
            return inherited
        if body is None or body.compare is None:
            return None
        if {"model", "text"} & self._written.keys():
            return "text" if "model" in self._written else "model"
        if base is None or self._home is None or not base.subjects:
            return None  # told as what the fence lacks
        texts = [name in self._home.texts for name in body.compare]
        models = [self._is_model(name) for name in body.compare]
        try:
            return meant(texts, models, inherited, base.name)
        except UnclearError as error:
            self._object("compare", str(error))
            return None

    def _models(self, compared: Compared | None) -> list[tuple[Gallery, str]]:
        if "model" in self._written:
            named: tuple[Node, ...] = (self._written["model"],)
        elif compared == "model" and "compare" in self._written:
            named = self._entries()
        elif self._base and self._home:
            models = [(self._home, subject.model_name) for subject in self._base.subjects]
            return models if compared == "model" else models[:1]
        else:
            return []
        models = []
        for name in named:
            if isinstance(name, Scalar) and isinstance(name.value, str):
                try:
                    models.append(self._galleries.find_model(name.value, self._home))
                except LookupError as error:
                    self._mistakes.append(Mistake(name.place, str(error)))
        return models

    def _texts(self, compared: Compared | None) -> list[Text]:
        body = self._said.body
        inherited = [subject.text for subject in self._base.subjects] if self._base else []
        texts = inherited if compared == "text" else inherited[:1]
        if body is None:
            return [] if {"text", "messages", "compare"} & self._written.keys() else texts
        if body.text is not None:
            texts = [self._text(body.text)]
        elif body.messages is not None:
            texts = [Text(messages=body.messages)]
        elif compared == "text" and body.compare is not None:
            self._require_known_names()
            texts = [self._text(named) for named in body.compare]
        changes = body.model_dump(include=set(CHANGES), exclude_none=True)
        return [text.model_copy(update=changes) for text in texts]

    def _text(self, written: str) -> Text:
        """The text of that name, or the sentence."""
        named = self._home.texts.get(written) if self._home else None
        return named or Text(text=written)

    def _names(self, compared: Compared | None) -> tuple[str, str] | None:
        """What readers see as the names of the two."""
        body = self._said.body
        if compared is None or body is None:
            return None
        if body.compare is None:
            return self._base.names if self._base else None
        return names_of(body.compare, compared, self._home.texts if self._home else {})

    def _require_known_names(self) -> None:
        """A word beside the name of a text is hardly a sentence where it is nearly the name of another."""
        entries = [entry for entry in self._entries() if isinstance(entry, Scalar)]
        if self._home is None or not any(entry.written in self._home.texts for entry in entries):
            return
        texts = self._home.texts
        for entry in entries:
            near = nearest(entry.written, texts)
            if near and entry.written not in texts and len(entry.written.split()) == 1:
                known = f"{quoted(self._home.name)} declares: {some(sorted(texts))}"
                message = f'unknown text {quoted(entry.written)}; did you mean "{near}"? {known}'
                self._mistakes.append(Mistake(entry.place, message))

    def _together(self, texts: list[Text], arrays: Arrays | None = None) -> None:
        """Keys that can't stand together, in the fence or with those of the view that it names."""
        # What is written under "text" may be the name of a chat.
        said = self._written.keys() - ({"text"} if texts and "messages" not in self._written else set())
        of_each = [said - {"compare"} | text.model_fields_set for text in texts]
        wrong = [
            found
            for keys in of_each or [self._written.keys() | ({"arrays"} if arrays else set())]
            for found in wrong_together(keys)
        ]
        wrong += [(keys, message) for keys, message in wrong_together(self._written) if "compare" in keys]
        for keys, message in wrong:
            self._mistakes.append(Mistake(max(self._said.keys[key] for key in keys if key in self._written), message))

    def _require_all(self) -> None:
        """A fence has to say what no view says for it."""
        base = self._base
        if base and base.model:
            return
        needed = {"model": f'"model:". {self._galleries.known_models}', "text": '"text:" with the sentence itself'}
        why = f"{quoted(base.name)} shows arrays, so this fence" if base else "this fence names no view, so it"
        unknown = self._written.keys() - FenceBody.model_fields.keys()
        there = self._written.keys() | {nearest(key, [*needed, "messages", "arrays", "compare"]) for key in unknown}
        if "arrays" in there:
            return
        lacking = needed.keys() - there - ({"text"} if "messages" in there else set())
        if "compare" not in there:
            for key in lacking:
                self._mistakes.append(Mistake(self._said.place, f"{why} needs {needed[key]}"))
        elif "compare" in self._written and lacking == needed.keys():
            self._object("compare", nothing_to_compare("this fence"))

    def _require_two(self, found: Found) -> None:
        """Two names may be of the same, and what the fence changes of two texts may make them the same."""
        match found.subjects, found.names:
            case [first, second], [name, other] if (first.model, first.text) == (second.model, second.text):
                place = self._entries()[1].place if "compare" in self._written else self._said.place
                self._mistakes.append(Mistake(place, the_same(other, name, found.compared or "text")))

    def _entries(self) -> tuple[Node, ...]:
        """What stands under ``compare``."""
        compare = self._written["compare"]
        return compare.items if isinstance(compare, Sequence) else ()

    def _is_model(self, name: str) -> bool:
        """Whether models are called so, be it clear which one is meant or not."""
        return name in self._galleries.models or any(name in gallery.models for gallery in self._galleries.values())

    def _object(self, key: str, message: str) -> None:
        self._mistakes.append(Mistake(self._said.keys[key], message))
