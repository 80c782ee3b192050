"""Runbooks: steps that we take and steps that people take, each signed as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from riskcockpit.config.incidents import Runbook, Step, StepDeed, read_runbooks
from riskcockpit.config.paths import Paths, shipped
from riskcockpit.decisions.incidents import INCIDENT
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.domain.automation import Verdict
from riskcockpit.domain.incident import Incident
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import RefusedError, RiskcockpitError, UnknownNameError
from riskcockpit.services.automatic import record
from riskcockpit.services.automation import explain
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.incidents import found_by
from riskcockpit.services.rollback import rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.verify import verify_ledger

FOLDER = "runbooks"


@dataclass(frozen=True, slots=True)
class StepDone:
    """What came of a step."""

    step: Step
    is_done: bool
    detail: str
    """What was seen or done; why not, when it is not done."""
    is_waiting: bool = False
    """A person has to do it and say so."""


def runbooks(paths: Paths) -> Mapping[str, Runbook]:
    """Return all runbooks: those that ship, and those of the home in their place.

    Raises:
        ConfigError: one cannot be used.
    """
    return read_runbooks(shipped("config", FOLDER), paths.config / FOLDER)


def runbook_called(paths: Paths, name: str) -> Runbook:
    """Return one runbook.

    Raises:
        UnknownNameError: there is none of that name.
    """
    known = runbooks(paths)
    if name not in known:
        raise UnknownNameError(
            f'there is no runbook "{name}"', hint=f"known: {', '.join(known) or 'none'}"
        )
    return known[name]


def walk(
    ctx: Context, book: Runbook, incident: Incident, done_by_hand: Mapping[str, str]
) -> Iterator[StepDone]:
    """Take the steps that are left, one after the other, and sign each; ends at the first that is
    not done: a step of a person that is not in `done_by_hand` (step → what was done), or a failure.

    Raises:
        LedgerError: it cannot be signed.
    """
    left = _left(book, incident)
    if unknown := set(done_by_hand) - {step.id for step in left if step.do is None}:
        raise UnknownNameError(
            f"no step that is left for a person is called {', '.join(sorted(unknown))}",
            hint=f"left: {', '.join(step.id for step in left if step.do is None) or 'none'}",
        )
    for step in left:
        done = _taken(ctx, step, incident.subject, done_by_hand)
        yield done
        if not done.is_done:
            return
        _sign(ctx, book, incident, done)


def _left(book: Runbook, incident: Incident) -> tuple[Step, ...]:
    taken = {step for name, step in incident.steps if name == book.id}
    return tuple(step for step in book.steps if step.id not in taken)


def _taken(ctx: Context, step: Step, subject: str, by_hand: Mapping[str, str]) -> StepDone:
    if step.do is not None:
        return take(ctx, step, subject)
    if step.id in by_hand:
        return StepDone(step, is_done=True, detail=clean_text(by_hand[step.id]).strip() or "done")
    return StepDone(step, is_done=False, detail=step.say, is_waiting=True)


def take(ctx: Context, step: Step, subject: str) -> StepDone:
    """Take a step of ours; a refusal or a failure is what came of it."""
    if step.do is None:
        return StepDone(step, is_done=False, detail=step.say, is_waiting=True)
    try:
        is_done, detail = _DEEDS[step.do](ctx, subject)
    except RiskcockpitError as error:
        rule = f" ({error.rule})" if isinstance(error, RefusedError) else ""
        return StepDone(step, is_done=False, detail=f"{error.message}{rule}")
    return StepDone(step, is_done, detail)


def _sign(ctx: Context, book: Runbook, incident: Incident, done: StepDone) -> None:
    desk = Desk(ctx)
    known = found_by(desk, incident.id)
    who = "by a person" if done.step.do is None else done.step.do
    text = f"{known.subject}: {book.id}: {done.step.title} ({who}): {done.detail}"
    data = {
        INCIDENT: known.id,
        "subject": known.subject,
        "runbook": book.id,
        "step": done.step.id,
        "detail": done.detail,
    }
    record(desk, NoteKind.STEP_DONE, text, data)


def _sync(ctx: Context, _subject: str) -> tuple[bool, str]:
    report = sync(ctx)
    words = ", ".join(f"{source.name} {source.state}" for source in report.sources)
    is_read = all(source.state != "failed" for source in report.sources)
    return is_read, words or "no source is configured"


def _explain(ctx: Context, subject: str) -> tuple[bool, str]:
    view = explain(ctx, subject)
    said = (f"{rule.rule} {rule.metric}: {rule.verdict.value}" for rule in view.rules)
    return True, "; ".join(said) or "no rule has a reading to judge"


def _rollback(ctx: Context, subject: str) -> tuple[bool, str]:
    result = rollback(ctx, subject)
    state = result.actions[0].state if result.actions else result.decision.state.value
    return state == "done", f"{result.decision.summary}: {state.replace('_', ' ')}"


def _verify(ctx: Context, subject: str) -> tuple[bool, str]:
    sync(ctx)
    view = explain(ctx, subject)
    beyond = [rule for rule in view.rules if rule.verdict.is_beyond]
    grave = [rule for rule in beyond if rule.verdict is not Verdict.ALARM]
    words = "; ".join(rule.reason for rule in grave) or f"version {view.champion} is within limits"
    return not grave, words


def _ledger(ctx: Context, _subject: str) -> tuple[bool, str]:
    report = verify_ledger(ctx)
    return report.is_ok, f"{report.entries} entries verify" if report.is_ok else "it does not"


_DEEDS: Mapping[StepDeed, Callable[[Context, str], tuple[bool, str]]] = {
    "sync": _sync,
    "explain": _explain,
    "rollback": _rollback,
    "verify": _verify,
    "ledger": _ledger,
}


def record_drill(ctx: Context, book: Runbook, steps: tuple[StepDone, ...], seconds: float) -> str:
    """Sign that a runbook was walked through against simulators; return what was not published.

    Raises:
        LedgerError: it cannot be signed.
        RefusedError: this role writes no notes.
    """
    failed = next((done for done in steps if not done.is_done), None)
    words = "passed" if failed is None else f"failed at {failed.step.id}: {failed.detail}"
    desk = Desk(ctx)
    data = {
        "subject": book.id,
        "runbook": book.id,
        "passed": failed is None,
        "milliseconds": round(seconds * 1000),
        "steps": [f"{done.step.id}: {done.detail}" for done in steps],
    }
    record(desk, NoteKind.DRILL_DONE, f"drill of {book.id} {words}", data)
    return desk.finish()
