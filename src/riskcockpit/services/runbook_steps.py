"""The steps of runbooks that we take: what each does for its incident, and when it may not.

A step that acts looks first whether there is anything left to do for its incident, and what it
cannot prove it does not say. Nothing is signed here but what a step decides upstream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from riskcockpit.actions.proof import Measured, breach_of, moment, prove
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.incidents import Step, StepDeed
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.domain.action import OPEN_STATES, ActionKind, ActionState
from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Incident
from riskcockpit.errors import RefusedError, RiskcockpitError
from riskcockpit.services.automation import explain, known_of_model
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.incidents import found_by
from riskcockpit.services.moves import known_of
from riskcockpit.services.rollback import plan_rollback, rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.verify import verify_ledger
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

Agree = Callable[[DecisionPreview], bool]
"""Asked with the preview of what a step would send; whether it may."""
RULE = "runbook-guards"
"""The rule named when a step has no reason to act."""
_AGAIN = "take the step again when it was measured anew"


class Waiting(StrEnum):
    """What has to come before a step can be done."""

    PERSON = "person"
    """Somebody does it by hand and says so."""
    APPROVAL = "approval"
    """Another person has to add a key."""
    UPSTREAM = "upstream"
    """What was sent has no receipt yet."""
    READINGS = "readings"
    """Nobody measured yet what has to be known."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """What came of a step."""

    step: Step
    is_done: bool
    detail: str
    """What was seen or done; why not, when it is not done."""
    waits_for: Waiting | None = None
    """None: it is done, or it failed."""
    hint: str = ""
    """What to do next."""
    warnings: tuple[str, ...] = ()
    preview: DecisionPreview | None = None
    """What it would send; only of a walk that takes no step."""

    @property
    def state(self) -> str:
        """Return `done`, `waits` or `failed`."""
        if self.is_done:
            return "done"
        return "waits" if self.waits_for else "failed"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a step is taken for."""

    ctx: Context
    step: Step
    incident: Incident
    """As it stands now."""
    agree: Agree

    @property
    def subject(self) -> str:
        """What the incident is about."""
        return self.incident.subject

    def done(self, detail: str, *warnings: str) -> StepDone:
        """Return that it is done."""
        return StepDone(self.step, is_done=True, detail=detail, warnings=warnings)

    def failed(self, detail: str, *warnings: str, hint: str = "") -> StepDone:
        """Return that it is not, and why."""
        return StepDone(self.step, is_done=False, detail=detail, hint=hint, warnings=warnings)

    def waits(self, waits_for: Waiting, detail: str, *warnings: str, hint: str = "") -> StepDone:
        """Return that something else has to come first."""
        return replace(self.failed(detail, *warnings, hint=hint), waits_for=waits_for)


def take(errand: Errand) -> StepDone:
    """Take a step of ours; a refusal or a failure is what came of it."""
    return _caught(errand, _DEEDS)


def foresee(errand: Errand) -> StepDone:
    """Say what a step of ours would do now; changes nothing."""
    return _caught(errand, _FORESEEN)


def _caught(errand: Errand, deeds: Mapping[StepDeed, Callable[[Errand], StepDone]]) -> StepDone:
    deed = errand.step.do
    if deed is None:
        return errand.waits(Waiting.PERSON, errand.step.say)
    try:
        return deeds[deed](errand)
    except RiskcockpitError as error:
        rule = f" ({error.rule})" if isinstance(error, RefusedError) else ""
        return errand.failed(f"{error.message}{rule}", hint=error.hint or "")


@dataclass(frozen=True, slots=True)
class _Look:
    """How a sync went, as far as it matters to an incident."""

    words: str
    faults: tuple[str, ...]
    """Sources that tell of its subject and could not be read."""
    warnings: tuple[str, ...]


def _look(errand: Errand) -> _Look:
    """Read all sources; those that tell of the subject have to be read.

    When none is known to tell of it, all have to be.
    """
    ctx, report = errand.ctx, sync(errand.ctx)
    telling: set[str] = set()
    if ctx.store.exists():
        with ctx.store.reader() as reader:
            rows = reader.rows(sql("services", "runbook_sources"), subject=errand.subject)
        telling = {name for (name,) in rows}
    faults: list[str] = []
    warnings = list(report.notes)
    known = telling & {source.name for source in report.sources}
    for source in report.sources:
        if source.state == "ok":
            continue
        words = f"{source.name} {source.state}{f': {source.message}' if source.message else ''}"
        is_needed = source.state == "failed" and (not known or source.name in known)
        (faults if is_needed else warnings).append(words)
    words = ", ".join(f"{source.name} {source.state}" for source in report.sources)
    return _Look(words or "no source is configured", tuple(faults), tuple(warnings))


def _sync(errand: Errand) -> StepDone:
    looked = _look(errand)
    if looked.faults:
        hint = "`riskcockpit sources test` says what is wrong"
        return errand.failed("; ".join(looked.faults), *looked.warnings, hint=hint)
    return errand.done(looked.words, *looked.warnings)


def _explain(errand: Errand) -> StepDone:
    view = explain(errand.ctx, errand.subject)
    said = (f"{rule.rule} {rule.metric}: {rule.verdict.value}" for rule in view.rules)
    return errand.done("; ".join(said) or "no rule has a reading to judge")


def _rollback(errand: Errand) -> StepDone:
    if (before := _before(errand)) is not None:
        return before
    plan = _planned(errand)
    if not errand.agree(plan):
        return errand.failed("you said no: nothing was sent", *plan.warnings)
    again = _planned(errand)
    if again.facts[:2] != plan.facts[:2]:
        raise RefusedError(
            f"{errand.subject} moved while you were asked: nothing was sent",
            rule=RULE,
            hint="look at it again: take the step once more",
        )
    result = rollback(errand.ctx, errand.subject, int(dict(plan.facts)["to version"]))
    return _outcome(errand, result, plan.warnings)


def _foresee_rollback(errand: Errand) -> StepDone:
    if (before := _before(errand)) is not None:
        return before
    plan = _planned(errand)
    return replace(errand.failed(plan.consequence, *plan.warnings), preview=plan)


def _before(errand: Errand) -> StepDone | None:
    """Return what was done for the incident before; None when nothing was, or it failed.

    Raises:
        RefusedError: the incident is over, or a person decided against it.
    """
    incident = errand.incident
    if (event := incident.containment) is not None:
        who = f"{event.actor}, {short(event.entry)}"
        at = moment(event.at)
        return errand.done(f"contained already, {at}: {event.detail} ({who}); nothing was sent")
    if incident.state.is_over:
        raise RefusedError(
            "the incident is over, and nothing contained it: nothing is rolled back for it",
            rule=RULE,
            hint=_by_hand(errand),
        )
    asked = [
        each
        for each in Desk(errand.ctx).projection.actions
        if each.action.kind is ActionKind.MODEL_ROLLBACK and each.model == errand.subject
    ]
    flying = [each for each in asked if each.state in OPEN_STATES]
    if flying:
        return _on_its_way(errand, flying[-1])
    recent = [each for each in asked if each.decided_at >= incident.detected_at]
    if recent and recent[-1].state is not ActionState.REFUSED:
        raise RefusedError(_against(recent[-1]), rule=RULE, hint=_by_hand(errand))
    return None


def _on_its_way(errand: Errand, each: ProjectedAction) -> StepDone:
    move, id_ = _move(each), short(each.action.id)
    if each.state is ActionState.REQUESTED:
        return errand.waits(
            Waiting.APPROVAL,
            f"{move} was asked for by {each.decided_by} and waits for another person",
            hint=f"`riskcockpit approve {id_}` by them, then take the step again",
        )
    state = each.state.value.replace("_", " ")
    return errand.waits(
        Waiting.UPSTREAM,
        f"{move} is {state}{f': {each.message}' if each.message else ''}",
        hint=f"`riskcockpit actions retry {id_}` looks what became of it",
    )


def _against(each: ProjectedAction) -> str:
    move, ended = _move(each), each.standing.ended
    if each.state is ActionState.IN_DOUBT:
        return f"{move} is in doubt: {each.standing.doubt or each.message}"
    if each.state is ActionState.DONE:
        return f"{move} was done, and version {each.action.params['from']} was put back since"
    who = f" by {ended.actor}" if ended is not None else ""
    return f"{move} was {each.standing.end_word}{who}: it is not asked for again"


def _move(each: ProjectedAction) -> str:
    before, after = each.action.params["from"], each.action.params["to"]
    return f"the rollback from version {before} to version {after}"


def _by_hand(errand: Errand) -> str:
    return f"`riskcockpit rollback {errand.subject}` decides it by hand, and contains the incident"


def _planned(errand: Errand) -> DecisionPreview:
    """Return the preview of the rollback that the incident calls for.

    Raises:
        RefusedError: what the incident is about is not so of the version that serves now, or a
            guard speaks against it.
    """
    ctx = errand.ctx
    desk = Desk(ctx)
    with ctx.store.reader() as reader:
        facts = known_of(desk, reader, errand.subject).facts
    measured = _measured(ctx, errand.incident)
    breach = breach_of(facts, [each for each, is_open in measured.items() if is_open])
    if not breach.standing:
        version = facts.model.champion
        why = (
            f"no accuracy or bias alarm of this incident stands on version {version}, which serves"
        )
        if breach.stale:
            names = ", ".join(sorted({reading.metric for reading in breach.stale}))
            why = f"the readings of {names} are too old: nobody knows how version {version} does"
        raise RefusedError(f"{why}: nothing is rolled back", rule=RULE, hint=_by_hand(errand))
    plan = plan_rollback(ctx, errand.subject)
    if plan.blockers:
        more = "; ".join(plan.blockers[1:])
        raise RefusedError(f"{plan.title}: {plan.blockers[0]}", rule=plan.rule, hint=more or None)
    return plan


def _outcome(errand: Errand, result: DecisionResult, warnings: tuple[str, ...]) -> StepDone:
    """Return what came of a rollback that was signed just now."""
    summary = result.decision.summary
    row = result.actions[0]
    if row.state == ActionState.DONE:
        return errand.done(f"{summary}: done", *warnings)
    id_ = short(row.id)
    if row.state == ActionState.REQUESTED:
        needs = "; ".join(result.decision.needs)
        hint = f"`riskcockpit approve {id_}` by them, then take the step again"
        return errand.waits(Waiting.APPROVAL, f"{summary}: needs {needs}", *warnings, hint=hint)
    words = f"{summary}: {row.state.replace('_', ' ')}: {row.message}"
    if row.state in OPEN_STATES:
        hint = f"`riskcockpit actions retry {id_}` looks what became of it"
        return errand.waits(Waiting.UPSTREAM, words, *warnings, hint=hint)
    return errand.failed(words, *warnings)


def _verify(errand: Errand) -> StepDone:
    """Look again, and prove by what was measured since the containment that what serves is well."""
    ctx = errand.ctx
    looked = _look(errand)
    if looked.faults:
        why = f"nobody can say how it does: {'; '.join(looked.faults)}"
        return errand.failed(why, *looked.warnings, hint="take the step again when they are read")
    desk = Desk(ctx)
    incident = found_by(desk, errand.incident.id)
    since = incident.contained_at
    if since is None:
        return errand.failed(
            "nothing contained the incident yet: there is no repair to prove",
            *looked.warnings,
            hint=f"roll back, or `riskcockpit incident contain {short(incident.id)}`",
        )
    rules, facts = known_of_model(ctx, errand.subject)
    proof = prove(rules.automation, facts, _measured(ctx, incident), since)
    warnings = (*looked.warnings, *proof.doubts)
    if proof.beyond:
        words = f"version {proof.version} is not well: {'; '.join(proof.beyond)}"
        until = since + parse_duration(rules.automation.recovery)
        if desk.now > until:
            return errand.failed(words, *warnings)
        words = f"{words}; it has until {moment(until)} to prove itself"
        return errand.waits(Waiting.READINGS, words, *warnings, hint=_AGAIN)
    if not proof.is_given:
        words = f"not proven yet: {'; '.join(proof.missing)}"
        return errand.waits(Waiting.READINGS, words, *warnings, hint=_AGAIN)
    words = f"version {proof.version} is within its limits since {moment(since)}: "
    return errand.done(f"{words}{'; '.join(proof.within)}", *warnings)


def _measured(ctx: Context, incident: Incident) -> Mapping[Measured, bool]:
    """Return what the alarms of an incident measure, and whether they go on."""
    with ctx.store.reader() as reader:
        rows = reader.rows(
            sql("services", "runbook_measured"),
            ids=list(incident.alerts),
            subject=incident.subject,
        )
    return {(metric, segment): is_open for metric, segment, is_open in rows}


def _ledger(errand: Errand) -> StepDone:
    report = verify_ledger(errand.ctx)
    if not report.is_ok:
        return errand.failed("it does not verify", hint="`riskcockpit ledger verify` says where")
    return errand.done(f"{report.entries} entries verify")


_DEEDS: Mapping[StepDeed, Callable[[Errand], StepDone]] = {
    "sync": _sync,
    "explain": _explain,
    "rollback": _rollback,
    "verify": _verify,
    "ledger": _ledger,
}
_FORESEEN: Mapping[StepDeed, Callable[[Errand], StepDone]] = {
    **_DEEDS,
    "sync": lambda errand: errand.failed("reads all sources"),
    "rollback": _foresee_rollback,
    "verify": lambda errand: errand.failed("reads all sources, and judges what serves then"),
}
