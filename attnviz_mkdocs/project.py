"""What a project says of its galleries, its store and how to fill it: the options, with defaults."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from attnviz_mkdocs.budget import Budget, BudgetError
from attnviz_mkdocs.configured import Option, place_of
from attnviz_mkdocs.spec import Galleries, load_galleries
from attnviz_mkdocs.spec.characters import CONTROL, in_line, in_order
from attnviz_mkdocs.spec.mistakes import did_you_mean
from attnviz_mkdocs.spec.secrets import without_secrets
from attnviz_mkdocs.spec.types import NAME_PATTERN
from attnviz_mkdocs.terms import CAPTURE_MODES, DELIVERIES, CaptureMode, Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator


_GALLERIES = "gallery/"
_STORE = "gallery/store"
_PAGES = "gallery"


class ProjectError(ValueError):
    """An option of the project can't be what it is; the message says what it can be.

    Args:
        message: What is told.
        path: The option's keys and positions.
        is_key: Whether its name can't be, and not its value.
    """

    def __init__(self, message: str, *path: str | int, is_key: bool = False) -> None:
        super().__init__(without_secrets(message))
        self.option = Option(path, is_key=is_key)

    def told(self, file: Path | None, section: str = "", root: Path | None = None) -> str:
        """The message, with the place of the option in a configuration as far as it is known.

        Args:
            file: The configuration; None where it is no file.
            section: Where it names us.
            root: The folder that the configuration is shown to people relative to; None where it is named as they did.
        """
        shown = str((file and place_of(self.option, file)) or file or "")
        if root is not None and shown:
            shown = os.path.relpath(shown, root)
        return in_order(": ".join(filter(None, (in_line(shown), section, f"attnviz: {self}"))))


@dataclass(frozen=True, slots=True)
class Project:
    """A project's options, as they stand under ``plugins: [attnviz]`` in mkdocs.yml.

    Attributes:
        root: The folder that all other paths are relative to.
        galleries: A folder, a file or a glob of gallery files; or several.
        store: A folder or an fsspec URL.
        remote: Where ``push`` sends and ``pull`` gets what the store holds; a folder or an fsspec URL.
        capture: ``auto`` captures what is missing where torch is installed, ``never`` fails and
            names the command, ``always`` captures everything anew.
        delivery: ``inline`` puts the data into the page, ``linked`` beside it.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``balanced`` for a model over all GPUs.
        budget: What pages, galleries and the site may weigh.
        pages: The folder of the site in which pages show the galleries; False for none.
    """

    root: Path
    galleries: tuple[str, ...] = (_GALLERIES,)
    store: str = _STORE
    remote: str | None = None
    capture: CaptureMode = "auto"
    delivery: Delivery = "inline"
    device: str = "auto"
    budget: Budget = field(default_factory=Budget)
    pages: str | Literal[False] = False

    @classmethod
    def from_options(cls, root: Path, options: dict[str, Any]) -> Project:
        """A project from the options of an engine; ``None`` stands for the default.

        Raises:
            ProjectError: An option is unknown, or has a value that it can't have.
        """
        known = [each.name for each in fields(cls) if each.name != "root"]
        given = {name: value for name, value in options.items() if value is not None}
        for name in given:
            if name not in known:
                near = did_you_mean(str(name), known)
                message = f"unknown option {name!r}{near} There are: {', '.join(known)}"
                raise ProjectError(message, str(name), is_key=True)
        for name, choices in (("capture", CAPTURE_MODES), ("delivery", DELIVERIES)):
            if given.get(name, choices[0]) not in choices:
                raise ProjectError(f"{name}: expected one of {', '.join(choices)}, found {given[name]!r}", name)
        for name in ("store", "remote", "device"):
            _check_text(name, given.get(name, "some"))
        _check_folders(root, given)
        given["pages"] = _folder_of_pages(given.get("pages", False))
        patterns = given.get("galleries", _GALLERIES)
        patterns = [patterns] if isinstance(patterns, str) else patterns
        if not isinstance(patterns, list) or not patterns or not all(map(_is_path, patterns)):
            found = given.get("galleries")
            why = f"galleries: expected a folder, a file, a glob, or a list of these, found {found!r}"
            raise ProjectError(why, "galleries")
        given["galleries"] = tuple(patterns)
        if "budget" in given:
            try:
                given["budget"] = Budget.of(given["budget"])
            except BudgetError as error:
                raise ProjectError(str(error), *error.path, is_key=error.is_key) from error
        return cls(root=root, **given)

    def gallery_files(self) -> list[Path]:
        """All gallery files, sorted; none where the default folder isn't there.

        Raises:
            ProjectError: What an author named as galleries is not there.
        """
        found: set[Path] = set()
        for position, pattern in enumerate(self.galleries):
            where = ("galleries", position)
            try:
                files = set(self._matching(pattern))
            except (NotImplementedError, OSError, RuntimeError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                why = f"galleries: {pattern!r} can't be looked up ({reason})"
                raise ProjectError(f"{why}; write a path from mkdocs.yml on, or a glob", *where) from error
            if not files and pattern != _GALLERIES:
                why = f"galleries: there is no gallery file at {pattern!r}, seen from {self.root.name}/"
                raise ProjectError(why, *where)
            found |= files
        return sorted(found)

    def gallery_folders(self) -> list[Path]:
        """The folders in which a gallery file may change or appear, sorted; the store's are not among them."""
        named = {self.root / pattern for pattern in self.galleries}
        return sorted({folder for folder in named if folder.is_dir()} | {file.parent for file in self.gallery_files()})

    def gallery_marks(self) -> list[Path] | None:
        """The files and folders by which it shows that a gallery has changed, or that there is another.

        None where galleries may be anywhere below the root, which changes with each build.
        """
        found: set[Path] = set()
        for pattern in self.galleries:
            path = self.root / pattern
            if not path.exists() and any(sign in pattern for sign in "*?["):
                path = next(above for above in path.parents if above.exists())
            if path == self.root:
                return None
            found |= {path} | self._folders_below(path)
        return sorted(found.union(self.gallery_files()))

    def _folders_below(self, folder: Path) -> set[Path]:
        """Where gallery files may appear; not in the store."""
        store, found = (self.root / self.store).resolve(), set()
        for name, folders, _ in os.walk(folder, onerror=_raise):
            path = Path(name)
            folders[:] = [each for each in folders if (path / each).resolve() != store]
            found.add(path)
        return found

    def load(self) -> Galleries:
        """All galleries, and the mistakes in their files.

        Raises:
            ProjectError: What an author named as galleries is not there, or leads out of the project.
        """
        files = self.gallery_files()
        for file in files:
            self._check_link(file)
        return load_galleries(files, self.root, looked_in=", ".join(self.galleries))

    def _check_link(self, file: Path) -> None:
        """Refuse a link in the project that leads out of it: whoever proposes a gallery could show any file so."""
        here = Path(os.path.normpath(file)).is_relative_to(self.root)
        if here and not file.resolve().is_relative_to(self.root.resolve()):
            name = file.relative_to(self.root).as_posix()
            why = f"galleries: {name!r} leads out of {self.root.name}/ by a link"
            raise ProjectError(f"{why}; put the file itself there, or name the place to which it leads", "galleries")

    def _matching(self, pattern: str) -> Iterator[Path]:
        path = self.root / pattern
        if path.is_dir():
            store = (self.root / self.store).resolve()
            for file in (file for folder in self._folders_below(path) for file in folder.iterdir()):
                # A link may lead into the store.
                if _is_gallery(file.relative_to(path)) and store not in file.resolve().parents:
                    yield file
        elif path.is_file():
            yield path
        else:
            yield from (file for file in self.root.glob(pattern) if _is_gallery(file.relative_to(self.root)))


def _raise(error: OSError) -> NoReturn:
    raise error


def _is_path(written: object) -> bool:
    # An empty one would be the folder of mkdocs.yml, with all that is in it.
    return isinstance(written, str) and bool(written.strip())


def _is_gallery(file: Path) -> bool:
    """Whether a file that no one named is a gallery: hidden ones are those that editors and notebooks leave behind."""
    return file.suffix.lower() in (".yml", ".yaml") and not any(part.startswith(".") for part in file.parts)


def _check_text(name: str, value: object) -> None:
    # An empty one, such as an environment variable that isn't set, would be the folder of mkdocs.yml.
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(f"{name}: expected text, found {value!r}", name)
    if CONTROL.search(value):
        raise ProjectError(f"{name}: expected text without control characters, found {value!r}", name)


def _check_folders(root: Path, given: dict[str, Any]) -> None:
    for name, default in (("store", _STORE), ("remote", ".")):
        written = given.get(name, default)
        if _is_file(root / written):
            raise ProjectError(f"{name}: {written} is a file; expected a folder or an fsspec URL", name)


def _is_file(path: Path) -> bool:
    # In a folder that may not be looked into nothing is known to be one, and what is too long for a name is none.
    with suppress(OSError):
        return path.is_file()
    return False


def _folder_of_pages(written: Any) -> str | Literal[False]:
    if isinstance(written, bool):
        return _PAGES if written else False
    parts = written.strip("/").split("/") if isinstance(written, str) else ()
    if not parts or not all(re.fullmatch(NAME_PATTERN, part) for part in parts):
        why = f"pages: expected a folder of the site such as gallery, or false, found {written!r}"
        raise ProjectError(why, "pages")
    return "/".join(parts)
