"""`demo`: the bank in a box."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.diagnostics import Progress, say, warn
from riskcockpit.cli.options import AsciiOption, JsonOption, NoMouseOption
from riskcockpit.errors import InputError

if TYPE_CHECKING:
    from riskcockpit.services.context import Context
    from riskcockpit.services.recording import Recorder


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
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", metavar="FILE", help="Record what is painted, in asciinema's format."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another bank.")] = 7,
    ascii_only: AsciiOption = False,
    no_mouse: NoMouseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Open the cockpit on a simulated bank: real connectors, real signatures, invented data.

    Without a terminal the overview is printed and the demo ends.
    """
    is_screen = not (headless or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    if is_screen:
        from riskcockpit.cli.cockpit import guard_terminal

        guard_terminal()
    from riskcockpit.cli import pages
    from riskcockpit.demo.run import run_demo

    recorder = _recorder(record, is_screen=is_screen)
    opener = None
    if is_screen:
        opener = _opener(recorder, still=still, is_ascii=ascii_only, mouse=not no_mouse)
    progress = Progress()
    kept = Path.cwd() / "riskcockpit-demo" if keep else None
    try:
        result = run_demo(
            keep=kept, headless=not is_screen, still=still, seed=seed, open_cockpit=opener,
            progress=progress,
        )  # fmt: skip
    finally:
        progress.done()
        if recorder is not None:
            _end(recorder)
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


def _recorder(file: Path | None, *, is_screen: bool) -> Recorder | None:
    """Begin a recording when one is wanted.

    Raises:
        InputError: there is nothing to record, or the file cannot be written.
    """
    if file is None:
        return None
    if not is_screen:
        raise InputError(
            "nothing to record: the cockpit is not opened",
            hint="--record needs a terminal, and neither --headless nor --json",
        )
    from riskcockpit.services.recording import begin

    return begin(file)


def _end(recorder: Recorder) -> None:
    recorder.close()
    if recorder.fault:
        warn(f"the recording in {recorder.path} is cut off: {recorder.fault}")
    else:
        say(f"recorded in {recorder.path}; play it with: asciinema play {recorder.path}")


def _opener(
    recorder: Recorder | None, *, still: bool, is_ascii: bool, mouse: bool
) -> Callable[[Context], int]:
    """Return how the cockpit is opened: with the tour until somebody wants it no more."""
    from riskcockpit.cli.cockpit import open_cockpit
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.memory import end_tour, is_tour_over

    own = Paths.from_environment()  # the demo's home goes with it
    ending = None if is_tour_over(own) else partial(end_tour, own)
    return partial(
        open_cockpit, is_ascii=is_ascii, mouse=mouse, end_tour=ending, recorder=recorder,
        is_still=still,
    )  # fmt: skip
