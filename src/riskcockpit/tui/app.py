"""The cockpit as a Textual app: theme, lock, signals, failures. No data logic."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.content import Content
from textual.filter import LineFilter
from textual.timer import Timer

from riskcockpit.errors import RiskcockpitError
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.api import GatewayApi, RollBack
from riskcockpit.tui.fence import Fence
from riskcockpit.tui.host import Severity
from riskcockpit.tui.messages import GenerationChanged
from riskcockpit.tui.navigation import Navigator
from riskcockpit.tui.theme import THEME
from riskcockpit.tui.watch import GenerationWatch
from riskcockpit.tui.widgets.lines import header_line, synced

if TYPE_CHECKING:  # imported when first needed: the palette when opened, records with the data
    from textual.command import Provider

    from riskcockpit.views.posture import PostureView

_MINUTE_SECONDS = 60.0
_HOLD_NOTE_SECONDS = 0.5
_EXITS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


def _palette() -> type[Provider]:
    from riskcockpit.tui.palette import CockpitCommands  # noqa: PLC0415 - when it is opened

    return CockpitCommands


class Cockpit(Navigator):
    """The risk cockpit."""

    TITLE = "riskcockpit"
    CSS_PATH = "styles/cockpit.tcss"
    COMMANDS = {_palette}  # noqa: RUF012 - Textual's own shape

    def __init__(self, gateway: GatewayApi, *, is_ascii: bool = False) -> None:
        super().__init__()
        self.gateway = gateway
        self.glyphs = ASCII if is_ascii else UNICODE
        self.is_locked = gateway.about.is_production
        self.posture: PostureView | None = None
        self.crash: Exception | None = None
        """A fault of ours that ended the app; raised again when the terminal is in order."""
        self._fence = Fence()
        self._give_up: Callable[[], None] | None = None
        self._hold_note: Timer | None = None
        self._lock_timer: Timer | None = None
        self._watch = GenerationWatch(gateway.generation, self._tell_generation)
        self._take_theme(gateway.about.theme)

    # life

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and the second fence behind them."""
        return [*super().get_line_filters(), self._fence]

    def on_mount(self) -> None:
        """Take the keys and the signals, and start watching the cache."""
        self.set_class(self.glyphs.is_ascii, "-ascii")
        self.set_keymap(dict(self.gateway.about.keymap))
        if not self.is_headless:
            self._listen_to_signals()
        self._watch.start()
        self.set_interval(_MINUTE_SECONDS, self._let_ages_move_on)

    def _take_theme(self, name: str) -> None:
        # before the style sheets are read: a theme set later makes Textual read them all again
        self.register_theme(THEME)
        self.set_reactive(App.theme, name if name in self.available_themes else THEME.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def on_unmount(self) -> None:
        """Stop everything that runs, so that leaving waits for nothing."""
        self._watch.end()
        self.gateway.interrupt()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in _EXITS.items():
            loop.add_signal_handler(number, self._leave_by_signal, code)

    def _leave_by_signal(self, code: int) -> None:
        self.gateway.interrupt()
        self.exit(code, return_code=code)

    def _handle_exception(self, error: Exception) -> None:
        self.crash = error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of variables; the caller reports the crash
        self._close_messages_no_wait()

    def _tell_generation(self, number: int) -> None:
        self.post_message(GenerationChanged(number))

    def on_generation_changed(self, event: GenerationChanged) -> None:
        """Let the screen that is seen read anew; the others do when they are seen again."""
        event.stop()
        self.place_screen.refresh_data()

    def _let_ages_move_on(self) -> None:
        self.place_screen.draw_lines()
        self.place_screen.redraw()

    # what screens see (host.Host)

    def frame(self) -> Frame:
        """Return the present and the font's signs."""
        return Frame(self.gateway.now(), self.glyphs)

    def header(self, width: int) -> Content:
        """Return the line at the top of every screen."""
        return header_line(
            self.place,
            self.gateway.about,
            self.posture,
            synced(self.posture, self.gateway.now()),
            is_locked=self.is_locked,
            glyphs=self.glyphs,
            width=width,
        )

    def notice(self, posture: PostureView) -> None:
        """Remember a posture for the headers."""
        self.posture = posture

    def set_lock(self, *, is_locked: bool) -> None:
        """Lock or unlock decisions."""
        self.is_locked = is_locked
        self.place_screen.refresh_bindings()
        self.place_screen.draw_lines()

    def tell(self, message: str, *, severity: Severity = "information", title: str = "") -> None:
        """Show a passing note, as it is."""
        self.notify(message, severity=severity, title=title)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a passing note; never as markup, whoever asks."""
        del markup
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    # keys that wait

    def hold_keys(self, give_up: Callable[[], None]) -> None:
        """Drop keys and clicks until `release_keys`; `esc` gives up, `ctrl+q` still quits."""
        self.release_keys()
        self._give_up = give_up
        self._hold_note = self.set_timer(
            _HOLD_NOTE_SECONDS, lambda: self.tell("the preview is being prepared; esc gives up")
        )

    def release_keys(self) -> None:
        """Let keys act again."""
        self._give_up = None
        if self._hold_note is not None:
            self._hold_note.stop()
            self._hold_note = None

    async def on_event(self, event: events.Event) -> None:
        """Drop what a person does while keys are held, also what has bubbled up to here."""
        give_up = self._give_up
        if give_up is None or not isinstance(event, events.Key | events.MouseEvent):
            await super().on_event(event)
            return
        match event:
            case events.Key(key="escape"):
                give_up()
            case events.Key(key="ctrl+q"):
                await super().on_event(event)
            case _:
                pass  # dropped

    # commands

    def run_command(self, text: str) -> None:
        """Do what a command line says."""
        from riskcockpit.tui.commands import run  # noqa: PLC0415 - needed by few keys

        run(self, text)

    def roll_back(self, model: str) -> None:
        """Preview the rollback of a model."""
        from riskcockpit.tui.screens.deciding import DecidingScreen  # noqa: PLC0415 - as above

        if isinstance(self.place_screen, DecidingScreen):
            self.place_screen.consider(RollBack(model))

    def ask_lock(self, *, is_locked: bool) -> None:
        """Lock at once; ask before unlocking production."""
        from riskcockpit.tui.modals.unlock import unlock_dialog  # noqa: PLC0415 - as above

        if not self.gateway.about.is_production:
            self.set_lock(is_locked=is_locked)
        elif is_locked:
            self.set_lock(is_locked=True)
            self.run_worker(self._forbid, thread=True)
        else:
            self.push_screen(unlock_dialog(self.gateway.about), self._unlock)

    def _unlock(self, is_yes: bool | None) -> None:  # noqa: FBT001 - the callback's shape
        if is_yes:
            self.run_worker(self._allow, thread=True)

    def _allow(self) -> None:
        """Unlock for the time of the settings; runs in a worker."""
        try:
            until = self.gateway.unlock()
        except RiskcockpitError as error:
            self.call_from_thread(self.tell, error.message, severity="error")
            return
        self.call_from_thread(self._unlocked, until)

    def _forbid(self) -> None:
        """Lock for every command on this computer; runs in a worker."""
        try:
            self.gateway.lock()
        except RiskcockpitError as error:
            self.call_from_thread(self.tell, error.message, severity="error")

    def _unlocked(self, until: datetime) -> None:
        """Draw that decisions may be taken, and lock them when the time is over."""
        if self._lock_timer is not None:
            self._lock_timer.stop()
        self.set_lock(is_locked=False)
        left = max(0.0, (until - self.gateway.now()).total_seconds())
        self._lock_timer = self.set_timer(left, self._time_is_over)

    def _time_is_over(self) -> None:
        if not self.is_locked:
            self.set_lock(is_locked=True)
            self.tell("decisions are locked again; :unlock allows them", severity="warning")

    def leave_cockpit(self) -> None:
        """Quit."""
        self.exit(0)

    def action_command(self) -> None:
        """Ask for a command."""
        from riskcockpit.tui.modals.command_line import CommandLine  # noqa: PLC0415 - as above

        self.push_screen(CommandLine(), lambda text: self.run_command(text) if text else None)

    def action_help(self) -> None:
        """Show the keys of the view that is seen."""
        from riskcockpit.tui.modals.help import HelpDialog  # noqa: PLC0415 - as above

        bound = self.place_screen.active_bindings.values()
        active = frozenset(each.binding.id for each in bound if each.enabled and each.binding.id)
        self.push_screen(HelpDialog(active, is_locked=self.is_locked))
