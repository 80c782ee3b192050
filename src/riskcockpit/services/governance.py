"""Controls as they stand."""

from __future__ import annotations

import difflib
import json

from riskcockpit.config.paths import Paths
from riskcockpit.controls.cases import run_cases
from riskcockpit.controls.pack import Control
from riskcockpit.domain.control import ControlRow, RowStatus, Verdict
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.policy import controls_in_force
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import CaseOutcome, ControlDetail, ControlView


def check_controls(paths: Paths | None = None) -> tuple[CaseOutcome, ...]:
    """Run the cases of every control in force: rows in, verdicts out. Needs no settings."""
    return run_cases(controls_in_force(paths or Paths.from_environment()))


def controls(ctx: Context) -> tuple[ControlView, ...]:
    """Return all controls of the packs with their latest verdict; `no_data` before the first."""
    judged = _judged(ctx)
    return tuple(judged.get(c.id) or _unjudged(c) for c in controls_in_force(ctx.paths))


def control(ctx: Context, control_id: str) -> ControlDetail:
    """Return one control with the rows behind its verdict.

    Raises:
        UnknownNameError: there is no such control; the hint names the nearest.
    """
    known = {each.id: each for each in controls_in_force(ctx.paths)}
    if control_id not in known:
        nearest = difflib.get_close_matches(control_id, known, 1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else "`riskcockpit controls list`"
        raise UnknownNameError(f'no control "{control_id}"', hint=hint)
    found = known[control_id]
    rows: tuple[ControlRow, ...] = ()
    if ctx.store.generation():
        with ctx.store.reader() as reader:
            asked = reader.rows(sql("services", "governance_control_rows"), id=control_id)
        rows = tuple(ControlRow(r, RowStatus(s), why, json.loads(d)) for r, s, why, d in asked)
    summary = _judged(ctx).get(control_id) or _unjudged(found)
    return ControlDetail(summary, found.rationale, found.remediation, found.sql, rows)


def _judged(ctx: Context) -> dict[str, ControlView]:
    if ctx.store.generation() == 0:
        return {}
    with ctx.store.reader() as reader:
        rows = reader.records(sql("services", "governance_control"))
    return {
        row["id"]: ControlView(
            id=row["id"],
            title=row["title"],
            pillar=row["pillar"],
            severity=Severity(row["severity"]).word,
            frameworks={name: tuple(ids) for name, ids in json.loads(row["frameworks"]).items()},
            verdict=row["verdict"],
            message=row["message"],
            passed=row["passed"],
            failed=row["failed"],
            at=row["at"],
        )
        for row in rows
    }


def _unjudged(control: Control) -> ControlView:
    return ControlView(
        id=control.id,
        title=control.title,
        pillar=control.pillar.value,
        severity=control.severity.word,
        frameworks=control.frameworks,
        verdict=Verdict.NO_DATA.value,
        message="not judged yet",
        passed=0,
        failed=0,
        at=None,
    )
