"""Exhibits and views → what is put into a page."""

from attnviz_mkdocs.render.cards import Card, draw_cards
from attnviz_mkdocs.render.html import Payload, Still, carried, draw_figure, draw_mistakes, draw_page
from attnviz_mkdocs.render.numbers import as_json, as_safetensors, compared_as_json, compared_as_safetensors

__all__ = [
    "Card",
    "Payload",
    "Still",
    "as_json",
    "as_safetensors",
    "carried",
    "compared_as_json",
    "compared_as_safetensors",
    "draw_cards",
    "draw_figure",
    "draw_mistakes",
    "draw_page",
]
