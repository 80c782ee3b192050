"""The one door from the command line to the cockpit; Textual is imported behind it."""

from __future__ import annotations

from riskcockpit.services.context import Context
from riskcockpit.services.witnessing import sign_checkpoint


def open_cockpit(ctx: Context, *, is_ascii: bool = False, mouse: bool = True) -> int:
    """Open the cockpit over `ctx` and return the exit code it ended with.

    The chain of this writer is witnessed by a checkpoint when the cockpit closes, and before it
    goes to another context.

    Raises:
        InputError: this is not a terminal a full-screen program can use; the hint names the CLI.
    """
    from riskcockpit.tui.launch import run

    return run(ctx, is_ascii=is_ascii, mouse=mouse, closed=sign_checkpoint)
