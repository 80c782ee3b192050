"""The one door from the command line to the cockpit; Textual is imported behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from riskcockpit.services.context import Context
from riskcockpit.services.witnessing import sign_checkpoint

if TYPE_CHECKING:
    from riskcockpit.services.recording import Recorder


def open_cockpit(
    ctx: Context,
    *,
    is_ascii: bool = False,
    mouse: bool = True,
    end_tour: Callable[[], None] | None = None,
    recorder: Recorder | None = None,
    is_still: bool = False,
) -> int:
    """Open the cockpit over `ctx` and return the exit code it ended with.

    The chain of this writer is witnessed by a checkpoint when the cockpit closes, and before it
    goes to another context. With `end_tour` it begins with the tour, and calls it when that shall
    not come again; a recorder gets all that is painted; a still one lets no age move on by itself.

    Raises:
        InputError: this is not a terminal a full-screen program can use; the hint names the CLI.
    """
    from riskcockpit.tui.launch import Extras, run

    return run(
        ctx, is_ascii=is_ascii, mouse=mouse, closed=sign_checkpoint,
        extras=Extras(end_tour, recorder, is_still),
    )  # fmt: skip
