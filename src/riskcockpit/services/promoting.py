"""Promoting a version of a model that waits for it: guarded, previewed, signed, sent, read back."""

from __future__ import annotations

from riskcockpit.actions.plan import plan_promotion as plan_forward
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.services.authors import authors_of_versions
from riskcockpit.services.desk import Desk
from riskcockpit.services.moves import Proposal, decide_on, known_of, preview_of
from riskcockpit.views.governance import DecisionPreview, DecisionResult


def plan_promotion(desk: Desk, offered: Action, comment: str = "") -> DecisionPreview:
    """Say what promoting would do as a source offers it, and every guard that speaks against it.

    Raises:
        UnknownNameError: the model is not known here.
    """
    return preview_of(_propose(desk, offered, comment))


def promote(desk: Desk, offered: Action, comment: str = "") -> DecisionResult:
    """Decide to promote; with all keys it is sent at once and read back.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        UnknownNameError: the model is not known here.
        LedgerError: the decision cannot be signed.
    """
    return decide_on(_propose(desk, offered, comment))


def _propose(desk: Desk, offered: Action, comment: str) -> Proposal:
    model = offered.target.rpartition("@")[0]
    with desk.ctx.store.reader() as reader:
        known = known_of(desk, reader, model)
        plan = plan_forward(known.facts, int(offered.params["to"]))
        authors = authors_of_versions(reader, model, offered.params.values())
    blockers = list(plan.blockers)
    if known.source != offered.source:
        blockers.append(f"{model} belongs to the source {known.source}, not to {offered.source}")
    return Proposal(
        desk=desk,
        kind=ActionKind.MODEL_PROMOTE,
        model=model,
        source=offered.source,
        params=dict(offered.params),
        reasons=plan.reasons,
        blockers=tuple(blockers),
        warnings=plan.warnings,
        authors=authors,
        exposure=known.exposure,
        comment=comment,
    )
