from __future__ import annotations

import pytest
from drawn_pictures import Drawn, figure_of

from attnviz_mkdocs.pictures import draw, picture_of


@pytest.fixture
def drawn():
    def draw_it(
        made, kind: str | None = "head", width: int = 688, theme: str = "both", neurons=None, **options
    ) -> Drawn:
        return Drawn(draw(figure_of(kind, **options), made, width, theme, neurons=neurons))

    return draw_it


@pytest.fixture
def pictured():
    def picture(made, kind: str | None = "head", neurons=None, **options):
        return picture_of(figure_of(kind, **options), made, neurons)

    return picture
