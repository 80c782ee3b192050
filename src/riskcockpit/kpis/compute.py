"""Measures KPIs over one generation, through the store's guard."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from riskcockpit.domain.kpi import KpiReading, KpiRow, KpiState, judge
from riskcockpit.errors import CancelledError, InputError, StoreError
from riskcockpit.kpis.catalogue import Kpi
from riskcockpit.store.database import Reader
from riskcockpit.store.guard import Answer, Guard, Statement, guarding

MOST_BEHIND = 1_000
"""Rows behind a number that are shown at most."""
_BEHIND = {"item": "VARCHAR", "value": "DOUBLE", "at": "TIMESTAMP", "note": "VARCHAR"}
_COLUMNS = {"value": "DOUBLE", "sample": "BIGINT", "as_of": "TIMESTAMP"}


def measure(reader: Reader, catalogue: Iterable[Kpi], as_of: datetime) -> tuple[KpiReading, ...]:
    """Measure every KPI for the moment `as_of`, in the order of the catalogue.

    Over a writer this sees what was written so far. A KPI that cannot be run has no data and says
    why; it is never an exception.

    Raises:
        CancelledError: the reader was interrupted.
    """
    wanted = tuple(catalogue)
    with guarding(reader) as guard:
        guard.expect(kpi.sql for kpi in wanted)
        return tuple(_reading(guard, kpi, as_of) for kpi in wanted)


def behind(reader: Reader, kpi: Kpi, as_of: datetime) -> tuple[KpiRow, ...]:
    """Return the rows behind the number that `kpi` had at `as_of`, the worst first.

    Raises:
        InputError: its SELECT of rows is not allowed or fails. CancelledError: interrupted.
    """
    if not kpi.rows_sql:
        return ()
    name = f"the rows of the KPI {kpi.id}"
    statement = Statement(name, kpi.rows_sql, tables=kpi.inputs, columns=_BEHIND)
    with guarding(reader) as guard:
        answer = guard.run(statement, {"as_of": as_of, "since": as_of - kpi.window}, MOST_BEHIND)
    places = [answer.columns.index(column) for column in _BEHIND]
    return tuple(KpiRow(*(row[place] for place in places)) for row in answer.rows)


def _reading(guard: Guard, kpi: Kpi, as_of: datetime) -> KpiReading:
    statement = Statement(f"the KPI {kpi.id}", kpi.sql, tables=kpi.inputs, columns=_COLUMNS)
    try:
        answer = guard.run(statement, {"as_of": as_of, "since": as_of - kpi.window}, most_rows=1)
    except CancelledError:
        raise
    except (InputError, StoreError) as error:
        why = f"{error.message} ({error.hint})" if error.hint else error.message
        return _without(kpi, as_of, why)
    if answer.is_truncated or len(answer.rows) != 1:
        return _without(kpi, as_of, f"the KPI {kpi.id} must return exactly one row")
    return _judged(kpi, as_of, answer)


def _judged(kpi: Kpi, as_of: datetime, answer: Answer) -> KpiReading:
    record = dict(zip(answer.columns, answer.rows[0], strict=True))
    value, sample, newest = record["value"], int(record["sample"] or 0), record["as_of"]
    if value is not None and not math.isfinite(value):
        return _without(kpi, as_of, f"the value of the KPI {kpi.id} is no number: {value}")
    if sample < kpi.minimum_sample:
        value = None
    if newest is not None and newest > as_of:  # or it would not grow old for as long
        newest = as_of
    is_stale = kpi.max_age is not None and (newest is None or as_of - newest > kpi.max_age)
    state = judge(value, kpi.target, kpi.direction, kpi.warning, is_stale=is_stale)
    return KpiReading(kpi.id, as_of, value, sample, state, newest)


def _without(kpi: Kpi, as_of: datetime, why: str) -> KpiReading:
    return KpiReading(kpi.id, as_of, None, 0, KpiState.NO_DATA, message=why)
