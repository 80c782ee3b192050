"""Controls as they stand."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.controls.cases import run_cases
from riskcockpit.controls.pack import Control, Invalid
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.control import ControlResult, ControlRow, RowStatus, Verdict
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.invalid import reason
from riskcockpit.services.policy import controls_in_force, invalid_controls
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import CaseOutcome, ControlDetail, ControlView


def check_controls(paths: Paths | None = None) -> tuple[CaseOutcome, ...]:
    """Run the cases of every control in force: rows in, verdicts out. Needs no settings."""
    places = paths or Paths.from_environment()
    unread = (
        CaseOutcome(each.id, "can be read", is_ok=False, message=reason(each))
        for each in invalid_controls(places)
    )
    return (*unread, *run_cases(controls_in_force(places)))


def controls(ctx: Context) -> tuple[ControlView, ...]:
    """Return all controls of the packs with their latest verdict; `no_data` before the first.

    First those that cannot be read, whatever they came to while they could.
    """
    judged = _judged(ctx)
    unread = (_unread(each, judged.get(each.id)) for each in invalid_controls(ctx.paths))
    readable = (
        judged.get(c.id) or _unjudged(c)
        for c in controls_in_force(ctx.paths, ctx.settings.context.name)
    )
    return (*unread, *readable)


def control(ctx: Context, control_id: str) -> ControlDetail:
    """Return one control with the rows behind its verdict.

    Raises:
        UnknownNameError: there is no such control; the hint names the nearest.
        ConfigError: its file cannot be read; the message names the line and what to mend.
    """
    known = {each.id: each for each in controls_in_force(ctx.paths, ctx.settings.context.name)}
    if control_id not in known:
        raise _unknown(ctx, control_id, known)
    found = known[control_id]
    rows: tuple[ControlRow, ...] = ()
    if ctx.store.generation():
        with ctx.store.reader() as reader:
            asked = reader.rows(sql("services", "governance_control_rows"), id=control_id)
        rows = tuple(ControlRow(r, RowStatus(s), why, json.loads(d)) for r, s, why, d in asked)
    summary = _judged(ctx).get(control_id) or _unjudged(found)
    return ControlDetail(
        summary, found.rationale, found.remediation, found.sql, rows, found.pack, found.is_trusted,
        found.inputs, found.params, found.why_set,
    )  # fmt: skip


def run_controls(ctx: Context, ids: Sequence[str] = ()) -> tuple[ControlResult, ...]:
    """Judge controls now over the published generation, all by default; nothing is kept.

    Raises:
        UnknownNameError: there is no such control; the hint names the nearest.
        ConfigError: the file of one that was named cannot be read.
    """
    known = {each.id: each for each in controls_in_force(ctx.paths, ctx.settings.context.name)}
    for id_ in ids:
        if id_ not in known:
            raise _unknown(ctx, id_, known)
    if ctx.store.generation() == 0:
        return ()
    now = ctx.clock.now()
    unread = () if ids else invalid_controls(ctx.paths)
    with ctx.store.reader() as reader:
        results = evaluate(reader, [known[id_] for id_ in ids or known], now)
    return (
        *(ControlResult(e.id, Verdict.CONFIG_INVALID, (), now, reason(e)) for e in unread),
        *results,
    )


def new_control(paths: Paths, control_id: str, pack: str) -> tuple[Path, Path]:
    """Write the two files of a control to begin with into a pack of the home; return them.

    Raises:
        InputError: the name cannot be one, or a file is there already.
    """
    for name in (control_id, pack):
        if not name.replace("-", "").isalnum() or not name.isascii():
            raise InputError(f'"{name}" is no name', hint="letters, digits and hyphens")
    if control_id in {each.id for each in controls_in_force(paths)}:
        raise InputError(f"there is a control {control_id} already")
    directory = make_private(paths.config / "controls" / pack)
    made = []
    for suffix in (".yaml", ".sql"):
        file = directory / f"{control_id}{suffix}"
        if file.exists():
            raise InputError(f"{file} is there already")
        sample = shipped("config", "controls", f"control{suffix}.template")
        text = sample.read_text(encoding="utf-8").replace("CONTROL-ID", control_id)
        schema = shipped("config", "controls", "control.schema.json")
        file.write_text(text.replace("SCHEMA", str(schema)), encoding="utf-8")
        made.append(file)
    return made[0], made[1]


def _unknown(ctx: Context, control_id: str, known: Iterable[str]) -> InputError:
    for each in invalid_controls(ctx.paths):
        if each.id == control_id:
            return each.error
    nearest = difflib.get_close_matches(control_id, list(known), 1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else "`riskcockpit controls list`"
    return UnknownNameError(f'no control "{control_id}"', hint=hint)


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


def _unread(each: Invalid, past: ControlView | None) -> ControlView:
    blank = ControlView(
        id=each.id,
        title=each.id,
        pillar=Pillar.COMPLIANCE_AUTOMATION.value,
        severity=Severity.HIGH.word,
        frameworks={},
        verdict=Verdict.CONFIG_INVALID.value,
        message=reason(each),
        passed=0,
        failed=0,
        at=None,
    )
    if past is None:
        return blank
    return replace(past, verdict=blank.verdict, message=blank.message, passed=0, failed=0)


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
