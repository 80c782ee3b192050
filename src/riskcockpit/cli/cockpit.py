"""The one door from the command line to the cockpit; Textual is imported behind it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import say
from riskcockpit.services.guarding import stand_guard

if TYPE_CHECKING:  # nothing heavy before the guard stands
    from riskcockpit.config.loading import LoadedSettings
    from riskcockpit.config.paths import Paths
    from riskcockpit.errors import ConfigError
    from riskcockpit.services.context import Context
    from riskcockpit.services.recording import Recorder


def guard_terminal() -> None:
    """Go on in a process of its own, so that a terminal is in order even when that is killed.

    To be called before anything heavy is imported.
    """
    stand_guard(_tell)


def _tell(number: signal.Signals) -> None:
    say(f"error: the cockpit was ended by {number.name}; the terminal is in order again")
    say("hint: what was signed is kept, and so is what was typed into forms")


def refused_settings(loaded: LoadedSettings, paths: Paths) -> tuple[ConfigError, ...]:
    """Return all that the cockpit would refuse of settings that can be read, each with its line."""
    from riskcockpit.tui.launch import refused

    return refused(loaded, paths)


def open_here(*, is_ascii: bool, mouse: bool) -> int:
    """Open the cockpit over the home of the environment; as `open_cockpit`."""
    guard_terminal()
    from riskcockpit.services.context import Context

    return open_cockpit(Context.open(), is_ascii=is_ascii, mouse=mouse)


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
    from riskcockpit.cli.closing import witness
    from riskcockpit.tui.launch import Extras, run

    return run(
        ctx, is_ascii=is_ascii, mouse=mouse, closed=witness,
        extras=Extras(end_tour, recorder, is_still),
    )  # fmt: skip
