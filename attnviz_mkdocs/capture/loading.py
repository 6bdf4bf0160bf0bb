"""A model's files → a model and its tokenizer, in memory and without a word on the way."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from attnviz_mkdocs.capture.errors import CaptureError, first_line, in_words
from attnviz_mkdocs.capture.quiet import quiet
from attnviz_mkdocs.capture.reading.writer import Writer
from attnviz_mkdocs.sources import published
from attnviz_mkdocs.spec.types import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

    from attnviz_mkdocs.capture.device import Place
    from attnviz_mkdocs.sources import Located
    from attnviz_mkdocs.spec import Model


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, ready to run.

    Attributes:
        model: The model without a head, of the same class whether it writes or not.
        tokenizer: Its tokenizer.
        writer: The same weights with the head that writes; None where that wasn't asked for, or
            where the files have none.
        longest: How many tokens a text may have, as the model's author says.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    writer: Writer | None = None
    longest: int = LONGEST


def load(located: Located, spec: Model, place: Place, *, writes: bool = False) -> Loaded:
    """Load a model, ready to run, and its tokenizer.

    Args:
        located: Its files.
        spec: Its data type, and what its author allows it.
        place: Where it is to run.
        writes: Whether it is to write text, for which it needs its head.

    Raises:
        CaptureError: It can't be loaded, or is of a kind that isn't supported.
    """
    folder = str(located.folder)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": spec.trust_remote_code}
    if located.gguf is not None:
        options["gguf_file"] = located.gguf
    with quiet(), in_words("the model can't be loaded"), _as_authors_see_it(spec, folder):
        config = AutoConfig.from_pretrained(folder, **options)
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        headed = writes and _has_head_class(config)
        loaded, report = (_head_class(config) if headed else AutoModel).from_pretrained(
            folder,
            **options,
            config=config,
            dtype=getattr(torch, spec.dtype),
            attn_implementation="eager",
            use_safetensors=any(".safetensors" in path.suffixes for path in located.files),
            output_loading_info=True,
            **place.spread,
        )
        loaded.eval()
        if not place.spread:
            loaded.to(place.device)
        model = _without_head(loaded) if headed else loaded
    missing_of_head = _only_in_head(report["missing_keys"], loaded, model)
    _refuse_random_weights(set(report["missing_keys"]) - missing_of_head)
    _refuse_empty_tokenizer(tokenizer)
    model.config.use_cache = False
    writer = Writer(loaded, place.device) if headed and not missing_of_head else None
    return Loaded(model, tokenizer, writer, spec.longest)


def _head_class(config: PretrainedConfig) -> Any:
    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def _has_head_class(config: PretrainedConfig) -> bool:
    head_class = _head_class(config)
    own_code = getattr(config, "auto_map", None) or {}
    return type(config) in head_class._model_mapping or head_class.__name__ in own_code  # noqa: SLF001


def _without_head(headed: PreTrainedModel) -> PreTrainedModel:
    """The model within a model with a head: the same modules, and so the same weights."""
    if headed.base_model is not headed:
        return headed.base_model
    # Such as T5's, which has the parts of the model among its own.
    with torch.device("meta"):
        bare = AutoModel.from_config(headed.config, attn_implementation="eager")
    for name, part in headed.named_children():
        if hasattr(bare, name):
            setattr(bare, name, part)
    return bare.eval()


def _only_in_head(names: Iterable[str], headed: PreTrainedModel, model: PreTrainedModel) -> set[str]:
    """Those weights of a model with a head that the model within it doesn't have."""
    inner = {id(weights) for weights in model.state_dict(keep_vars=True).values()}
    outer = headed.state_dict(keep_vars=True)
    return {name for name in names if name in outer and id(outer[name]) not in inner}


@contextmanager
def _as_authors_see_it(spec: Model, folder: str) -> Iterator[None]:
    """In the words of a gallery: what may stand on a page, and tells what to do where that is known."""
    try:
        yield
    except SafetensorError as error:
        raise CaptureError(
            f"the model's weights are damaged or not complete ({first_line(error)}); copy or download its files again"
        ) from error
    except Exception as error:
        if type(error).__name__ == "UnpicklingError":
            raise CaptureError(
                "the model's weights are a damaged pickle, or one that holds more than weights, which is not run; "
                "convert them to safetensors"
            ) from error
        if "ignore_mismatched_sizes" in str(error):
            raise CaptureError(
                "the model's weights have other shapes than config.json says; expected those of the model that it "
                "describes: copy or download both again"
            ) from error
        if "trust_remote_code" in str(error) and not spec.trust_remote_code:
            raise CaptureError(
                "the model needs code that comes with it, and running that is not allowed: read the code, and, "
                'if you trust it, write "trust_remote_code: true" under the model'
            ) from error
        if folder in str(error):
            own = published(spec.source)
            raise CaptureError(f"the model can't be loaded: {first_line(error).replace(folder, own)}") from error
        raise


def _refuse_random_weights(missing: Iterable[str]) -> None:
    """Refuse to show what transformers made up: it draws at random what a file lacks.

    Only a pooler, which comes after all attention, may be lacking.
    """
    needed = sorted(name for name in missing if "pooler" not in name)
    if needed:
        raise CaptureError(
            f"{len(needed)} weights are missing, such as {needed[0]}, and would be random; "
            f"expected the weights of the model that config.json describes"
        )


def _refuse_empty_tokenizer(tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse to show a text of unknown words: transformers makes an empty tokenizer where there is none."""
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise CaptureError("the tokenizer knows no words; expected tokenizer.json, or a vocabulary, in the folder")
