"""`findings`: list, show, why, facets, export, with one query grammar."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing, corrections
from riskcockpit.cli.diagnostics import say, warn
from riskcockpit.cli.options import JsonOption
from riskcockpit.cli.words import QueryCommand

if TYPE_CHECKING:
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader

findings_app = typer.Typer(help="Findings of all scanners and monitors.", no_args_is_help=True)
Query = Annotated[
    list[str] | None,
    typer.Argument(
        help='As: severity>=high state:open owner:payments age>48h -waived "sql"',
        autocompletion=completing.terms,
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format", help="table, json, csv or markdown.", autocompletion=completing.listed
    ),
]
FindingId = Annotated[
    str, typer.Argument(metavar="ID", help="A finding's id, or the first 4 or more digits of it.")
]
DEFAULT_LIMIT = 200
_NONE = "no finding matches"
"""Of an empty cache more was said when it was opened."""


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    corrections.register(findings_app)
    app.add_typer(findings_app, name="findings")


def _reader() -> tuple[Context, FindingReader]:
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader
    from riskcockpit.services.following import behind

    ctx = Context.open()
    if not ctx.store.generation():
        say("nothing is in the cache yet: `riskcockpit import FILE…` or `riskcockpit sync`")
    elif newer := behind(ctx):
        say(newer)
    return ctx, FindingReader(ctx)


@findings_app.command("list", cls=QueryCommand)
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

    text = " ".join(query or ())
    ctx, reader = _reader()
    with closing(reader):
        if explain:
            compiled = reader.explain(text)
            if as_json:
                output.json_document(subjects.compiled(compiled))
            else:
                output.lines(pages.compiled(compiled))
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
    if not rows and kind != "csv" and ctx.store.generation():
        say(_NONE)
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


@findings_app.command("facets", cls=QueryCommand)
def facets(query: Query = None, *, as_json: JsonOption = False) -> None:
    """Count the findings of a query by severity, state, pillar, owner, asset and tool."""
    from riskcockpit.cli import output, pages, subjects

    text = " ".join(query or ())
    ctx, reader = _reader()
    with closing(reader):
        views = reader.facets(text)
    if as_json:
        output.json_document(subjects.facets(views, text))
    else:
        pages.facets(views)
        if ctx.store.generation() and not any(view.counts for view in views):
            say(_NONE)


@findings_app.command("export", cls=QueryCommand)
def export_(
    query: Query = None,
    *,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="csv, json, sarif, parquet or openvex.",
            autocompletion=completing.exports,
        ),
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write this file instead of stdout.")
    ] = None,
) -> None:
    """Write all findings of a query as a file.

    SARIF imports back to the same findings with the same ids, here or in an empty home.
    """
    from riskcockpit.cli import files
    from riskcockpit.cli import output as out
    from riskcockpit.errors import InputError
    from riskcockpit.present.text import plural
    from riskcockpit.services.context import Context
    from riskcockpit.services.exporting import export

    text = " ".join(query or ())
    if output in (None, files.STDOUT) and format_ == "parquet" and sys.stdout.isatty():
        raise InputError("Parquet is no text for a terminal", hint="name a file with --output")
    made = export(Context.open(), text, format_)
    content = made.content
    if made.left_out:
        warn(
            f"{made.left_out} of {plural(made.findings, 'finding')} name no vulnerability and are "
            "not in the OpenVEX",
            "another form has them, as --format sarif",
        )
    if output is None:
        out.raw(content)
        return
    files.write_file(output, content, f", {len(content):,} bytes")


@findings_app.command("views")
def views_(*, as_json: JsonOption = False) -> None:
    """List the saved views; `@name` stands for one in any query."""
    from dataclasses import asdict

    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.saved_views import saved_views

    views = saved_views(Context.open())
    if as_json:
        output.json_document(documents.document("views", views=[asdict(view) for view in views]))
        return
    output.cells(("name", "query", "from"), [(v.name, v.query, v.origin) for v in views], "table")
    if not views:
        say("no view is saved; `riskcockpit findings save NAME QUERY` keeps one")


@findings_app.command("save", cls=QueryCommand)
def save(
    name: Annotated[str, typer.Argument(help="Its name, without the @.")], query: Query = None
) -> None:
    """Save a query as a view, in place of one of that name."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.saved_views import save_view

    view = save_view(Context.open(), name, " ".join(query or ()))
    say(f"saved @{view.name}: {view.query or 'all findings'}")


@findings_app.command("forget")
def forget(
    name: Annotated[
        str, typer.Argument(help="Its name, without the @.", autocompletion=completing.views)
    ],
) -> None:
    """Remove a saved view."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.saved_views import forget_view

    forget_view(Context.open(), name)
    say(f"forgot @{name}")
