"""Authors: who made what a decision is about, and so does not approve it. Pure.

Upstream systems name people in their own way. A principal and an author are one person when their
names are equal but for letter case, with or without the domain of a mail address: refusing one
namesake too many is the safe side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

KEY = "authors"
"""Where an ask names them."""


def read_authors(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the authors that the data of an ask names; older asks name none.

    Raises:
        ValueError: it is no list of names.
    """
    named = data.get(KEY, [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError("its authors cannot be read")
    return tuple(named)


def is_author(principal: str, authors: Iterable[str]) -> bool:
    """Whether `principal` is one of the authors."""
    names = names_of(principal)
    return any(names & names_of(author) for author in authors)


def names_of(text: str) -> frozenset[str]:
    """Return what somebody may be called: the whole name and what is before its `@`."""
    whole = text.strip().casefold()
    return frozenset({whole, whole.partition("@")[0]} - {""})
