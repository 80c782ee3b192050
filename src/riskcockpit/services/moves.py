"""Moves of a model's champion: what is known before one, its preview, the decision, what was sent.

Which move is wanted, and what speaks against it, say `rollback` and `promoting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from riskcockpit.actions.plan import MoveFacts, target_of
from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.api import Acts
from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.roles import Deed, needs
from riskcockpit.domain.action import Action, ActionKind, Preview
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.errors import RefusedError, RiskcockpitError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.dismissals import carry_out
from riskcockpit.services.glass import broken_glass, review_words
from riskcockpit.services.outbox import acting_connector, row_of_action
from riskcockpit.services.previews import closed
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

GUARDS = {
    ActionKind.MODEL_ROLLBACK: "rollback-guards",
    ActionKind.MODEL_PROMOTE: "promotion-guards",
}
"""The rule named when a guard refuses."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache and the ledger know of a model that may be moved."""

    facts: MoveFacts
    source: str
    exposure: Money


@dataclass(frozen=True, slots=True)
class Proposal:
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
    """The id of the action that it takes back."""
    comment: str = ""
    enforced_by: str = ""
    """Digest of the rules of automation that decide; empty: a person does."""
    says: Mapping[str, Any] = field(default_factory=dict)
    """What the entry says beside that."""
    break_glass: str = ""
    """Why it cannot wait for another key; empty: it can."""

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
            **({"comment": self.comment} if self.comment else {}),
            **self.says,
            **({AUTOMATION: self.enforced_by} if self.enforced_by else {}),
        }

    @property
    def sentence(self) -> str:
        """The move in words."""
        before, after = self.params["from"], self.params["to"]
        if not before:
            return f"{self.model}: {CHAMPION} is version {after}, where none was"
        word = "back to" if self.kind is ActionKind.MODEL_ROLLBACK else "forward to"
        return f"{self.model}: {CHAMPION} from version {before} {word} version {after}"

    @property
    def title(self) -> str:
        """The move as a heading."""
        if self.kind is ActionKind.MODEL_PROMOTE and not self.undoes:
            return f"Promote version {self.params['to']} of {self.model}"
        word = "Roll" if self.kind is ActionKind.MODEL_ROLLBACK else "Put"
        return f"{word} {self.model} back to version {self.params['to'] or '?'}"

    @property
    def is_certain(self) -> bool:
        """Whether it is known from where to where; a first promotion begins nowhere."""
        has_start = bool(self.params["from"]) or self.kind is ActionKind.MODEL_PROMOTE
        return has_start and bool(self.params["to"])


def _upstream(proposal: Proposal) -> Preview:
    """Ask the source what the move would do; what cannot be asked cannot be done."""
    if not proposal.is_certain:
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
        return Preview((), "", "", (f"cannot look upstream: {error.message}",), is_known=False)
    return Preview((), "", "", (f"the source {action.source} cannot act",))


def preview_of(proposal: Proposal) -> DecisionPreview:
    """Say what a move would do, and all that speaks against it; asks the source."""
    desk, upstream = proposal.desk, _upstream(proposal)
    rule, missing, refusals = desk.ruling(Deed.ROLLBACK)
    settings = desk.ctx.settings.context
    before, after = (proposal.params[key] or "?" for key in ("from", "to"))
    is_first = proposal.kind is ActionKind.MODEL_PROMOTE and not proposal.params["from"]
    place = "where none did yet" if is_first else f"in place of version {before}"
    found = DecisionPreview(
        title=proposal.title,
        consequence=f"Version {after} serves production {place}.",
        target=target_of(proposal.model),
        context=settings.name,
        is_production=settings.production,
        calls=upstream.calls,
        rule=rule,
        needs=missing,
        blockers=(*refusals, *closed(desk), *proposal.blockers, *upstream.blockers),
        warnings=proposal.warnings,
        exposure=proposal.exposure,
        facts=(
            ("from version", "none" if is_first else before),
            ("to version", after),
            ("because", "; ".join(proposal.reasons)),
            ("comment", proposal.comment),
            ("must hold", upstream.precondition),
            ("undone by", upstream.inverse),
        ),
        are_calls_known=upstream.is_known,
    )
    return _without_glass(found, proposal) if proposal.break_glass else found


def _without_glass(found: DecisionPreview, proposal: Proposal) -> DecisionPreview:
    """Return what a move would do once its glass is broken."""
    desk = proposal.desk
    try:
        glass = broken_glass(desk, desk.permit(Deed.ROLLBACK), proposal.break_glass)
    except RefusedError as error:
        return replace(found, rule=error.rule, blockers=(*found.blockers, error.message))
    warnings = (*found.warnings, f"one key alone, {review_words(glass)}")
    return replace(found, needs=(), warnings=warnings)


def decide_on(proposal: Proposal) -> DecisionResult:
    """Sign a move; with all keys it is sent at once and read back.

    What automation decides is published by whoever runs it.

    Raises:
        RefusedError: a guard or a rule says no; nothing was written.
        LedgerError: it cannot be signed.
    """
    desk = proposal.desk
    rule = (
        desk.permit_enforced(proposal.model, proposal.enforced_by)
        if proposal.enforced_by
        else desk.permit(Deed.ROLLBACK)
    )
    if blockers := (*proposal.blockers, *_upstream(proposal).blockers):
        raise RefusedError(
            f"{proposal.sentence} is refused: {blockers[0]}",
            rule=GUARDS[proposal.kind],
            hint="; ".join(blockers[1:]) or None,
        )
    glass = broken_glass(desk, rule, proposal.break_glass)
    missing = () if glass else needs(rule, [desk.signature()])
    data = {**proposal.data, **glass, **desk.asking(rule, proposal.authors)}
    entry = desk.sign(EntryType.ROLLBACK_REQUESTED, data)
    rows = carry_out(desk, entry.hash) or (row_of_action(desk, entry.hash),)
    message = desk.settle() if proposal.enforced_by else desk.finish()
    decision = desk.decision(entry, rule, proposal.sentence, missing)
    said = "; ".join(filter(None, (review_words(glass), message)))
    return DecisionResult(decision, rows, said or rows[0].message)


def known_of(desk: Desk, reader: Reader, model: str) -> Known:
    """Return what is known of a model.

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
    limits = desk.ctx.settings.rollback
    facts = MoveFacts(
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
        last_rollback_at=_last_rollback(desk, model),
        in_flight=desk.in_flight(model),
        now=desk.now,
        cooldown=parse_duration(limits.cooldown),
        max_reading_age=parse_duration(limits.max_reading_age),
    )
    return Known(facts, source, Money(exposure, desk.ctx.settings.currency))


def _last_rollback(desk: Desk, model: str) -> Any:
    return max((c.at for c in desk.projection.containments if c.model == model), default=None)


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
