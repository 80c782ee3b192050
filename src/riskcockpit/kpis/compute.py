"""Measures KPIs over one generation, through the store's guard.

SELECTs that are not ours run in a process of their own, with limits of the system.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.kpi import KpiReading, KpiRow, KpiState, judge
from riskcockpit.errors import CancelledError, InputError, StoreError
from riskcockpit.kpis.catalogue import Kpi
from riskcockpit.store.confined import Confined, confined
from riskcockpit.store.database import Reader
from riskcockpit.store.guard import Answer, Guard, Statement, guarding
from riskcockpit.store.handover import handed_over

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
    readings: dict[str, KpiReading] = {}
    with guarding(reader) as guard:
        ours = [kpi for kpi in wanted if kpi.is_trusted]
        guard.expect(kpi.sql for kpi in ours)
        readings.update((kpi.id, _reading(guard, kpi, as_of)) for kpi in ours)
    if foreign := [kpi for kpi in wanted if not kpi.is_trusted]:
        with _cell(reader, foreign) as cell:
            readings.update((kpi.id, _reading(cell, kpi, as_of)) for kpi in foreign)
    return tuple(readings[kpi.id] for kpi in wanted)


def behind(reader: Reader, kpi: Kpi, as_of: datetime) -> tuple[KpiRow, ...]:
    """Return the rows behind the number that `kpi` had at `as_of`, the worst first.

    Raises:
        InputError: its SELECT of rows is not allowed or fails. CancelledError: interrupted.
    """
    if not kpi.rows_sql:
        return ()
    name = f"the rows of the KPI {kpi.id}"
    statement = Statement(name, kpi.rows_sql, tables=kpi.inputs, columns=_BEHIND)
    moments = {"as_of": as_of, "since": as_of - kpi.window}
    with guarding(reader) if kpi.is_trusted else _cell(reader, [kpi]) as runner:
        answer = runner.run(statement, moments)
    places = [answer.columns.index(column) for column in _BEHIND]
    rows = (tuple(row[place] for place in places) for row in answer.rows[:MOST_BEHIND])
    return tuple(KpiRow(item, value, _moment(at), note) for item, value, at, note in rows)


@contextmanager
def _cell(reader: Reader, kpis: Iterable[Kpi]) -> Iterator[Confined]:
    """Lend a process of its own over what `reader` sees."""
    tables = sorted({table for kpi in kpis for table in kpi.inputs})
    with handed_over(reader, tables) as file, confined(file) as cell:
        yield cell


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a moment that may have come out of another process, as text."""
    return parse_utc(value) if isinstance(value, str) else value


def _reading(runner: Guard | Confined, kpi: Kpi, as_of: datetime) -> KpiReading:
    statement = Statement(f"the KPI {kpi.id}", kpi.sql, tables=kpi.inputs, columns=_COLUMNS)
    try:
        answer = runner.run(statement, {"as_of": as_of, "since": as_of - kpi.window})
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
    value, sample, newest = record["value"], int(record["sample"] or 0), _moment(record["as_of"])
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
