"""Runs controls through the store's guard and judges what they return."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from riskcockpit.controls import judge
from riskcockpit.controls.pack import AS_OF, Control
from riskcockpit.domain.control import ControlResult
from riskcockpit.errors import CancelledError, InputError, StoreError
from riskcockpit.store.database import Reader
from riskcockpit.store.guard import MOST_ROWS, Guard, Statement, guarding
from riskcockpit.store.sql import sql


def evaluate(
    reader: Reader,
    controls: Iterable[Control],
    as_of: datetime,
    freshness: Mapping[str, datetime | None] | None = None,
) -> tuple[ControlResult, ...]:
    """Judge every control over one generation, or over what a writer wrote so far.

    `as_of` is the moment they are judged for; the same data and moment give the same results.
    `freshness` is the newest row of each table (`newest`); measured when it is not given. A control
    that fails is an `error` result, never an exception.

    Raises:
        CancelledError: the reader was interrupted.
    """
    ages = newest(reader, as_of) if freshness is None else freshness
    with guarding(reader) as guard:
        return tuple(_result(guard, control, as_of, ages) for control in controls)


def newest(reader: Reader, as_of: datetime) -> dict[str, datetime | None]:
    """Return table → when its newest row was true (aware UTC); None for an empty table."""
    return dict(reader.rows(sql("controls", "freshness"), as_of=as_of))


def _result(
    guard: Guard, control: Control, as_of: datetime, ages: Mapping[str, datetime | None]
) -> ControlResult:
    statement = Statement(
        f"the control {control.id}",
        control.sql,
        tables=frozenset(control.inputs),
        columns=dict.fromkeys(judge.REQUIRED, "VARCHAR"),
        has_scalars_only=True,
    )
    try:
        answer = guard.run(statement, {**control.params, AS_OF: as_of})
    except CancelledError:
        raise
    except (InputError, StoreError) as error:
        return judge.failed(control.id, as_of, error.message)
    if answer.is_truncated:
        return judge.failed(control.id, as_of, f"it returns more than {MOST_ROWS:,} rows")
    rows = [judge.row_of(answer.columns, values) for values in answer.rows]
    return judge.judged(control.id, as_of, rows, judge.outdated(control.inputs, ages, as_of))
