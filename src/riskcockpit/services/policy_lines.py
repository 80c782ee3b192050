"""What a change of the policy changes, line by line: nobody signs what they have not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import unified_diff
from pathlib import Path

from riskcockpit.decisions.revocations import read_revocation
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.objects import Objects

MOST_LINES = 200
"""A longer change is cut, and says so."""


def policy_lines(directory: Path, ask: Entry, in_force: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines that `ask` adds and removes; nothing when it changes no policy.

    They are against what is in force now, by `in_force` (file → digest), whatever `ask` says.
    """
    if ask.type is not EntryType.POLICY_CHANGED:
        return ()
    digests = (in_force.get(str(ask.data.get("file")), ""), str(ask.data.get("after", "")))
    before, after = (_lines(directory, digest) for digest in digests)
    return _between(before, after)


def changed_lines(directory: Path, in_force: str, text: str) -> tuple[str, ...]:
    """Return the lines that a text adds to the version with the digest `in_force`, or removes."""
    return _between(_lines(directory, in_force), text.splitlines())


def _between(before: list[str], after: list[str]) -> tuple[str, ...]:
    changed = [
        clean_line(line)
        for line in unified_diff(before, after, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    left = len(changed) - MOST_LINES
    return (*changed[:MOST_LINES], *([f"and {left} more lines"] if left > 0 else ()))


def dated_back(ask: Entry, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return which ends of keys before their signing count once `ask` is approved."""
    return tuple(
        clean_line(
            f"what {each.data.get('principal')} signed with {each.data.get('key_fp')} after "
            f"{each.data['valid_before']}, and nobody else approved, counts for nothing then"
        )
        for each in entries
        if each.type is EntryType.KEY_REVOKED
        and (each.chain, each.data.get("signers")) == (ask.chain, ask.data.get("after"))
        and read_revocation(each, {}).is_claim
    )


def _lines(directory: Path, digest: str) -> list[str]:
    try:
        return Objects(directory).get(digest).decode("utf-8", "replace").splitlines()
    except LedgerError:
        return []
