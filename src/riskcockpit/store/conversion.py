"""Values on their way in and out: aware UTC outside, naive UTC inside."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.util import find_spec
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


def settle_pandas() -> None:
    """Remember that pandas is not there, where it is not.

    duckdb tries to import it for each parameter of each statement, and Python searches the whole
    path each time for what it has not found before: a seventh of a small import's time.
    """
    if "pandas" not in sys.modules and find_spec("pandas") is None:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # "the import fails at once"
