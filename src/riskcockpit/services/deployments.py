"""Deciding about deployments: answering those that wait, and deploying again what served before.

Which sources have any is found by what their kind can do; each says itself what can be decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from riskcockpit.connectors import registry
from riskcockpit.connectors.api import Deploys
from riskcockpit.decisions.roles import Deed, needs
from riskcockpit.domain.action import OFFERED_KINDS, ActionKind, Offer, Preview
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import RefusedError, RiskcockpitError, UnknownNameError
from riskcockpit.services.authors import deployers_of
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.moves import upstream_of
from riskcockpit.services.outbox import acting_connector, bring_on
from riskcockpit.services.previews import closed
from riskcockpit.services.promoting import plan_promotion, promote
from riskcockpit.views.deployments import DeploymentsView, OfferRow
from riskcockpit.views.governance import DecisionPreview, DecisionResult

GUARDS = "deployment-guards"
"""The rule named when something speaks against it."""
_VERBS = {
    ActionKind.DEPLOYMENT_APPROVE: ("Approve the deployment to", "It goes on at once."),
    ActionKind.DEPLOYMENT_REJECT: ("Reject the deployment to", "It ends there."),
    ActionKind.DEPLOYMENT_ROLLBACK: ("Roll back", "What served before is deployed again."),
}


_ANSWERED_BY = {
    ActionKind.DEPLOYMENT_APPROVE: frozenset(
        {ActionKind.DEPLOYMENT_APPROVE, ActionKind.MODEL_PROMOTE}
    )
}
"""What an answer may come to; the others come to themselves."""


def is_deployment(name: str) -> bool:
    """Whether a name is the target of a deployment, as `bank/payments@production`."""
    return "@" in name.strip("@")


def deployments(ctx: Context) -> DeploymentsView:
    """Ask every source that deploys what can be decided now; one that fails becomes a note."""
    found = _Found()
    return DeploymentsView(
        tuple(_row(offer) for offer in found.of(ctx, OFFERED_KINDS)), tuple(found.notes)
    )


def plan_deployment(
    ctx: Context, kind: ActionKind, name: str, comment: str = "", to: str = ""
) -> DecisionPreview:
    """Say what a decision about the deployment `name` would do, and what speaks against it.

    `name` is a target, or TARGET#VERSION where several wait; `to` says to which version it goes
    back, by default to the newest that served before.

    Raises:
        UnknownNameError: nothing of that kind can be decided about it.
        LedgerError: the ledger does not verify, or there is no key.
    """
    desk = Desk(ctx)
    said = clean_text(comment).strip()
    offer = _chosen(ctx, kind, name, to, said)
    if offer.action.kind is ActionKind.MODEL_PROMOTE:
        return plan_promotion(desk, offer.action, said)
    upstream = _upstream(desk, offer)
    rule, missing, refusals = desk.ruling(Deed.DEPLOY)
    settings = ctx.settings.context
    verb, consequence = _VERBS[kind]
    return DecisionPreview(
        title=f"{verb} {offer.action.target}: {offer.what}",
        consequence=consequence,
        target=offer.action.target,
        context=settings.name,
        is_production=settings.production,
        calls=upstream.calls,
        rule=rule,
        needs=missing,
        blockers=(*refusals, *closed(desk), *upstream.blockers),
        facts=(
            ("source", offer.action.source),
            ("deployment", offer.what),
            ("comment", said),
            ("must hold", upstream.precondition),
            ("undone by", upstream.inverse),
        ),
        are_calls_known=upstream.is_known,
    )


def decide_deployment(
    ctx: Context, kind: ActionKind, name: str, comment: str = "", to: str = ""
) -> DecisionResult:
    """Decide about a deployment; with all keys it is sent at once and read back.

    Raises:
        RefusedError: a rule or the state upstream says no; nothing was written.
        UnknownNameError: nothing of that kind can be decided about it.
        LedgerError: the decision cannot be signed.
    """
    desk = Desk(ctx)
    said = clean_text(comment).strip()
    offer = _chosen(ctx, kind, name, to, said)
    if offer.action.kind is ActionKind.MODEL_PROMOTE:
        return promote(desk, offer.action, said)
    rule = desk.permit(Deed.DEPLOY)
    summary = f"{_VERBS[kind][0].lower()} {offer.action.target}: {offer.what}"
    if blockers := _upstream(desk, offer).blockers:
        raise RefusedError(
            f"to {summary} is refused: {blockers[0]}",
            rule=GUARDS,
            hint="; ".join(blockers[1:]) or None,
        )
    missing = needs(rule, [desk.signature()])
    action = offer.action
    data: dict[str, Any] = {
        "kind": action.kind.value,
        "source": action.source,
        "target": action.target,
        "params": dict(action.params),
        "what": offer.what,
        "comment": said,
    }
    authors = dict.fromkeys((*offer.authors, *deployers_of(ctx, action)))
    entry = desk.sign(EntryType.DEPLOYMENT_REQUESTED, {**data, **desk.asking(rule, authors)})
    row = bring_on(desk, entry.hash)
    message = desk.finish()
    decision = desk.decision(entry, rule, summary, missing)
    return DecisionResult(decision, (row,), message or row.message)


@dataclass(slots=True)
class _Found:
    """Asks the sources; what could not be asked is told apart."""

    notes: list[str] = field(default_factory=list)

    def of(self, ctx: Context, kinds: Collection[ActionKind]) -> Iterator[Offer]:
        """Yield what every source that deploys offers of `kinds`."""
        for source in ctx.settings.sources:
            if not source.enabled:
                continue
            try:
                if issubclass(registry.load(source.kind), Deploys):
                    yield from self._offers(ctx, source.name, kinds)
            except RiskcockpitError as error:
                self.notes.append(f"{source.name} cannot be asked: {error.message}")

    @staticmethod
    def _offers(ctx: Context, source: str, kinds: Collection[ActionKind]) -> Iterator[Offer]:
        connector = acting_connector(ctx, source)
        try:
            if isinstance(connector, Deploys):
                yield from connector.deployments(kinds)
        finally:
            connector.close()


def _chosen(ctx: Context, kind: ActionKind, name: str, to: str, comment: str) -> Offer:
    """Return the one offer that is meant, with what is said to it; of rollbacks the newest when no
    version is named.
    """
    found = _Found()
    kinds = _ANSWERED_BY.get(kind, frozenset({kind}))
    offers = [_with(offer, comment) for offer in found.of(ctx, kinds) if offer.action.kind in kinds]
    target, _, version = name.strip().partition("#")
    fitting = [offer for offer in offers if offer.action.target == target]
    for begin in (version, to):
        fitting = _called(fitting, begin)
    if len({offer.action.source for offer in fitting}) > 1:
        raise UnknownNameError(
            f'several sources deploy to "{name}"', hint="let only one of them watch it"
        )
    if fitting and (len(fitting) == 1 or (kind is ActionKind.DEPLOYMENT_ROLLBACK and not to)):
        return fitting[0]
    word = kind.value.removeprefix("deployment.").replace("rollback", "roll back")
    wanted = f"{name} to {to}" if to else name
    if fitting:
        raise _several(word, wanted, fitting)
    raise _nothing(word, wanted, name, offers, found.notes)


def _with(offer: Offer, comment: str) -> Offer:
    """Return an offer with what is said to it; a move of a model is told of by its entry alone."""
    if not comment or offer.action.kind is ActionKind.MODEL_PROMOTE:
        return offer
    params = {**offer.action.params, "comment": comment}
    return replace(offer, action=replace(offer.action, params=params))


def _several(word: str, wanted: str, fitting: Sequence[Offer]) -> UnknownNameError:
    names = ", ".join(f"{one.action.target}#{one.version[:12]}" for one in fitting[:5])
    return UnknownNameError(f'"{wanted}" has several to {word}', hint=f"say which: {names}")


def _nothing(
    word: str, wanted: str, name: str, offers: Sequence[Offer], notes: Sequence[str]
) -> UnknownNameError:
    targets = {offer.action.target: None for offer in offers}
    near = get_close_matches(name, targets, 1)
    hint = f"did you mean {near[0]}?" if near else "; ".join(notes)
    known = ", ".join(targets) or "nothing; sources watch for deployments as their options say"
    return UnknownNameError(
        f'there is nothing to {word} at "{wanted}"', hint=hint or f"known: {known}"
    )


def _called(offers: Sequence[Offer], version: str) -> list[Offer]:
    """Return the offers of a version, else those whose versions begin so: 1 is 1, and not 12."""
    exactly = [offer for offer in offers if offer.version == version]
    return exactly or [offer for offer in offers if offer.version.startswith(version)]


def _upstream(desk: Desk, offer: Offer) -> Preview:
    """Ask the source what it would do, and look whether somebody is at it already."""
    action = offer.action
    seen = upstream_of(desk.ctx, action)
    under_way = tuple(
        f"another decision about {action.target} is on its way: {short(id_)}"
        for id_ in desk.under_way(action.source, action.target)
    )
    return replace(seen, blockers=(*under_way, *seen.blockers))


def _row(offer: Offer) -> OfferRow:
    action = offer.action
    return OfferRow(
        action.kind.value, action.source, action.target, offer.version, offer.what, offer.since,
    )  # fmt: skip
