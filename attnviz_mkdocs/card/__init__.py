"""Views → pictures and a block of text in a README, such as a model's card."""

from attnviz_mkdocs.card.block import block_of
from attnviz_mkdocs.card.markers import Block, CardError, find_blocks, has_front_matter, put, read_card
from attnviz_mkdocs.card.pictures import Pictures, pictures_of
from attnviz_mkdocs.card.wish import Wish, wrong_with

__all__ = [
    "Block",
    "CardError",
    "Pictures",
    "Wish",
    "block_of",
    "find_blocks",
    "has_front_matter",
    "pictures_of",
    "put",
    "read_card",
    "wrong_with",
]
