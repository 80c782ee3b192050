"""`init`, `doctor` and `config`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import ExitCode, report, say
from riskcockpit.cli.options import JsonOption

config_app = typer.Typer(help="The settings in force.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("init")(init)
    app.command("doctor")(doctor)
    app.add_typer(config_app, name="config")


def init(
    *,
    shared: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Share one ledger with a group on this computer."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a working home: annotated settings, a signing key, roles. Keeps what is there."""
    from riskcockpit.cli import documents, output
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.setup import init as set_up

    steps = set_up(Paths.from_environment(), os.environ, Path.cwd(), shared)
    if as_json:
        output.json_document(
            documents.document("init", steps=[{"word": s.word, "what": s.what} for s in steps])
        )
        return
    for step in steps:
        output.line(f"{step.word:<6} {step.what}")
    say("next: `riskcockpit doctor`, then `riskcockpit import REPORT…` or `riskcockpit sync`")


def doctor(*, as_json: JsonOption = False) -> None:
    """Check config, credentials, sources, clock, ledger, cache and terminal. Exit 2 on a fault."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.doctor import examine
    from riskcockpit.views.setup import CheckState

    checks = examine()
    if as_json:
        output.json_document(
            documents.document("doctor", checks=[documents.check(each) for each in checks])
        )
    else:
        for check in checks:
            output.line(f"{check.state.value:<5} {check.name:<22} {check.detail}")
            if check.hint:
                output.line(f"{'':<28} hint: {check.hint}")
    if any(check.state is CheckState.FAIL for check in checks):
        raise typer.Exit(ExitCode.USAGE)


@config_app.command("show")
def show(*, as_json: JsonOption = False) -> None:
    """Print every setting in force and where it was set."""
    from riskcockpit.cli import documents, output
    from riskcockpit.config.loading import effective, load_settings
    from riskcockpit.config.paths import Paths

    rows = effective(load_settings(Paths.from_environment()))
    if as_json:
        output.json_document(
            documents.document(
                "config", settings=[{"path": p, "value": v, "origin": o} for p, v, o in rows]
            )
        )
    else:
        output.cells(("setting", "value", "set in"), rows, "table")


@config_app.command("validate")
def validate(
    file: Annotated[
        Path | None, typer.Argument(help="A settings file; the one in force by default.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check a settings file, also for what only the cockpit refuses; errors name the line.

    Kinds and options of sources are checked too; nobody is asked, and no credential is resolved.
    The cockpit refuses unknown themes, keys that cannot be moved, columns that no list has, saved
    views that are no queries, and contexts without a home.
    """
    from riskcockpit.cli import documents, output
    from riskcockpit.cli.cockpit import refused_settings
    from riskcockpit.config.loading import read_settings, refuse_strangers
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.source_options import faults_of_sources

    here = Paths.from_environment()
    target = file or here.settings
    if file is None and target.exists():
        refuse_strangers(target)
    loaded = read_settings(target)
    refused = (
        *faults_of_sources(loaded),
        *refused_settings(loaded, replace(here, config=target.resolve().parent)),
    )
    for fault in refused:
        report(fault)
    if refused:
        raise typer.Exit(ExitCode.USAGE)
    if as_json:
        output.json_document(documents.document("config_validation", file=str(target), ok=True))
    else:
        output.line(f"{target}: ok")


@config_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings file, for editors."""
    from riskcockpit.cli import output
    from riskcockpit.config.loading import settings_schema

    output.json_document(settings_schema())
