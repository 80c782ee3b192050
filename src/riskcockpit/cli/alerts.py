"""`alerts`: what somebody is told of, what was held back and why, signing for one, sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import ExitCode, say
from riskcockpit.cli.options import JsonOption
from riskcockpit.errors import InputError

alerts_app = typer.Typer(help="Who is told of what, and what is held back.", no_args_is_help=True)
_DIGESTS = ("markdown", "json", "table")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(alerts_app, name="alerts")


def _ids(incomplete: str) -> Sequence[str]:
    from riskcockpit.services.alerts import names
    from riskcockpit.services.context import Context

    return [name for name in names(Context.open()) if name.startswith(incomplete)]


def _digests(incomplete: str) -> Sequence[str]:
    return [form for form in _DIGESTS if form.startswith(incomplete)]


_Id = Annotated[
    str, typer.Argument(metavar="ID", help="An alert's id or key.", autocompletion=_ids)
]


@alerts_app.command("list")
def list_(
    *,
    ended: Annotated[bool, typer.Option("--all", help="Also what ended lately.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what needs somebody now, and what would become of it: told, or held back and why."""
    from riskcockpit.cli import alert_pages, output
    from riskcockpit.services.alerts import alerts
    from riskcockpit.services.context import Context

    ctx = Context.open()
    rows = alerts(ctx, with_ended=ended)
    if as_json:
        output.json_document(alert_pages.alert_list(rows, ctx.clock.now()))
    else:
        alert_pages.alerts(rows, ctx.clock.now())


@alerts_app.command("show")
def show(alert_id: _Id, *, as_json: JsonOption = False) -> None:
    """Show one alert: what became of it, who signed for it, and the messages that told it."""
    from riskcockpit.cli import alert_pages, output
    from riskcockpit.services.alerts import alert
    from riskcockpit.services.context import Context

    view = alert(Context.open(), alert_id)
    if as_json:
        output.json_document(alert_pages.alert_detail(view))
    else:
        alert_pages.alert(view)


@alerts_app.command("ack")
def ack(
    alert_id: _Id,
    text: Annotated[str, typer.Argument(help="What is done about it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Sign that you take care of an alert: it is told no more until it ends or gets worse."""
    from riskcockpit.cli.decisions import refusal, show_decision
    from riskcockpit.services.alerts import acknowledge
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "note", as_json=as_json):
        show_decision(ctx, acknowledge(ctx, alert_id, text), as_json=as_json)


@alerts_app.command("digest")
def digest(
    *,
    since: Annotated[
        str | None, typer.Option(help="Start of the period, as 2026-01-31 or 7d; a day by default.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="markdown, json or table.", autocompletion=_digests)
    ] = "table",
    as_json: JsonOption = False,
) -> None:
    """Print what is open, what ended, what was told, and each suppression counted by reason."""
    from riskcockpit.cli import alert_pages, output
    from riskcockpit.cli.moments import start_of
    from riskcockpit.present.alerts import digest_markdown, digest_text
    from riskcockpit.services.alerts import digest_view
    from riskcockpit.services.context import Context

    if form not in _DIGESTS:
        raise InputError(f'unknown format "{form}"', hint=f"known: {', '.join(_DIGESTS)}")
    ctx = Context.open()
    view = digest_view(ctx, start_of(since))
    if as_json or form == "json":
        output.json_document(alert_pages.digest(view))
    else:
        text = digest_markdown(view) if form == "markdown" else digest_text(view)
        output.lines(text.rstrip("\n"))


@alerts_app.command("send")
def send(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go where; send nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what is due now, as after each sync. Exit 3 when a message could not be delivered."""
    from riskcockpit.cli import alert_pages, output
    from riskcockpit.services.alerting import send_due
    from riskcockpit.services.context import Context

    report = send_due(Context.open(), is_dry_run=dry_run)
    if as_json:
        output.json_document(alert_pages.sent(report))
    else:
        alert_pages.report(report)
    for note in report.notes:
        say(note)
    if dry_run:
        say("dry run: nothing was sent")
    elif report.failed:
        raise typer.Exit(ExitCode.SOURCE_FAILED)
