"""What a change of the policy changes, line by line: nobody signs what they have not seen."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.objects import Objects

MOST_LINES = 200
"""A longer change is cut, and says so."""


def policy_lines(directory: Path, ask: Entry) -> tuple[str, ...]:
    """Return the lines that `ask` adds and removes; nothing when it changes no policy."""
    if ask.type is not EntryType.POLICY_CHANGED:
        return ()
    before, after = (_lines(directory, str(ask.data.get(key, ""))) for key in ("before", "after"))
    changed = [
        clean_line(line)
        for line in unified_diff(before, after, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    left = len(changed) - MOST_LINES
    return (*changed[:MOST_LINES], *([f"and {left} more lines"] if left > 0 else ()))


def _lines(directory: Path, digest: str) -> list[str]:
    try:
        return Objects(directory).get(digest).decode("utf-8", "replace").splitlines()
    except LedgerError:
        return []
