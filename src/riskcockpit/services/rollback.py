"""Rolling a model back: guarded, previewed, signed, sent, read back, published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from riskcockpit.actions.plan import RollbackFacts, RollbackPlan, plan_move_back, target_of
from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.api import Acts
from riskcockpit.decisions.authors import KEY as AUTHORS
from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.project import Projection
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.decisions.roles import Deed, needs
from riskcockpit.domain.action import Action, ActionKind, Preview
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.errors import RefusedError, RiskcockpitError, UnknownNameError
from riskcockpit.services.authors import authors_of_versions
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.dismissals import carry_out
from riskcockpit.services.outbox import acting_connector, row_of_action
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

GUARDS = "rollback-guards"
"""The rule named when a guard refuses."""


@dataclass(frozen=True, slots=True)
class Order:
    """What automation asks for, or a person who takes up what it proposed."""

    model: str
    to: int
    enforced_by: str = ""
    """Digest of the rules of automation it rests on; empty: a person decides."""
    says: Mapping[str, Any] = field(default_factory=dict)
    """What the entry says of the cause and of the silences."""


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A move that is ready to be shown or signed."""

    desk: Desk
    kind: ActionKind
    model: str
    source: str
    params: Mapping[str, str]
    reasons: tuple[str, ...]
    blockers: tuple[str, ...]
    warnings: tuple[str, ...]
    authors: tuple[str, ...] = ()
    """Who made either version: they do not approve the move."""
    exposure: Money | None = None
    undoes: str = ""
    enforced_by: str = ""
    """Digest of the rules of automation that decide; empty: a person does."""
    says: Mapping[str, Any] = field(default_factory=dict)
    """What the entry says beside that."""

    @property
    def data(self) -> dict[str, Any]:
        """What the entry says beside the rule."""
        return {
            "kind": self.kind.value,
            "model": self.model,
            "source": self.source,
            "target": target_of(self.model),
            "params": dict(self.params),
            "reasons": list(self.reasons),
            "undoes": self.undoes,
            AUTHORS: list(self.authors),
            **self.says,
            **({AUTOMATION: self.enforced_by} if self.enforced_by else {}),
        }

    @property
    def sentence(self) -> str:
        """The move in words."""
        before, after = self.params["from"], self.params["to"]
        word = "back to" if self.kind is ActionKind.MODEL_ROLLBACK else "forward to"
        return f"{self.model}: {CHAMPION} from version {before} {word} version {after}"


def plan_rollback(ctx: Context, model: str, to: int | None = None) -> DecisionPreview:
    """Say what rolling `model` back would do, and every guard that speaks against it.

    Raises:
        UnknownNameError: there is no such model.
        LedgerError: the ledger does not verify, or there is no key.
    """
    return _preview(_propose(Desk(ctx), model, to))


def rollback(ctx: Context, model: str, to: int | None = None) -> DecisionResult:
    """Decide to roll `model` back; with all keys it is sent at once and read back.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        UnknownNameError: there is no such model.
        LedgerError: the decision cannot be signed.
    """
    return _decide(_propose(Desk(ctx), model, to))


def plan_order(desk: Desk, order: Order) -> DecisionPreview:
    """Say what carrying out an order of automation would do."""
    return _preview(_ordered(desk, order))


def carry_out_order(desk: Desk, order: Order) -> DecisionResult:
    """Roll back as automation ordered, or as a person takes it up.

    What automation ordered is published by whoever ordered it, with the readings it rests on.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        LedgerError: the decision cannot be signed.
    """
    return _decide(_ordered(desk, order), desk.seal if order.enforced_by else desk.finish)


def _ordered(desk: Desk, order: Order) -> _Proposal:
    plain = _propose(desk, order.model, order.to)
    return replace(plain, enforced_by=order.enforced_by, says=order.says)


def plan_return(desk: Desk, done: ProjectedAction) -> DecisionPreview:
    """Say what putting a model back where it was before `done` would do."""
    return _preview(_propose_return(desk, done))


def decide_return(desk: Desk, done: ProjectedAction) -> DecisionResult:
    """Put a model back where it was before `done`: a decision with its own keys and receipt.

    Raises:
        RefusedError: a guard or a rule says no.
    """
    return _decide(_propose_return(desk, done))


def _propose(desk: Desk, model: str, to: int | None) -> _Proposal:
    with desk.ctx.store.reader() as reader:
        facts, source, exposure = rollback_facts(desk.ctx, reader, desk.projection, model)
        plan: RollbackPlan = plan_move_back(facts, to)
        authors = authors_of_versions(reader, model, plan.params.values())
    return _Proposal(
        desk, plan.kind, model, source, plan.params, plan.reasons, plan.blockers,
        plan.warnings, authors, exposure,
    )  # fmt: skip


def _propose_return(desk: Desk, done: ProjectedAction) -> _Proposal:
    before, after = done.action.params["from"], done.action.params["to"]
    is_back = done.action.kind is ActionKind.MODEL_PROMOTE
    blockers = [f"another move of this model is on its way: {i[:10]}" for i in _others(desk, done)]
    with desk.ctx.store.reader() as reader:
        authors = authors_of_versions(reader, done.model, (before, after))
    return _Proposal(
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


def _upstream(proposal: _Proposal) -> Preview:
    """Ask the source what the move would do; what cannot be asked cannot be done."""
    if not all(proposal.params.values()):
        return Preview((), "", "")
    target = target_of(proposal.model)
    action = Action("", proposal.kind, proposal.source, target, proposal.params)
    return upstream_of(proposal.desk.ctx, action)


def upstream_of(ctx: Context, action: Action) -> Preview:
    """Ask the source of `action` what it would do there now; its blockers say why it cannot."""
    try:
        connector = acting_connector(ctx, action.source)
        try:
            if isinstance(connector, Acts):
                return connector.preview(action)
        finally:
            connector.close()
    except RiskcockpitError as error:
        return Preview((), "", "", (f"cannot look upstream: {error.message}",))
    return Preview((), "", "", (f"the source {action.source} cannot act",))


def _preview(proposal: _Proposal) -> DecisionPreview:
    desk, upstream = proposal.desk, _upstream(proposal)
    rule, missing, refusals = desk.ruling(Deed.ROLLBACK)
    settings = desk.ctx.settings.context
    before, after = (proposal.params[key] or "?" for key in ("from", "to"))
    is_back = proposal.kind is ActionKind.MODEL_ROLLBACK
    return DecisionPreview(
        title=f"{'Roll' if is_back else 'Put'} {proposal.model} back to version {after}",
        consequence=f"Version {after} serves production in place of version {before}.",
        target=target_of(proposal.model),
        context=settings.name,
        is_production=settings.production,
        calls=upstream.calls,
        rule=rule,
        needs=missing,
        blockers=(*refusals, *proposal.blockers, *upstream.blockers),
        warnings=proposal.warnings,
        exposure=proposal.exposure,
        facts=(
            ("from version", before),
            ("to version", after),
            ("because", "; ".join(proposal.reasons)),
            ("must hold", upstream.precondition),
            ("undone by", upstream.inverse),
        ),
    )


def _decide(proposal: _Proposal, finish: Callable[[], str] | None = None) -> DecisionResult:
    desk = proposal.desk
    rule = (
        desk.permit_enforced(proposal.model, proposal.enforced_by)
        if proposal.enforced_by
        else desk.permit(Deed.ROLLBACK)
    )
    if blockers := (*proposal.blockers, *_upstream(proposal).blockers):
        raise RefusedError(
            f"{proposal.sentence} is refused: {blockers[0]}",
            rule=GUARDS,
            hint="; ".join(blockers[1:]) or None,
        )
    missing = needs(rule, [desk.signature()])
    entry = desk.sign(EntryType.ROLLBACK_REQUESTED, {**proposal.data, **desk.grounds(rule)})
    rows = carry_out(desk, entry.hash) or (row_of_action(desk, entry.hash),)
    message = (finish or desk.finish)()
    decision = desk.decision(entry, rule, proposal.sentence, missing)
    return DecisionResult(decision, rows, message or rows[0].message)


def rollback_facts(
    ctx: Context, reader: Reader, projection: Projection, model: str
) -> tuple[RollbackFacts, str, Money]:
    """Return what a rollback of `model` rests on, its source, and the money at risk.

    Raises:
        UnknownNameError: there is no such model.
    """
    row = reader.one(sql("services", "rollback_model"), model=model, alias=CHAMPION)
    if row is None:
        names = [name for (name,) in reader.rows(sql("services", "decide_model_names"))]
        near = get_close_matches(model, names, n=1)
        raise UnknownNameError(
            f'there is no model "{model}"',
            hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}",
        )
    source, exposure, champion, tags = row
    versions = reader.rows(sql("services", "rollback_versions"), model=model)
    datasets = sorted({name for v in versions if v[0] == champion for name in v[6]})
    alarms = reader.rows(
        sql("services", "rollback_data_alarms"), model=model, datasets=datasets or [""]
    )
    limits = ctx.settings.rollback
    last = max((c.at for c in projection.containments if c.model == model), default=None)
    facts = RollbackFacts(
        model=RegisteredModel(
            model,
            tuple(version_of(model, values) for values in versions),
            {} if champion is None else {CHAMPION: champion},
            tags,
        ),
        readings=[
            reading_of(values)
            for values in reader.rows(sql("services", "rollback_readings"), model=model)
        ],
        data_alarms=[title for (title,) in alarms],
        last_rollback_at=last,
        in_flight=projection.in_flight(model),
        now=projection.at,
        cooldown=parse_duration(limits.cooldown),
        max_reading_age=parse_duration(limits.max_reading_age),
    )
    return facts, source, Money(exposure, ctx.settings.currency)


def version_of(model: str, values: tuple[Any, ...]) -> ModelVersion:
    """Return a version of a model from a row of `rollback_versions`."""
    version, status, created_at, _, is_rolled_back, tags, _ = values
    kept = dict(tags)
    if is_rolled_back:
        kept.setdefault("riskcockpit.rolled_back", "")
    return ModelVersion(model, version, status, created_at, tags=kept)


def reading_of(values: tuple[Any, ...]) -> Reading:
    """Return a reading of a model from a row: its columns up to the direction, then more."""
    subject, metric, class_, value, at, unit, version, segment, threshold, direction, *more = values
    return Reading(
        SubjectKind.MODEL, subject, metric, MetricClass(class_), value, at, unit, version, segment,
        threshold, Direction(direction), *more,
    )  # fmt: skip
