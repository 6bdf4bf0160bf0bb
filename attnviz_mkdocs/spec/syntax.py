"""What a YAML parser's complaint means to someone who writes sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnviz_mkdocs.spec.earlier import earlier_mistake
from attnviz_mkdocs.spec.mistakes import Mistake

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

    from attnviz_mkdocs.spec.earlier import Reading

# Pattern of "context: problem" in the parser's words → ours. The first that is found counts.
_IN_PLAIN_WORDS = (
    (
        r"quoted scalar: found unexpected (end of stream|document sep)",
        "the quotation mark here is never closed; close it, or put the whole text in quotes of the other kind",
    ),
    (
        r"unknown escape character",
        'in double quotes "\\" starts an escape such as "\\n"; write it twice, or use single quotes',
    ),
    (
        r"escape sequence of",
        'in double quotes "\\x", "\\u" and "\\U" take 2, 4 and 8 hexadecimal digits; write "\\" twice for itself',
    ),
    (r"'\\t' that cannot start", "a tab stands here; indent with spaces"),
    (r"found character (.+) that cannot start", "a value can't start with \\1; put quotes round the text"),
    (r"mapping values are not allowed", '":" can\'t stand here; put quotes round a text that contains ": "'),
    (
        r"could not find expected ':'",
        'a line "key: value" was expected; put ":" after the key, or indent or quote what belongs to the value above',
    ),
    (
        r"sequence entries are not allowed",
        '"- " can\'t stand here; start a list on a line of its own, or put quotes round the text',
    ),
    (
        r"flow (sequence|mapping)",
        'a comma or a closing bracket is missing here; put quotes round a text that starts with "[" or "{"',
    ),
    (
        r"block scalar",
        'after "|" or ">" the text starts on a new line, indented; put quotes round a text that starts with either',
    ),
    (r"an (alias|anchor)", '"*" and "&" mean something else in YAML; put quotes round a text that starts with either'),
    (r"tag", 'a YAML tag means nothing here; put quotes round a text that starts with "!"'),
    (
        r"directive|incompatible",
        'a line that starts with "%" or "---" means something else in YAML; take it out',
    ),
    (
        r"<document start>",
        'what stands above can\'t go on here; write lines of the form "key: value", none in brackets',
    ),
    (
        r"node content",
        "a value was expected here; take the comma out, close the bracket above, or put quotes round the text",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "text follows a closing quotation mark or bracket; put quotes round the whole text",
    ),
    (r"expected <block end>, but found '[\]},]'", "this closes nothing; put quotes round the whole text"),
    (
        r"block collection: .*expected <block end>",
        'this line stands where the list above goes on with "- "; indent it as far as the word after the last "-"',
    ),
    (r"expected <block end>", "this line is not lined up with the ones above it; indent it as its neighbours are"),
)
_OTHERWISE = "this can't be read as YAML; put quotes round the text"


def syntax_mistake(error: MarkedYAMLError, reading: Reading) -> Mistake:
    """Say in plain words what the parser could not read.

    Args:
        error: As the parser raised it.
        reading: How far it came.
    """
    earlier = earlier_mistake(error, reading)
    if earlier:
        return earlier
    complaint = f"{error.context}: {error.problem}"
    mark = error.problem_mark or error.context_mark
    if "quoted scalar: found unexpected" in complaint or "could not find expected ':'" in complaint:
        mark = error.context_mark  # where it began says more than where the parser gave up
    place = reading.locate(mark.line, mark.column) if mark else reading.locate(0, 0)
    for pattern, words in _IN_PLAIN_WORDS:
        if found := re.search(pattern, complaint):
            return Mistake(place, found.expand(words.replace("\\", "\\\\").replace("\\\\1", "\\1")))
    return Mistake(place, _OTHERWISE)
