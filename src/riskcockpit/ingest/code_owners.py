"""Who owns a path by the rules of a CODEOWNERS file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import attrgetter

MOST_STARS = 3
"""Stars in one part of a path, and parts of any depth: more can take for ever to match."""
_LONGEST = 1_000
_PLAIN = re.compile(r"[^*?\[\]\\! ]+")
_ONE_STAR = re.compile(r"(?<!\*)\*(?!\*)")


@dataclass(frozen=True, slots=True)
class _Rule:
    ordinal: int
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
        self._below: dict[str, list[_Rule]] = {}
        for ordinal, (pattern, owners) in enumerate(rules):
            regex = _compiled(pattern)
            if regex is not None:
                rule = _Rule(ordinal, regex, tuple(owners), pattern.endswith("/*"))
                self._below.setdefault(_place(pattern), []).append(rule)

    def of(self, path: str) -> tuple[str, ...]:
        """Return the owners of a repository-relative path, by the last rule that matches."""
        found = [rule for place in _places(path) for rule in self._below.get(place, ())]
        found.sort(key=_ordinal, reverse=True)
        rule = next((rule for rule in found if rule.matches(path)), None)
        return () if rule is None else rule.owners


_ordinal = attrgetter("ordinal")


def is_usable(pattern: str) -> bool:
    """Whether a pattern can match anything, in a time worth waiting for."""
    return _compiled(pattern) is not None


def _compiled(pattern: str) -> re.Pattern[str] | None:
    is_hard = len(pattern) > _LONGEST or pattern.count("**") > MOST_STARS
    if is_hard or any(len(_ONE_STAR.findall(p)) > MOST_STARS for p in pattern.split("/")):
        return None
    from pathspec.patterns.gitignore.spec import (  # noqa: PLC0415 - few homes have such a file
        GitIgnoreSpecPattern,
    )

    try:
        found = GitIgnoreSpecPattern(pattern)
    except ValueError:
        return None
    return found.regex if found.include and found.regex is not None else None


def _place(pattern: str) -> str:
    """Return the directory or file that all matches are or lie below; empty for anywhere."""
    if "/" not in pattern.rstrip("/"):
        return ""
    return "/".join(takewhile(_PLAIN.fullmatch, pattern.strip("/").split("/")))


def _places(path: str) -> Iterator[str]:
    """Yield the root, every directory on the way to `path`, and `path`."""
    yield ""
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path
