"""Copying out of the terminal: by OSC 52 or tmux, never cut short, only when allowed."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from typing import Literal

Way = Literal["osc52", "tmux", "off"]

MOST_BYTES = 74_994
"""Encoded bytes that terminals take in one sequence; more would be cut or dropped silently."""
_TMUX_SECONDS = 2.0


def way(setting: str, environ: Mapping[str, str]) -> Way:
    """Return how to copy under a setting (`auto`, `osc52`, `tmux` or `off`)."""
    if setting == "off":
        return "off"
    if setting == "tmux" or (setting == "auto" and environ.get("TMUX")):
        return "tmux"
    return "osc52"


def fits(text: str) -> bool:
    """Return whether a text can be sent whole."""
    return len(base64.b64encode(text.encode("utf-8", "replace"))) <= MOST_BYTES


def to_tmux(text: str) -> bool:
    """Give a text to the tmux one is in, and through it to the terminal; return whether it took it.

    Blocks for up to two seconds; called from a thread.
    """
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],  # noqa: S607 - the one that is in use
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
