"""By what Grype's own JSON is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_BESIDE = frozenset({"descriptor", "source", "distro", "ignoredMatches"})
_OF_MATCH = frozenset({"vulnerability", "artifact"})
_MATCHED = frozenset({"matched-by", "matchDetails"})


def is_grype(shape: Shape) -> bool:
    """Whether the visible members are those of a Grype report; an empty list of matches counts."""
    if shape.kind == "list":
        return shape.members.keys() >= _OF_MATCH and bool(_MATCHED & shape.members.keys())
    if shape.kind != "object" or "matches" not in shape.members:
        return False
    return bool(_BESIDE & shape.members.keys()) or shape.inner >= _OF_MATCH
