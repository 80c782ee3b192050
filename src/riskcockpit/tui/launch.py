"""The door to the cockpit: makes the environment and the terminal safe, then imports Textual."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from riskcockpit.errors import ConfigError, InputError
from riskcockpit.tui.terminal import has_unicode

if TYPE_CHECKING:  # nothing heavy before the environment is scrubbed
    from riskcockpit.config.loading import LoadedSettings
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.context import Context
    from riskcockpit.services.recording import Recorder
    from riskcockpit.tui.api import GatewayApi

ALLOWED = frozenset(
    {
        "TEXTUAL_ANIMATIONS",
        "TEXTUAL_COLOR_SYSTEM",
        "TEXTUAL_DISABLE_KITTY_KEY",
        "TEXTUAL_FPS",
        "TEXTUAL_SMOOTH_SCROLL",
        "TEXTUAL_THEME",
    }
)
"""What may stay; the others import modules, write files or press keys."""
_HUNG_UP = 129
_HINT = "every screen is also a command: try `riskcockpit status`"


@dataclass(frozen=True, slots=True)
class Extras:
    """What the demo adds to the cockpit."""

    end_tour: Callable[[], None] | None = None
    """Begin with the tour; called when it shall not come again."""
    recorder: Recorder | None = None
    """Gets all that is painted."""
    is_still: bool = False
    """Nothing changes by itself, ages neither."""


_NO_EXTRAS = Extras()


def run(
    ctx: Context,
    *,
    is_ascii: bool = False,
    mouse: bool = True,
    closed: Callable[[Context], None] | None = None,
    extras: Extras = _NO_EXTRAS,
) -> int:
    """Open the cockpit over `ctx`, then over every context switched to; return the exit code.

    `closed` is called with each context when the cockpit over it has ended, however it ended.

    Raises:
        InputError: this is not a terminal a full-screen program can use; the hint names the CLI.
        ConfigError: the settings of a context that was switched to cannot be used.
    """
    check_terminal(os.environ)
    from riskcockpit.tui.gateway import Gateway  # noqa: PLC0415 - after the check
    from riskcockpit.tui.homes import Homes  # noqa: PLC0415 - as above

    homes = Homes.at(ctx.paths)
    while True:
        gateway = Gateway(ctx, homes)
        try:
            code, home = _opened(gateway, extras, is_ascii=is_ascii, mouse=mouse)
        finally:
            if closed is not None:
                closed(ctx)
        if not home:
            return code
        from riskcockpit.services.context import Context as Another  # noqa: PLC0415 - few switch

        about, ctx = gateway.about, Another.open(homes.place(home))
        homes.leave_for(home, about.context, about.contexts, ctx.settings.context.name)


def run_gateway(gateway: GatewayApi, *, is_ascii: bool = False, mouse: bool = True) -> int:
    """Open the cockpit over any gateway; as `run`."""
    check_terminal(os.environ)
    return _opened(gateway, _NO_EXTRAS, is_ascii=is_ascii, mouse=mouse)[0]


def _opened(gateway: GatewayApi, extras: Extras, *, is_ascii: bool, mouse: bool) -> tuple[int, str]:
    """Return the exit code, and the home to open next; empty for none."""
    scrub(os.environ)
    from riskcockpit.services.guarding import lifeline  # noqa: PLC0415 - after the check
    from riskcockpit.tui.app import Cockpit  # noqa: PLC0415 - Textual reads the environment now
    from riskcockpit.tui.sleeping_driver import SleepingDriver  # noqa: PLC0415 - as above

    app = Cockpit(
        gateway,
        is_ascii=is_ascii or not _has_unicode(),
        end_tour=extras.end_tour,
        is_still=extras.is_still,
        lifeline=lifeline(),
    )
    app.driver_class = SleepingDriver
    if extras.recorder is not None:
        from riskcockpit.tui.recording import recorded  # noqa: PLC0415 - few record

        app.driver_class = recorded(app.driver_class, extras.recorder)
    try:
        app.run(mouse=mouse)
    finally:
        gateway.interrupt()
        gateway.close()
    if app.crash is not None:
        raise app.crash
    code = app.return_code or 0
    if code == _HUNG_UP:
        _forget_terminal()
    return code, app.next_home


def refused(loaded: LoadedSettings, paths: Paths) -> tuple[ConfigError, ...]:
    """Return all that the cockpit would refuse of settings that can be read, each with its line.

    Names of saved views and of directories are seen from `paths`.
    """
    from riskcockpit.services.context import Context  # noqa: PLC0415 - few check settings
    from riskcockpit.tui.gateway import Gateway  # noqa: PLC0415 - as above
    from riskcockpit.tui.preferences import faults, faults_of_contexts, faults_of_views  # noqa: PLC0415 - as above

    gateway = Gateway(Context.under(loaded.settings, paths))
    about = replace(gateway.about, file=str(loaded.file), line_of=loaded.lines.get)
    return (
        *faults(about),
        *faults_of_views(about, gateway.faulty_views()),
        *faults_of_contexts(about, gateway.check_home),
    )


def scrub(environ: MutableMapping[str, str]) -> None:
    """Remove every `TEXTUAL_*` variable that could act for us; calm animations over SSH."""
    for name in [name for name in environ if name.startswith("TEXTUAL_") and name not in ALLOWED]:
        del environ[name]
    if "SSH_CONNECTION" in environ:
        environ.setdefault("TEXTUAL_ANIMATIONS", "none")


def check_terminal(environ: MutableMapping[str, str]) -> None:
    """Refuse what is not a terminal for full-screen programs.

    Raises:
        InputError: the hint names the command line.
    """
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.stderr)):
        if not stream.isatty():
            raise InputError(f"the cockpit needs a terminal: standard {name} is none", hint=_HINT)
    terminal = environ.get("TERM", "")
    if terminal in ("", "dumb"):
        raise InputError(f"the cockpit cannot draw on TERM={terminal or 'unset'}", hint=_HINT)


def _forget_terminal() -> None:
    # the terminal is gone: Python's last flush would fail and change the exit code to 120
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _has_unicode() -> bool:
    is_utf8_mode = bool(sys.flags.utf8_mode)
    return has_unicode(os.environ, sys.stdout.encoding or "ascii", is_utf8_mode=is_utf8_mode)
