"""What a query means, apart from how it was written: a tree of terms, a sort order, a group."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """How a term compares."""

    HAS = ":"
    """Matches: a word, a glob, a part of prose, a day."""
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    MATCHES = "~"
    """A regular expression, RE2, without regard to case."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison of a known field with a checked value."""

    field: str
    operator: Operator
    value: str
    position: int = dataclasses.field(default=0, compare=False)
    """Where its value stands in the query text."""


@dataclass(frozen=True, slots=True)
class Word:
    """A bare or quoted word, searched for in all text of a finding."""

    text: str
    position: int = dataclasses.field(default=0, compare=False)
    is_view: bool = False
    """Stands for the saved view of this name; the parser puts its query in its place."""


@dataclass(frozen=True, slots=True)
class Not:
    """Everything that `item` does not select."""

    item: Node


@dataclass(frozen=True, slots=True)
class And:
    """What all of at least two items select."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any of at least two items selects."""

    items: tuple[Node, ...]


Node = Term | Word | Not | And | Or


@dataclass(frozen=True, slots=True)
class SortKey:
    """One step of an order."""

    field: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; the empty one selects everything in the order of priority."""

    where: Node | None = None
    sort: tuple[SortKey, ...] = ()
    group: str = ""
    """The field whose equal values stand together; empty for none."""


def all_of(items: Iterable[Node]) -> Node | None:
    """Return the conjunction of `items`, flat; None when there are none."""
    flat: list[Node] = []
    for item in items:
        flat.extend(item.items if isinstance(item, And) else (item,))
    return And(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def any_of(items: Iterable[Node]) -> Node | None:
    """Return the disjunction of `items`, flat; None when there are none."""
    flat: list[Node] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Or) else (item,))
    return Or(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)
