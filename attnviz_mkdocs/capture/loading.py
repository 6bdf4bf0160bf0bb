"""A model's files → a model and its tokenizer, in memory and without a word on the way."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging as transformers_logging

from attnviz_mkdocs.capture.errors import CaptureError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

    from attnviz_mkdocs.sources import Located
    from attnviz_mkdocs.spec import Model


def load(located: Located, spec: Model, device: torch.device) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model, ready to run, and its tokenizer.

    Args:
        located: Its files.
        spec: Its data type, and what its author allows it.
        device: Where it is to run.

    Raises:
        CaptureError: It can't be loaded, or is of a kind that isn't supported.
    """
    folder = str(located.folder)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": spec.trust_remote_code}
    if located.gguf is not None:
        options["gguf_file"] = located.gguf
    with _quiet(), _in_words(spec):
        config = AutoConfig.from_pretrained(folder, **options)
        _refuse_encoder_decoder(config)
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model, report = AutoModel.from_pretrained(
            folder,
            **options,
            config=config,
            dtype=getattr(torch, spec.dtype),
            attn_implementation="eager",
            use_safetensors=any(".safetensors" in path.suffixes for path in located.files),
            output_loading_info=True,
        )
    _refuse_random_weights(report["missing_keys"])
    _refuse_empty_tokenizer(tokenizer)
    model.config.use_cache = False
    return model.eval().to(device), tokenizer


@contextmanager
def _in_words(spec: Model) -> Iterator[None]:
    """Whatever is raised over files that an author gave is that author's to mend."""
    try:
        yield
    except CaptureError:
        raise
    except Exception as error:
        if "trust_remote_code" in str(error) and not spec.trust_remote_code:
            raise CaptureError(
                "the model needs code that comes with it, and running that is not allowed: read the code, and, "
                'if you trust it, write "trust_remote_code: true" under the model'
            ) from error
        raise CaptureError(f"the model can't be loaded: {type(error).__name__}: {first_line(error)}") from error


def _refuse_encoder_decoder(config: PretrainedConfig) -> None:
    if config.is_encoder_decoder:
        raise CaptureError("encoder-decoder models are not supported yet; give an encoder or a decoder")


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


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither bars nor warnings: they ruin the log of a build, and what goes wrong is raised."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        # Reading GGUF draws a bar that no setting turns off.
        with warnings.catch_warnings(action="ignore"), redirect_stderr(io.StringIO()):
            yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()
