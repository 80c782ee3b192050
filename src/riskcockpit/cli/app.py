"""The root of the command line: options for all commands, and how every run ends.

Commands import what they need when they run, so that `--help` stays quick.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from riskcockpit.cli.diagnostics import ExitCode, report, report_bug, report_unusable
from riskcockpit.cli.options import AsciiOption, NoMouseOption
from riskcockpit.errors import RiskcockpitError
from riskcockpit.services.ending import ended_by_signals

_SIGPIPE = 141
_FAMILIES = {
    "tui": ("tui",),
    "demo": ("demo",),
    "setup": ("init", "doctor", "config"),
    "reports": ("import", "sync"),
    "sources": ("sources",),
    "gate": ("gate",),
    "formats": ("formats",),
    "status": ("status",),
    "findings": ("findings",),
    "models": ("models",),
    "watch": ("watch",),
    "incident": ("incident",),
    "deployments": ("deployments",),
    "trace": ("trace",),
    "governance": ("controls", "actions"),
    "ledger": ("ledger",),
    "kpis": ("kpis",),
    "alerts": ("alerts",),
    "compliance": ("compliance",),
    "waiving": ("waive", "waivers"),
    "decisions": ("approve", "reject", "revoke", "rollback", "undo", "note"),
    "requests": ("requests",),
    "identity": ("whoami", "unlock", "lock", "roles", "policy", "keys"),
    "report": ("report",),
    "evidence": ("evidence",),
    "query": ("query",),
}
"""Module of this package → the commands it registers, in the order of the help."""
_DRAWING = ("tui", "demo")
"""Commands that open the cockpit: how it is drawn may be said before them, too."""
_HOME = {command: family for family, commands in _FAMILIES.items() for command in commands}


class Commands(Mapping[str, Any]):
    """Every command by its name; the module one lives in is imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        return _commands_of(_HOME[name])[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_HOME)

    def __len__(self) -> int:
        return len(_HOME)


class Root(TyperGroup):
    """Loads the module of the one command that runs, and turns its end into an exit code."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]  # read like the dict it replaces

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except RiskcockpitError as error:
            report(error, is_verbose=bool(ctx.params.get("verbose")))
            raise typer.Exit(_code(error)) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(_SIGPIPE) from error
        except OSError as error:
            code = report_unusable(error)
            if code is None:
                raise
            raise typer.Exit(code) from error


@cache
def _commands_of(family: str) -> dict[str, Any]:
    """Build the commands of one module of this package."""
    collected = typer.Typer(rich_markup_mode=None)
    collected.callback()(lambda: None)  # even a single command stays a named one
    import_module(f"riskcockpit.cli.{family}").register(collected)
    commands: dict[str, Any] = typer.main.get_command(collected).commands  # type: ignore[attr-defined]  # a group
    return commands


def _code(error: RiskcockpitError) -> int:
    from riskcockpit.cli.diagnostics import exit_code

    return int(exit_code(error))


app = typer.Typer(
    name="riskcockpit",
    cls=Root,
    help="The terminal risk cockpit: findings, models, controls and decisions of a digital bank.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(is_wanted: bool) -> None:  # noqa: FBT001 - typer's callback shape
    if is_wanted:
        from importlib.metadata import version

        from riskcockpit.cli.output import line

        line(f"riskcockpit {version('riskcockpit')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the detail of errors.")] = False,
    ascii_only: AsciiOption = False,
    no_mouse: NoMouseOption = False,
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Open the cockpit on a terminal; print this help otherwise."""
    del verbose
    if ctx.invoked_subcommand is not None:
        drawing = {"ascii_only": ascii_only, "no_mouse": no_mouse}
        ctx.default_map = dict.fromkeys(_DRAWING, drawing)
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from riskcockpit.cli.cockpit import open_here

        raise typer.Exit(open_here(is_ascii=ascii_only, mouse=not no_mouse))
    from riskcockpit.cli.output import lines

    lines(ctx.get_help())


def _completing() -> AbstractContextManager[None]:
    if os.environ.get("_RISKCOCKPIT_COMPLETE") == "complete_bash":
        from riskcockpit.cli.bash_words import as_bash_breaks

        return as_bash_breaks()
    return nullcontext()


def run() -> None:
    """Run the command line; always ends the process."""
    atexit.register(gc.freeze)  # the interpreter would look for cycles in what dies with it
    for name in ("stdout", "stderr"):  # a closed one is None, and whoever closed it wants no words
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may not know all we write
            stream.reconfigure(errors="replace")
    try:
        with ended_by_signals(), _completing():
            app()
    except Exception as error:  # noqa: BLE001 - the outermost boundary: a bug is reported, not shown
        from riskcockpit.services.context import SystemClock

        report_bug(error, SystemClock().now())
        sys.exit(ExitCode.BUG)
