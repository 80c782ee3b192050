"""The one door from the command line to the cockpit; Textual is imported behind it."""

from __future__ import annotations

from riskcockpit.services.context import Context


def open_cockpit(ctx: Context) -> int:
    """Open the cockpit over `ctx` and return the exit code it ended with.

    Raises:
        InputError: this is not a terminal a full-screen program can use; the hint names the CLI.
    """
    from riskcockpit.tui.launch import run

    return run(ctx)
