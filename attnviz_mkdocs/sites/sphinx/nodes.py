"""What stands in a document between reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from attnviz_mkdocs.spec import Figure, Mistake

#: The class of what holds a view and its caption.
HOLDER = "attnviz"


class View(nodes.General, nodes.Element):
    """A view that is not drawn yet, or what is wrong with it."""

    @classmethod
    def of(cls, figure: Figure) -> View:
        """A view that an author asked for."""
        return cls("", figure=figure)

    @classmethod
    def mistaken(cls, mistakes: tuple[Mistake, ...]) -> View:
        """One that can't be shown."""
        return cls("", mistakes=mistakes)

    @property
    def figure(self) -> Figure | None:
        """What the author asked for, if it could be read."""
        figure: Figure | None = self.get("figure")
        return figure

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong with it."""
        mistakes: tuple[Mistake, ...] = self.get("mistakes", ())
        return mistakes
