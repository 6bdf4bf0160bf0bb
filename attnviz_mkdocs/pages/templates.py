"""The templates of the pages: ours, or an author's own in their place."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2 import TemplateError as JinjaError

from attnviz_mkdocs.spec import Mistake, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER = "attnviz"


class TemplateError(ValueError):
    """An author's template can't be used; the message says where and why."""


class Templates:
    """Templates for ``index.md``, ``gallery.md`` and ``exhibit.md``.

    Args:
        folders: Where an author's own are looked for, as ``attnviz/exhibit.md``, the first before the others.
            Such a template may extend ours as ``default/attnviz/exhibit.md``.
        root: Folder that paths in messages are relative to.
    """

    def __init__(self, folders: Iterable[str | Path], root: Path) -> None:
        self._root = root
        self._folders = [Path(folder) for folder in folders]
        ours = PackageLoader("attnviz_mkdocs.pages")
        self._jinja = Environment(
            loader=ChoiceLoader([FileSystemLoader(self._folders), ours, PrefixLoader({"default": ours})]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        # YAML, too, reads what JSON writes, but not the two halves of a character.
        self._jinja.policies["json.dumps_kwargs"] = {"ensure_ascii": False}

    @property
    def has_own(self) -> bool:
        """Whether an author's template takes the place of one of ours."""
        return any((folder / _FOLDER).is_dir() for folder in self._folders)

    def render(self, name: str, **values: object) -> str:
        """The Markdown of a page.

        Args:
            name: Of the template, such as ``exhibit.md``.
            values: What it may use.

        Raises:
            TemplateError: The template, which is an author's, can't be read or used.
        """
        try:
            return self._jinja.get_template(f"{_FOLDER}/{name}").render(values)
        except TemplateSyntaxError as error:
            raise TemplateError(str(self._mistake(error.filename or name, error.lineno, error))) from error
        except (JinjaError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # Jinja has the frames of a template name its file and line.
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".md")]
            file, line = (frames[-1].filename, frames[-1].lineno or 1) if frames else (f"{_FOLDER}/{name}", 1)
            raise TemplateError(str(self._mistake(file, line, error))) from error

    def _mistake(self, file: str, line: int, error: Exception) -> Mistake:
        shown = Path(os.path.relpath(self._root / file, self._root)).as_posix()
        what = f'there is no template "{error}"' if isinstance(error, TemplateNotFound) else str(error).rstrip(".")
        why = f"this template can't be used: {what}; the values it may use are listed in the docs, under gallery pages"
        return Mistake(Place(shown, line), why)
