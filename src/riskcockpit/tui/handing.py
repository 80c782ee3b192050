"""What leaves the cockpit on purpose: text to the clipboard, an address to a browser, the screen
to an editor. The first two have an entry in the action log before they happen.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from textual.app import SuspendNotSupported

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError
from riskcockpit.tui.commanding import Commanding

_SHOWN = 60


class Handing(Commanding):
    """An app that gives things to other programs."""

    # copying

    def action_copy(self) -> None:
        """Copy the id of what the cursor is on, out of the terminal."""
        self.copy_out(clean_line(self.place_screen.id_seen()), self.place.kind)

    def copy_out(self, text: str, subject: str, said: str = "") -> None:
        """Give a text to the clipboard; `subject` says in the action log what it is."""
        from riskcockpit.tui import clipboard  # noqa: PLC0415 - few keys

        way = clipboard.way(self.gateway.about.clipboard, os.environ)
        if not text:
            self.tell("there is nothing to copy here")
        elif way == "off":
            self.tell("copying is switched off here: cockpit.clipboard", severity="warning")
        elif not clipboard.fits(text):
            self.tell("too long to be copied whole; nothing was sent", severity="warning")
        else:

            def give() -> bool:
                self.gateway.hand_over("copy", subject, way, text)
                return way == "tmux" and clipboard.to_tmux(text)

            self.place_screen.ask("copy", give, lambda taken: self._copied(text, said, taken))

    def _copied(self, text: str, said: str, is_taken: bool) -> None:  # noqa: FBT001 - the callback's shape
        if not is_taken:
            self.copy_to_clipboard(text)
        where = "given to tmux" if is_taken else "sent to the terminal"
        self.tell(f"{said}{where}: {text[:_SHOWN]}")

    # addresses

    def open_address(self, address: str) -> None:
        """Open a checked address in a browser; where there is none, copy it and say so."""
        from riskcockpit.tui import outside  # noqa: PLC0415 - few keys

        program = outside.opener(os.environ)
        host = urlsplit(address).hostname or ""
        if not program:
            self.copy_out(address, f"address at {host}", "no browser on this side; the address is ")
            return

        def give() -> None:
            self.gateway.hand_over("open", f"address at {host}", Path(program).name, address)
            outside.open_address(program, address)

        self.place_screen.ask("browser", give, lambda _: self.tell(f"opened at {host}"))

    # editing

    def edit_file(self, file: Path, line: int | None) -> None:
        """Give the screen to an editor until it ends, then draw everything anew."""
        from riskcockpit.tui import outside  # noqa: PLC0415 - few keys

        try:
            command = outside.editor(os.environ, file, line)
            with self.suspend(), _undisturbed():
                code = subprocess.run(command, check=False).returncode  # noqa: S603 - no shell
        except InputError as error:
            self.tell(f"{error.message}; {error.hint}", severity="warning")
        except SuspendNotSupported:
            self.tell("this screen cannot be given to an editor", severity="warning")
        except OSError as error:
            self.tell(f"cannot start the editor: {error.strerror}", severity="error")
        else:
            if code:
                self.tell(f"{Path(command[0]).name} ended with {code}", severity="warning")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl+C and Ctrl+\\ be the editor's, and what would end us wait until it has ended.

    The event loop stands still meanwhile: it must not learn later of what was not for us.
    """
    missed: list[int] = []
    wake = signal.set_wakeup_fd(-1)
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGQUIT)}
    for number in (signal.SIGTERM, signal.SIGHUP):
        before[number] = signal.signal(number, lambda number, _: missed.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for late in missed[:1]:
            signal.raise_signal(late)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A program that is started gets the default back, as it would not when ignored."""
