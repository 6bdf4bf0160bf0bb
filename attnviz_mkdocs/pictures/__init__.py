"""A figure and its exhibit → a picture and words, for where no script runs: in print, in feeds, in a page at first."""

from attnviz_mkdocs.pictures.album import Album
from attnviz_mkdocs.pictures.picture import NARROW, WIDE, Picture, Svg, draw, picture_of, svg_of
from attnviz_mkdocs.pictures.theme import Theme

__all__ = ["NARROW", "WIDE", "Album", "Picture", "Svg", "Theme", "draw", "picture_of", "svg_of"]
