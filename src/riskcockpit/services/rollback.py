"""Rolling a model back: guarded, previewed, signed, sent, read back, published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from riskcockpit.actions.plan import MoveFacts, MovePlan, choices, plan_move_back
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.ids import short
from riskcockpit.domain.reading import ROLLS_BACK
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.services.authors import authors_of_versions
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.models import versions_of
from riskcockpit.services.moves import Proposal, decide_on, known_of, preview_of
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.models import MoveTarget


@dataclass(frozen=True, slots=True)
class Order:
    """What automation asks for, or a person who takes up what it proposed."""

    model: str
    to: int
    enforced_by: str = ""
    """Digest of the rules of automation it rests on; empty: a person decides."""
    says: Mapping[str, Any] = field(default_factory=dict)
    """What the entry says of the cause and of the silences."""


def plan_rollback(
    ctx: Context, model: str, to: int | None = None, comment: str = "", break_glass: str = ""
) -> DecisionPreview:
    """Say what rolling `model` back would do, and every guard that speaks against it.

    `break_glass` is as for `rollback`.

    Raises:
        UnknownNameError: there is no such model.
        LedgerError: the ledger does not verify, or there is no key.
    """
    return preview_of(_propose(Desk(ctx), model, to, comment, break_glass))


def rollback(
    ctx: Context, model: str, to: int | None = None, comment: str = "", break_glass: str = ""
) -> DecisionResult:
    """Decide to roll `model` back; with all keys it is sent at once and read back.

    `break_glass` is why it cannot wait for a second key: it is sent at once, and reviewed later.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        UnknownNameError: there is no such model.
        LedgerError: the decision cannot be signed.
    """
    return decide_on(_propose(Desk(ctx), model, to, comment, break_glass))


def targets(ctx: Context, model: str) -> tuple[MoveTarget, ...]:
    """Return the versions older than the champion, the newest first: where a rollback could lead.

    Raises:
        UnknownNameError: there is no such model.
        LedgerError: the ledger does not verify, or there is no key.
    """
    desk = Desk(ctx)
    with ctx.store.reader() as reader:
        facts = known_of(desk, reader, model).facts
        views = {each.version: each for each in versions_of(reader, model)}
    return tuple(
        MoveTarget(
            views[each.version],
            "; ".join(each.faults),
            is_default=each.is_default,
            readings=_readings(facts, each.version),
        )
        for each in choices(facts)
    )


def _readings(facts: MoveFacts, version: int) -> tuple[tuple[str, float], ...]:
    """Return the readings that decide over a rollback, as they were while a version served."""
    return tuple(
        (f"{each.metric} {each.segment}".strip(), each.value)
        for each in facts.readings
        if each.version == version and each.metric_class in ROLLS_BACK
    )


def plan_order(desk: Desk, order: Order) -> DecisionPreview:
    """Say what carrying out an order of automation would do."""
    return preview_of(_ordered(desk, order))


def carry_out_order(desk: Desk, order: Order) -> DecisionResult:
    """Roll back as automation ordered, or as a person takes it up.

    What automation ordered is published by whoever ordered it, with the readings it rests on.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        LedgerError: the decision cannot be signed.
    """
    return decide_on(_ordered(desk, order))


def _ordered(desk: Desk, order: Order) -> Proposal:
    plain = _propose(desk, order.model, order.to, "", "")
    return replace(plain, enforced_by=order.enforced_by, says=order.says)


def plan_return(desk: Desk, done: ProjectedAction) -> DecisionPreview:
    """Say what putting a model back where it was before `done` would do."""
    return preview_of(_propose_return(desk, done))


def decide_return(desk: Desk, done: ProjectedAction) -> DecisionResult:
    """Put a model back where it was before `done`: a decision with its own keys and receipt.

    Raises:
        RefusedError: a guard or a rule says no.
    """
    return decide_on(_propose_return(desk, done))


def _propose(desk: Desk, model: str, to: int | None, comment: str, break_glass: str) -> Proposal:
    with desk.ctx.store.reader() as reader:
        known = known_of(desk, reader, model)
        plan: MovePlan = plan_move_back(known.facts, to)
        authors = authors_of_versions(reader, model, plan.params.values())
    return Proposal(
        desk, plan.kind, model, known.source, plan.params, plan.reasons, plan.blockers,
        plan.warnings, authors, known.exposure, comment=clean_text(comment).strip(),
        break_glass=break_glass,
    )  # fmt: skip


def _propose_return(desk: Desk, done: ProjectedAction) -> Proposal:
    before, after = done.action.params["from"], done.action.params["to"]
    is_back = done.action.kind is ActionKind.MODEL_PROMOTE
    blockers = [f"another move of this model is on its way: {i[:10]}" for i in _others(desk, done)]
    if not before:
        blockers.append(f"no version served before {after}: there is nothing to go back to")
    with desk.ctx.store.reader() as reader:
        authors = authors_of_versions(reader, done.model, (before, after))
    return Proposal(
        desk=desk,
        kind=ActionKind.MODEL_ROLLBACK if is_back else ActionKind.MODEL_PROMOTE,
        model=done.model,
        source=done.action.source,
        params={"from": after, "to": before},
        reasons=(f"takes back {short(done.action.id)}",),
        blockers=tuple(blockers),
        warnings=() if is_back else (f"version {before} was taken out of production for a reason",),
        authors=authors,
        undoes=done.action.id,
    )


def _others(desk: Desk, done: ProjectedAction) -> tuple[str, ...]:
    return tuple(id_ for id_ in desk.in_flight(done.model) if id_ != done.action.id)
