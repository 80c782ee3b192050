"""Whether a whole report moved to another checkout directory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

EXPLAINED_SHARE = 0.9
"""A prefix must explain this share of the paths that are left over."""


@dataclass(frozen=True, slots=True)
class PrefixChange:
    """All paths of a report begin differently than those that are stored."""

    prefix: str
    """With its slash at the end."""
    is_added: bool
    """Whether the report has the prefix; else the stored paths have it."""

    def stored_path(self, path: str) -> str:
        """Return what a path of the report was called before."""
        return path.removeprefix(self.prefix) if self.is_added else self.prefix + path


def find(
    seen: Iterable[str], known: Iterable[str], *, all_seen: Iterable[str], all_known: Iterable[str]
) -> PrefixChange | None:
    """Return the prefix that tells the paths in `seen` from those in `known`, if one does.

    Both are the paths of unmatched findings; a real change touches every path of its side.
    """
    ours, theirs = sorted({p for p in seen if p}), sorted({p for p in known if p})
    added = _prefix(ours, theirs)
    if added and all(path.startswith(added) for path in all_seen if path):
        return PrefixChange(added, is_added=True)
    removed = _prefix(theirs, ours)
    if removed and all(path.startswith(removed) for path in all_known if path):
        return PrefixChange(removed, is_added=False)
    return None


def _prefix(longer: list[str], shorter: list[str]) -> str:
    """Return the one prefix by which most of `longer` become paths of `shorter`."""
    by_name: dict[str, list[str]] = {}
    for path in shorter:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    votes: Counter[str] = Counter()
    for path in longer:
        for other in by_name.get(path.rpartition("/")[2], ()):
            if path.endswith(f"/{other}"):
                votes[path.removesuffix(other)] += 1
    if not votes:
        return ""
    prefix, count = min(votes.items(), key=lambda item: (-item[1], item[0]))
    return prefix if count >= EXPLAINED_SHARE * min(len(longer), len(shorter)) else ""
