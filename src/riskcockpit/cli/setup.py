"""`init`, `doctor` and `config`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import ExitCode, say
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
    """Check a settings file; errors name the line and the nearest key."""
    from riskcockpit.cli import documents, output
    from riskcockpit.config.loading import read_settings
    from riskcockpit.config.paths import Paths
    from riskcockpit.errors import ConfigError
    from riskcockpit.present.lists import faults

    target = file or Paths.from_environment().settings
    loaded = read_settings(target)
    for path, what, hint in faults(loaded.settings.cockpit.lists):
        raise ConfigError(f"{target}: line {loaded.lines.get(path, 1)}: {what}", hint=hint)
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
