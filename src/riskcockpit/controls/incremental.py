"""What must be judged again: all that rests on inputs, a text or a moment that changed.

Pure but for `states`, which asks the cache.

A verdict depends on what a control reads, on the control itself and on the time it is judged for.
While the first two are the same, a control that asks for the time runs again after a quarter of an
hour; how old its inputs are is looked at every time. The same holds for the numbers of KPIs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.controls.judge import outdated
from riskcockpit.controls.pack import AS_OF, Control
from riskcockpit.domain.control import ControlResult, Verdict
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql

LONGEST = timedelta(minutes=15)
"""How long the verdict of a control that asks for the time stands when nothing changed."""
_OWN = frozenset({"control", "control_row"})
"""Tables that judging itself writes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a control came to, and what that rests on."""

    control_id: str
    verdict: Verdict
    message: str
    passed: int
    failed: int
    at: datetime
    """The moment it was judged for, aware UTC."""
    digest: str
    """Of the control as it was in force."""
    inputs: str
    """The state of the tables it reads, as `inputs_of` gives it."""


def states(reader: Reader) -> dict[str, str]:
    """Return table → its state; it differs when a row of it was written or removed."""
    return dict(reader.rows(sql("controls", "table_states")))


def inputs_of(tables: Iterable[str], table_states: Mapping[str, str]) -> str:
    """Return the state of `tables` as one text; empty when judging itself writes one of them."""
    known = {table: table_states.get(table, "") for table in tables}
    return "" if _OWN & known.keys() else json.dumps(known, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict or a number rests on."""

    digest: str
    """Of the policy that it follows from."""
    inputs: str
    """State of the tables it was read from, as `inputs_of` gives it."""
    at: datetime
    """The moment it is for, aware UTC."""

    def still_holds(self, now: Basis, *, asks_for_time: bool) -> bool:
        """Whether nothing has changed from here to `now`."""
        if not now.inputs or (self.digest, self.inputs) != (now.digest, now.inputs):
            return False
        return self.at <= now.at and not (asks_for_time and now.at - self.at > LONGEST)


def due(
    controls: Iterable[Control],
    before: Mapping[str, Standing],
    table_states: Mapping[str, str],
    ages: Mapping[str, datetime | None],
    at: datetime,
) -> frozenset[str]:
    """Return the ids of the controls that must run for the moment `at`.

    `ages` is the newest row of each table: a control whose inputs have become too old runs again.
    """
    return frozenset(
        control.id
        for control in controls
        if _is_due(control, before.get(control.id), table_states, at)
        or (before[control.id].verdict is not Verdict.STALE and outdated(control.inputs, ages, at))
    )


def _is_due(
    control: Control, past: Standing | None, table_states: Mapping[str, str], at: datetime
) -> bool:
    if past is None or past.verdict is Verdict.ERROR:
        return True
    basis = Basis(past.digest, past.inputs, past.at)
    now = Basis(control.basis, inputs_of(control.inputs, table_states), at)
    return not basis.still_holds(now, asks_for_time=f"${AS_OF}" in control.sql)


def standing(control: Control, result: ControlResult, table_states: Mapping[str, str]) -> Standing:
    """Return what a control that just ran came to."""
    return Standing(
        control.id, result.verdict, result.message, result.passed, result.failed, result.at,
        control.basis, inputs_of(control.inputs, table_states),
    )  # fmt: skip
