"""What goes wrong when exhibits are captured."""

from __future__ import annotations


class CaptureError(Exception):
    """An exhibit can't be captured: what was wrong, what was expected, what to do."""


def first_line(error: BaseException) -> str:
    """What an error of another library says, cut to what fits into a message of ours."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
