"""HTML of a view, of a mistake in its place, and of a page that stands alone."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attnviz_mkdocs.assets import STYLE, asset, script
from attnviz_mkdocs.fence import write_fence
from attnviz_mkdocs.render import base85
from attnviz_mkdocs.spec.characters import printable
from attnviz_mkdocs.views import first_state, step_states

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attnviz_mkdocs.pictures import Picture, Svg
    from attnviz_mkdocs.spec import Figure, Mistake


def _finalize(value: object) -> object:
    """Labels and metadata may hold what no page may: Python-Markdown takes U+0002 for the start of its own marks."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _digest(script: str) -> str:
    """A script as a Content-Security-Policy names it."""
    return f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


#: Of what stands in pages; whatever is put into them is escaped.
templates = Environment(
    loader=PackageLoader("attnviz_mkdocs.render"),
    autoescape=True,
    finalize=_finalize,
    undefined=StrictUndefined,
    keep_trailing_newline=False,
)
templates.filters["digest"] = _digest

# Signs that stand for themselves in an address in an attribute, whatever a standard would rather have.
_PLAIN = " !$'()*+,-./:;=?@[]^_{|}~"
_ESCAPES = {code: quote(chr(code), safe=_PLAIN) for code in range(128)}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


@cache
def _packed_script(*, with_neurons: bool) -> str:
    """The browser bundle, compressed, as a text."""
    return b64encode(zlib.compress(script(with_neurons=with_neurons).encode(), 9)).decode()


@dataclass(frozen=True, slots=True)
class Payload:
    """Encoded numbers, as an element of a page names or carries them.

    Attributes:
        key: What they are known by.
        data: The bytes, to be carried by the element itself.
        source: Where the browser finds them, relative to the page. With neither, an earlier element
            of the page carries them.
    """

    key: str
    data: bytes | None = None
    source: str | None = None

    @property
    def text(self) -> Markup | None:
        """The bytes as an attribute takes them."""
        # No sign of that alphabet means anything in HTML: there is no need to look for what must be escaped.
        return None if self.data is None else Markup(base85.encode(self.data))  # noqa: S704

    @property
    def carried(self) -> int:
        """How many characters of the page that is."""
        return 0 if self.data is None else base85.length(len(self.data))


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that stands in a page until the view is drawn, and where no script runs.

    Attributes:
        picture: What is to be seen.
        wide: Where the browser finds the wide drawing.
        narrow: Where it finds the narrow one, if there is one.
    """

    picture: Picture
    wide: str
    narrow: str | None = None

    @classmethod
    def carried(cls, picture: Picture) -> Still:
        """One that the page carries itself."""
        # Once: a picture must not be heavier than what it stands for.
        return cls(picture, carried(picture.wide))


def carried(picture: Svg) -> str:
    """The address of a picture that a page carries itself, as text."""
    # What `quote` does, which takes its time for each sign.
    escaped = picture.content.translate(_ESCAPES)
    return "data:image/svg+xml," + _NOT_ASCII.sub(lambda signs: quote(signs[0]), escaped)


def draw_figure(
    figure: Figure,
    exhibit: Payload,
    neurons: Payload | None = None,
    second: Payload | None = None,
    still: Still | None = None,
    *,
    with_caption: bool = True,
) -> str:
    """A view in a page.

    Args:
        figure: What the author asked for.
        exhibit: Its exhibit.
        neurons: The exhibit's neurons, for a neuron view.
        second: The other exhibit, for a comparison.
        still: Its picture.
        with_caption: Whether it stands in a ``figure`` with its caption, or is the element alone.
    """
    html = templates.get_template("figure.html" if with_caption else "view.html").render(
        exhibit=exhibit,
        neurons=neurons,
        second=second,
        still=still,
        names=_compact(figure.names),
        fence=_compact(write_fence(figure)),
        name=figure.name,
        link=figure.link,
        state=_compact(first_state(figure)),
        steps=_compact(step_states(figure)) if figure.steps else None,
        caption=figure.caption,
    )
    # One quotation mark beyond Latin-1 makes Python hold each sign in two bytes, and a site's views are megabytes.
    return html.encode("ascii", "xmlcharrefreplace").decode()


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def draw_mistakes(mistakes: Iterable[Mistake], what: str = "attention view") -> str:
    """A panel that stands where the view, or whatever else it is, would be, and says what is to be mended."""
    return templates.get_template("mistake.html").render(what=what, mistakes=list(mistakes))


def draw_page(
    figure: Figure,
    key: str,
    data: bytes,
    neurons: bytes | None = None,
    second: bytes | None = None,
    *,
    picture: Picture | None = None,
) -> str:
    """One view as an HTML page that needs nothing beside it.

    Args:
        figure: What the author asked for.
        key: What its exhibit is known by.
        data: The exhibit.
        neurons: The exhibit's neurons, for a neuron view.
        second: The other exhibit, for a comparison.
        picture: What stands there until the script has run, and in print.
    """
    own = None if neurons is None else Payload(f"{key}-neurons", neurons)
    other = None if second is None else Payload(f"{key}-second", second)
    return templates.get_template("page.html").render(
        title=figure.caption or f"Attention of {' and '.join(figure.names or (figure.model_name,))}",
        style=asset(STYLE),
        script=script(with_neurons=neurons is not None),
        packed=_packed_script(with_neurons=neurons is not None),
        figure=draw_figure(figure, Payload(key, data), own, other, None if picture is None else Still.carried(picture)),
    )
