"""`formats`: which reports are read, what a file is, and mappings of your own."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import ExitCode, about
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.views.formats import ReadingView

formats_app = typer.Typer(help="The report formats that are read.", no_args_is_help=True)
_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(formats_app, name="formats")


@formats_app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """List all report formats, those of your own mappings first."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.formats import formats

    views = formats(Context.open())
    if as_json:
        output.json_document(
            documents.document("formats", formats=[asdict(view) for view in views])
        )
        return
    rows = [(view.name, view.title, view.origin) for view in views]
    output.cells(("name", "what is read", "from"), rows, "table")


@formats_app.command("show")
def show(
    name: Annotated[
        str, typer.Argument(help="As in `formats list`.", autocompletion=completing.formats)
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one report format."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.formats import format_named

    view = format_named(Context.open(), name)
    if as_json:
        output.json_document(documents.document("formats", formats=[asdict(view)]))
        return
    output.line(f"{view.name}  {view.title}")
    output.line(f"  from    {view.origin}")
    output.line(f"  import  riskcockpit import --format {view.name} FILE")


@formats_app.command("detect")
def detect(
    files: Annotated[list[str], typer.Argument(help="Reports; `-` is stdin.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say of each file which format it is and store nothing; exit 2 when one is of none."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.formats import detect as told

    stdin = sys.stdin.buffer.read() if "-" in files else None
    views = told(Context.open(), [Path(name) for name in files], stdin)
    if as_json:
        output.json_document(documents.document("detected", files=[asdict(view) for view in views]))
    else:
        for view in views:
            output.line(about(view.path, view.format or view.error))
            if view.hint:
                output.line(f"  hint: {view.hint}")
    if any(view.error for view in views):
        raise typer.Exit(ExitCode.USAGE)


@formats_app.command("test")
def test_(
    name: Annotated[
        str,
        typer.Argument(
            help="A format's name, `auto`, or a mapping's YAML file.",
            autocompletion=completing.formats,
        ),
    ],
    files: Annotated[
        list[str] | None, typer.Argument(help="Reports to read; without any, its own cases.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what a format makes of a report, or run the cases of a mapping. Stores nothing.

    Exit 1 when a record cannot be read or a case does not come out as it says.
    """
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.formats import try_format

    views = try_format(Context.open(), name, [Path(file) for file in files or ()])
    if as_json:
        output.json_document(
            documents.document("format_test", readings=[asdict(view) for view in views])
        )
    else:
        for view in views:
            _print(view, is_case=not files)
    if any(view.faults or (files and view.problems) for view in views):
        raise typer.Exit(ExitCode.GATE_FAILED)


def _print(view: ReadingView, *, is_case: bool) -> None:
    from riskcockpit.cli import output

    word = ("FAIL  " if view.faults else "ok    ") if is_case else ""
    output.line(
        f"{word}{view.name}: read {view.read}, quarantined {view.quarantined}, "
        f"suppressed {view.suppressed}, evidence {view.evidence}, absent {view.absent}"
    )
    for fault in view.faults:
        output.line(f"        {fault}")
    if is_case:
        return
    for note in (*view.notes, *view.problems):
        output.line(f"  {note}")
    for number, finding in enumerate(view.findings[:_SHOWN], 1):
        output.line(f"  finding {number}")
        for field, value in finding.items():
            output.line(f"    {field:<15} {value}")
    if len(view.findings) > _SHOWN:
        output.line(f"  … and {len(view.findings) - _SHOWN} more; --json shows all")
