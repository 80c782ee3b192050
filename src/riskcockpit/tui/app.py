"""The cockpit as a Textual app: places, history, lock, signals, failures. No data logic."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import Literal, cast

from textual.app import App
from textual.content import Content
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen

from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.api import GatewayApi
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.fence import Fence
from riskcockpit.tui.history import History
from riskcockpit.tui.messages import GenerationChanged, Place
from riskcockpit.tui.screens.place import PlaceScreen
from riskcockpit.tui.screens.registry import make_screen
from riskcockpit.tui.theme import THEME
from riskcockpit.tui.watch import GenerationWatch
from riskcockpit.tui.widgets.lines import header_line, synced
from riskcockpit.views.posture import PostureView

_MINUTE_SECONDS = 60.0
_EXITS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}
Severity = Literal["information", "warning", "error"]


class Cockpit(App[int]):
    """The risk cockpit."""

    TITLE = "riskcockpit"
    CSS_PATH = "styles/cockpit.tcss"
    BINDINGS = bind("places", "everywhere")

    def __init__(self, gateway: GatewayApi, *, is_ascii: bool = False) -> None:
        super().__init__()
        self.gateway = gateway
        self.glyphs = ASCII if is_ascii else UNICODE
        self.is_locked = gateway.about.is_production
        self.posture: PostureView | None = None
        self.crash: Exception | None = None
        """A fault of ours that ended the app; raised again when the terminal is in order."""
        self.history = History(Place("overview"))
        self._fence = Fence()
        self._screens: dict[str, PlaceScreen] = {}
        self._watch = GenerationWatch(gateway.generation, self._tell_generation)

    # life

    def get_default_screen(self) -> Screen[None]:
        """Return the overview: the first thing seen."""
        return self._screen_of("overview")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and the second fence behind them."""
        return [*super().get_line_filters(), self._fence]

    def on_mount(self) -> None:
        """Take the theme, the keys, the signals, and start watching the cache."""
        self.register_theme(THEME)
        about = self.gateway.about
        self.theme = about.theme if about.theme in self.available_themes else THEME.name
        self.set_class(self.glyphs.is_ascii, "-ascii")
        self.set_keymap(dict(about.keymap))
        self._listen_to_signals()
        self._watch.start()
        self.set_interval(_MINUTE_SECONDS, self._tick)

    def on_unmount(self) -> None:
        """Stop everything that runs, so that leaving waits for nothing."""
        self._watch.end()
        self.gateway.interrupt()

    def _listen_to_signals(self) -> None:
        if self.is_headless:
            return
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

    # what screens see (host.Host)

    @property
    def place(self) -> Place:
        """Where we are."""
        return self.history.here

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

    def go_to(self, place: Place) -> None:
        """Show a place and remember it in the history."""
        self._show(self.history.go(place))

    def leave(self) -> None:
        """Go one level back."""
        self._show(self.history.up())

    def set_lock(self, *, is_locked: bool) -> None:
        """Lock or unlock decisions."""
        self.is_locked = is_locked
        self._place_screen().refresh_bindings()
        self._place_screen().draw_lines()

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

    def run_command(self, text: str) -> None:
        """Do what a command line says."""
        from riskcockpit.tui.commands import run  # noqa: PLC0415 - needed by few keys

        run(self, text)

    # places

    def _screen_of(self, kind: str) -> PlaceScreen:
        if kind not in self._screens:
            screen = make_screen(kind)
            self._screens[kind] = screen
            self.install_screen(screen, name=kind)
        return self._screens[kind]

    def _place_screen(self) -> PlaceScreen:
        return self._screen_of(self.place.kind)

    def _show(self, place: Place) -> None:
        screen = self._screen_of(place.kind)
        screen.show_place(place)
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        if self.screen is screen:
            screen.on_screen_resume()
        elif place.kind == "overview":
            self.pop_screen()
        elif len(self.screen_stack) > 1:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def _tell_generation(self, number: int) -> None:
        self.post_message(GenerationChanged(number))

    def on_generation_changed(self, event: GenerationChanged) -> None:
        """Let the screen that is seen read anew."""
        del event
        self._place_screen().refresh_data()

    def _tick(self) -> None:
        screen = self._place_screen()
        screen.draw_lines()
        screen.redraw()

    # keys

    def action_go(self, kind: str) -> None:
        """Go to a top-level place."""
        self.go_to(Place(kind))

    def action_pillar(self, number: int) -> None:
        """Go to a pillar."""
        self.go_to(Place("pillar", list(Pillar)[number - 1].value))

    def action_back(self) -> None:
        """Go one level back: first inside the view, then out of it."""
        if not self._place_screen().step_back():
            self.leave()

    def action_close(self) -> None:
        """Close this view; at the overview quit."""
        if self.place.kind == "overview":
            self.exit(0)
        else:
            self.leave()

    def action_last(self) -> None:
        """Go to the view before this one."""
        self._show(self.history.last())

    def action_older(self) -> None:
        """Go back in the history."""
        self._show(self.history.step(-1))

    def action_newer(self) -> None:
        """Go forward in the history."""
        self._show(self.history.step(1))

    def action_reload(self) -> None:
        """Read the cache anew."""
        self._place_screen().refresh_data()

    def action_redraw(self) -> None:
        """Draw every cell anew."""
        self.screen.refresh(layout=True, repaint=True)
