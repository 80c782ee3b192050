"""What is told upstream of a waiver: one short line that says until when, and that it is ours."""

from __future__ import annotations

from riskcockpit.connectors.api import WaiverWords
from riskcockpit.domain.clock import rfc3339

SIGNATURE = ", riskcockpit)"
"""How each remark of ours ends: no other is ever taken back."""


def remark(waiver: WaiverWords, most: int) -> str:
    """Return justification, end and signature in at most `most` characters."""
    end = f" (until {rfc3339(waiver.expires_at)[:10]}{SIGNATURE}"
    return shortened(waiver.justification, most - len(end)) + end


def shortened(text: str, most: int) -> str:
    """Return a text in one line of at most `most` characters, with its end marked when cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
