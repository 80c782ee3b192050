"""From what a person wants to the use cases that plan it and do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riskcockpit.services import alerts, decide, incident_desk, releasing, rollback, waivers
from riskcockpit.services.context import Context
from riskcockpit.tui.intents import (
    Acknowledge,
    AcknowledgeAlert,
    Approve,
    Intent,
    Note,
    Reject,
    Release,
    Renew,
    Revoke,
    RollBack,
    Undo,
    Waive,
)
from riskcockpit.views.governance import DecisionPreview, DecisionResult

_Plan = Callable[[Context, Any], DecisionPreview]
_Do = Callable[[Context, Any], DecisionResult]


def _waiver(each: Waive) -> tuple[Any, ...]:
    return each.findings, each.reason, each.justification, each.expires_at


def _renewal(each: Renew) -> tuple[Any, ...]:
    return each.waiver, each.expires_at, each.justification


_DEEDS: Mapping[type, tuple[_Plan, _Do]] = {
    Waive: (
        lambda ctx, it: decide.plan_waiver(ctx, *_waiver(it), details=it.details),
        lambda ctx, it: decide.waive(ctx, *_waiver(it), details=it.details),
    ),
    RollBack: (
        lambda ctx, it: rollback.plan_rollback(ctx, it.model, it.to, it.comment),
        lambda ctx, it: rollback.rollback(ctx, it.model, it.to, it.comment),
    ),
    Approve: (
        lambda ctx, it: decide.plan_approve(ctx, it.request, it.comment),
        lambda ctx, it: decide.approve(ctx, it.request, it.comment),
    ),
    Reject: (
        lambda ctx, it: decide.plan_reject(ctx, it.request, it.comment),
        lambda ctx, it: decide.reject(ctx, it.request, it.comment),
    ),
    Renew: (
        lambda ctx, it: waivers.plan_renewal(ctx, *_renewal(it)),
        lambda ctx, it: waivers.renew(ctx, *_renewal(it)),
    ),
    Revoke: (
        lambda ctx, it: decide.plan_revoke(ctx, it.waiver, it.comment),
        lambda ctx, it: decide.revoke(ctx, it.waiver, it.comment),
    ),
    AcknowledgeAlert: (
        lambda ctx, it: alerts.plan_acknowledge(ctx, it.alert, it.text),
        lambda ctx, it: alerts.acknowledge(ctx, it.alert, it.text),
    ),
    Acknowledge: (
        lambda ctx, it: incident_desk.plan_acknowledge(ctx, it.incident),
        lambda ctx, it: incident_desk.take_incident(ctx, it.incident, it.comment),
    ),
    Release: (
        lambda ctx, it: releasing.plan_release(ctx, it.scan)[0],
        lambda ctx, it: releasing.release(ctx, it.scan)[0],
    ),
    Undo: (
        lambda ctx, it: decide.plan_undo(ctx, it.decision),
        lambda ctx, it: decide.undo(ctx, it.decision),
    ),
    Note: (
        lambda ctx, it: decide.plan_note(ctx, it.subject, it.text),
        lambda ctx, it: decide.note(ctx, it.subject, it.text),
    ),
}


def plan(ctx: Context, intent: Intent) -> DecisionPreview:
    """Say what a decision would do; changes nothing."""
    return _DEEDS[type(intent)][0](ctx, intent)


def carry_out(ctx: Context, intent: Intent) -> DecisionResult:
    """Take a decision: sign it, and do what it allows upstream."""
    return _DEEDS[type(intent)][1](ctx, intent)
