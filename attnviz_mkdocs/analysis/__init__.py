"""Functions on an exhibit's arrays, a formula each; axes are ``[layer, head, query, key]``, or the last of these."""

from attnviz_mkdocs.analysis.align import align
from attnviz_mkdocs.analysis.mass import hidden_share, strongest
from attnviz_mkdocs.analysis.reduce import reduced
from attnviz_mkdocs.analysis.shares import HeadScores
from attnviz_mkdocs.analysis.sink import without_first_key
from attnviz_mkdocs.analysis.statistics import STATISTICS, entropy, statistic
from attnviz_mkdocs.analysis.words import join_tokens, join_weights, parts_of_characters, word_starts

__all__ = [
    "STATISTICS",
    "HeadScores",
    "align",
    "entropy",
    "hidden_share",
    "join_tokens",
    "join_weights",
    "parts_of_characters",
    "reduced",
    "statistic",
    "strongest",
    "without_first_key",
    "word_starts",
]
