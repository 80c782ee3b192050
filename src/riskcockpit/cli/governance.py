"""`controls` and `actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.decisions import NOT_DONE
from riskcockpit.cli.diagnostics import ExitCode, say
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.domain.control import ControlResult

controls_app = typer.Typer(help="Controls: regulation as code.", no_args_is_help=True)
actions_app = typer.Typer(help="What decisions change upstream.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(controls_app, name="controls")
    app.add_typer(actions_app, name="actions")


@controls_app.command("list")
def list_controls(*, as_json: JsonOption = False) -> None:
    """List the controls with their latest verdict."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.governance import controls

    ctx = Context.open()
    views = controls(ctx)
    if as_json:
        output.json_document(
            documents.document("controls", controls=[documents.control(view) for view in views])
        )
    else:
        lists.controls(views, ctx.clock.now())


@controls_app.command("run")
def run(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="Controls; all by default.", autocompletion=completing.controls
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Judge controls now over what is published; nothing is kept. Exit 1 when one fails.

    Those that are named are shown with the rows behind their verdict.
    """
    from riskcockpit.cli import documents, output
    from riskcockpit.present.text import plural
    from riskcockpit.services.context import Context
    from riskcockpit.services.governance import run_controls

    ctx = Context.open()
    results = run_controls(ctx, ids or ())
    if as_json:
        output.json_document(
            documents.document(
                "control_run",
                as_of=documents.plain(ctx.clock.now()),
                controls=[_judged(result) for result in results],
            )
        )
    else:
        titles = ("verdict", "control", "failed", "passed", "why")
        rows = [(r.verdict.value, r.control_id, r.failed, r.passed, r.message) for r in results]
        output.cells(titles, rows, "table")
        if ids:
            judged = [
                (r.control_id, row.status.value, row.resource, row.reason)
                for r in results
                for row in r.rows
            ]
            output.line()
            output.cells(("control", "status", "resource", "reason"), judged, "table")
    failed = sum(result.verdict.value in ("alarm", "error", "config_invalid") for result in results)
    say(f"{plural(len(results), 'control')}, {failed} {'fails' if failed == 1 else 'fail'}")
    if failed:
        raise typer.Exit(ExitCode.GATE_FAILED)


def _judged(result: ControlResult) -> dict[str, Any]:
    return {
        "id": result.control_id,
        "state": result.verdict.value,
        "message": result.message,
        "passed": result.passed,
        "failed": result.failed,
        "rows": [
            {"resource": row.resource, "status": row.status.value, "reason": row.reason}
            for row in result.rows
        ],
    }


@controls_app.command("new")
def new(
    control_id: Annotated[str, typer.Argument(metavar="ID", help="The new control's id.")],
    *,
    pack: Annotated[str, typer.Option(help="The pack it belongs to.")] = "own",
    as_json: JsonOption = False,
) -> None:
    """Write the two files of a new control, with a case that passes and one that fails."""
    from riskcockpit.cli import documents, output
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.governance import new_control

    files = [str(file) for file in new_control(Paths.from_environment(), control_id, pack)]
    if as_json:
        output.json_document(documents.document("control_new", id=control_id, files=files))
    else:
        for file in files:
            output.line(file)
    say(f"edit them, then run `riskcockpit controls test {control_id}`")


@controls_app.command("test")
def run_cases(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="Controls; all by default.", autocompletion=completing.controls
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run the packs' own test cases: rows in, verdicts out. Exit 1 when one fails."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.governance import check_controls as cases

    outcomes = cases(ids=ids or ())
    if as_json:
        output.json_document(
            documents.document(
                "control_cases",
                cases=[
                    {"control": o.control_id, "case": o.case, "ok": o.is_ok, "message": o.message}
                    for o in outcomes
                ],
            )
        )
    else:
        for outcome in outcomes:
            word = "ok  " if outcome.is_ok else "FAIL"
            output.line(f"{word}  {outcome.control_id}  {outcome.case}  {outcome.message}".rstrip())
    failed = sum(not outcome.is_ok for outcome in outcomes)
    say(f"{len(outcomes)} cases, {failed} failed")
    if failed:
        raise typer.Exit(ExitCode.GATE_FAILED)


@controls_app.command("explain")
def explain(
    control_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="A control's id.", autocompletion=completing.controls),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one control: why it exists, its SQL, and the rows behind its verdict."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.governance import control

    view = control(Context.open(), control_id)
    if as_json:
        output.json_document(
            documents.document(
                "control",
                **documents.control(view.summary),
                rationale=view.rationale,
                remediation=view.remediation,
                sql=view.sql,
                pack=view.pack,
                trusted=view.is_trusted,
                inputs=[
                    {
                        "table": table,
                        "max_age_seconds": None if age is None else int(age.total_seconds()),
                    }
                    for table, age in view.inputs.items()
                ],
                params=[
                    {"name": name, "value": value, "why": view.why_set.get(name, "")}
                    for name, value in view.params.items()
                ],
                rows=[
                    {
                        "resource": row.resource,
                        "status": row.status.value,
                        "reason": row.reason,
                        "dimensions": dict(row.dimensions),
                    }
                    for row in view.rows
                ],
            )
        )
    else:
        lists.control(view)


@actions_app.command("list")
def list_actions(*, as_json: JsonOption = False) -> None:
    """List what decisions change upstream and how far it is, and what was copied or opened."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.handing import action_log

    ctx = Context.open()
    rows = action_log(ctx)
    if as_json:
        output.json_document(
            documents.document("actions", actions=[documents.action(row) for row in rows])
        )
    else:
        lists.actions(rows, ctx.clock.now())


@actions_app.command("retry")
def retry(
    action_id: Annotated[str, typer.Argument(metavar="ID", help="An action's id.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Look upstream what became of an action, and send it again only if it was not done."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.outbox import retry as again

    ctx = Context.open()
    row = again(ctx, action_id)
    if as_json:
        output.json_document(documents.document("actions", actions=[documents.action(row)]))
    else:
        lists.actions((row,), ctx.clock.now())
    if row.state in NOT_DONE:
        raise typer.Exit(ExitCode.REFUSED)


@actions_app.command("may")
def may(
    subject: Annotated[str, typer.Argument(help="A finding, a model, a request or a waiver.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what you may do to something now, and why not; nobody upstream is asked."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.preflight import permissions

    found = permissions(Context.open(), subject)
    if as_json:
        rows = [
            {
                "deed": each.deed,
                "allowed": each.is_allowed,
                "why_not": each.why_not,
                "rule": each.rule,
                "needs": list(each.needs),
            }
            for each in found
        ]
        output.json_document(documents.document("permissions", permissions=rows))
    else:
        cells = [
            (each.deed, "yes" if each.is_allowed else "no", each.rule,
             each.why_not or "; ".join(each.needs))
            for each in found
        ]  # fmt: skip
        output.cells(("deed", "may", "rule", "why not, or whose key it takes"), cells, "table")
