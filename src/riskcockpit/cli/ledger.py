"""`ledger`: the signed record of decisions."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import ExitCode
from riskcockpit.cli.options import JsonOption

ledger_app = typer.Typer(help="The signed record of decisions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command("log")
def log(
    *,
    limit: Annotated[int, typer.Option(min=0, help="Entries at most; 0 is all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the entries of all chains, newest first."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.verify import ledger_rows

    ctx = Context.open()
    rows = ledger_rows(ctx, limit or None)
    if as_json:
        output.json_document(
            documents.document("ledger", entries=[documents.ledger_entry(row) for row in rows])
        )
    else:
        lists.ledger(rows, ctx.clock.now())


@ledger_app.command("show")
def show(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its hash, or CHAIN:SEQ.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one entry in full: what it says, who signed it, who has seen it."""
    from riskcockpit.cli import documents, output, pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.verify import ledger_entry

    view = ledger_entry(Context.open(), entry)
    if as_json:
        output.json_document(
            documents.document(
                "ledger_entry",
                **documents.ledger_entry(view.row),
                prev=view.prev,
                key_fp=view.key_fp,
                seen=dict(view.seen),
                witnesses=list(view.witnesses),
                problems=list(view.problems),
                notices=list(view.notices),
                data=json.loads(view.row.data),
                signature=view.signature,
            )
        )
    else:
        pages.ledger_entry(view)
    if view.problems:
        raise typer.Exit(ExitCode.LEDGER)


@ledger_app.command("verify")
def verify(
    *,
    only_checkpoints: Annotated[
        bool,
        typer.Option(
            "--checkpoints", help="Only what checkpoints cover: quick, names no entry after them."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify every entry, signature, chain and checkpoint. Exit 4 when anything is off."""
    from riskcockpit.cli import documents, output, pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.verify import verify_checkpoints, verify_ledger

    report = (verify_checkpoints if only_checkpoints else verify_ledger)(Context.open())
    if as_json:
        output.json_document(documents.verification(report))
    else:
        pages.verification(report)
    if not report.is_ok:
        raise typer.Exit(ExitCode.LEDGER)


@ledger_app.command("checkpoint")
def checkpoint(*, as_json: JsonOption = False) -> None:
    """Sign a checkpoint of your chain: its length and digest, for an auditor's stock tools."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context

    made = Context.open().journal().checkpoint()
    if as_json:
        output.json_document(documents.document("checkpoint", file=str(made) if made else None))
    else:
        output.line(str(made) if made is not None else "nothing new to sign")


@ledger_app.command("sync")
def sync(
    remote: Annotated[
        str, typer.Argument(help="A git remote; by default ledger.remote of the settings.")
    ] = "",
    *,
    accept: Annotated[
        str, typer.Option(help="Digest of the remote's keys and roles, once you compared them.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Pull and push the chains through git. Nothing is rewritten; any doubt refuses: exit 4."""
    from riskcockpit.cli import documents, output, sync_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.ledger_sync import sync_ledger

    done = sync_ledger(Context.open(), remote, accept=accept)
    if as_json:
        output.json_document(
            documents.document(
                "ledger_sync",
                ok=done.is_ok,
                remote=done.remote,
                branch=done.branch,
                attempts=done.attempts,
                chains=[
                    {"chain": each.chain, "pulled": each.pulled, "pushed": each.pushed}
                    for each in done.chains
                ],
                policy=list(done.policy),
                notes=list(done.notes),
                refused=[{"chain": p.chain, "entry": p.entry, "why": p.why} for p in done.refused],
                offered=list(done.offered),
                accept=done.accept,
            )
        )
    else:
        sync_pages.ledger_sync(done)
    if not done.is_ok:
        raise typer.Exit(ExitCode.LEDGER)


@ledger_app.command("repair")
def repair(
    *,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right",
            help="This computer's clock is: whoever signed later than now had one that was ahead.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Mend what a crash left: torn bytes are kept aside, signed lines are never touched."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.verify import accept_clock, repair_ledger

    done = (accept_clock if clock_is_right else repair_ledger)(Context.open())
    if as_json:
        output.json_document(documents.document("ledger_repair", done=list(done)))
    else:
        for text in done or ("nothing to repair",):
            output.line(text)
