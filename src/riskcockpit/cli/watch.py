"""`watch`: the loop that looks, judges, and proposes or rolls back; and everything about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.decisions import DryRun, Yes, refusal, stops_at
from riskcockpit.cli.diagnostics import ExitCode, say, warn
from riskcockpit.cli.models import ModelName
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.views.automation import WatchEvent

watch_app = typer.Typer(
    help="Watch over models: alarm, propose, roll back. Without a command: `watch run`.",
    invoke_without_command=True,
)
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; goes into the ledger.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(watch_app, name="watch")


@watch_app.callback()
def watch(ctx: typer.Context) -> None:
    """Watch over models: alarm, propose, roll back. Without a command: `watch run`."""
    if ctx.invoked_subcommand is None:
        run()


@watch_app.command("run")
def run(
    *,
    once: Annotated[bool, typer.Option("--once", help="One cycle, then end.")] = False,
    cycle: Annotated[
        str, typer.Option(help="How often to look, as 1s; by default as the rules say.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document a line, for each event.")
    ] = False,
) -> None:
    """Look at the sources that matter, judge, act by the rules, until a signal ends it."""
    from riskcockpit.cli import output, watch_documents
    from riskcockpit.cli.closing import witness
    from riskcockpit.config.durations import parse_duration
    from riskcockpit.domain.clock import rfc3339
    from riskcockpit.errors import InputError
    from riskcockpit.services.context import Context
    from riskcockpit.services.systemd import Systemd
    from riskcockpit.services.watching import Watch

    if cycle:
        try:
            parse_duration(cycle)
        except ValueError as error:
            raise InputError(str(error), hint="as 1s, 15s or 1m") from error
    ctx = Context.open()

    def tell(event: WatchEvent) -> None:
        if as_json:
            output.json_line(watch_documents.event(event))
            return
        about = f"{event.subject}: " if event.subject else ""
        output.live_line(f"{rfc3339(event.at)[:19]}Z  {event.kind:<12}  {about}{event.detail}")

    Watch(ctx, tell, systemd=Systemd.from_environment(), cycle=cycle).run(is_once=once)
    witness(ctx)


@watch_app.command("explain")
def explain(name: ModelName, *, as_json: JsonOption = False) -> None:
    """Judge one model now: each rule, each guard, its value, what it wants."""
    from riskcockpit.cli import output, watch_documents, watch_pages
    from riskcockpit.services.automation import explain as judge
    from riskcockpit.services.context import Context

    view = judge(Context.open(), name)
    if as_json:
        output.json_document(watch_documents.explained(view))
    else:
        watch_pages.explained(view)


@watch_app.command("health")
def health(*, as_json: JsonOption = False) -> None:
    """Say how the watch over this cache does; exit 1 unless it looks as often as it should."""
    from riskcockpit.cli import output, watch_documents, watch_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.watch_health import health as read

    found = read(Context.open())
    if as_json:
        output.json_document(watch_documents.health(found))
    else:
        watch_pages.health(found)
    if not found.is_well:
        raise typer.Exit(ExitCode.GATE_FAILED)


@watch_app.command("stop")
def stop(*, reason: Reason, dry_run: DryRun = False, as_json: JsonOption = False) -> None:
    """Stop all automation at once, without asking: the kill switch. Alarms go on.

    Exit 5 when it stops here alone: the word for other computers could not be signed.
    """
    from riskcockpit.services.context import Context
    from riskcockpit.services.kill_switch import plan_stop
    from riskcockpit.services.kill_switch import stop as decide

    ctx = Context.open()
    if dry_run:
        stops_at(plan_stop(ctx, reason), dry_run=True, yes=True, as_json=as_json)
        return
    missing = decide(ctx, reason)
    _said("stopped on this computer" if missing else "stopped", missing, as_json=as_json)
    if missing:
        raise typer.Exit(ExitCode.REFUSED)


@watch_app.command("resume")
def resume(
    *, reason: Reason, dry_run: DryRun = False, yes: Yes = False, as_json: JsonOption = False
) -> None:
    """Let automation go on; a person's signed decision."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.kill_switch import plan_resume
    from riskcockpit.services.kill_switch import resume as decide

    ctx = Context.open()
    with refusal(ctx, "note", as_json=as_json):
        if not stops_at(plan_resume(ctx, reason), dry_run=dry_run, yes=yes, as_json=as_json):
            _said("resumed", decide(ctx, reason), as_json=as_json)


@watch_app.command("enforce")
def enforce(
    name: ModelName,
    *,
    approver: Annotated[str, typer.Option(help="Who answers for it, and signs for it.")],
    until: Annotated[str, typer.Option(help="When it ends, as 2027-06-30.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Ask that a model is rolled back without asking: a change of the policy, signed by two."""
    from riskcockpit.services.adopting import enforce as ask
    from riskcockpit.services.adopting import plan_enforce
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "policy.changed", as_json=as_json):
        plan = plan_enforce(ctx, name, approver, until)
        if not stops_at(plan, dry_run=dry_run, yes=yes, as_json=as_json):
            _said(f"asked to enforce {name}", ask(ctx, name, approver, until), as_json=as_json)


@watch_app.command("propose")
def propose(
    name: ModelName, *, dry_run: DryRun = False, yes: Yes = False, as_json: JsonOption = False
) -> None:
    """Ask that rolling a model back is only proposed again: a change of the policy."""
    from riskcockpit.services.adopting import plan_propose
    from riskcockpit.services.adopting import propose as ask
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "policy.changed", as_json=as_json):
        if not stops_at(plan_propose(ctx, name), dry_run=dry_run, yes=yes, as_json=as_json):
            _said(f"asked to propose {name}", ask(ctx, name), as_json=as_json)


@watch_app.command("adopt")
def adopt(*, dry_run: DryRun = False, yes: Yes = False, as_json: JsonOption = False) -> None:
    """Ask for the rules as policy/automation.yaml in the ledger directory says them now."""
    from riskcockpit.services.adopting import adopt as ask
    from riskcockpit.services.adopting import plan_adopt
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "policy.changed", as_json=as_json):
        if not stops_at(plan_adopt(ctx), dry_run=dry_run, yes=yes, as_json=as_json):
            _said("asked for the rules as they are written", ask(ctx), as_json=as_json)


@watch_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the rules, for editors."""
    from riskcockpit.cli import output
    from riskcockpit.config.automation import automation_schema

    output.json_document(automation_schema())


def _said(what: str, missing: str, *, as_json: bool) -> None:
    from riskcockpit.cli import documents, output

    if as_json:
        output.json_document(documents.document("watch_policy", done=what, missing=missing))
        return
    say(what)
    if missing:
        warn(missing)
