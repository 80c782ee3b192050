"""What is told upstream of a waiver, and what of it is known again as ours. Pure.

Whatever we close carries our signature at the end of its comment: nothing else is ever opened.
"""

from __future__ import annotations

from riskcockpit.connectors.api import WaiverWords
from riskcockpit.domain.clock import rfc3339

SIGNATURE = ", riskcockpit)"
"""How the comment of each dismissal of ours ends."""


def signed_comment(waiver: WaiverWords, most: int) -> str:
    """Return the justification and the end of a waiver, signed, in at most `most` characters."""
    end = f" (until {rfc3339(waiver.expires_at)[:10]}{SIGNATURE}"
    return shortened(waiver.justification, most - len(end)) + end


def is_ours(comment: str) -> bool:
    """Whether a comment upstream is one of ours."""
    return comment.rstrip().endswith(SIGNATURE)


def shortened(text: str, most: int) -> str:
    """Return a comment in at most `most` characters, with its end marked when it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def why_not(source: str, *, may_write: bool, has_credential: bool) -> str:
    """Return why nothing may be changed in the system behind `source`; empty when it may.

    `may_write` is the option `write` of the source.
    """
    if not may_write:
        return f'the source "{source}" does not write: its options have no `write: true`'
    if not has_credential:
        return f'the source "{source}" has no write credential'
    return ""
