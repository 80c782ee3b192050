"""Every list by its name: its columns, those somebody chose, and the order of rows by a column.

The names are those of `cockpit.lists` in the settings. Findings are sorted by the cache, which
reads only the rows that are seen; all other lists are here as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TypeVar

from riskcockpit.config.settings import ListSettings
from riskcockpit.domain.incident import IncidentState
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import Column, Frame

T = TypeVar("T")
_Order = Callable[[Any], Any]

_WHERE = {
    "findings": ("columns", "FINDINGS"),
    "models": ("columns", "MODELS"),
    "incidents": ("incidents", "INCIDENTS"),
    "deployments": ("deployments", "DEPLOYMENTS"),
    "waivers": ("waivers", "WAIVERS"),
    "requests": ("waivers", "REQUESTS"),
    "alerts": ("alert_columns", "ALERTS"),
    "ledger": ("columns", "LEDGER"),
    "actions": ("columns", "ACTIONS"),
    "sources": ("columns", "SOURCES"),
}
LISTS = tuple(_WHERE)
"""Names of the lists, as on the screens."""


def _age(at: datetime | None) -> float | None:
    return None if at is None else -at.timestamp()


def _moment(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _grade(word: str) -> int | None:
    return _SEVERITIES.index(word) if word in _SEVERITIES else None


_SEVERITIES = tuple(each.word for each in Severity)
_INCIDENT_STATES = list(IncidentState)
_KPI_STATES = (KpiState.OK, KpiState.NO_DATA, KpiState.WARN, KpiState.STALE, KpiState.ALARM)
_SOURCE_STATES = ("ok", "never", "partial", "failed")
_ORDERS: Mapping[str, Mapping[str, _Order]] = {
    "models": {
        "state": lambda row: _KPI_STATES.index(row.state),
        "champion": lambda row: row.champion,
        "since": lambda row: _age(row.champion_since),
        "metric": lambda row: max(_KPI_STATES.index(one.state) for one in row.metrics)
        if row.metrics
        else None,
        "rollback_target": lambda row: row.rollback_target,
        "tier": lambda row: row.tier,
        "exposure": lambda row: row.exposure.amount,
    },
    "incidents": {
        "state": lambda row: -_INCIDENT_STATES.index(row.incident.state),
        "severity": lambda row: row.incident.severity,
        "detected": lambda row: _age(row.incident.detected_at),
        "acknowledged": lambda row: _moment(row.incident.acknowledged_at),
        "contained": lambda row: _moment(row.incident.contained_at),
        "steps": lambda row: sum(step.is_done for step in row.steps),
        "review": lambda row: _moment(row.incident.review_due_at),
    },
    "deployments": {
        "traced": lambda row: len(row.gaps),
        "at": lambda row: _age(row.at),
    },
    "waivers": {
        "severity": lambda row: _grade(row.severity),
        "covered": lambda row: row.covered,
        "expires_at": lambda row: _moment(row.expires_at),
        "exposure": lambda row: row.exposure.amount,
    },
    "requests": {
        "requested_at": lambda row: _age(row.requested_at),
        "needs": lambda row: len(row.needs),
        "could": lambda row: row.may_approve,
    },
    "alerts": {
        "severity": lambda row: _grade(row.severity),
        "told": lambda row: _age(row.told_at),
        "since": lambda row: _age(row.since),
    },
    "ledger": {"ts": lambda row: row.ts, "seq": lambda row: row.seq},
    "actions": {"updated_at": lambda row: _age(row.updated_at)},
    "sources": {
        "state": lambda row: _SOURCE_STATES.index(row.state),
        "last_success": lambda row: _age(row.last_success),
        "last_attempt": lambda row: _age(row.last_attempt),
        "rows": lambda row: row.rows,
    },
}  # fmt: skip
"""List → column → what rows are compared by, where that is not the text they show."""


def columns_of(name: str) -> tuple[Column[Any], ...]:
    """Return all columns of a list; an unknown name is a KeyError."""
    module, constant = _WHERE[name]
    columns: tuple[Column[Any], ...] = getattr(
        import_module(f"riskcockpit.present.{module}"), constant
    )
    return columns


def chosen(columns: Sequence[Column[T]], names: Sequence[str]) -> tuple[Column[T], ...]:
    """Return the columns somebody chose, in their order; all of them when nobody did.

    Where there is no room for all, the last go first.
    """
    if not names:
        return tuple(columns)
    by_name = {column.key: column for column in columns}
    found = [by_name[name] for name in names if name in by_name]
    return tuple(replace(column, rank=rank) for rank, column in enumerate(found))


def ordered(
    name: str, columns: Sequence[Column[T]], rows: Sequence[T], sort: str, frame: Frame
) -> list[T]:
    """Return rows by a column, `-` in front for the greatest first; no `sort`: as they are.

    Rows that say nothing in the column come last, either way.
    """
    column = next((each for each in columns if each.key == sort.removeprefix("-")), None)
    if column is None:
        return list(rows)
    cell = column.cell
    order: _Order = _ORDERS.get(name, {}).get(column.key) or (
        lambda row: cell(row, frame).text.casefold() or None
    )
    known: list[tuple[Any, T]] = [(order(row), row) for row in rows]
    said = [pair for pair in known if pair[0] is not None]
    said.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return [row for _, row in (*said, *(pair for pair in known if pair[0] is None))]


def sortable(name: str) -> tuple[str, ...]:
    """Return the columns a list can be sorted by."""
    columns = columns_of(name)
    return tuple(each.key for each in columns if each.sort or name != "findings")


def faults(lists: Mapping[str, ListSettings]) -> Iterator[tuple[str, str, str]]:
    """Yield (dotted path, what is wrong, hint) for what the settings say of lists."""
    for name, wanted in lists.items():
        path = f"cockpit.lists.{name}"
        if name not in LISTS:
            yield path, f'there is no list "{name}"', _hint(name, LISTS)
            continue
        known = [column.key for column in columns_of(name)]
        for index, key in enumerate(wanted.columns):
            place = f"{path}.columns[{index}]"
            if key not in known:
                yield place, f'the list "{name}" has no column "{key}"', _hint(key, known)
            elif key in wanted.columns[:index]:
                yield place, f'the column "{key}" is there twice', "name each column once"
        key = wanted.sort.removeprefix("-")
        if key and key not in known:
            yield f"{path}.sort", f'the list "{name}" has no column "{key}"', _hint(key, known)
        elif key and key not in sortable(name):
            hint = f"it can be by {', '.join(sortable(name))}"
            yield f"{path}.sort", f'the list "{name}" cannot be sorted by "{key}"', hint


def _hint(wanted: str, known: Sequence[str]) -> str:
    near = get_close_matches(wanted, known, 1)
    asked = f'did you mean "{near[0]}"? ' if near else ""
    return f"{asked}there are {', '.join(known)}"
