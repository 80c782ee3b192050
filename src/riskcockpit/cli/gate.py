"""`gate`: the check of a CI job, over reports or over the cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import ExitCode, Progress, about, say, warn
from riskcockpit.cli.options import JsonOption, name_given
from riskcockpit.cli.words import QueryCommand
from riskcockpit.errors import InputError

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.views.gate import GateView


def register(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command("gate", cls=QueryCommand)(gate)


def gate(
    query: Annotated[
        list[str] | None,
        typer.Argument(
            help="Stands in place of the policy's rules, as: severity>=high -kev",
            autocompletion=completing.terms,
        ),
    ] = None,
    *,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report", "-r", help="A report, a directory of them, or `-`; may be repeated."
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            "-b",
            help="Reports of the base (may be repeated), or a revision of git as origin/main.",
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="The rules; else gate.yaml of the home.")
    ] = None,
    asset: Annotated[str | None, typer.Option(help="What the reports are about.")] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", help="Write the findings that count as SARIF.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write rules and findings as JUnit XML.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write a summary for a pull request.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a change by rules: exit 1 when one is broken, 3 when a report cannot be read.

    Reports are judged without a server, a cache or a home; without any, the cache is judged. Only
    what the change adds counts, unless a rule says otherwise. Waived findings break no rule.
    """
    from riskcockpit.cli import files, gate_pages, output
    from riskcockpit.formats.writing import gate as writing
    from riskcockpit.services.context import Context
    from riskcockpit.services.gating import GateOptions
    from riskcockpit.services.gating import gate as judge

    is_redirected = files.goes_to_stdout(
        sarif=sarif, junit=junit, markdown=markdown, json=files.STDOUT if as_json else None
    )
    options = GateOptions(
        query=" ".join(query or ()),
        reports=_named(report or ()),
        baseline=tuple(baseline or ()),
        policy=policy,
        asset=name_given("--asset", asset),
        stdin=sys.stdin.buffer.read() if "-" in (report or ()) else None,
        with_sarif=sarif is not None,
    )
    progress = Progress()
    try:
        outcome = judge(Context.open(), options, progress)
    finally:
        progress.done()
    view = outcome.view
    for file, content in (
        (sarif, outcome.sarif),
        (junit, writing.junit(view) if junit else b""),
        (markdown, writing.markdown(view) if markdown else b""),
    ):
        if file is not None:
            files.write_file(file, content)
    if as_json:
        output.json_document(gate_pages.as_document(view))
    else:
        if not is_redirected:
            gate_pages.gate(view)
        _narrate(view)
    if not view.is_passed:
        raise typer.Exit(ExitCode.GATE_FAILED)
    if view.unread:
        raise typer.Exit(ExitCode.SOURCE_FAILED)


def _named(reports: Sequence[str]) -> tuple[Path, ...]:
    """Return the reports; an empty name would be the working directory.

    Raises:
        InputError: one is empty.
    """
    if not all(name.strip() for name in reports):
        raise InputError("--report is empty", hint="is the variable set that it is from?")
    return tuple(map(Path, reports))


def _narrate(view: GateView) -> None:
    for file in view.files:
        if file.error:
            warn(about(file.path, file.error), file.hint or None)
        for problem in file.problems[:5]:
            warn(f"{file.path}: {problem.where}: {problem.why}")
        for note in file.notes if file.is_passed_over else ():
            say(f"{file.path}: {note}")
    for note in view.notes:
        say(note)
