"""Decisions: approve, reject, revoke, roll back, undo, note. Each has a dry run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import ExitCode, ask, say, warn
from riskcockpit.cli.options import JsonOption
from riskcockpit.errors import InputError, RefusedError

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.services.context import Context
    from riskcockpit.views.governance import DecisionPreview, DecisionResult

    _Plan = Callable[[Context, str, str], DecisionPreview]
    _Decide = Callable[[Context, str, str], DecisionResult]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, decide nothing.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; needed when stdin is not a terminal.")
]


def _reason(given: str | None) -> str | None:
    if given is not None and not given.strip():
        raise typer.BadParameter("say why it cannot wait for a second person")
    return given


BreakGlass = Annotated[
    str | None,
    typer.Option(
        callback=_reason, help="Why it cannot wait: decide alone at once, be reviewed afterwards."
    ),
]
Comment = Annotated[str, typer.Option("--comment", "-m", help="Why; goes into the ledger.")]


Ids = Annotated[
    list[str],
    typer.Argument(
        help="Requests, by the hash of their entry; deployments, as bank/pay@prod; versions of"
        " models, as fraud@champion."
    ),
]
NOT_DONE = ("refused", "unknown", "in_doubt", "pending", "sent")
"""States of an action after which the command did not do what it was asked for."""


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("approve")(approve)
    app.command("reject")(reject)
    app.command("revoke")(revoke)
    app.command("rollback")(rollback)
    app.command("undo")(undo)
    app.command("note")(note)


def approve(
    ids: Ids,
    *,
    comment: Comment = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Approve requests of colleagues, or deployments and versions of models that wait."""
    from riskcockpit.services.answers import approve as decide
    from riskcockpit.services.answers import in_turn, plan_approve

    answers = _Answers("approval.granted", plan_approve, decide, "deployment.approve", in_turn)
    _answer(answers, ids, comment, dry_run=dry_run, yes=yes, as_json=as_json)


def reject(
    ids: Ids,
    *,
    comment: Comment = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Reject requests of colleagues, or deployments and versions of models that wait."""
    from riskcockpit.services.answers import plan_reject
    from riskcockpit.services.answers import reject as decide

    answers = _Answers("waiver.rejected", plan_reject, decide, "deployment.reject")
    _answer(answers, ids, comment, dry_run=dry_run, yes=yes, as_json=as_json)


def revoke(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="A waiver's id.")],
    *,
    comment: Comment = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Take a waiver back; its findings count again."""
    from riskcockpit.services.answers import plan_revoke
    from riskcockpit.services.answers import revoke as decide

    answers = _Answers("waiver.revoked", plan_revoke, decide)
    _answer(answers, [decision_id], comment, dry_run=dry_run, yes=yes, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Answers:
    """How ids are answered: those of entries, and the targets of deployments."""

    deed: str
    plan: _Plan
    decide: _Decide
    kind: str = ""
    """The action on a deployment; empty: there is none."""
    order: Callable[[Context, list[str]], Sequence[str]] | None = None
    """Puts several ids into an order in which all can be decided."""

    def of(self, id_: str) -> tuple[_Plan, _Decide]:
        """Return what plans and what decides the answer to `id_`."""
        from riskcockpit.domain.action import ActionKind
        from riskcockpit.services.deployments import (
            decide_deployment,
            is_deployment,
            plan_deployment,
        )

        if not self.kind or not is_deployment(id_):
            return self.plan, self.decide
        kind = ActionKind(self.kind)
        return (
            lambda ctx, name, comment: plan_deployment(ctx, kind, name, comment),
            lambda ctx, name, comment: decide_deployment(ctx, kind, name, comment),
        )


def _answer(
    answers: _Answers, ids: list[str], comment: str, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Show what each id stands for, ask, and decide all; none when one cannot be decided."""
    from riskcockpit.services.context import Context

    if as_json and len(ids) > 1:
        raise InputError("--json prints one document", hint="give one id at a time")
    ctx = Context.open()
    if len(ids) > 1 and answers.order is not None:
        ids = list(answers.order(ctx, ids))
    plans = [answers.of(each)[0](ctx, each, comment) for each in ids]
    if stops_at(*plans, dry_run=dry_run, yes=yes, as_json=as_json):
        return
    for each in plans:
        if each.blockers and len(plans) > 1:
            raise RefusedError(f"{each.title}: {each.blockers[0]}", rule=each.rule)
    with refusal(ctx, answers.deed, as_json=as_json):
        for id_ in ids:
            show_decision(ctx, answers.of(id_)[1](ctx, id_, comment), as_json=as_json)


def rollback(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|DEPLOYMENT",
            help="A registered model, or a place as bank/pay@prod.",
            autocompletion=completing.models,
        ),
    ],
    *,
    to: Annotated[
        str, typer.Option(help="Version; by default the newest older one that may serve.")
    ] = "",
    comment: Comment = "",
    break_glass: BreakGlass = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Roll a model or a deployment back: guarded, previewed, signed, verified by reading back."""
    from riskcockpit.domain.action import ActionKind
    from riskcockpit.services.context import Context
    from riskcockpit.services.deployments import (
        decide_deployment,
        is_deployment,
        plan_deployment,
    )
    from riskcockpit.services.rollback import plan_rollback
    from riskcockpit.services.rollback import rollback as decide

    ctx = Context.open()
    if is_deployment(name):
        if break_glass:
            raise InputError("--break-glass is for models", hint="ask a second person to approve")
        kind = ActionKind.DEPLOYMENT_ROLLBACK
        with refusal(ctx, "deployment.requested", as_json=as_json):
            plan = plan_deployment(ctx, kind, name, comment, to)
            if not stops_at(plan, dry_run=dry_run, yes=yes, as_json=as_json):
                done = decide_deployment(ctx, kind, name, comment, to)
                show_decision(ctx, done, as_json=as_json)
        return
    version = _version(to)
    with refusal(ctx, "rollback.requested", as_json=as_json):
        plan = plan_rollback(ctx, name, version, comment, break_glass or "")
        if stops_at(plan, dry_run=dry_run, yes=yes, as_json=as_json):
            return
        show_decision(ctx, decide(ctx, name, version, comment, break_glass or ""), as_json=as_json)


def _version(text: str) -> int | None:
    """Read the version of a model; none when none is given.

    Raises:
        InputError: it is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InputError(f'"{text}" is no version of a model', hint="as --to 6")
    return int(text)


def undo(
    decision_id: Annotated[
        str,
        typer.Argument(metavar="[ID]", help="A decision of yours, or a rollback of automation."),
    ] = "",
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Undo your own last decision of the past day, or the one named; that is signed, too."""
    from riskcockpit.services.answers import plan_undo
    from riskcockpit.services.answers import undo as decide
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "undo", as_json=as_json):
        if stops_at(plan_undo(ctx, decision_id), dry_run=dry_run, yes=yes, as_json=as_json):
            return
        show_decision(ctx, decide(ctx, decision_id), as_json=as_json)


def note(
    subject: Annotated[str, typer.Argument(help="A finding, a model or a request.")],
    text: Annotated[str, typer.Argument(help="What to remember.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a signed note about a finding, a model or a request; acknowledges an alarm."""
    from riskcockpit.services.answers import note as decide
    from riskcockpit.services.context import Context

    ctx = Context.open()
    with refusal(ctx, "note", as_json=as_json):
        show_decision(ctx, decide(ctx, subject, text), as_json=as_json)


@contextmanager
def refusal(ctx: Context, type_: str, *, as_json: bool) -> Iterator[None]:
    """With `--json` a refusal is a document too; the error goes its way all the same."""
    from riskcockpit.cli import documents, output

    try:
        yield
    except RefusedError as error:
        if as_json:
            at = ctx.clock.now()
            output.json_document(documents.refusal(error, type_, ctx.signer().principal, at))
        raise


def stops_at(*plans: DecisionPreview, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Show the previews and ask; return whether the command ends here, as a dry run does.

    One of what would be refused ends with 5, as the command itself would.
    """
    stops = [_stops(plan, dry_run=dry_run, yes=yes, as_json=as_json) for plan in plans]
    if any(stops) and any(plan.blockers for plan in plans):
        raise typer.Exit(ExitCode.REFUSED)
    return all(stops)


def _stops(plan: DecisionPreview, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    from riskcockpit.cli import output, pages, subjects

    for warning in plan.warnings:
        warn(warning)
    if dry_run:
        if as_json:
            output.json_document(subjects.preview(plan))
        else:
            output.lines(pages.preview(plan))
            say("dry run: nothing was decided")
        return True
    if not yes:
        for row in pages.preview(plan).splitlines():
            say(row)
        if not plan.blockers:
            _confirm(f"{plan.title}?", plan.context if plan.is_production else "")
    return False


def _confirm(question: str, name: str) -> None:
    """Ask; the default is No. With a `name`, that of production, only it is a yes.

    Raises:
        InputError: nobody can be asked.
    """
    from riskcockpit.cli import output

    if not sys.stdin.isatty():
        raise InputError(
            "cannot ask for confirmation: stdin is not a terminal",
            hint="say --yes to confirm, or --dry-run to look",
        )
    output.say_rest()
    if name:
        is_yes = ask(f"{question} This is production: type {name} to sign it: ") == name
    else:
        is_yes = ask(f"{question} [y/N] ").lower() in ("y", "yes")
    if not is_yes:
        say("nothing was decided")
        raise typer.Exit(ExitCode.REFUSED)


def show_decision(ctx: Context, result: DecisionResult, *, as_json: bool) -> None:
    """Print what came of a decision; end with 5 when it is not done."""
    from riskcockpit.cli import documents, output, pages
    from riskcockpit.cli.closing import witness
    from riskcockpit.domain.decision import DecisionState

    if as_json:
        output.json_document(documents.decision(result))
    else:
        pages.decision(result)
    witness(ctx, result.message)
    failed = any(row.state in NOT_DONE for row in result.actions)
    if failed or result.decision.state is DecisionState.REFUSED:
        raise typer.Exit(ExitCode.REFUSED)
