"""The cockpit as a Textual app: lock, signals, failures, notes. No data logic."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.filter import LineFilter
from textual.timer import Timer

from riskcockpit.errors import RiskcockpitError
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.api import GatewayApi
from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.colourless import Colourless
from riskcockpit.tui.conditions import Condition, of_data, of_settings
from riskcockpit.tui.fence import Fence
from riskcockpit.tui.handing import Handing
from riskcockpit.tui.hyperlinks import are_shown
from riskcockpit.tui.noting import Noting
from riskcockpit.tui.outcomes import Outcomes
from riskcockpit.tui.terminal import has_colours
from riskcockpit.tui.toasts import give_toasts_time
from riskcockpit.tui.widgets.lines import header_line, synced

if TYPE_CHECKING:  # imported when first needed: the palette when opened, records with the data
    from textual.command import Provider

    from riskcockpit.views.posture import PostureView

_MINUTE_SECONDS = 60.0
_HOLD_NOTE_SECONDS = 0.5
_GUARD_GONE = 137
"""Nobody waits for this code: the shell has gone on."""
_MOST_ASKING = 3
"""Threads that ask questions: a list and a long wait leave one free; each keeps memory."""
_EXITS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


def _palette() -> type[Provider]:
    from riskcockpit.tui.palette import CockpitCommands  # noqa: PLC0415 - when it is opened

    return CockpitCommands


class Cockpit(Noting, Handing):
    """The risk cockpit."""

    TITLE = "riskcockpit"
    CSS_PATH = "styles/cockpit.tcss"
    COMMANDS = {_palette}  # noqa: RUF012 - Textual's own shape

    def __init__(
        self,
        gateway: GatewayApi,
        *,
        is_ascii: bool = False,
        end_tour: Callable[[], None] | None = None,
        is_still: bool = False,
        lifeline: int | None = None,
    ) -> None:
        """Make the app; with `end_tour` it begins with the tour, and calls it when never again.

        A still one paints nothing until something happens; else ages move on each minute. It
        leaves when `lifeline`, a file descriptor, ends: its guard is gone.
        """
        give_toasts_time()
        super().__init__(gateway)
        self._end_tour = end_tour
        self._is_still = is_still
        self._lifeline = lifeline
        self.glyphs = ASCII if is_ascii else UNICODE
        self.posture: PostureView | None = None
        self.outcomes = Outcomes()
        self.crash: Exception | None = None
        """A fault of ours that ended the app; raised again when the terminal is in order."""
        self.next_home = ""
        """The home to open when this one is left; empty: none."""
        setting = gateway.about.hyperlinks
        self._fence = Fence(has_links=are_shown(setting, os.environ, is_ascii=is_ascii))
        self.no_color = not has_colours(os.environ)
        self._colourless = Colourless(lambda: self.theme_variables)
        self._doing = ""
        self._give_up: Callable[[], None] | None = None
        self._keeps_typed = False
        self._hold_note: Timer | None = None
        self._says_it_takes_long = False

    # life

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters, or the one that takes all colours out, and the second fence."""
        filters = [self._colourless] if self.no_color else super().get_line_filters()
        return [*filters, self._fence]

    def on_mount(self) -> None:
        """Take the keys and the signals, and start watching the cache."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_MOST_ASKING, "asking"))
        self.set_class(self.glyphs.is_ascii, "-ascii")
        if not self.is_headless:
            self._listen_to_signals()
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.watch_living()
        if not self._is_still:
            self.set_interval(_MINUTE_SECONDS, self._let_ages_move_on)
        if self._end_tour is not None:
            self.call_after_refresh(self.show_tour)

    def on_unmount(self) -> None:
        """Stop everything that runs, so that leaving waits for nothing."""
        self.end_watching()
        self.gateway.interrupt()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in _EXITS.items():
            loop.add_signal_handler(number, self._leave_by_signal, code)
        if self._lifeline is not None:
            loop.add_reader(self._lifeline, self._leave_with_guard, self._lifeline)

    def _leave_by_signal(self, code: int) -> None:
        self.gateway.interrupt()
        self.exit(code, return_code=code)

    def _leave_with_guard(self, lifeline: int) -> None:
        asyncio.get_running_loop().remove_reader(lifeline)
        self._leave_by_signal(_GUARD_GONE)

    def _handle_exception(self, error: Exception) -> None:
        self.crash = error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of variables; the caller reports the crash
        self._close_messages_no_wait()

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
            self._doing or self._age(),
            is_locked=self.is_locked,
            glyphs=self.glyphs,
            width=width,
        )

    def _age(self) -> str:
        return "syncing" if self.progress else synced(self.posture, self.gateway.now())

    def show_doing(self, word: str) -> None:
        """Show in the header what is being done, until an empty word says that it is over."""
        self._doing = word
        self.place_screen.draw_lines()

    def conditions(self) -> Sequence[Condition]:
        """Return what is wrong with the data or the settings, the gravest first."""
        mine = of_settings(
            self.settings_fault, self.views_faults, self.gateway.about.file, self.glyphs
        )
        return (*mine, *of_data(self.posture, self.gateway.now(), self.glyphs, self.place.kind))

    def generation_seen(self) -> int:
        """Return the generation of what is shown; 0 before any."""
        return 0 if self.posture is None else self.posture.generation

    def notice(self, posture: PostureView) -> None:
        """Remember a posture for the headers."""
        self.posture = posture

    def set_lock(self, *, is_locked: bool) -> None:
        """Lock or unlock decisions."""
        self.is_locked = is_locked
        self.place_screen.take_ledger()  # what may be decided is asked anew
        self.place_screen.refresh_bindings()
        self.place_screen.draw_lines()

    # keys that wait

    def hold_keys(self, give_up: Callable[[], None], *, keeps_typed: bool = False) -> None:
        """Drop keys and clicks until `release_keys`; `esc` gives up, `ctrl+q` still quits.

        With `keeps_typed` keys are not dropped: they act when they are released.
        """
        self.release_keys()
        self._give_up, self._keeps_typed = give_up, keeps_typed
        if not keeps_typed:
            self.forget_typed()
        self._hold_note = self.set_timer(_HOLD_NOTE_SECONDS, self._say_that_it_takes_long)

    def _say_that_it_takes_long(self) -> None:
        self._says_it_takes_long = True
        self.tell("the preview is being prepared; esc gives up")

    def release_keys(self) -> None:
        """Let keys act again; the note that it takes long goes, before it covers what is there."""
        self._give_up = None
        if self._says_it_takes_long:
            self._says_it_takes_long = False
            self.clear_notifications()
        if self._hold_note is not None:
            self._hold_note.stop()
            self._hold_note = None
        self.act_on_typed()

    @property
    def is_typing_held(self) -> bool:
        """Whether keys wait for a form."""
        return self._give_up is not None

    async def on_event(self, event: events.Event) -> None:
        """Drop what a person does while keys are held, also what has bubbled up to here."""
        give_up = self._give_up
        if give_up is None or not isinstance(event, events.InputEvent | events.Paste):
            await super().on_event(event)
            return
        match event:
            case events.Key(key="escape"):
                self.forget_typed()
                give_up()
            case events.Key(key="ctrl+q"):
                await super().on_event(event)
            case events.Key() | events.Paste() if self._keeps_typed and not event.is_forwarded:
                self.keep_typed(event)
            case events.Key() | events.Paste():
                self.note_lost()
            case _:
                pass  # dropped

    # commands

    def run_command(self, text: str) -> None:
        """Do what a command line says."""
        from riskcockpit.tui.commands import run  # noqa: PLC0415 - needed by few keys

        self.command_run = text
        try:
            run(self, text)
        finally:
            self.command_run = ""

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
        else:
            self.tell("decisions stay locked", severity="warning")

    def _allow(self) -> None:
        """Unlock for the time of the settings, whose end the watch notices; runs in a worker."""
        try:
            self.gateway.unlock()
        except RiskcockpitError as error:
            self.call_from_thread(self.tell, error.message, severity="error")
        else:
            self.call_from_thread(self.set_lock, is_locked=False)

    def _forbid(self) -> None:
        """Lock for every command on this computer; runs in a worker."""
        try:
            self.gateway.lock()
        except RiskcockpitError as error:
            self.call_from_thread(self.set_lock, is_locked=False)
            self.call_from_thread(self.tell, error.message, severity="error")

    def switch_context(self, name: str) -> None:
        """Leave for another home, one of the contexts that are known."""
        about = self.gateway.about
        if name == about.context:
            self.tell(f"this is {name} already")
            return
        home = about.contexts[name]
        self.place_screen.ask(
            "context", lambda: self.gateway.check_home(home), lambda _: self._leave_for(home)
        )

    def _leave_for(self, home: str) -> None:
        self.next_home = home
        self.exit(0)

    def show_tour(self) -> None:
        """Show the tour of one minute."""
        from riskcockpit.tui.modals.tour import TourDialog  # noqa: PLC0415 - once

        def left(is_over: bool | None) -> None:  # noqa: FBT001 - the callback's shape
            end, self._end_tour = self._end_tour, None
            if is_over and end is not None:
                self.run_worker(end, thread=True, exit_on_error=False)

        self.push_screen(TourDialog(), left)

    def action_help_quit(self) -> None:
        """Say which key quits: ctrl+c, out of habit, does not."""
        key = next(each for each in KEYS if each.action == "quit")
        self.tell(f"{key.read_in(self.keymap)[0]} quits; ctrl+c copies what is selected")

    def leave_cockpit(self) -> None:
        """Quit."""
        self.exit(0)

    def action_related(self) -> None:
        """Go to what belongs to what the cursor is on; ask which, when there are several."""
        from riskcockpit.tui.modals.choose import ChooseDialog  # noqa: PLC0415 - as above

        here = self.place
        found = [(kind, replace(place, parent=here)) for kind, place in self.place_screen.related()]
        if not found:
            self.tell("nothing else belongs to this")
        elif len(found) == 1:
            self.go_to(found[0][1])
        else:
            names = [(kind, place.key or place.kind) for kind, place in found]
            self.push_screen(
                ChooseDialog("Go to", names),
                lambda at: None if at is None else self.go_to(found[at][1]),
            )

    def action_command_palette(self) -> None:
        """Search keys, commands and names, asked for in signs the font has."""
        from textual.command import CommandPalette  # noqa: PLC0415 - as above

        if not isinstance(self.screen, CommandPalette):
            words = "Search keys, commands and names"
            self.push_screen(CommandPalette(placeholder=words, id="--command-palette"))

    def action_help(self) -> None:
        """Show the keys of the view that is seen."""
        from riskcockpit.tui.modals.help import HelpDialog  # noqa: PLC0415 - as above

        bound = self.place_screen.active_bindings.values()
        active = frozenset(each.binding.id for each in bound if each.enabled and each.binding.id)
        self.push_screen(
            HelpDialog(
                active, self.keymap, is_locked=self.is_locked, refused=self.place_screen.refusals()
            )
        )
