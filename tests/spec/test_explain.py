from __future__ import annotations

from attnviz_mkdocs.spec import Place
from attnviz_mkdocs.spec.explain import Case, explain
from attnviz_mkdocs.spec.marked import Mapping, Scalar
from attnviz_mkdocs.spec.types import GalleryFile


def test_a_check_without_words_of_ours_is_told_in_those_of_its_author():
    title = Scalar(Place("g", 1, 8), "A", "A")
    root = Mapping(Place("g"), {"title": title}, {"title": Place("g")}, size=2)
    details = {"type": "a_new_check", "loc": ("title",), "msg": "Input should sing", "input": "A"}

    mistake = explain(Case(details, root, GalleryFile))

    assert str(mistake) == 'g:1:8: "title" is not right: Input should sing'
