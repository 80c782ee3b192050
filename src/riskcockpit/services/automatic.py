"""What automation does about a verdict: propose, roll back, and see whether it helped.

Every step goes the way of a person's decision (`services.rollback`): guards, preview upstream,
signature, one call, reading back, receipt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.actions.automation import Evaluation
from riskcockpit.actions.windows import judged_by
from riskcockpit.config.automation import Automation, Silence
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import SourceSettings
from riskcockpit.decisions.automation import CAUSE, Cause
from riskcockpit.decisions.notes import KIND, NoteKind
from riskcockpit.decisions.roles import Deed
from riskcockpit.decisions.upstream import KEY as UPSTREAM
from riskcockpit.decisions.upstream import as_data
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.automation import Trial, Verdict
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RefusedError
from riskcockpit.services.automation import RulesInForce
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.moves import GUARDS
from riskcockpit.services.rollback import Order, carry_out_order, plan_order
from riskcockpit.views.automation import WatchEvent

ALERTMANAGER = "alertmanager"


def act(ctx: Context, rules: RulesInForce, evaluation: Evaluation) -> WatchEvent:
    """Do what a verdict says; a refusal is an event, not an error. Publishes nothing.

    Raises:
        LedgerError: nothing can be signed.
    """
    desk = Desk(ctx)
    try:
        if evaluation.verdict is Verdict.ENFORCE:
            return _enforce(desk, rules, evaluation)
        return _propose(desk, evaluation)
    except RefusedError as error:
        detail = f"{error.message} ({error.rule}){f'; {error.hint}' if error.hint else ''}"
        return WatchEvent(ctx.clock.now(), "refused", evaluation.model, detail)


def prove(ctx: Context, automation: Automation, trial: Trial, readings: Sequence[Reading],
          now: datetime) -> WatchEvent | None:  # fmt: skip
    """Say whether the version that took over proved itself; None while nobody knows.

    Raises:
        LedgerError: it cannot be signed.
    """
    windows = [
        reading
        for reading in readings
        if (reading.subject, reading.version, reading.metric, reading.segment)
        == (trial.model, trial.version, trial.metric, trial.segment)
        and reading.at > trial.since
    ]
    rule = next((rule for rule in automation.rules if rule.id == trial.rule), None)
    count = rule.windows if rule else 1
    last = [judged_by(rule, r) if rule else r for r in windows][-count:]
    is_good = len(last) == count and not any(reading.is_breach for reading in last)
    is_late = now - trial.since >= parse_duration(automation.recovery)
    if not is_good and (trial.told or not is_late):
        return None
    shown = ", ".join(f"{reading.value:.6g}" for reading in last) or "no reading at all"
    kind = NoteKind.RECOVERY_SEEN if is_good else NoteKind.RECOVERY_MISSED
    words = "proved itself" if is_good else f"did not prove itself in {automation.recovery}"
    text = f"version {trial.version} of {trial.model} {words}: {trial.metric} {shown}"
    data = {
        "subject": trial.model, "model": trial.model, "action": trial.rollback,
        "metric": trial.metric, "segment": trial.segment,
    }  # fmt: skip
    desk = Desk(ctx)
    entry = record(desk, kind, text, data)
    event = "recovered" if is_good else "not recovered"
    return WatchEvent(now, event, trial.model, text, entry)


def record(desk: Desk, kind: NoteKind, text: str, data: Mapping[str, Any]) -> str:
    """Sign a note that records something; return its hash.

    Raises:
        RefusedError: this role writes no notes.
        LedgerError: it cannot be signed.
    """
    rule = desk.permit(Deed.NOTE)
    said = {KIND: kind.value, "text": clean_line(text), **data, **desk.grounds(rule)}
    return desk.sign(EntryType.NOTE, said).hash


def _enforce(desk: Desk, rules: RulesInForce, evaluation: Evaluation) -> WatchEvent:
    order = Order(
        model=evaluation.model,
        to=_target(evaluation),
        enforced_by=rules.digest,
        says={"reasons": [evaluation.reason], CAUSE: _cause(evaluation),
              "evidence": _evidence(evaluation),
              **silences(desk, rules.automation.silence, evaluation.model, evaluation.version)},
    )  # fmt: skip
    result = carry_out_order(desk, order)
    states = [row.state for row in result.actions]
    kind = "rolled back" if states[0] == "done" else states[0].replace("_", " ")
    told = [f"{row.kind} {row.target}: {row.state}" for row in result.actions]
    detail = f"{result.decision.summary}, because {evaluation.reason}; {'; '.join(told)}"
    if states[0] != "done":
        detail = f"{detail}: {result.actions[0].message}"
    return WatchEvent(desk.ctx.clock.now(), kind, evaluation.model, detail, result.decision.id)


def _propose(desk: Desk, evaluation: Evaluation) -> WatchEvent:
    """Prepare the decision for a person; nothing is proposed that could not be done."""
    order = Order(evaluation.model, _target(evaluation))
    preview = plan_order(desk, order)
    refusals = desk.ruling(Deed.ROLLBACK)[2]
    if blockers := [each for each in preview.blockers if each not in refusals]:
        raise RefusedError(
            f"{preview.title} is not proposed: {blockers[0]}",
            rule=GUARDS[ActionKind.MODEL_ROLLBACK],
        )
    text = (
        f"proposes to roll {evaluation.model} back from version {evaluation.version} to "
        f"{order.to}: {evaluation.reason}"
    )
    data = {
        "subject": evaluation.model, "model": evaluation.model,
        "params": {"from": str(evaluation.version), "to": str(order.to)},
        "reasons": [evaluation.reason], CAUSE: _cause(evaluation),
        "evidence": _evidence(evaluation), "calls": list(preview.calls),
    }  # fmt: skip
    entry = record(desk, NoteKind.ROLLBACK_PROPOSED, text, data)
    desk.settle()
    return WatchEvent(desk.ctx.clock.now(), "proposed", evaluation.model, text, entry)


def _target(evaluation: Evaluation) -> int:
    plan = evaluation.plan
    if plan is None or plan.to_version is None:  # pragma: no cover - the guard "target" holds
        raise RefusedError(f"{evaluation.model} has no version to go back to", rule="target")
    return plan.to_version


def _cause(evaluation: Evaluation) -> dict[str, Any]:
    cause = Cause(evaluation.rule, evaluation.metric, evaluation.segment)
    built: dict[str, Any] = msgspec.to_builtins(cause)
    return built


def _evidence(evaluation: Evaluation) -> list[Any]:
    """Return every condition and guard as it was, for whoever reads the entry later."""
    return [
        {"check": check.name, "value": clean_line(check.value), "wants": clean_line(check.wants)}
        for check in (*evaluation.conditions, *evaluation.guards)
    ]


def silences(
    desk: Desk, silence: Silence, model: str, version: int | None
) -> dict[str, Any]:  # fmt: skip
    """Return the silences for a version that loses its place, as its entry lists them."""
    if not silence.duration or version is None:
        return {}
    longest = min(parse_duration(silence.duration), timedelta(hours=24))
    params = {
        "labels": json.dumps(
            {
                silence.model_label: model,
                silence.version_label: silence.version_format.format(version=version),
            },
            sort_keys=True,
        ),
        "until": rfc3339(desk.now + longest),
        "comment": f"version {version} of {model} was rolled back",
    }
    target = f"{model}/{version}"
    found = [
        Action("", ActionKind.ALERT_SILENCE, source.name, target, params)
        for source in _silencing(desk.ctx, silence)
    ]
    return {UPSTREAM: as_data(found)} if found else {}


def _silencing(ctx: Context, silence: Silence) -> Iterator[SourceSettings]:
    for source in ctx.settings.sources:
        is_named = not silence.sources or source.name in silence.sources
        may_write = source.enabled and source.write_credential is not None
        if source.kind == ALERTMANAGER and may_write and is_named:
            yield source
