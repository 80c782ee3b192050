"""Runs controls through the store's guard and judges what they return.

Those of packs that nobody trusts run in a process of their own, with limits of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from riskcockpit.controls import judge
from riskcockpit.controls.pack import AS_OF, Control
from riskcockpit.domain.control import ControlResult
from riskcockpit.errors import CancelledError, InputError, StoreError
from riskcockpit.store.confined import Confined, confined
from riskcockpit.store.database import Reader
from riskcockpit.store.guard import MOST_ROWS, Guard, Statement, guarding
from riskcockpit.store.handover import handed_over
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
    chosen = tuple(controls)
    ages = newest(reader, as_of) if freshness is None else freshness
    results: dict[int, ControlResult] = {}
    with guarding(reader) as guard:
        guard.expect(control.sql for control in chosen if control.is_trusted)
        for place, control in enumerate(chosen):
            if control.is_trusted:
                results[place] = _result(guard, control, as_of, ages)
    foreign = [(place, control) for place, control in enumerate(chosen) if place not in results]
    if foreign:
        tables = sorted({table for _, control in foreign for table in control.inputs})
        with handed_over(reader, tables) as file, confined(file) as cell:
            for place, control in foreign:
                results[place] = _result(cell, control, as_of, ages)
    return tuple(results[place] for place in range(len(chosen)))


def newest(reader: Reader, as_of: datetime) -> dict[str, datetime | None]:
    """Return table → when its newest row was true (aware UTC); None for an empty table."""
    return dict(reader.rows(sql("controls", "freshness"), as_of=as_of))


def _result(
    runner: Guard | Confined, control: Control, as_of: datetime, ages: Mapping[str, datetime | None]
) -> ControlResult:
    statement = Statement(
        f"the control {control.id}",
        control.sql,
        tables=frozenset(control.inputs),
        columns=dict.fromkeys(judge.REQUIRED, "VARCHAR"),
        has_scalars_only=True,
    )
    try:
        answer = runner.run(statement, {**control.params, AS_OF: as_of})
    except CancelledError:
        raise
    except (InputError, StoreError) as error:
        return judge.failed(control.id, as_of, error.message)
    if answer.is_truncated:
        return judge.failed(control.id, as_of, f"it returns more than {MOST_ROWS:,} rows")
    rows = judge.rows_of(answer.columns, answer.rows)
    return judge.judged(control.id, as_of, rows, judge.outdated(control.inputs, ages, as_of))
