"""`import` and `sync`: facts come in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import ExitCode, Progress, about, say, warn
from riskcockpit.cli.diagnostics import report as report_error
from riskcockpit.cli.options import JsonOption, name_given
from riskcockpit.errors import InputError, RetryableError

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.views.reports import FileReport, ImportReport, SyncReport


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("import")(import_)
    app.command("sync")(sync)


def import_(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Reports, or zips of them; a directory is walked, `-` is stdin."),
    ] = None,
    *,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="`auto` tells the format by the content.",
            autocompletion=completing.formats,
        ),
    ] = "auto",
    asset: Annotated[
        str | None, typer.Option(help="What was scanned, when the report does not say.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="Tells apart several scans of one tool over one asset.")
    ] = None,
    complete: Annotated[
        bool | None,
        typer.Option(
            "--complete/--partial",
            help="Say that the scan saw all, or not all, when the report does not.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, change nothing.")] = False,
    accept_held: Annotated[
        bool,
        typer.Option(
            "--accept-held",
            help="Close what would be held back as too many, and take lists that lack as much.",
        ),
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the last import back, as if it had not been.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --undo: do not ask for confirmation.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read scanner and monitor reports into the cache.

    A file of an unknown format is named and does not stop the others (exit 3). Findings that a
    complete scan no longer sees are fixed; many at once are held until you release them. With
    --undo the last import is taken back, by a signed entry in the ledger.
    """
    if undo:
        from riskcockpit.cli.corrections import undo_import

        if files:
            raise InputError(
                "--undo takes back the last import whole, whatever was in it", hint="name no files"
            )
        undo_import(dry_run=dry_run, yes=yes, as_json=as_json)
        return
    if not files or not all(files):  # an empty name would be the working directory
        raise InputError("no report was named", hint="as `riskcockpit import report.sarif`")
    from riskcockpit.cli.closing import witness
    from riskcockpit.services.context import Context
    from riskcockpit.services.importing import ImportOptions, import_reports

    progress = Progress()
    stdin = sys.stdin.buffer.read() if "-" in files else None
    options = ImportOptions(
        format=format_,
        asset=name_given("--asset", asset),
        scope=name_given("--scope", scope),
        complete=complete,
        dry_run=dry_run,
        accept_held=accept_held,
        stdin=stdin,
    )
    paths = [Path(name) for name in files]
    ctx = Context.open()
    try:
        report = import_reports(ctx, paths, options, progress)
    finally:
        progress.done()
    witness(ctx)
    _show_import(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(ExitCode.SOURCE_FAILED)


def _show_import(report: ImportReport, *, as_json: bool) -> None:
    if as_json:
        from riskcockpit.cli import documents, output

        output.json_document(documents.import_report(report))
        return
    from riskcockpit.cli import lists

    lists.imports(report)
    for file in report.files:
        _narrate(file)
    for note in report.notes:
        if note.startswith("this import is not in the ledger"):
            warn(note, "`riskcockpit doctor` says what is missing")
        else:
            say(note)
    if report.is_dry_run:
        say("dry run: nothing was changed")


def _narrate(file: FileReport) -> None:
    if file.error:
        warn(about(file.path, file.error), file.hint or None)
    for problem in file.problems[:5]:
        warn(f"{file.path}: {problem.where}: {problem.why}")
    if len(file.problems) > 5:  # noqa: PLR2004 - a screen's worth
        say(f"{file.path}: {len(file.problems) - 5} more quarantined records; see --json")
    for note in file.notes:
        say(f"{file.path}: {note}")


def sync(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of sources; all enabled ones by default.", autocompletion=completing.sources
        ),
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Forget the cursors, read all.")] = False,
    watch: Annotated[
        int | None, typer.Option("--watch", help="Sync again every so many seconds.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", help="Write the exchanges there, secrets taken out, for a bug report."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Pull the configured sources. A failed or partial source does not stop the others (exit 3).

    Ctrl+C at any moment leaves the cache as the last whole sync left it.
    """
    import time

    from riskcockpit.cli.closing import witness
    from riskcockpit.cli.syncing import SyncLine, interruptible
    from riskcockpit.services.context import Context
    from riskcockpit.services.incident_files import unusable
    from riskcockpit.services.sync import sync as pull

    if watch is not None and watch < 1:
        raise InputError(
            f"--watch takes a number of seconds from 1 up, not {watch}",
            hint="leave --watch out to sync once",
        )
    ctx = Context.open()

    def once() -> bool:
        """Sync, and return whether something of it could not be done."""
        progress = Progress()
        try:
            report = pull(
                ctx,
                tuple(sources or ()),
                full=full,
                dry_run=dry_run,
                record=record,
                progress=SyncLine(progress),
            )
            progress.done()
            _show_sync(report, as_json=as_json)
            why_not = unusable(ctx.paths)
            if why_not and why_not not in report.notes:
                warn(why_not)
            return bool(report.unfinished or why_not)
        finally:
            progress.done()
            witness(ctx)

    with interruptible(ctx):
        while watch is not None:
            try:
                once()
            except RetryableError as error:
                report_error(error)
            time.sleep(watch)
        if once():
            raise typer.Exit(ExitCode.SOURCE_FAILED)


def _show_sync(report: SyncReport, *, as_json: bool) -> None:
    from riskcockpit.cli import documents, lists, output

    if as_json:
        output.json_document(documents.sync_report(report))
        return
    if not report.sources:
        say("no sources are configured")
        say("hint: `riskcockpit sources add` asks for all that one needs; see docs/connectors.md")
    lists.syncs(report)
    for source in report.sources:
        if source.state != "ok":
            warn(f"{source.name}: {source.message}", source.hint or None)
        elif source.message:
            say(f"note: {source.name}: {source.message}")
    for note in report.notes:
        say(note)
