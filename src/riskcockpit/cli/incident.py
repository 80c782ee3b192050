"""`incident`: what is going on, who looks after it, runbooks and drills."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from riskcockpit.cli.decisions import Comment, DryRun, Yes, refusal, stops_at
from riskcockpit.cli.diagnostics import ExitCode, say, warn
from riskcockpit.cli.options import JsonOption
from riskcockpit.errors import InputError

if TYPE_CHECKING:
    from riskcockpit.config.incidents import Runbook
    from riskcockpit.domain.incident import Incident
    from riskcockpit.services.context import Context
    from riskcockpit.services.runbooks import StepDone

incident_app = typer.Typer(help="Incidents, runbooks and drills.", no_args_is_help=True)
IncidentId = Annotated[
    str, typer.Argument(metavar="ID", help="An incident, by the hash of its entry.")
]
RunbookName = Annotated[str, typer.Argument(metavar="RUNBOOK", help="As model-breach.")]
Why = Annotated[str, typer.Option("--comment", "-m", help="Why; goes into the ledger.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(incident_app, name="incident")


@incident_app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that were reviewed as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List incidents with their clocks and owners, the newest first."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import incidents

    ctx = Context.open()
    found = incidents(ctx, is_all=every)
    if as_json:
        output.json_document(incident_documents.listed(found, ctx.clock.now()))
    else:
        incident_pages.listed(found, ctx.clock.now())


@incident_app.command("show")
def show(id_: IncidentId, *, as_json: JsonOption = False) -> None:
    """Show one incident: clocks, alarms, timeline, what was done."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import incident

    ctx = Context.open()
    _show(ctx, incident(ctx, id_), as_json=as_json)


@incident_app.command("ack")
def ack(
    id_: IncidentId, *, comment: Comment = "", dry_run: DryRun = False, as_json: JsonOption = False
) -> None:
    """Acknowledge an incident: you look after it."""
    from riskcockpit.services.incidents import acknowledge

    plan = _Plan("incident.acknowledged", id_, comment)
    _step(
        plan, lambda ctx: acknowledge(ctx, id_, comment), dry_run=dry_run, yes=True, as_json=as_json
    )


@incident_app.command("assign")
def assign(
    id_: IncidentId,
    owner: Annotated[str, typer.Argument(help="Who has it from now on.")],
    *,
    comment: Comment = "",
    dry_run: DryRun = False,
    as_json: JsonOption = False,
) -> None:
    """Give an incident to somebody."""
    from riskcockpit.services.incidents import assign as decide

    plan = _Plan("incident.assigned", id_, comment, owner)
    _step(
        plan,
        lambda ctx: decide(ctx, id_, owner, comment),
        dry_run=dry_run,
        yes=True,
        as_json=as_json,
    )


@incident_app.command("contain")
def contain(
    id_: IncidentId,
    *,
    comment: Why,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say that the fault does no more harm."""
    from riskcockpit.services.incidents import contain as decide

    plan = _Plan("incident.contained", id_, comment)
    _step(plan, lambda ctx: decide(ctx, id_, comment), dry_run=dry_run, yes=yes, as_json=as_json)


@incident_app.command("resolve")
def resolve(
    id_: IncidentId,
    *,
    comment: Why,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say that an incident is over."""
    from riskcockpit.services.incidents import resolve as decide

    plan = _Plan("incident.resolved", id_, comment)
    _step(plan, lambda ctx: decide(ctx, id_, comment), dry_run=dry_run, yes=yes, as_json=as_json)


@incident_app.command("note")
def note(id_: IncidentId, text: Annotated[str, typer.Argument(help="What to remember.")],
         *, dry_run: DryRun = False, as_json: JsonOption = False) -> None:  # fmt: skip
    """Write a signed note into the timeline of an incident."""
    from riskcockpit.services.incidents import add_note

    plan = _Plan("incident.noted", id_, text)
    _step(plan, lambda ctx: add_note(ctx, id_, text), dry_run=dry_run, yes=True, as_json=as_json)


@incident_app.command("review")
def review(
    id_: IncidentId,
    *,
    comment: Why,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Close an incident with its review: what happened, why, what changes."""
    from riskcockpit.services.incidents import review as decide

    plan = _Plan("incident.reviewed", id_, comment)
    _step(plan, lambda ctx: decide(ctx, id_, comment), dry_run=dry_run, yes=yes, as_json=as_json)


@incident_app.command("runbooks")
def runbooks(*, as_json: JsonOption = False) -> None:
    """List the runbooks and their steps."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.runbooks import runbooks as read

    found = tuple(read(Context.open().paths).values())
    if as_json:
        output.json_document(incident_documents.runbooks(found))
    else:
        incident_pages.runbooks(found)


@incident_app.command("run")
def run(
    name: RunbookName,
    *,
    incident: Annotated[str, typer.Option(help="The incident it is walked through for.")],
    done: Annotated[
        list[str] | None,
        typer.Option(help="A step that you did by hand, as data=looked at the checks."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before the steps we take.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Walk through a runbook: our steps are done, yours are asked for, each is signed."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import incident as find
    from riskcockpit.services.runbooks import runbook_called, walk

    ctx = Context.open()
    book = runbook_called(ctx.paths, name)
    known = find(ctx, incident)
    _confirm(book, known, yes=yes)
    steps: list[StepDone] = []
    for each in walk(ctx, book, known, dict(map(_by_hand, done or ()))):
        steps.append(each)
        if not as_json:
            incident_pages.step(each)
    witness(ctx)
    if as_json:
        output.json_document(incident_documents.walked(book, steps))
    if steps and not steps[-1].is_done:
        if steps[-1].is_waiting:
            hint = f'--done "{steps[-1].step.id}=what you did"'
            say(f"waits for you; then: riskcockpit incident run {book.id} --incident … {hint}")
        raise typer.Exit(ExitCode.REFUSED)


@incident_app.command("drill")
def drill(
    name: Annotated[str, typer.Argument(metavar="RUNBOOK", help="As model-breach.")]
    = "model-breach",
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the steps of people as done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Walk through a runbook against simulators; the result is signed and counts as a drill."""
    from dataclasses import replace

    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.demo.drill import run_drill
    from riskcockpit.services.context import Context
    from riskcockpit.services.runbooks import record_drill, runbook_called

    ctx = Context.open()
    book = runbook_called(ctx.paths, name)

    def by_hand(waiting: StepDone) -> StepDone:
        is_done = yes or (
            sys.stdin.isatty() and typer.confirm(f"{waiting.step.say} Done?", err=True)
        )
        return replace(waiting, is_done=is_done, is_waiting=not is_done)

    found = run_drill(book, by_hand)
    if message := record_drill(ctx, book, found.steps, found.seconds):
        warn(message)
    witness(ctx)
    if as_json:
        output.json_document(incident_documents.walked(book, found.steps, found.seconds))
    else:
        for each in found.steps:
            incident_pages.step(each)
        output.line(f"{len(found.steps)} of {len(book.steps)} steps in {found.seconds:.1f} s")
    if not all(each.is_done for each in found.steps):
        raise typer.Exit(ExitCode.REFUSED)


class _Plan(NamedTuple):
    """What a step is about, to be shown before it is taken."""

    kind: str
    """As in `decisions.notes.NoteKind`."""
    id: str
    comment: str
    owner: str = ""


def _step(
    plan: _Plan,
    decide: Callable[[Context], tuple[Incident, str]],
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from riskcockpit.cli.closing import witness
    from riskcockpit.decisions.notes import NoteKind
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import plan_step

    ctx = Context.open()
    with refusal(ctx, "note", as_json=as_json):
        if dry_run or not yes:
            shown = plan_step(ctx, plan.id, NoteKind(plan.kind), plan.comment, plan.owner)
            if stops_at(shown, dry_run=dry_run, yes=yes, as_json=as_json):
                return
        found, message = decide(ctx)
    witness(ctx)
    if message:
        warn(message)
    _show(ctx, found, as_json=as_json)


def _show(ctx: Context, found: Incident, *, as_json: bool) -> None:
    from riskcockpit.cli import incident_documents, incident_pages, output

    if as_json:
        output.json_document(incident_documents.shown(found, ctx.clock.now()))
    else:
        incident_pages.shown(found, ctx.clock.now())


def _by_hand(text: str) -> tuple[str, str]:
    name, _, what = text.partition("=")
    if not name.strip() or not what.strip():
        raise InputError(f'"{text}" does not say what was done', hint='as --done "data=looked"')
    return name.strip(), what


def _confirm(book: Runbook, known: Incident, *, yes: bool) -> None:
    """Ask before anything is done.

    Raises:
        InputError: nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "cannot ask for confirmation: stdin is not a terminal", hint="say --yes to confirm"
        )
    steps = ", ".join(step.id for step in book.steps)
    if not typer.confirm(f"Walk through {book.id} ({steps}) for {known.title}?", err=True):
        say("nothing was done")
        raise typer.Exit(ExitCode.REFUSED)
