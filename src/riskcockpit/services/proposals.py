"""What automation proposed, answered by a person: taken up as their own, or turned down."""

from __future__ import annotations

from riskcockpit.decisions.automation import CAUSE, PROPOSAL
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.automation import Proposal, ProposalState
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import RefusedError
from riskcockpit.services.automatic import silences
from riskcockpit.services.automation import rules_in_force
from riskcockpit.services.desk import MIN_PREFIX, Desk
from riskcockpit.services.previews import closed
from riskcockpit.services.rollback import Order, carry_out_order, plan_order
from riskcockpit.views.governance import DecisionPreview, DecisionResult


def proposal_called(desk: Desk, id_: str) -> Proposal | None:
    """Return the one proposal whose id starts with `id_`; None when none or several do."""
    wanted = id_.strip().lower()
    known = [p for p in desk.projection.automation.proposals if p.id.startswith(wanted)]
    return known[0] if len(wanted) >= MIN_PREFIX and len(known) == 1 else None


def plan_taking_up(desk: Desk, proposal: Proposal) -> DecisionPreview:
    """Say what taking up a proposal would do; raises as `take_up`."""
    return plan_order(desk, _order(desk, proposal))


def take_up(desk: Desk, proposal: Proposal) -> DecisionResult:
    """Make a proposal one's own decision: with all its keys it is sent at once.

    Raises:
        RefusedError: it is not open any more, or a guard or a rule says no.
        LedgerError: it cannot be signed.
    """
    return carry_out_order(desk, _order(desk, proposal))


def turn_down(desk: Desk, proposal: Proposal, comment: str) -> DecisionResult:
    """End a proposal; nothing happens upstream, and the rule is silent until the readings clear.

    Raises:
        RefusedError: it is not open any more, or this person may not roll back either.
    """
    _open(desk, proposal)
    rule = desk.permit(Deed.ROLLBACK)
    data = {
        "request": proposal.id,
        "model": proposal.model,
        "comment": clean_text(comment).strip(),
        **desk.grounds(rule),
    }
    entry = desk.sign(EntryType.APPROVAL_REJECTED, data)
    message = desk.finish()
    return DecisionResult(desk.decision(entry, rule, _words(proposal)), (), message)


def plan_turning_down(desk: Desk, proposal: Proposal, comment: str) -> DecisionPreview:
    """Say what ending a proposal would do; raises RefusedError as `turn_down`."""
    _open(desk, proposal)
    rule, _, refusals = desk.ruling(Deed.ROLLBACK)
    settings = desk.ctx.settings.context
    return DecisionPreview(
        title=f"Reject: {_words(proposal)}",
        consequence="The proposal ends; the rule says nothing more until the readings were good.",
        target=_words(proposal),
        context=settings.name,
        is_production=settings.production,
        calls=(),
        rule=rule,
        needs=(),
        blockers=(*refusals, *closed(desk)),
        facts=(("because", proposal.because), ("comment", clean_text(comment).strip())),
    )


def _words(proposal: Proposal) -> str:
    return (
        f"{proposal.model} back from version {proposal.from_version} to {proposal.to_version}, "
        f"proposed by {proposal.proposed_by} ({short(proposal.id)})"
    )


def _open(desk: Desk, proposal: Proposal) -> Proposal:
    known = {one.id: one for one in desk.projection.automation.proposals}
    present = known.get(proposal.id, proposal)
    if present.state is not ProposalState.OPEN:
        raise RefusedError(
            f"the proposal {short(proposal.id)} is {present.state.value}", rule="waiting-only"
        )
    return present


def _order(desk: Desk, proposal: Proposal) -> Order:
    _open(desk, proposal)
    entry = next(entry for entry in desk.entries if entry.hash == proposal.id)
    rules = rules_in_force(desk.ctx, desk.book)
    silenced = silences(desk, rules.automation.silence, proposal.model, proposal.from_version)
    says = {CAUSE: entry.data[CAUSE], PROPOSAL: proposal.id, **silenced}
    return Order(proposal.model, proposal.to_version, says=says)
