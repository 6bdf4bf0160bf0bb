"""Gallery files → galleries, or all their mistakes at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from attnviz_mkdocs.disk import bytes_of
from attnviz_mkdocs.spec.check import check
from attnviz_mkdocs.spec.explain import no_name
from attnviz_mkdocs.spec.gallery import Galleries, Gallery
from attnviz_mkdocs.spec.marked import read, walk
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError, quoted
from attnviz_mkdocs.spec.types import NAME_PATTERN, GalleryFile
from attnviz_mkdocs.spec.whole import wrong_keys, wrong_references

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.spec.marked import Path as Keys

# As Markdown reads them, and YAML.
_LINE_ENDS = re.compile("\r\n?")


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
        # Not every file system tells large letters from small, and neither does every server.
        first = galleries.setdefault(gallery.name.lower(), gallery)
        if first is not gallery:
            why = "and pages name galleries so" if first.name == gallery.name else "but for capitals"
            message = f'{first.file} is named "{first.name}" too, {why}; rename one of the files'
            mistakes.append(Mistake(Place(gallery.file), message))
            broken += [gallery.name] if gallery.name != first.name else []
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
    text = text_of(path, file, "gallery")
    node = read(text, lambda line, column: Place(file, line + 1, column + 1), mistakes)
    if node is None:
        message = 'the gallery is empty; write "models:", "texts:" and "views:"'
        raise SpecError([*mistakes, Mistake(Place(file), message)])
    written = check(node, GalleryFile, mistakes)
    mistakes.extend(wrong_references(node))
    mistakes.extend(wrong_keys(node))
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
        tags=written.tags,
        places={_by_id(path, written): found.place for path, found in walk(node)},
        budget=written.budget,
    )


def text_of(path: Path, file: str, what: str) -> str:
    """The text of a file, without a byte order mark; a line feed ends each of its lines.

    Args:
        path: The file.
        file: Its path as shown to people.
        what: What a message calls it.

    Raises:
        SpecError: It can't be read, or is no UTF-8.
    """
    try:
        content = bytes_of(path)
    except OSError as error:
        reason = (error.strerror or "it can't be read").lower()
        message = f"this {what} can't be read ({reason}); expected a file that you may read"
        raise SpecError([Mistake(Place(file), message)]) from error
    try:
        return _LINE_ENDS.sub("\n", content.decode().removeprefix("\ufeff"))
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
