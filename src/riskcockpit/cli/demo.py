"""`demo`: the bank in a box."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import Progress, say
from riskcockpit.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the demo's home behind and say where it is.")
    ] = False,
    headless: Annotated[
        bool, typer.Option("--headless", help="Print the overview instead of opening the cockpit.")
    ] = False,
    still: Annotated[
        bool, typer.Option("--still", help="Freeze the story: nothing changes by itself.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another bank.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Open the cockpit on a simulated bank: real connectors, real signatures, invented data.

    Without a terminal the overview is printed and the demo ends.
    """
    from riskcockpit.cli import pages
    from riskcockpit.demo.run import run_demo

    is_screen = not (headless or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    opener = None
    if is_screen:
        from riskcockpit.cli.cockpit import open_cockpit as opener  # type: ignore[assignment]
    progress = Progress()
    kept = Path.cwd() / "riskcockpit-demo" if keep else None
    try:
        result = run_demo(
            keep=kept, headless=not is_screen, still=still, seed=seed, open_cockpit=opener,
            progress=progress,
        )  # fmt: skip
    finally:
        progress.done()
    if result.posture is not None and as_json:
        from riskcockpit.cli import documents, output

        output.json_document(documents.status(result.posture))
    elif result.posture is not None:
        pages.status(result.posture)
    if kept is not None:
        say(
            f"the demo's home is {kept}; look at it with RISKCOCKPIT_HOME={kept} riskcockpit status"
        )
    if result.exit_code:
        raise typer.Exit(result.exit_code)
