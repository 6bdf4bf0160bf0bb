from __future__ import annotations

from ruamel.yaml.error import MarkedYAMLError, StringMark

from attnviz_mkdocs.spec import Place
from attnviz_mkdocs.spec.earlier import Reading
from attnviz_mkdocs.spec.syntax import syntax_mistake


def test_a_complaint_that_nobody_has_heard_before_still_has_a_place_and_a_mend():
    mark = StringMark("", 0, 3, 7, "", 0)
    error = MarkedYAMLError("while humming", None, "found a wrong note", mark)

    mistake = syntax_mistake(error, Reading.of("", lambda line, column: Place("g", line + 1, column + 1)))

    assert str(mistake) == "g:4:8: this can't be read as YAML; put quotes round the text"
