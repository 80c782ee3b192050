"""Runbooks: steps that we take and steps that people take, each signed as it is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from riskcockpit.config.incidents import Runbook, Step
from riskcockpit.config.paths import Paths
from riskcockpit.decisions.incidents import INCIDENT
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.domain.incident import Incident
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import RefusedError, UnknownNameError
from riskcockpit.services.automatic import record
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.incident_files import runbooks
from riskcockpit.services.incidents import found_by
from riskcockpit.services.runbook_steps import Agree, Errand, StepDone, Waiting, foresee, take

ByHand = Callable[[Step], str]
"""Asked for each step of a person; what they did, empty while they did not."""


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


def check_fits(paths: Paths, book: Runbook, incident: Incident) -> None:
    """Let a runbook be walked through only for incidents it is for.

    Raises:
        RefusedError: its rules name others; the hint says which runbook is for this one.
    """
    if not book.rules or incident.rule in book.rules:
        return
    fit = [each.id for each in runbooks(paths).values() if incident.rule in each.rules]
    raise RefusedError(
        f"the runbook {book.id} is for incidents of {', '.join(book.rules)}, "
        f"this one is of {incident.rule}",
        rule="runbook-rules",
        hint=f"for this one: {', '.join(fit)}" if fit else "no runbook is for incidents like it",
    )


def check_names(book: Runbook, incident: Incident, done: Collection[str]) -> None:
    """Let nobody say that a step was done which is none of theirs, or was taken.

    Raises:
        UnknownNameError: `done` names one.
    """
    left = [step.id for step in left_of(book, incident) if step.do is None]
    if unknown := set(done) - set(left):
        raise UnknownNameError(
            f"no step that is left for a person is called {', '.join(sorted(unknown))}",
            hint=f"left: {', '.join(left) or 'none'}",
        )


def walk(
    ctx: Context, book: Runbook, incident: Incident, by_hand: ByHand, agree: Agree
) -> Iterator[StepDone]:
    """Take the steps that are left, one after the other, and sign each; ends at the first that is
    not done: it failed, or something has to come first.

    `agree` is asked with the preview before anything is sent upstream.

    Raises:
        RefusedError: the runbook is not for such an incident.
        LedgerError: it cannot be signed.
    """
    check_fits(ctx.paths, book, incident)
    for step in left_of(book, incident):
        now = found_by(Desk(ctx), incident.id)
        done = _taken(Errand(ctx, step, now, agree), by_hand)
        yield done
        if not done.is_done:
            return
        _sign(ctx, book, incident, done)


def foresee_walk(ctx: Context, book: Runbook, incident: Incident) -> Iterator[StepDone]:
    """Say of each step that is left what it would do now; takes and signs none.

    Raises:
        RefusedError: the runbook is not for such an incident.
    """
    check_fits(ctx.paths, book, incident)
    for step in left_of(book, incident):
        yield foresee(Errand(ctx, step, incident, lambda _: False))


def left_of(book: Runbook, incident: Incident) -> tuple[Step, ...]:
    """Return the steps of a runbook that were not taken for an incident yet."""
    taken = {step for name, step in incident.steps if name == book.id}
    return tuple(step for step in book.steps if step.id not in taken)


def _taken(errand: Errand, by_hand: ByHand) -> StepDone:
    step = errand.step
    if step.do is not None:
        return take(errand)
    said = clean_text(by_hand(step)).strip()
    return errand.done(said) if said else errand.waits(Waiting.PERSON, step.say)


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
