"""`findings`: list, show, why, facets, export, with one query grammar."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader

findings_app = typer.Typer(help="Findings of all scanners and monitors.", no_args_is_help=True)
LOOSE = {"ignore_unknown_options": True}
Query = Annotated[
    list[str] | None,
    typer.Argument(help='As: severity>=high state:open owner:payments age>48h -waived "sql"'),
]
Format = Annotated[str, typer.Option("--format", help="table, json, csv or markdown.")]
FindingId = Annotated[
    str, typer.Argument(metavar="ID", help="A finding's id, or the first 4 or more digits of it.")
]
DEFAULT_LIMIT = 200


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(findings_app, name="findings")


def _reader() -> tuple[Context, FindingReader]:
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader

    ctx = Context.open()
    return ctx, FindingReader(ctx)


@findings_app.command("list", context_settings=LOOSE)
def list_(
    query: Query = None,
    *,
    limit: Annotated[int, typer.Option(min=0, help="Rows at most; 0 is all.")] = DEFAULT_LIMIT,
    format_: Format = "table",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the query as it is compiled, run nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List findings that match a query; open ones of all severities by default."""
    from riskcockpit.cli import documents, lists, output, pages, subjects
    from riskcockpit.cli.words import refuse_options

    text = refuse_options(query or [])
    ctx, reader = _reader()
    with closing(reader):
        if explain:
            output.line(pages.compiled(reader.explain(text)))
            return
        found = reader.open(text)
        rows = reader.page(found, 0, limit or found.total).rows
    kind = output.chosen_format("json" if as_json else format_)
    if kind == "json":
        output.json_document(
            documents.document(
                "findings",
                query=text,
                total=found.total,
                findings=[subjects.finding(row) for row in rows],
            )
        )
        return
    lists.findings(rows, ctx.clock.now(), kind)
    if len(rows) < found.total:
        say(f"{len(rows)} of {found.total} findings; --limit 0 shows all")


@findings_app.command("show")
def show(finding_id: FindingId, *, as_json: JsonOption = False) -> None:
    """Show all that is known of one finding."""
    from riskcockpit.cli import output, pages, subjects

    ctx, reader = _reader()
    with closing(reader):
        view = reader.show(finding_id)
    if as_json:
        output.json_document(subjects.finding_detail(view))
    else:
        pages.finding(view, ctx.clock.now())


@findings_app.command("why")
def why(finding_id: FindingId, *, as_json: JsonOption = False) -> None:
    """Explain a finding: its identity keys, its matches, its changes of state."""
    from riskcockpit.cli import output, pages, subjects

    _, reader = _reader()
    with closing(reader):
        view = reader.why(finding_id)
    if as_json:
        output.json_document(subjects.why(view))
    else:
        pages.why(view)


@findings_app.command("facets", context_settings=LOOSE)
def facets(query: Query = None, *, as_json: JsonOption = False) -> None:
    """Count the findings of a query by severity, state, pillar, owner, asset and tool."""
    from riskcockpit.cli import output, pages, subjects
    from riskcockpit.cli.words import refuse_options

    text = refuse_options(query or [])
    _, reader = _reader()
    with closing(reader):
        views = reader.facets(text)
    if as_json:
        output.json_document(subjects.facets(views, text))
    else:
        pages.facets(views)


@findings_app.command("export", context_settings=LOOSE)
def export(
    query: Query = None,
    *,
    format_: Annotated[str, typer.Option("--format", help="csv, json or markdown.")] = "csv",
) -> None:
    """Write all findings of a query to stdout."""
    list_(query, limit=0, format_=format_)
