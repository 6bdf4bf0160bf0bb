"""Gallery files → galleries, or all their mistakes at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.explain import missing, no_name, no_neurons, no_neurons_in_step, no_pair, taken
from attnviz_mkdocs.spec.gallery import Galleries, Gallery
from attnviz_mkdocs.spec.marked import Mapping, Scalar, Sequence, read, walk
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, did_you_mean, nearest, quoted, some
from attnviz_mkdocs.spec.together import wrong_together
from attnviz_mkdocs.spec.types import NAME_PATTERN, PAIR_FILTERS, WITHOUT_NEURONS, GalleryFile, Text, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attnviz_mkdocs.spec.marked import Node
    from attnviz_mkdocs.spec.marked import Path as Keys


def load_galleries(paths: Iterable[Path], root: Path, looked_in: str = "gallery/") -> Galleries:
    """Load all gallery files that can be read; the result holds the mistakes of those that can't.

    Args:
        paths: The files.
        root: Folder that paths in messages are relative to.
        looked_in: Where the files were looked for, as people are told when there is none.
    """
    galleries: dict[str, Gallery] = {}
    broken: list[str] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            gallery = load_gallery(path, root)
        except SpecError as error:
            broken.append(path.stem)
            mistakes.extend(error.mistakes)
            continue
        first = galleries.setdefault(gallery.name, gallery)
        if first is not gallery:
            message = (
                f'{first.file} is named "{gallery.name}" too, and pages name galleries so; rename one of the files'
            )
            mistakes.append(Mistake(Place(gallery.file), message))
    return Galleries(galleries.values(), looked_in, broken, mistakes)


def load_gallery(path: Path, root: Path) -> Gallery:
    """Load one gallery file.

    Args:
        path: The file; its stem is the gallery's name.
        root: Folder that paths in messages are relative to.

    Raises:
        SpecError: All mistakes of the file.
    """
    file = Path(os.path.relpath(path, root)).as_posix()
    mistakes: list[Mistake] = []
    if not re.fullmatch(NAME_PATTERN, path.stem):
        message = f"pages name a gallery by its file, but {quoted(path.stem)} {no_name(path.stem)}"
        mistakes.append(Mistake(Place(file), message))
    text = _text_of(path, file)
    node = read(text, lambda line, column: Place(file, line + 1, column + 1), mistakes)
    if node is None:
        message = 'the gallery is empty; write "models:", "texts:" and "views:"'
        raise SpecError([*mistakes, Mistake(Place(file), message)])
    written = check(node, GalleryFile, mistakes)
    mistakes.extend(_wrong_references(node))
    mistakes.extend(_wrong_keys(node))
    if mistakes or written is None:
        raise SpecError(mistakes)
    return Gallery(
        name=path.stem,
        file=file,
        title=written.title or path.stem,
        description=written.description,
        models=written.models,
        texts=written.texts,
        views={view.id: view for view in written.views},
        places={_by_id(path, written): found.place for path, found in walk(node)},
    )


def _text_of(path: Path, file: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it can't be read").lower()
        message = f"this gallery can't be read ({reason}); a gallery is a YAML file that you may read"
        raise SpecError([Mistake(Place(file), message)]) from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise SpecError([Mistake(place, message)]) from error


def _by_id(path: Keys, written: GalleryFile) -> Keys:
    match path:
        case ("views", int(position), *rest):
            return ("views", written.views[position].id, *rest)
    return path


def _wrong_references(gallery: Node) -> Iterator[Mistake]:
    """Names that name nothing, and what only shows when a view and its text are seen together.

    This reads what was written, not the checked types, so that a mistake elsewhere hides none of these.
    """
    if not isinstance(gallery, Mapping):
        return
    models, texts, views = (gallery.items.get(key) for key in ("models", "texts", "views"))
    ids: dict[str, Place] = {}
    for view in views.items if isinstance(views, Sequence) else ():
        if not isinstance(view, Mapping):
            continue
        for key, named in (("model", models), ("text", texts)):
            if named is None or isinstance(named, Mapping):
                yield from _unknown_name(view.items.get(key), key, named.items if named else {})
        view_id = view.items.get("id")
        if isinstance(view_id, Scalar) and isinstance(view_id.value, str):
            first = ids.setdefault(view_id.value, view_id.place)
            if first is not view_id.place:
                yield Mistake(view_id.place, taken(view_id.value, first))
        if isinstance(texts, Mapping):
            for part in (view, *_steps(view)):
                yield from _filter_without_pair(part.items.get("filter"), view.items.get("text"), texts)


def _wrong_keys(gallery: Node) -> Iterator[Mistake]:
    """Texts and views with keys that can't stand together, or without those that they need."""
    for path, part in walk(gallery):
        match path, part:
            case ("texts", str()), Mapping():
                yield from _together(part)
                yield from (missing(path, key, gallery) for key in _lacking(part, Text, {"text"}, "messages"))
            case ("views", int()), Mapping():
                yield from _together(part)
                yield from (missing(path, key, gallery) for key in _lacking(part, View, {"model", "text"}, "arrays"))
                yield from _neurons_without(part)


def _together(part: Mapping) -> Iterator[Mistake]:
    for keys, message in wrong_together(part.items):
        yield Mistake(max(part.keys[key] for key in keys), message)


def _lacking(part: Mapping, kind: type[Text | View], needed: set[str], instead: str) -> set[str]:
    """What is not there, not even under an unknown key, which is told already."""
    there = part.items.keys() | {
        nearest(key, [*needed, instead]) for key in part.items.keys() - kind.model_fields.keys()
    }
    return set() if instead in there else needed - there


def _unknown_name(name: Node | None, key: str, names: Iterable[str]) -> Iterator[Mistake]:
    if not isinstance(name, Scalar) or not isinstance(name.value, str) or name.value in names:
        return
    known = sorted(names)
    guess = did_you_mean(name.value, known)
    if key == "text" and guess == "." and re.search(r"\s", name.value):
        is_sentence = f'"text" takes a name, but {quoted(name.value)} is a sentence'
        message = f'{is_sentence}; write it under "texts:" and give its name here'
    elif not known:
        message = f'unknown {key} {quoted(name.value)}; declare it under "{key}s:" in this file'
    else:
        message = f"unknown {key} {quoted(name.value)}{guess} This file declares: {some(known)}"
    yield Mistake(name.place, message)


def _steps(view: Mapping) -> Iterator[Mapping]:
    steps = view.items.get("steps")
    for step in steps.items if isinstance(steps, Sequence) else ():
        if isinstance(step, Mapping):
            yield step


def _neurons_without(view: Mapping) -> Iterator[Mistake]:
    """Neurons of arrays, and in the steps of a view that is of another kind."""
    kind = view.items.get("view")
    # What is no kind at all is told already, and may be meant to be "neuron".
    is_other = kind is None or (isinstance(kind, Scalar) and kind.value in WITHOUT_NEURONS)
    for part in (view, *_steps(view)):
        shown = part.items.get("view")
        if isinstance(shown, Scalar) and shown.value == "neuron":
            if "arrays" in view.items:
                yield Mistake(shown.place, no_neurons())
            elif is_other:
                yield Mistake(shown.place, no_neurons_in_step())


def _filter_without_pair(chosen: Node | None, name: Node | None, texts: Mapping) -> Iterator[Mistake]:
    if not isinstance(chosen, Scalar) or not isinstance(name, Scalar) or chosen.value not in PAIR_FILTERS:
        return
    text = texts.items.get(name.written)
    if isinstance(text, Scalar) or (
        isinstance(text, Mapping) and text.items.keys() <= Text.model_fields.keys() - {"pair"}
    ):
        yield Mistake(chosen.place, no_pair(chosen.written, f"text {quoted(name.written)}"))
