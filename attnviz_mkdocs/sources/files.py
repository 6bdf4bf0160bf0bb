"""A path → the files there that decide what a model computes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from attnviz_mkdocs.sources.located import Located, SourceError
from attnviz_mkdocs.sources.words import did_you_mean, nearest_entry
from attnviz_mkdocs.spec.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attnviz_mkdocs.sources.located import ModelSource

#: Ending of a file that is a whole model.
GGUF = ".gguf"
CONFIG = "config.json"
#: Files of a tokenizer, for any of the kinds there are, and of how it puts a chat into words.
TOKENIZER = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges*",
    "*.model",
    "*.tiktoken",
    "chat_template.jinja",
)
#: Where a model ends what it writes.
GENERATION = "generation_config.json"
CODE = "*.py"

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def at(path: Path, source: str, model: ModelSource) -> Located:
    """The model at a path: a folder or a GGUF file.

    Raises:
        SourceError: There is none, or it has no weights that may be read.
    """
    if path.is_dir():
        return Located(path, None, model_files(path, source, model))
    if not path.exists():
        what = f"{GGUF} file" if path.suffix == GGUF else "folder"
        message = f'there is no {what} "{source}"{_meant(source) or did_you_mean(nearest_entry(path))}'
        raise SourceError(message)
    if path.suffix != GGUF:
        message = f'"{source}" is a file; expected a model\'s folder or a {GGUF} file: give the folder that it lies in'
        raise SourceError(message)
    return Located(path.parent, path.name, (path,))


def model_files(folder: Path, source: str, model: ModelSource) -> tuple[Path, ...]:
    """The files of a model's folder that decide what it computes.

    Raises:
        SourceError: The folder holds no model, or no weights that may be read.
    """
    if not (folder / CONFIG).is_file():
        raise SourceError(_no_model(folder, source))
    patterns = (*TOKENIZER, GENERATION, *((CODE,) if model.trust_remote_code else ()))
    others = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return tuple(sorted({folder / CONFIG, *_weights(folder, source, model), *others}))


def models_in(folder: Path) -> list[str]:
    """Paths of the models below a folder, relative to it."""
    found = [*folder.rglob(f"*{GGUF}"), *(config.parent for config in folder.rglob(CONFIG))]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def needs_pickle(folder: Path, model: ModelSource) -> bool:
    """Whether a folder's only weights are pickles, which the model doesn't allow."""
    return not model.allow_pickle and not _first(folder, _WEIGHTS) and bool(_first(folder, _PICKLES))


def _weights(folder: Path, source: str, model: ModelSource) -> Iterator[Path]:
    found = _first(folder, _WEIGHTS + _PICKLES if model.allow_pickle else _WEIGHTS)
    if found is None:
        raise SourceError(_no_weights(folder, source, model))
    yield found
    if found.suffix != ".json":
        return
    for shard in _shards(found, source):
        if not shard.is_file():
            message = f'"{source}" is not complete: {found.name} names {shard.name}, which is not there'
            raise SourceError(message)
        yield shard


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _shards(index: Path, source: str) -> list[Path]:
    try:
        names = {str(name) for name in json.loads(index.read_text("utf-8"))["weight_map"].values()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        message = f'"{source}": {index.name} is not an index of weights; copy it again from where the model came from'
        raise SourceError(message) from error
    kind = "." + index.name.split(".")[1]
    for name in sorted(names):
        # What loads the weights would follow a path anywhere, and takes all that is no safetensors for a pickle.
        if re.search(r"[/\\:]", name) or Path(name).suffix != kind:
            message = f'"{source}": {index.name} names {quoted(name)}; expected a {kind} file beside it'
            raise SourceError(message)
    return [index.with_name(name) for name in sorted(names)]


def _meant(source: str) -> str:
    """What to write in place of a source that is neither a path nor a hub id."""
    kinds = "a source is a hub id such as org/name, a folder or package:NAME/PATH"
    if found := re.match(r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)([\w.-]+(?:/[\w.-]+)?)", source):
        return f'; {kinds}: write "{found[1]}"'
    if found := re.fullmatch(r"([\w.-]+(?:/[\w.-]+)?)@([\w./-]+)", source):
        return f'; write "{found[1]}", and "revision: {found[2]}" below it'
    if source.startswith(("~", "$")):
        return (
            '; "~" and "$" stand for themselves here: write a path from the folder of mkdocs.yml on, or an absolute one'
        )
    return f"; {kinds}" if ":" in source else ""


def _no_model(folder: Path, source: str) -> str:
    inside = [f"{source.rstrip('/')}/{name}" for name in models_in(folder)[:3]]
    mend = f"did you mean {' or '.join(inside)}?" if inside else "give the folder that holds the model's files"
    return f'"{source}" is not a model\'s folder: it has no {CONFIG}; {mend}'


def _no_weights(folder: Path, source: str, model: ModelSource) -> str:
    lacks = f'"{source}" has no {_WEIGHTS[0]}'
    if needs_pickle(folder, model):
        return (
            f"{lacks}, only {_PICKLES[0]}: a pickle, which can run code on your machine. Convert it to "
            'safetensors, or, if you trust who made it, write "allow_pickle: true" under the model'
        )
    if (folder / "adapter_config.json").is_file():
        return f"{lacks}: it is an adapter. Merge it into its base model, and give the folder of the result"
    return f"{lacks}; expected weights as safetensors, or a source that ends with the name of a {GGUF} file"
