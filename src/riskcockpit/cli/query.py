"""`query`: read-only SQL on the cache, sandboxed."""

from __future__ import annotations

from typing import Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query")(query)


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="Rows at most.")] = 1000,
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="table, json, csv, markdown.", autocompletion=completing.listed
        ),
    ] = "table",
    as_json: JsonOption = False,
) -> None:
    """Run one SELECT on the cache. It can read the cache's tables and nothing else."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.querying import run_query

    result = run_query(Context.open(), sql, limit)
    kind = output.chosen_format("json" if as_json else format_)
    if kind == "json":
        output.json_document(
            documents.document(
                "query",
                columns=list(result.columns),
                rows=[[documents.plain(cell) for cell in row] for row in result.rows],
                truncated=result.is_truncated,
            )
        )
        return
    output.cells(result.columns, result.rows, kind)
    if not result.rows:
        say("no rows")
    if result.is_truncated:
        say(f"the first {limit} rows; --limit shows more")
