"""What an exhibit says of itself, for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attnviz_mkdocs.pages.words import Words
from attnviz_mkdocs.pictures.format import format_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attnviz_mkdocs.codec import Header
    from attnviz_mkdocs.spec import Figure, Text

_FINGERPRINT_LENGTH = 12


def facts_of(headers: Sequence[Header]) -> list[tuple[Words, Words]]:
    """Where the numbers of a model came from and how exact they are: names and values.

    Args:
        headers: Of the exhibits that show the model; two where it reads two texts that are compared.
    """
    return [(Words(name), Words(value)) for name, value in _facts(headers) if value]


def texts_of(figure: Figure, header: Header | None) -> list[tuple[Words, Words]]:
    """What was read: what each part is called, and the part itself.

    Args:
        figure: A view of the exhibit.
        header: What the exhibit says of itself, where it is there: it knows what the model wrote.
    """
    texts = list(dict.fromkeys(subject.text for subject in figure.subjects))
    names = figure.names if figure.compares == "text" else None
    parts: list[tuple[str, str]] = []
    for position, text in enumerate(texts):
        own = list(_parts(text, header.content if header and len(texts) == 1 else {}))
        parts += own if names is None else [(f"{names[position]}, {name.lower()}", said) for name, said in own]
    if not texts and header and header.content["text"] is not None:
        parts = [("Text", header.content["text"])]
    return [(Words(name), Words(said)) for name, said in parts]


def _parts(text: Text, known: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    for message in text.messages or ():
        yield message.role.capitalize(), message.content
    if text.text is not None:
        # What a model wrote after a text is in the exhibit's own; of what it wrote as a target, nothing is known here.
        yield "Text", known.get("text") or text.text
    target = text.target or known.get("target")
    yield from ((name, said) for name, said in (("Pair", text.pair), ("Target", target)) if said is not None)


def _facts(headers: Sequence[Header]) -> Iterator[tuple[str, str]]:
    contents = [header.content for header in headers]
    # One model is one source, and has one shape; what it reads and how exact that is differ.
    provenance, attentions = contents[0]["provenance"], contents[0]["attentions"]
    revision = provenance["revision"]
    yield "Source", provenance["source"] + (f" at {revision}" if revision else "")
    yield "SHA-256 of its files", provenance["fingerprint"][:_FINGERPRINT_LENGTH]
    sizes = [
        (f"{about['name']}: " if len(attentions) > 1 else "")
        + f"{len(about['layers'])} layers of {about['shape'][1]} heads"
        for about in attentions
    ]
    yield "Architecture", ", ".join(filter(None, [provenance["architecture"], *sizes]))
    yield "Tokens", " and ".join(_lengths(content["tokens"]) for content in contents)
    error = max(about["error"]["largest"] for content in contents for about in content["attentions"])
    yield "Precision", f"computed in {provenance['dtype']}, shown with an error of at most {format_error(error)}"
    yield "Made with", ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    yield "Notes", " ".join(dict.fromkeys(note for content in contents for note in content["notes"]))


def _lengths(tokens: Mapping[str, Mapping[str, Sequence[Any]]]) -> str:
    lengths = {name: len(columns["label"]) for name, columns in tokens.items()}
    return ", ".join(f"{length} {name}" if len(lengths) > 1 else str(length) for name, length in lengths.items())
