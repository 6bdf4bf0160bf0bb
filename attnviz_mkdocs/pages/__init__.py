"""Galleries → the pages of a site that show them, in Markdown."""

from attnviz_mkdocs.pages.catalogue import Catalogue, ExhibitPage
from attnviz_mkdocs.pages.facts import facts_of, texts_of
from attnviz_mkdocs.pages.navigation import listed, outline, placed, title_of
from attnviz_mkdocs.pages.templates import TemplateError, Templates
from attnviz_mkdocs.pages.words import Words, plain_title

__all__ = [
    "Catalogue",
    "ExhibitPage",
    "TemplateError",
    "Templates",
    "Words",
    "facts_of",
    "listed",
    "outline",
    "placed",
    "plain_title",
    "texts_of",
    "title_of",
]
