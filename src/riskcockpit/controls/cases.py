"""A pack's own test cases: rows in, verdicts out, in a cache that lives in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from riskcockpit.config.durations import parse_duration
from riskcockpit.controls.pack import ABSENT, Case, Control
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.clock import as_utc
from riskcockpit.domain.control import ControlResult, RowStatus
from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.store.database import Reader, Writer
from riskcockpit.store.scratch import scratch
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import CaseOutcome

Columns = Mapping[str, Mapping[str, tuple[str, bool]]]
"""Table → column → (DuckDB type, may be NULL)."""


def run_cases(controls: Iterable[Control]) -> tuple[CaseOutcome, ...]:
    """Run every case of every control, in their order; a control without cases fails."""
    outcomes: list[CaseOutcome] = []
    waiting = deque((control, case) for control in controls for case in control.cases or (None,))
    while waiting:
        with scratch(datetime.min.replace(tzinfo=UTC)) as writer:
            is_usable, world = True, World(writer)
            while waiting and is_usable:
                outcome, is_usable = _outcome(world, *waiting.popleft())
                outcomes.append(outcome)
    return tuple(outcomes)


def fill(writer: Writer, rows: Mapping[str, Iterable[Mapping[str, Any]]], as_of: datetime) -> None:
    """Insert `rows`, table by table; columns left out get a harmless value.

    In a column that holds a moment, a text as `-2h` or `+30m` is relative to `as_of`.

    Raises:
        InputError: a table or a column does not exist, or a value does not fit.
    """
    _fill(writer, _columns(writer), rows, as_of)


def _fill(
    writer: Writer,
    columns: Columns,
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    as_of: datetime,
) -> None:
    for table, given in rows.items():
        if table not in columns:
            raise InputError(f"there is no table {table!r}")
        writer.append(table, [_whole(table, columns[table], row, as_of) for row in given])


class World:
    """A cache that is filled for one case after another."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._columns = _columns(writer)
        self._filled: set[str] = set()

    def judged(self, controls: Iterable[Control], case: Case) -> tuple[ControlResult, ...]:
        """Judge `controls` over the rows of `case` alone.

        Raises:
            InputError: a table or a column of it does not exist, or a value does not fit.
        """
        for table in self._filled:
            self._writer.clear(table)
        self._filled = set(case.rows)
        as_of = as_utc(case.as_of)
        _fill(self._writer, self._columns, case.rows, as_of)
        return evaluate(self._writer, controls, as_of)


def _outcome(world: World, control: Control, case: Case | None) -> tuple[CaseOutcome, bool]:
    """Run one case; return what came of it, and whether the cache can be used again."""
    if case is None:
        needed = "a control needs cases"
        return CaseOutcome(control.id, "has cases", is_ok=False, message=needed), True
    try:
        fault = difference(case, world.judged((control,), case)[0])
    except RiskcockpitError as error:
        return CaseOutcome(control.id, case.name, is_ok=False, message=error.message), False
    return CaseOutcome(control.id, case.name, is_ok=not fault, message=fault), True


def difference(case: Case, result: ControlResult) -> str:
    """Return how a result differs from what its case expects; empty when it does not."""
    if result.verdict is not case.verdict:
        why = f" ({result.message})" if result.message else ""
        return f"the verdict is {result.verdict.value}{why}, not {case.verdict.value}"
    counts = Counter(row.resource for row in result.rows)
    if twice := min((name for name, count in counts.items() if count > 1), default=None):
        return f"{twice} is judged {counts[twice]} times"
    statuses = {row.resource: row.status for row in result.rows}
    for resource, expected in case.statuses.items():
        status = statuses.get(resource)
        if status is not expected:
            return f"{resource} is {_word(status)}, not {_word(expected)}"
    return ""


def _word(status: RowStatus | None) -> str:
    return ABSENT if status is None else status.value


def _columns(reader: Reader) -> Columns:
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, type_, is_nullable in reader.rows(sql("controls", "case_columns")):
        found.setdefault(table, {})[column] = (type_, is_nullable)
    return found


def _whole(
    table: str, columns: Mapping[str, tuple[str, bool]], row: Mapping[str, Any], as_of: datetime
) -> dict[str, Any]:
    if unknown := min(row.keys() - columns.keys(), default=None):
        raise InputError(f"table {table} has no column {unknown!r}")
    whole = {}
    for name, (type_, is_nullable) in columns.items():
        if name in row:
            whole[name] = _value(row[name], type_, as_of)
        elif not is_nullable and name != "rev":
            whole[name] = _harmless(type_, as_of)
    return whole


def _value(value: Any, type_: str, as_of: datetime) -> Any:
    if type_ != "TIMESTAMP" or value is None:
        return value
    if isinstance(value, datetime):
        return as_utc(value)
    sign = {"-": -1, "+": 1}.get(str(value)[:1])
    if sign is None:
        raise InputError(f"{value!r} is no moment", hint="as -2h, +30m or 2026-01-15T12:00:00Z")
    return as_of + sign * _span(str(value)[1:])


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InputError(str(error), hint="as -2h") from error


def _harmless(type_: str, as_of: datetime) -> Any:
    if type_ == "TIMESTAMP":
        return as_of
    if type_.endswith("]"):
        return []
    if type_.startswith("MAP"):
        return {}
    if type_ == "BOOLEAN":
        return False
    return {"VARCHAR": "", "BLOB": b""}.get(type_, 0)
