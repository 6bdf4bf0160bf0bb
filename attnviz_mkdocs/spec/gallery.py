"""Galleries as the other rooms use them, and figures: views with everything that they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from attnviz_mkdocs.spec.mistakes import did_you_mean, quoted, some
from attnviz_mkdocs.spec.types import Model, Options, Sides, Step, Text, View, shared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

    from attnviz_mkdocs.spec.marked import Path
    from attnviz_mkdocs.spec.mistakes import Mistake, Place
    from attnviz_mkdocs.spec.types import Kind


@dataclass(frozen=True)
class Arrays:
    """Attention from elsewhere.

    Attributes:
        file: A safetensors file, relative to mkdocs.yml, as its author wrote it.
        query: Labels of the tokens that look; None where the author gave none.
        key: Labels of the tokens that are looked at.
    """

    file: str
    query: tuple[str, ...] | None = None
    key: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What readers see in place of a model's name."""
        return PurePath(self.file).stem

    def labelled(self, tokens: Sides | tuple[str, ...] | None) -> Arrays:
        """The same with other labels; without any, the same."""
        if tokens is None:
            return self
        if isinstance(tokens, Sides):
            return Arrays(self.file, tokens.query, tokens.key)
        return Arrays(self.file, tokens, tokens)


@dataclass(frozen=True)
class Subject:
    """One model on one text.

    Attributes:
        model_name: The model's name in its gallery.
        model: The model.
        text: The text.
        path: What in front of a key leads to it in the places of its figure; see `Figure.place_of`.
    """

    model_name: str
    model: Model
    text: Text
    path: Path = ()


@dataclass(frozen=True)
class Figure:
    """A view with everything that it refers to, ready to plan and draw.

    Attributes:
        kind: What is drawn; None where that depends on how many tokens there are (see `views.kind_of`).
        model_name: The model's name in its gallery, or what stands for it where arrays are shown.
        model: The model; None where arrays are shown.
        text: The text; None where arrays are shown.
        options: What is shown first.
        caption: What stands under it.
        place: Where the author wrote it.
        name: What links of its page call it: the fence's own id, or ``gallery/id``; empty for a fence with neither.
        arrays: What is shown in place of a model and a text.
        second: What the model on the text is compared with.
        names: What readers see as the names of the two that are compared.
        link: What views that follow one another have in common.
        steps: A tour through it.
        layers: Layers that its page carries; None for all.
        base: ``gallery/id`` of the view that a fence names; empty for others.
        places: Path of keys → where it was written, in the fence or in the gallery; see `place_of`.
        written: What stands in its fence, by key; nothing for a view of a gallery.
        kept: Options of `base`, its ``layers`` and its ``steps``, that a fence keeps although it shows something else.
    """

    kind: Kind | None
    model_name: str
    model: Model | None
    text: Text | None
    options: Options
    caption: str | None
    place: Place
    name: str = ""
    arrays: Arrays | None = None
    second: Subject | None = None
    names: tuple[str, str] | None = None
    link: str | None = None
    steps: tuple[Step, ...] = ()
    layers: tuple[int, ...] | None = None
    base: str = ""
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False, compare=False)
    written: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    kept: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    @property
    def compares(self) -> Literal["text", "model"] | None:
        """Of what there are two: texts in one model, or models on one text; None for what is no comparison."""
        if self.second is None:
            return None
        same = (self.second.model_name, self.second.model) == (self.model_name, self.model)
        return "text" if same else "model"

    @property
    def model_names(self) -> tuple[str, ...]:
        """What readers see as the names of what is shown: of a model, of two, or what stands for arrays."""
        names = [subject.model_name for subject in self.subjects] or [self.model_name]
        return tuple(dict.fromkeys(names))

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The model on the text that are shown, then what they are compared with; none where arrays are shown."""
        if self.model is None or self.text is None:
            return ()
        if self.second is None:
            return (Subject(self.model_name, self.model, self.text),)
        return (Subject(self.model_name, self.model, self.text, ("compare", 0)), self.second)

    def place_of(self, *path: str | int) -> Place:
        """Where a key of the view, its text or its model was written, such as ``place_of("steps", 0, "layer")``.

        What was not written is where its parent is, and at last where the figure is.
        """
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path] if path else self.place


@dataclass(frozen=True)
class Gallery:
    """A gallery file without mistakes.

    Attributes:
        name: The file's stem.
        file: The file's path as shown to people.
        title: What readers see as its name; `name` where the author gave none.
        description: What it is about.
        models: Name → model.
        texts: Name → text.
        views: Id → view, in the author's order.
        places: Path of keys → place; see `place`.
        budget: What its views may weigh in the built site, in bytes; None where its file says nothing.
        tags: What all its views are about.
    """

    name: str
    file: str
    title: str
    description: str | None
    models: Mapping[str, Model]
    texts: Mapping[str, Text]
    views: Mapping[str, View]
    places: Mapping[Path, Place] = field(repr=False, compare=False)
    budget: int | None = None
    tags: tuple[str, ...] = ()
    _figures: dict[str, Figure] = field(default_factory=dict, init=False, repr=False, compare=False)

    def place(self, *path: str | int) -> Place:
        """Where something was written, such as ``place("views", "she", "layer")``; else where its parent was."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    @property
    def figure_names(self) -> list[str]:
        """``gallery/id`` of each view."""
        return [f"{self.name}/{view_id}" for view_id in self.views]

    def tags_of(self, view_id: str) -> tuple[str, ...]:
        """What the view of that id is about: its gallery's tags, then its own."""
        return tuple(dict.fromkeys((*self.tags, *self.views[view_id].tags)))

    def figure(self, view_id: str) -> Figure:
        """The view of that id, with everything that it refers to; one object for all fences that name it."""
        if view_id not in self._figures:
            self._figures[view_id] = self._figure(view_id)
        return self._figures[view_id]

    def model_places(self, name: str) -> dict[Path, Place]:
        """Where each key of a model was written."""
        return self._places(("models", name), Model)

    def _figure(self, view_id: str) -> Figure:
        view = self.views[view_id]
        arrays = None if view.arrays is None else Arrays(view.arrays).labelled(view.tokens)
        # Of a comparison either the model or the text is given, and what is compared stands for the other.
        first, second = view.compare or (None, None)
        model, text = view.model or first, view.text or first
        return Figure(
            kind=view.view,
            model_name=arrays.name if arrays else model or "",
            model=None if model is None else self.models[model],
            text=None if text is None else self.texts[text],
            options=shared(Options.model_validate({key: getattr(view, key) for key in Options.model_fields})),
            caption=view.caption or None,
            place=self.place("views", view_id),
            name=f"{self.name}/{view_id}",
            arrays=arrays,
            second=None if second is None else self._second(view.model or second, view.text or second),
            names=view.compare,
            link=view.link,
            steps=view.steps,
            layers=view.layers,
            places=self._places(("views", view_id), View)
            | self._places_of_steps(view)
            | (self._places(("texts", view.text), Text) if view.text is not None else {})
            | (self.model_places(view.model) if view.model is not None else {})
            | self._places_of_compared(view),
        )

    def _second(self, model: str, text: str) -> Subject:
        return Subject(model, self.models[model], self.texts[text], ("compare", 1))

    def _places_of_compared(self, view: View) -> dict[Path, Place]:
        """Where each of the two was named, and where the keys of its model were written."""
        places: dict[Path, Place] = {}
        for position, name in enumerate(view.compare or ()):
            path = ("compare", position)
            places[path] = self.place("views", view.id, *path)
            places |= {path + key: place for key, place in self.model_places(view.model or name).items()}
        return places

    def _places_of_steps(self, view: View) -> dict[Path, Place]:
        return {
            ("steps", position, key): self.place("views", view.id, "steps", position, key)
            for position in range(len(view.steps))
            for key in Step.model_fields
        }

    def _places(self, path: Path, kind: type[BaseModel]) -> dict[Path, Place]:
        return {key: self.place(*path, *key) for key in _keys(kind)}


@cache
def _keys(kind: type[BaseModel]) -> tuple[Path, ...]:
    """The path of each key; one object each, for all views have the same."""
    return tuple((key,) for key in kind.model_fields)


def _without_folder(view: str) -> str:
    """``gallery/id`` where an author wrote the path of the gallery's file, ``gallery/NAME.yaml/id``."""
    *folders, view_id = view.strip("/").split("/")
    file = folders[-1:] and [folders[-1].removesuffix(".yaml").removesuffix(".yml")]
    return "/".join([*file, view_id])


class Galleries(Mapping[str, Gallery]):
    """All galleries of a site, by name.

    Attributes:
        looked_in: Where their files were looked for, as people are told when there is none.
        broken: Names of galleries that have mistakes, so that people are told of those and not of what lacks.
        mistakes: All mistakes of all files, sorted by place.
    """

    def __init__(
        self,
        galleries: Iterable[Gallery] = (),
        looked_in: str = "gallery/",
        broken: Iterable[str] = (),
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        self._galleries = {gallery.name: gallery for gallery in galleries}
        self.looked_in = looked_in
        self.broken = frozenset(broken)
        self.mistakes = tuple(sorted(set(mistakes)))

    def __getitem__(self, name: str) -> Gallery:
        return self._galleries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._galleries)

    def __len__(self) -> int:
        return len(self._galleries)

    @property
    def models(self) -> dict[str, Model]:
        """Every model as ``gallery/name``, and as ``name`` where all galleries mean the same by it."""
        declared = [(name, gallery, model) for gallery in self.values() for name, model in gallery.models.items()]
        short = {name: model for name, _, model in declared if len(self._meanings(name)) == 1}
        return short | {f"{gallery.name}/{name}": model for name, gallery, model in declared}

    def find_model(self, name: str, home: Gallery | None = None) -> tuple[Gallery, str]:
        """The gallery that declares a model, and what the model is called there.

        Args:
            name: ``name`` or ``gallery/name``.
            home: The gallery whose own models come first.

        Raises:
            LookupError: No gallery declares it, or several mean different models by it.
        """
        if home and name in home.models:
            return home, name
        owner, _, own_name = name.rpartition("/")
        if owner in self and own_name in self[owner].models:
            return self[owner], own_name
        meanings = self._meanings(name)
        if len(meanings) == 1:
            return next(iter(meanings.values())), name
        if meanings:
            full_names = " or ".join(f'"{gallery.name}/{name}"' for gallery in meanings.values())
            raise LookupError(f"galleries mean different models by {quoted(name)}; write {full_names}")
        if owner in self.broken:
            raise LookupError(_has_mistakes(owner))
        guess = did_you_mean(name, self.models)
        raise LookupError(f"unknown model {quoted(name)}{guess} {self.known_models}")

    @property
    def known_models(self) -> str:
        """The sentence of a message that says which models there are."""
        if self.broken:
            return f"It may be declared in a gallery that has mistakes; {self.mend_first}"
        if not self.models:
            return f'Declare it under "models:" in a YAML file in {self.looked_in}'
        names = {name.rpartition("/")[2] for name in self.models}
        return f"Galleries declare: {some(sorted(names))}"

    @property
    def mend_first(self) -> str:
        """The end of a message about what a gallery with mistakes may hold."""
        return f"mend {some([quoted(name) for name in sorted(self.broken)])} first"

    def figure(self, name: str) -> Figure:
        """The view ``gallery/id``, with everything that it refers to.

        Raises:
            LookupError: There is no such view; the message says which there are.
        """
        gallery, _, view_id = name.partition("/")
        if gallery in self and view_id in self[gallery].views:
            return self[gallery].figure(view_id)
        if gallery in self.broken:
            raise LookupError(_has_mistakes(gallery))
        if not self and self.broken:
            raise LookupError(f"all galleries have mistakes; {self.mend_first}")
        if not self:
            raise LookupError(f"there is no gallery; galleries are YAML files in {self.looked_in}")
        if name in self:
            raise LookupError(f"{quoted(name)} is a gallery; name one of its views: {some(self[name].figure_names)}")
        names = [figure for gallery in self.values() for figure in gallery.figure_names]
        same_id = [full for full in names if full.endswith(f"/{name}")]
        guess = f'; did you mean "{same_id[0]}"?' if same_id else did_you_mean(_without_folder(name), names)
        raise LookupError(f"unknown view {quoted(name)}{guess} Galleries have: {some(names)}")

    def figures(self) -> Iterator[Figure]:
        """All views of all galleries, in order."""
        return (gallery.figure(view_id) for gallery in self.values() for view_id in gallery.views)

    def _meanings(self, model: str) -> dict[Model, Gallery]:
        """The different models of that name, each with the first gallery that declares it."""
        meanings: dict[Model, Gallery] = {}
        for gallery in self.values():
            if model in gallery.models:
                meanings.setdefault(gallery.models[model], gallery)
        return meanings


def _has_mistakes(gallery: str) -> str:
    return f"gallery {quoted(gallery)} has mistakes; mend them first"
