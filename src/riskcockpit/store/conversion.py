"""Values on their way in and out: aware UTC outside, naive UTC inside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from riskcockpit.domain.clock import as_utc


def to_store(value: Any) -> Any:
    """Return `value` as the store keeps it: aware times become naive UTC, in collections as well.

    Raises:
        ValueError: a time without a zone: nobody knows when it is.
    """
    if isinstance(value, datetime):
        return as_utc(value).replace(tzinfo=None)
    if isinstance(value, list | tuple | set | frozenset):
        return [to_store(item) for item in value]
    return value


def from_store(value: Any) -> Any:
    """Return `value` as the rest of the program wants it: naive UTC times become aware."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if isinstance(value, list):
        return [from_store(item) for item in value]
    if isinstance(value, dict):
        return {key: from_store(item) for key, item in value.items()}
    return value


def as_utc_rows(found: list[tuple[Any, ...]], moments: tuple[int, ...]) -> list[tuple[Any, ...]]:
    """Return the rows with the columns at the indices `moments` made aware."""
    if not moments:
        return found
    changed: list[tuple[Any, ...]] = []
    for row in found:
        values = list(row)
        for index in moments:
            values[index] = from_store(values[index])
        changed.append(tuple(values))
    return changed
