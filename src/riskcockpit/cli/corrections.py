"""Corrections: undo an import, merge and split findings, release held closures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.decisions import DryRun, Yes, refusal, show_decision, stops_at
from riskcockpit.cli.options import JsonOption
from riskcockpit.errors import InputError, RefusedError

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.services.context import Context
    from riskcockpit.views.governance import DecisionPreview, DecisionResult

FindingId = Annotated[
    str, typer.Argument(help="A finding's id, or the first 4 or more digits of it.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes into the ledger.")]


def register(findings_app: typer.Typer) -> None:
    """Add the commands of this family to those about findings."""
    findings_app.command("merge")(merge)
    findings_app.command("split")(split)
    findings_app.command("release")(release)


def undo_import(*, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take the last import back, after a look at what that means."""
    from riskcockpit.services.undoing import plan_undo_import
    from riskcockpit.services.undoing import undo_import as decide

    _correct("undo", plan_undo_import, decide, dry_run=dry_run, yes=yes, as_json=as_json)


def merge(
    old: Annotated[str, typer.Argument(help="The finding that stays, with its history.")],
    new: Annotated[str, typer.Argument(help="The finding that is the same.")],
    *,
    reason: Reason,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say that two findings are one; remembered for ever, and stronger than every match."""
    from riskcockpit.services.identities import merge as decide
    from riskcockpit.services.identities import plan_merge

    _correct(
        "identity.merged",
        lambda ctx: plan_merge(ctx, old, new, reason),
        lambda ctx: decide(ctx, old, new, reason),
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


def split(
    finding_id: FindingId,
    *,
    reason: Reason,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say that what is seen now is another finding; the old one goes on as absent."""
    from riskcockpit.services.identities import plan_split
    from riskcockpit.services.identities import split as decide

    _correct(
        "identity.split",
        lambda ctx: plan_split(ctx, finding_id, reason),
        lambda ctx: decide(ctx, finding_id, reason),
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


def release(
    scope: Annotated[
        str,
        typer.Argument(help="`all`, an asset, or the start of the id of a scope or of a scan."),
    ],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Close what a held scan did not see: exactly the findings it would have closed."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.releasing import plan_release
    from riskcockpit.services.releasing import release as decide

    ctx = Context.open()
    plans = plan_release(ctx, scope)
    if as_json and len(plans) > 1:
        raise InputError("--json prints one document", hint="name one scope at a time")
    with refusal(ctx, "closure.released", as_json=as_json):
        if stops_at(*plans, dry_run=dry_run, yes=yes, as_json=as_json):
            return
        for each in plans:
            if each.blockers and len(plans) > 1:
                raise RefusedError(f"{each.title}: {each.blockers[0]}", rule=each.rule)
        for result in decide(ctx, scope):
            show_decision(ctx, result, as_json=as_json)


def _correct(
    type_: str,
    plan: Callable[[Context], DecisionPreview],
    decide: Callable[[Context], DecisionResult],
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, type_, as_json=as_json):
        if not stops_at(plan(ctx), dry_run=dry_run, yes=yes, as_json=as_json):
            show_decision(ctx, decide(ctx), as_json=as_json)
