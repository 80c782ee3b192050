"""`trace`: the chain behind deployments to production, and what of it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.present.tracing import Branch
    from riskcockpit.views.trace import TraceRow


def register(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command("trace")(trace)


def _ids(incomplete: str) -> Sequence[str]:
    from riskcockpit.domain.ids import short
    from riskcockpit.services.context import Context
    from riskcockpit.services.tracing import traces

    rows = traces(Context.open())
    names = [*(short(row.id) for row in rows), *(f"{row.asset}@{row.environment}" for row in rows)]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def trace(
    deployment: Annotated[
        str,
        typer.Argument(
            metavar="[DEPLOYMENT]",
            help="The beginning of an id, an asset, or as bank/payments@production.",
            autocompletion=_ids,
        ),
    ] = "",
    *,
    format_: Annotated[
        str, typer.Option("--format", help="table, json, csv or markdown.")
    ] = "table",
    as_json: JsonOption = False,
) -> None:
    """Show commit, pipeline, scans, approvals, model and decisions behind a deployment.

    Every gap is named in its place, with what ends it. Without a deployment those to production
    are listed: whether they are traceable, and what is missing.
    """
    from riskcockpit.cli import documents, output
    from riskcockpit.errors import InputError
    from riskcockpit.formats.writing.attestation import chain_document, row_document
    from riskcockpit.services.context import Context
    from riskcockpit.services.tracing import trace as traced
    from riskcockpit.services.tracing import traces

    kind = output.chosen_format("json" if as_json else format_)
    ctx = Context.open()
    if not deployment:
        rows = traces(ctx)
        if kind == "json":
            shown = [row_document(row) for row in rows]
            output.json_document(documents.document("traces", deployments=shown))
        else:
            _list(rows, kind)
        return
    if kind == "csv":
        raise InputError("one chain is a tree, and no table", hint="--format markdown, or --json")
    view = traced(ctx, deployment)
    if kind == "json":
        known = {**row_document(view.row), **chain_document(view)}
        output.json_document(documents.document("trace", **known))
        return
    from riskcockpit.present.tracing import tree

    if kind == "markdown":
        _markdown(tree(view), 0)
    else:
        _tree(tree(view))


def _list(rows: Sequence[TraceRow], kind: str) -> None:
    from riskcockpit.cli import output
    from riskcockpit.cli.diagnostics import say
    from riskcockpit.domain.ids import short
    from riskcockpit.present.text import plural, stamp

    output.cells(
        ("id", "traceable", "asset", "environment", "at", "commit", "status", "gaps"),
        [
            (short(row.id), "y" if row.is_traceable else "n", row.asset, row.environment,
             stamp(row.at), row.commit[:12], row.status,
             ", ".join(dict.fromkeys(gap.link.value for gap in row.gaps)))
            for row in rows
        ],
        kind,
    )  # fmt: skip
    if not rows:
        say("no deployment to production is known; see docs/traceability.md for what tells of them")
        return
    untraceable = sum(not row.is_traceable for row in rows)
    say(f"{plural(len(rows), 'deployment')} to production, {untraceable} not traceable")


def _tree(root: Branch) -> None:
    from riskcockpit.cli.output import styled
    from riskcockpit.present.columns import Cell

    def line(branch: Branch, lead: str) -> None:
        token = {"gap": "alarm", "ok": "ok"}.get(branch.state, "")
        text = f" {branch.text}" if branch.text else ""
        styled(Cell(lead, "muted"), Cell(branch.label, token), Cell(text), least=3)

    def below(branch: Branch, lead: str) -> None:
        for number, child in enumerate(branch.children, 1):
            is_last = number == len(branch.children)
            line(child, f"{lead}{'└─' if is_last else '├─'} ")
            below(child, f"{lead}{'   ' if is_last else '│  '}")

    line(root, "")
    below(root, "")


def _markdown(branch: Branch, depth: int) -> None:
    from riskcockpit.cli.output import line
    from riskcockpit.domain.untrusted import as_markdown

    label = as_markdown(branch.label)
    text = as_markdown(branch.text)
    shown = f"**{label}** {text}".rstrip() if label else text
    line(f"{'  ' * depth}- {shown}")
    for child in branch.children:
        _markdown(child, depth + 1)
