"""The reference names what there is, and the public names have docstrings."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import attnviz_mkdocs
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.quantise import LEVELS
from attnviz_mkdocs.spec import Model, Text, View
from attnviz_mkdocs.spec.types import FenceBody, GalleryFile, PartBody

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs/reference"


def named(page: str) -> set[str]:
    """Words that a page of the reference sets as code."""
    return set(re.findall(r"`([^`\n]+)`", (REFERENCE / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", [GalleryFile, Model, Text, View])
def test_every_key_of_a_gallery_is_in_the_reference(kind):
    assert set(kind.model_fields) <= named("gallery.md")


def test_every_key_of_a_fence_is_in_the_reference():
    assert set(FenceBody.model_fields) | set(PartBody.model_fields) <= named("fence.md")


def test_every_option_is_in_the_reference_with_its_default():
    text = (REFERENCE / "options.md").read_text(encoding="utf-8")
    written = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])["plugins"][0]["attnviz"]
    assert written.keys() == {field.name for field in fields(Project)} - {"root"}
    assert written.keys() <= named("options.md")
    assert Project.from_options(ROOT, written) == Project.from_options(ROOT, {})


def test_every_command_is_in_the_reference():
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    for command in main.commands:
        assert f"`attnviz {command}" in text


def test_the_reference_counts_the_levels_right():
    assert f"`[{len(LEVELS)}]`" in (REFERENCE / "bytes.md").read_text(encoding="utf-8")


def test_public_names_are_documented():
    for name in attnviz_mkdocs.__all__:
        thing = getattr(attnviz_mkdocs, name)
        assert (inspect.getdoc(thing) or "").strip(), name
        members = vars(thing).items() if inspect.isclass(thing) else ()
        for member, value in members:
            if inspect.isfunction(value) and not member.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{member}"


def test_the_readme_and_the_makefile_agree():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\$ make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert (ROOT / "docs/images/head-view-light.png").is_file()
    assert (ROOT / "docs/images/head-view-dark.png").is_file()
