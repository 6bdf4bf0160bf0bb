"""What an author may write: galleries of models, texts and views, and the mistakes in them."""

from attnviz_mkdocs.spec.gallery import Arrays, Figure, Galleries, Gallery, Subject
from attnviz_mkdocs.spec.load import load_galleries, load_gallery
from attnviz_mkdocs.spec.mistakes import Mistake, Place, SpecError
from attnviz_mkdocs.spec.types import Message, Model, Options, Step, Text, View

__all__ = [
    "Arrays",
    "Figure",
    "Galleries",
    "Gallery",
    "Message",
    "Mistake",
    "Model",
    "Options",
    "Place",
    "SpecError",
    "Step",
    "Subject",
    "Text",
    "View",
    "load_galleries",
    "load_gallery",
]
