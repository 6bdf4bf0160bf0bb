"""Pictures in pixels look as they do in a browser."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "pictures"))
from builders import attention, exhibit, neurons
from drawn_pictures import figure_of

from attnviz_mkdocs.pictures import draw
from attnviz_mkdocs.pictures.raster import _OURS, to_png

GROUND = {"light": "#ffffff", "dark": "#1e2029"}
# Squares of so many pixels are compared, as edges are smoothed otherwise here and there.
SQUARE = 8


def squares(png: bytes) -> np.ndarray:
    """Mean colours, 0 to 255, float64 `[row, column, channel]`."""
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"), float)
    rows, columns = (size // SQUARE for size in pixels.shape[:2])
    return pixels[: rows * SQUARE, : columns * SQUARE].reshape(rows, SQUARE, columns, SQUARE, 3).mean(axis=(1, 3))


@pytest.fixture(scope="module")
def seen(chromium):
    """What a browser shows of a document, in our fonts."""
    context = chromium.new_context(device_scale_factor=2, viewport={"width": 760, "height": 400})
    page = context.new_page()
    page.goto(_OURS.as_uri())
    faces = "".join(
        f"@font-face{{font-family:Ours;font-weight:{weight};src:url({(_OURS / f'AttnvizSans-{name}.ttf').as_uri()})}}"
        for weight, name in ((400, "Regular"), (600, "SemiBold"))
    )

    def shot(svg: str, ground: str) -> bytes:
        page.set_content(
            f"<style>{faces}body{{margin:0;background:{ground}}}svg{{font-family:Ours!important;display:block}}</style>{svg}"
        )
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.fonts.check('12px Ours')")
        return page.locator("svg").screenshot()

    yield shot
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [688, 350])
@pytest.mark.parametrize("kind", ["head", "matrix", "model", "text", "neuron"])
def test_a_picture_in_pixels_looks_as_in_a_browser(kind, width, theme, seen):
    labels = ("[CLS]", "The", "doctor", "␣", "gewöhnlich", "she", "▁it", "[SEP]")
    if kind == "neuron":
        made, read = neurons(tokens=8, labels=labels)
    else:
        made, read = exhibit(attention(tokens=8), labels=labels), None
    svg = draw(figure_of(kind, layer=1, query=3), made, width, theme, neurons=read)
    ours, theirs = squares(to_png(svg, ground=GROUND[theme])), squares(seen(svg, GROUND[theme]))
    assert ours.shape == theirs.shape
    assert abs(ours - theirs).max() < 40
    assert abs(ours - theirs).mean() < 0.5
