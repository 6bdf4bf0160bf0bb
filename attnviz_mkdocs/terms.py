"""What authors write that engines look for before anything of ours is needed."""

from __future__ import annotations

from typing import Literal, get_args

CaptureMode = Literal["auto", "never", "always"]
Delivery = Literal["inline", "linked"]

#: What the address of a link starts with that drives a view.
SCHEME = "attn:"

CAPTURE_MODES: tuple[str, ...] = get_args(CaptureMode)
DELIVERIES: tuple[str, ...] = get_args(Delivery)
