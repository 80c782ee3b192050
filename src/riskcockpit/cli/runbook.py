"""`incident runbooks`, `run` and `drill`: what to do in an incident, step by step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.decisions import DryRun
from riskcockpit.cli.diagnostics import ExitCode, say, warn
from riskcockpit.cli.options import JsonOption
from riskcockpit.errors import InputError

if TYPE_CHECKING:
    from riskcockpit.config.incidents import Runbook, Step
    from riskcockpit.domain.incident import Incident
    from riskcockpit.services.context import Context
    from riskcockpit.services.runbook_steps import Agree, StepDone
    from riskcockpit.views.governance import DecisionPreview


def register(app: typer.Typer) -> None:
    """Add the commands about runbooks to those of incidents."""
    app.command("runbooks")(runbooks)
    app.command("run")(run)
    app.command("drill")(drill)


def _names() -> list[str]:
    """The names of runbooks, for completion."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.incident_files import runbooks as read

    return list(read(Context.open().paths))


def _incidents() -> list[str]:
    """The ids of incidents, for completion."""
    from riskcockpit.domain.ids import short
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import incidents

    return [short(each.id) for each in incidents(Context.open())]


def runbooks(*, as_json: JsonOption = False) -> None:
    """List the runbooks and their steps."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.incident_files import runbooks as read

    found = tuple(read(Context.open().paths).values())
    if as_json:
        output.json_document(incident_documents.runbooks(found))
    else:
        incident_pages.runbooks(found)


def run(
    name: Annotated[
        str,
        typer.Argument(metavar="RUNBOOK", help="As model-breach.", autocompletion=_names),
    ],
    *,
    incident: Annotated[
        str,
        typer.Option(help="The incident it is walked through for.", autocompletion=_incidents),
    ],
    done: Annotated[
        list[str] | None,
        typer.Option(help="A step that you did by hand, as data=looked at the checks."),
    ] = None,
    dry_run: DryRun = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before the steps we take.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Walk through a runbook: our steps are done, yours are asked for, each is signed."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.incidents import incident as find
    from riskcockpit.services.runbooks import check_fits, check_names, runbook_called

    ctx = Context.open()
    book = runbook_called(ctx.paths, name)
    known = find(ctx, incident)
    by_hand = dict(map(_by_hand, done or ()))
    check_fits(ctx.paths, book, known)
    check_names(book, known, by_hand)
    if dry_run:
        _foresee(ctx, book, known, as_json=as_json)
        return
    _confirm(book, known, yes=yes)
    agree = (lambda _: True) if yes else _agree
    steps = _walk(ctx, book, known, by_hand, agree, as_json=as_json)
    if steps and not steps[-1].is_done:
        raise typer.Exit(ExitCode.REFUSED)


def drill(
    name: Annotated[
        str, typer.Argument(metavar="RUNBOOK", help="As model-breach.", autocompletion=_names)
    ] = "model-breach",
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the steps of people as done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Walk through a runbook against simulators; the result is signed and counts as a drill."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.demo.drill import run_drill
    from riskcockpit.services.context import Context
    from riskcockpit.services.runbooks import record_drill, runbook_called

    ctx = Context.open()
    book = runbook_called(ctx.paths, name)

    def by_hand(step: Step) -> str:
        is_done = yes or (sys.stdin.isatty() and typer.confirm(f"{step.say} Done?", err=True))
        return "done in the drill" if is_done else ""

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


def _walk(
    ctx: Context, book: Runbook, known: Incident, done: dict[str, str], agree: Agree, *,
    as_json: bool,
) -> list[StepDone]:  # fmt: skip
    """Take the steps, tell of each as it is taken, and say how to go on."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.services.runbook_steps import Waiting
    from riskcockpit.services.runbooks import walk

    steps: list[StepDone] = []
    for each in walk(ctx, book, known, lambda step: done.get(step.id, ""), agree):
        steps.append(each)
        _warn_of(each)
        if not as_json:
            incident_pages.step(each)
    witness(ctx)
    if as_json:
        output.json_document(incident_documents.walked(book, steps))
    if not steps:
        say("every step was taken already")
    last = steps[-1] if steps else None
    if last is not None and last.waits_for is Waiting.PERSON:
        hint = f'--done "{last.step.id}=what you did"'
        say(f"waits for you; then: riskcockpit incident run {book.id} --incident … {hint}")
    elif last is not None and last.hint:
        say(f"hint: {last.hint}")
    return steps


def _foresee(ctx: Context, book: Runbook, known: Incident, *, as_json: bool) -> None:
    """Show what each step that is left would do now."""
    from riskcockpit.cli import incident_documents, incident_pages, output
    from riskcockpit.services.runbooks import foresee_walk

    steps = list(foresee_walk(ctx, book, known))
    for each in steps:
        _warn_of(each)
    if as_json:
        output.json_document(incident_documents.foreseen(book, steps))
        return
    for each in steps:
        incident_pages.foreseen(each)
    say("dry run: nothing was done")


def _warn_of(each: StepDone) -> None:
    for warning in each.warnings:
        warn(f"{each.step.id}: {warning}")


def _agree(plan: DecisionPreview) -> bool:
    """Show what a step would send, and ask; the default is No."""
    from riskcockpit.cli import pages

    for row in pages.preview(plan).splitlines():
        say(row)
    for warning in plan.warnings:
        warn(warning)
    return typer.confirm(f"{plan.title}?", default=False, err=True)


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
            "cannot ask for confirmation: stdin is not a terminal",
            hint="say --yes to confirm, or --dry-run to look",
        )
    steps = ", ".join(step.id for step in book.steps)
    if not typer.confirm(f"Walk through {book.id} ({steps}) for {known.title}?", err=True):
        say("nothing was done")
        raise typer.Exit(ExitCode.REFUSED)
