"""What goes wrong when exhibits are captured."""

from __future__ import annotations

from typing import Literal


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
