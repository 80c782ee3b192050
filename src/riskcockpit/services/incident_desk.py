"""Incidents as people look at them: with their runbooks, and acknowledged after a preview."""

from __future__ import annotations

from riskcockpit.config.incidents import Runbook
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Incident
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.incident_files import runbooks
from riskcockpit.services.incidents import acknowledge, found_by, incidents
from riskcockpit.services.previews import closed
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.incidents import IncidentView, StepView


def incident_views(ctx: Context) -> tuple[IncidentView, ...]:
    """Return every incident with its runbook: those that go on first, then the newest.

    Raises:
        LedgerError: the ledger cannot be read.
        ConfigError: a runbook cannot be used.
    """
    books = tuple(runbooks(ctx.paths).values())
    found = incidents(ctx, is_all=True)
    return tuple(_view(each, books) for each in sorted(found, key=lambda each: each.state.is_over))


def plan_acknowledge(ctx: Context, id_: str) -> DecisionPreview:
    """Say what acknowledging an incident would do; changes nothing.

    Raises:
        UnknownNameError: there is no such incident.
        LedgerError: the ledger does not verify, or there is no key.
    """
    desk = Desk(ctx)
    known = found_by(desk, id_)
    rule, needs, refused = desk.ruling(Deed.NOTE)
    is_late = known.acknowledged_at is not None or known.state.is_over
    blockers = ("it is acknowledged already",) if is_late else ()
    return DecisionPreview(
        title=f"Acknowledge the incident {short(known.id)}",
        consequence=f"You look after “{known.title}” from now on; its clock to acknowledge stops.",
        target=known.subject,
        context=ctx.settings.context.name,
        is_production=desk.is_production,
        calls=(),
        rule=rule,
        needs=needs,
        blockers=(*blockers, *refused, *closed(desk)),
    )


def take_incident(ctx: Context, id_: str, comment: str = "") -> DecisionResult:
    """Acknowledge an incident; raises as `services.incidents.acknowledge`."""
    known, message = acknowledge(ctx, id_, comment)
    entry = known.timeline[-1]
    at = known.acknowledged_at or ctx.clock.now()
    decision = Decision(
        entry.entry, EntryType.NOTE, DecisionState.GRANTED, entry.actor, at, "incident-clocks",
        summary=f"acknowledged: {known.title}",
    )  # fmt: skip
    return DecisionResult(decision, (), message or "acknowledged and signed")


def _view(each: Incident, books: tuple[Runbook, ...]) -> IncidentView:
    book = next((book for book in books if each.rule in book.rules), None)
    if book is None:
        return IncidentView(each)
    taken = {step for name, step in each.steps if name == book.id}
    steps = tuple(
        StepView(step.id, step.title, step.do or "", step.id in taken) for step in book.steps
    )
    return IncidentView(each, book.id, steps)
