"""What goes wrong when exhibits are captured."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a reader of a log is told of weights that aren't numbers.
NOT_FINITE = "the model's attention holds NaN or infinite values; try another dtype, such as float32"


class CaptureError(Exception):
    """An exhibit can't be captured: what was wrong, what was expected, what to do.

    Attributes:
        concerns: The key in a gallery that is to be mended: the ``text``, the ``source`` of its model, or the
            ``view``, where the model can be shown in others.
    """

    def __init__(self, message: str, concerns: Literal["text", "source", "view"] = "text") -> None:
        super().__init__(message)
        self.concerns = concerns


def first_line(error: BaseException) -> str:
    """What an error of another library says, cut to what fits into a message of ours."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """A model is other people's code, and may fail in any way.

    Raises:
        CaptureError: It does; ``what``, and how.
    """
    try:
        yield
    except CaptureError:
        raise
    except Exception as error:
        raise CaptureError(f"{what}: {type(error).__name__}: {first_line(error)}") from error
