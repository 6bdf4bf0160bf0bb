"""What pages, galleries and the site may weigh, and what is said of what weighs more."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal, Self

from attnviz_mkdocs.spec import Mistake, Place
from attnviz_mkdocs.spec.mistakes import did_you_mean
from attnviz_mkdocs.spec.size import A_SIZE, parse_size, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from attnviz_mkdocs.spec import Figure

What = Literal["attention", "queries and keys", "pictures", "a page of its own"]
_NEURONS: What = "queries and keys"
_PICTURES: What = "pictures"
_ALONE: What = "a page of its own"

#: How many of the largest parts a message names.
_NAMED = 5


class BudgetError(ValueError):
    """A size can't be what it is.

    Args:
        message: What is told.
        name: Of the size, where there are several.
        is_key: Whether it is this name that can't be.
    """

    def __init__(self, message: str, name: str | None = None, *, is_key: bool = False) -> None:
        super().__init__(message)
        self.path = ("budget",) if name is None else ("budget", name)
        self.is_key = is_key


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that may be reached and not passed.

    Attributes:
        page: What a reader waits for: the page as built; and where data is linked, what one view of it fetches.
        gallery: What the views of one gallery bring to the site; None for any weight.
        site: All files of the site. The default is what GitHub Pages takes.
    """

    page: int = 10_000_000
    gallery: int | None = None
    site: int = 1_000_000_000

    @classmethod
    def of(cls, written: object) -> Budget:
        """What an author wrote: a size for pages, or sizes by name.

        Raises:
            BudgetError: It is neither.
        """
        if not isinstance(written, dict):
            return cls(page=_size(written, "budget"))
        known = [field.name for field in fields(cls)]
        for name in written:
            if name not in known:
                message = f"budget: unknown key {name!r}{did_you_mean(str(name), known)} It has: {', '.join(known)}"
                raise BudgetError(message, str(name), is_key=True)
        sizes = {name: _size(size, "budget", name) for name, size in written.items() if size is not None}
        return cls(**sizes)

    def of_page(self, front_matter: Mapping[str, object]) -> int:
        """The budget of one page, which may say so itself: ``attnviz: {budget: 2MB}``.

        Raises:
            ValueError: What it says is no size.
        """
        written = front_matter.get("attnviz")
        if written is None:
            return self.page
        if not isinstance(written, dict) or set(written) != {"budget"}:
            raise ValueError(f'"attnviz" must be of the form {{budget: 2MB}}, but this is {written!r}')
        return _size(written["budget"], '"budget"')


@dataclass(frozen=True, slots=True)
class Part:
    """What a view brings to the site.

    Attributes:
        what: What it is.
        place: Where the view was asked for.
        gallery: The name of the gallery that the view comes from; empty for none.
        size: In bytes, as the site holds it.
        key: What it is known by; pages that show the same have the same.
        carried: Whether it stands in the page itself, and not in a file beside it that pages share.
        is_cut: Whether the view takes along some layers only.
        is_own: Whether it shows its author's own arrays.
    """

    what: What
    place: Place
    gallery: str
    size: int
    key: str
    carried: bool
    is_cut: bool = False
    is_own: bool = False

    @classmethod
    def of(cls, figure: Figure, what: What, size: int, key: str, *, carried: bool) -> Self:
        """What one view brings."""
        name, slash, _ = (figure.base or figure.name).partition("/")
        gallery = name if slash else ""
        is_cut, is_own = figure.layers is not None, figure.arrays is not None
        return cls(what, figure.place, gallery, size, key, carried, is_cut, is_own)


def written_parts(parts: Iterable[Part]) -> str:
    """Parts as a text."""
    return json.dumps([asdict(part) for part in parts])


def parts_of(text: str) -> list[Part]:
    """What `written_parts` wrote."""
    return [Part(**{**part, "place": Place(**part["place"])}) for part in json.loads(text)]


def heavy_page(
    place: Place, size: int, limit: int, parts: Iterable[Part], subject: str = "the page"
) -> Iterator[Mistake]:
    """What is too much in a page.

    Args:
        place: The page.
        size: Its bytes as built.
        limit: Its budget.
        parts: What its views bring.
        subject: What it is called there.
    """
    parts = list(parts)
    if size > limit:
        carried = [part for part in parts if part.carried]
        yield _too_much(place, f"{subject} weighs", size, limit, carried, of_page=True)
    fetched: dict[Place, list[Part]] = {}
    for part in parts:
        if not part.carried and part.what != _PICTURES:
            fetched.setdefault(part.place, []).append(part)
    for of_view, found in fetched.items():
        weight = _weight(found)
        if weight > limit:
            yield _too_much(of_view, "this view fetches", weight, limit, found)


def heavy_gallery(place: Place, limit: int | None, parts: Iterable[Part]) -> Iterator[Mistake]:
    """What is too much of a gallery in the whole site; ``parts`` are those of its views."""
    parts = _each_once(parts)
    if limit is not None and _weight(parts) > limit:
        yield _too_much(place, "in the site the gallery weighs", _weight(parts), limit, parts)


def heavy_site(place: Place, size: int, limit: int, parts: Iterable[Part]) -> Iterator[Mistake]:
    """What is too much in the whole site, of which ``size`` are the bytes of all files."""
    parts = _each_once(parts)
    if size > limit:
        subject = f"the site, to which views bring {readable(_weight(parts))}, weighs"
        yield _too_much(place, subject, size, limit, parts)


def _too_much(
    place: Place, subject: str, size: int, limit: int, parts: list[Part], *, of_page: bool = False
) -> Mistake:
    over = f"{subject} {readable(size)}; that is {readable(size - limit)} over the budget of {readable(limit)}"
    weights: Counter[tuple[Place, What]] = Counter()
    for part in parts:
        weights[part.place, part.what] += part.size
    largest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_NAMED]
    lines = [f"  {readable(weight):>9}  {place}: {what}" for (place, what), weight in largest]
    rest = len(weights) - len(largest)
    if rest:
        lines.append(f"  {readable(_weight(parts) - sum(weight for _, weight in largest)):>9}  {rest} more")
    mends = [*_mends(parts, of_page=of_page), "or raise the budget"]
    return Mistake(place, over, (*lines, *(f"  - {mend}" for mend in mends)))


def _mends(parts: list[Part], *, of_page: bool) -> Iterator[str]:
    """What makes it lighter, and by how much."""
    carried = [part for part in parts if part.carried and part.what != _PICTURES]
    if carried and of_page:
        yield f"delivery: linked in mkdocs.yml takes {readable(_weight(carried))} out of it: views fetch what is seen"
    elif carried:
        # As text it takes five characters for four bytes.
        linked = sum({part.key: part.size * 4 // 5 for part in carried}.values())
        saved = readable(_weight(carried) - linked)
        yield f"delivery: linked in mkdocs.yml saves {saved}: pages that show the same then share it"
    neurons = _weight(part for part in parts if part.what == _NEURONS)
    if neurons:
        yield f"view: head in place of view: neuron saves {readable(neurons)}"
    alone = _weight(part for part in parts if part.what == _ALONE)
    if alone:
        yield f"pages: false in mkdocs.yml saves the pages of single views, {readable(alone)}, and those that show them"
    attention = [part for part in parts if part.what == "attention"]
    if any(not part.is_cut for part in attention):
        yield "layers: in a view takes along only those layers that it names"
    if any(not part.is_own for part in attention):
        yield "shorter texts: attention grows with the square of the number of tokens"


def _each_once(parts: Iterable[Part]) -> list[Part]:
    """Files that several pages share count once."""
    parts = list(parts)
    shared = {part.key: part for part in reversed(parts) if not part.carried}
    return [part for part in parts if part.carried or shared[part.key] is part]


def _weight(parts: Iterable[Part]) -> int:
    return sum(part.size for part in parts)


def _size(written: object, *names: str) -> int:
    size = parse_size(written)
    if size is None:
        raise BudgetError(f"{': '.join(names)}: expected {A_SIZE}, found {written!r}", *names[1:])
    return size
