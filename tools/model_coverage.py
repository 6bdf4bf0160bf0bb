"""Which families of models can be shown, and how: writes docs/reference/coverage.md.

    python tools/model_coverage.py [--check]

Builds a small random model of every family, and captures a text with it. With ``--check`` nothing
is written; a page that doesn't say what was found is told of, with exit status 1.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
# The small configurations are those of the tests.
sys.path.insert(0, str(ROOT / "tests" / "capture"))

import tiny  # noqa: E402

from attnviz_mkdocs.capture import CaptureError, capture  # noqa: E402
from attnviz_mkdocs.capture.quiet import quiet  # noqa: E402
from attnviz_mkdocs.capture.recording.windows import notes_on_windows  # noqa: E402
from attnviz_mkdocs.exhibit import SELF  # noqa: E402
from attnviz_mkdocs.spec import Text  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attnviz_mkdocs.exhibit import Exhibit

PAGE = ROOT / "docs" / "reference" / "coverage.md"
_IMAGES, _SOUND = "reads images: not supported yet", "reads sound: not supported yet"
#: Families that read something else than text.
OTHERS = {
    **dict.fromkeys(("vit", "deit", "dinov2", "dinov3_vit", "beit", "siglip", "clip", "ijepa", "vit_mae"), _IMAGES),
    **dict.fromkeys(("swin", "vilt"), _IMAGES),
    **dict.fromkeys(("wav2vec2", "whisper"), _SOUND),
}
_INTRODUCTION = """\
# Which models

Each row is a family of transformers' models, by its `model_type`. A small random model of the family was built, a text
was captured with it, and what was captured was compared with what the model itself says of its attention. The text view
works wherever the head view does.

The neuron view needs more than the others: queries and keys of which the softmax makes the very attention that is
shown. That is checked for every model and every text when they are captured, and a model that fails the check is
refused in words. A family that isn't in the table is treated in the same way.

| Family | Head view | Model view | Matrix view | Neuron view | |
|---|---|---|---|---|---|
"""
#: How messages begin and end around what belongs into a cell.
_AROUND = ("this model has no neuron view: ", "; choose another view or model", "; choose another model")


@dataclass(frozen=True, slots=True)
class Row:
    """What can be shown of a family.

    Attributes:
        family: Its ``model_type``.
        views: Whether the head, model and matrix views can.
        neurons: Whether the neuron view can.
        remarks: Why not, or what of it.
    """

    family: str
    views: bool
    neurons: bool
    remarks: str

    def __str__(self) -> str:
        cells = [f"`{self.family}`", *[_yes(self.views)] * 3, _yes(self.neurons), self.remarks]
        return f"| {' | '.join(cells)} |"


def families() -> list[str]:
    """All families of the page, in order."""
    return sorted([*tiny.SIZES, *OTHERS])


def row(family: str) -> Row:
    """Build a small model of a family, capture a text with it, and tell what came of it."""
    if family in OTHERS:
        return Row(family, views=False, neurons=False, remarks=OTHERS[family])
    with TemporaryDirectory() as folder, quiet():
        config = tiny.config(family)
        text = Text(text=tiny.LONG, target="a dog ran") if config.is_encoder_decoder else Text(text=tiny.LONG)
        tiny.save(Path(folder), config)
        [request] = tiny.requests(folder, text)
        requests = [request, replace(request, key="neurons", what="neurons")]
        exhibit, neurons = (result for _, result in capture(requests, root=Path(folder), device="cpu"))
    remarks = [_refusal(exhibit)] if isinstance(exhibit, CaptureError) else _parts(exhibit)
    if isinstance(neurons, CaptureError) and not isinstance(exhibit, CaptureError):
        remarks.append(f"no neuron view: {_refusal(neurons)}")
    return Row(
        family,
        views=not isinstance(exhibit, CaptureError),
        neurons=not isinstance(neurons, CaptureError),
        remarks="; ".join(remarks),
    )


def page(rows: Iterable[Row]) -> str:
    """The whole page."""
    return _INTRODUCTION + "".join(f"{row}\n" for row in rows)


def written() -> dict[str, str]:
    """Family → row, as the page has them."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page is not right")
    check = parser.parse_args(arguments).check
    made = page(row(family) for family in families())
    if not check:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    kept = PAGE.read_text(encoding="utf-8")
    sys.stderr.writelines(
        difflib.unified_diff(kept.splitlines(keepends=True), made.splitlines(keepends=True), str(PAGE.name), "found")
    )
    return int(kept != made)


def _parts(exhibit: Exhibit) -> list[str]:
    """What of the text, and of the model, attention is shown of."""
    parts = []
    if SELF not in exhibit.attentions:
        parts.append(f"{', '.join(exhibit.attentions)} attention")
    hybrid = next((note for note in exhibit.notes if note.startswith("Only layer")), None)
    if hybrid is not None:
        parts.append(f"some layers have attention; {hybrid.partition('; ')[2].rstrip('.')}")
    elif "main stream" in " ".join(exhibit.notes):
        parts.append("only the decoder's main stream")
    if notes_on_windows(exhibit.attentions):
        parts.append("some layers see a part of the text only")
    return parts


def _refusal(error: CaptureError) -> str:
    words = str(error)
    for part in _AROUND:
        words = words.replace(part, "")
    return words


def _yes(can: bool) -> str:  # noqa: FBT001  # a cell
    return "yes" if can else "no"


if __name__ == "__main__":
    sys.exit(main())
