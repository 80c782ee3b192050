"""`incident`: what is going on, who looks after it, runbooks and drills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from riskcockpit.cli import runbook
from riskcockpit.cli.decisions import Comment, DryRun, Yes, refusal, stops_at
from riskcockpit.cli.diagnostics import warn
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.domain.incident import Incident
    from riskcockpit.services.context import Context

incident_app = typer.Typer(help="Incidents, runbooks and drills.", no_args_is_help=True)
IncidentId = Annotated[
    str, typer.Argument(metavar="ID", help="An incident, by the hash of its entry.")
]
Why = Annotated[str, typer.Option("--comment", "-m", help="Why; goes into the ledger.")]


def _people() -> list[str]:
    """Who an incident may be given to, for completion."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import known_people

    return list(known_people(Context.open()))


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    runbook.register(incident_app)
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
    owner: Annotated[
        str, typer.Argument(help="Who has it from now on: a principal.", autocompletion=_people)
    ],
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
    despite_alarms: Annotated[
        bool,
        typer.Option(
            "--despite-alarms",
            help="Although its alarms stand: counts neither as contained nor as resolved.",
        ),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say that an incident is over."""
    from riskcockpit.services.incidents import resolve as decide

    plan = _Plan("incident.resolved", id_, comment, despite_alarms=despite_alarms)
    _step(
        plan,
        lambda ctx: decide(ctx, id_, comment, despite_alarms=despite_alarms),
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


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


class _Plan(NamedTuple):
    """What a step is about, to be shown before it is taken."""

    kind: str
    """As in `decisions.notes.NoteKind`."""
    id: str
    comment: str
    owner: str = ""
    despite_alarms: bool = False


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
            shown = plan_step(
                ctx, plan.id, NoteKind(plan.kind), plan.comment, plan.owner,
                despite_alarms=plan.despite_alarms,
            )  # fmt: skip
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
