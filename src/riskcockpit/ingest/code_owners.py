"""Who owns a path by the rules of a CODEOWNERS file. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

MOST_STARS = 3
"""Stars in one part of a path, and parts of any depth: more can take for ever to match."""
_LONGEST = 1_000
_ONE_STAR = re.compile(r"(?<!\*)\*(?!\*)")


@dataclass(frozen=True, slots=True)
class _Rule:
    regex: re.Pattern[str]
    owners: tuple[str, ...]
    is_flat: bool
    """It ends in `/*`: what lies deeper is not meant, unlike in a .gitignore."""

    def matches(self, path: str) -> bool:
        if not self.regex.match(path):
            return False
        return not (self.is_flat and self.regex.match(path.rpartition("/")[0]))


class CodeOwners:
    """The rules of one file; patterns match as in a .gitignore, but negations mean nothing."""

    def __init__(self, rules: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Take (pattern, owners) in the order of the file."""
        compiled = ((_compiled(pattern), pattern, owners) for pattern, owners in rules)
        self._latest_first = tuple(
            _Rule(regex, tuple(owners), pattern.endswith("/*"))
            for regex, pattern, owners in reversed(tuple(compiled))
            if regex is not None
        )

    def of(self, path: str) -> tuple[str, ...]:
        """Return the owners of a repository-relative path, by the last rule that matches."""
        rule = next((rule for rule in self._latest_first if rule.matches(path)), None)
        return () if rule is None else rule.owners


def is_usable(pattern: str) -> bool:
    """Whether a pattern can match anything, in a time worth waiting for."""
    return _compiled(pattern) is not None


def _compiled(pattern: str) -> re.Pattern[str] | None:
    is_hard = len(pattern) > _LONGEST or pattern.count("**") > MOST_STARS
    if is_hard or any(len(_ONE_STAR.findall(p)) > MOST_STARS for p in pattern.split("/")):
        return None
    try:
        found = GitIgnoreSpecPattern(pattern)
    except ValueError:
        return None
    return found.regex if found.include and found.regex is not None else None
