"""`waive` and `waivers`: asking for a waiver, and what became of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.decisions import (
    BreakGlass,
    DryRun,
    Yes,
    refusal,
    show_decision,
    stops_at,
)
from riskcockpit.cli.diagnostics import say, warn
from riskcockpit.cli.options import JsonOption
from riskcockpit.cli.words import QueryCommand
from riskcockpit.errors import InputError

if TYPE_CHECKING:
    from riskcockpit.services.context import Context

waivers_app = typer.Typer(help="Waivers: how they stand, and why.", no_args_is_help=True)


def _ids(incomplete: str) -> Sequence[str]:
    from riskcockpit.services.context import Context
    from riskcockpit.services.waivers import waivers

    return [row.id[:10] for row in waivers(Context.open()) if row.id.startswith(incomplete)]


Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="A waiver's id, or its first digits.", autocompletion=_ids),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("waive", cls=QueryCommand)(waive)
    app.add_typer(waivers_app, name="waivers")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A waiver as it was asked for on the command line, or in a form."""

    what: str
    reason: str
    justification: str
    until: datetime
    details: dict[str, Any] = field(default_factory=dict)


def waive(
    query: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of findings, or a query.", autocompletion=completing.terms),
    ] = None,
    *,
    reason: Annotated[
        str,
        typer.Option(
            help="As false_positive, risk_accepted, deferred; compensating_control.",
            autocompletion=completing.reasons,
        ),
    ] = "",
    justification: Annotated[str, typer.Option(help="Why the bank may live with it.")] = "",
    expires: Annotated[str, typer.Option(help="When it ends: 2027-01-31, or 30d from now.")] = "",
    form: Annotated[
        Path | None, typer.Option(help="Read it from a form, as `--edit` writes it.")
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Fill a form in with $VISUAL or $EDITOR.")
    ] = False,
    break_glass: BreakGlass = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Waive findings for a time, or ask for it when the rules want a second person."""
    from riskcockpit.cli.drafts import filled_in, keeping
    from riskcockpit.services.context import Context
    from riskcockpit.services.decide import plan_waiver
    from riskcockpit.services.decide import waive as decide

    ctx = Context.open()
    what = " ".join(query or ())
    given = {
        "findings": what, "reason": reason, "justification": justification, "expires": expires,
    }  # fmt: skip
    draft = filled_in(ctx, form, given) if edit else form
    with keeping(draft if edit else None):  # until it was of use
        asked = _asked_in(ctx, draft) if draft else _asked_for(ctx, given)
        terms = (ctx, asked.what, asked.reason, asked.justification, asked.until)
        with refusal(ctx, "waiver.requested", as_json=as_json):
            plan = plan_waiver(*terms, break_glass=break_glass or "", details=asked.details)
            if stops_at(plan, dry_run=dry_run, yes=yes, as_json=as_json):
                return
            done = decide(*terms, break_glass=break_glass or "", details=asked.details)
            if draft is not None and form is None:
                draft.unlink()  # what it says is in the ledger
            show_decision(ctx, done, as_json=as_json)


def _asked_for(ctx: Context, given: dict[str, str]) -> _Asked:
    from riskcockpit.cli.moments import end_of

    for name, text in given.items():
        if not text:
            option = "what is waived" if name == "findings" else f"--{name}"
            raise InputError(
                f"missing {option}",
                hint="`riskcockpit waive --edit` opens a form that explains each field",
            )
    until = end_of(given["expires"], ctx.clock.now())
    return _Asked(given["findings"], given["reason"], given["justification"], until)


def _asked_in(ctx: Context, file: Path) -> _Asked:
    from riskcockpit.cli.drafts import read_draft
    from riskcockpit.cli.moments import end_of

    form = read_draft(file)
    until = end_of(form.expires, ctx.clock.now())
    return _Asked(form.findings, form.reason, form.justification, until, dict(form.details))


@waivers_app.command("list")
def list_waivers(*, as_json: JsonOption = False) -> None:
    """List all waivers with how they stand and why: active, in review, suspended, expired…"""
    from riskcockpit.cli import documents, output, waiver_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.following import behind
    from riskcockpit.services.verify import ledger_state
    from riskcockpit.services.waivers import waivers

    ctx = Context.open()
    if newer := behind(ctx):
        say(newer)
    rows = waivers(ctx)
    if as_json:
        found = [waiver_pages.document(row) for row in rows]
        output.json_document(documents.document("waivers", waivers=found))
    else:
        waiver_pages.waivers(rows, ctx.clock.now())
    if not (ledger := ledger_state(ctx)).is_ok:
        warn(
            f"the ledger does not verify, so nothing it says of waivers counts: {ledger.message}",
            hint="look: `riskcockpit ledger verify`",
        )


@waivers_app.command("show")
def show(waiver_id: Id, *, as_json: JsonOption = False) -> None:
    """Show one waiver: its record, why it stands as it does, and each of its findings."""
    from riskcockpit.cli import documents, output, waiver_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.waivers import waiver

    ctx = Context.open()
    view = waiver(ctx, waiver_id)
    if as_json:
        output.json_document(documents.document("waiver", **waiver_pages.detail(view)))
    else:
        waiver_pages.waiver(view, ctx.clock.now())


@waivers_app.command("renew")
def renew(
    waiver_id: Id,
    *,
    expires: Annotated[
        str, typer.Option(help="When the new one ends: 2027-01-31, or 30d from now.")
    ],
    justification: Annotated[
        str, typer.Option(help="Why it goes on; the old words when left away.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for a waiver in the place of another, over what is left of it; always reviewed."""
    from riskcockpit.cli.moments import end_of
    from riskcockpit.services.context import Context
    from riskcockpit.services.waivers import plan_renewal
    from riskcockpit.services.waivers import renew as decide

    ctx = Context.open()
    until = end_of(expires, ctx.clock.now())
    with refusal(ctx, "waiver.requested", as_json=as_json):
        plan = plan_renewal(ctx, waiver_id, until, justification)
        if stops_at(plan, dry_run=dry_run, yes=yes, as_json=as_json):
            return
        show_decision(ctx, decide(ctx, waiver_id, until, justification), as_json=as_json)
