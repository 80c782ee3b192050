"""The command line over the screens: its words, its history, and the names it completes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from riskcockpit.tui.api import GatewayApi, Names
from riskcockpit.tui.living import Living
from riskcockpit.tui.outcomes import Severity
from riskcockpit.tui.screens.place import PlaceScreen

if TYPE_CHECKING:  # few commands decide
    from riskcockpit.tui.screens.deciding import DecidingScreen


class Commanding(Living):
    """An app that takes commands."""

    def __init__(self, gateway: GatewayApi) -> None:
        super().__init__(gateway)
        self.names = Names()
        """The names that existed when somebody last asked for them."""
        self.command_run = ""
        """The command whose questions are asked at this moment; empty: none."""
        self._valued_at = -1
        self.typed: list[str] | None = None
        """Commands, the oldest first; None until those of earlier runs are read."""

    def ask_names(self) -> None:
        """Read the names that exist now; who completes words gets them when they are here."""
        screen = self.place_screen

        def take(names: Names) -> None:
            self._offer(screen, replace(names, values=self.names.values))

        screen.ask("names", self.gateway.names, take)

    def ask_values(self) -> None:
        """Read the values of findings too, once for each generation: that reads all findings."""
        screen, generation = self.place_screen, self.generation_seen()
        if generation == self._valued_at:
            return
        self._valued_at = generation

        def take(values: Mapping[str, tuple[str, ...]]) -> None:
            self._offer(screen, replace(self.names, values=values))

        screen.ask("values", self.gateway.query_values, take)

    def generation_seen(self) -> int:
        """Return the generation of what is shown; 0 before any."""
        raise NotImplementedError

    def _offer(self, screen: PlaceScreen, names: Names) -> None:
        from riskcockpit.tui.modals.command_line import CommandLine  # noqa: PLC0415 - if open

        self.names = names
        screen.take_names(names)
        if isinstance(self.screen, CommandLine):
            self.screen.offer(names)

    def action_command(self) -> None:
        """Ask for a command."""
        self.open_command_line()

    def mend_command(self, text: str, why: str) -> None:
        """Let a command that could not be done be mended in its line; the reason stands over it."""
        from riskcockpit.tui.modals.command_line import CommandLine  # noqa: PLC0415 - few keys

        if isinstance(self.screen, CommandLine):
            self.screen.mend(text, why)
        else:
            self.open_command_line(text, why)

    def open_command_line(self, text: str = "", mistake: str = "") -> None:
        """Show the line at once; history and names are there as soon as they are read."""
        from riskcockpit.tui.modals.command_line import CommandLine  # noqa: PLC0415 - few keys

        line = CommandLine(self.typed or (), self.names, text, mistake)
        self.push_screen(line, lambda typed: self._do(typed) if typed else None)
        if self.typed is None:
            self.place_screen.ask("commands", self.gateway.commands, self._take_typed)
        self.ask_names()
        self.ask_values()

    def _take_typed(self, typed: tuple[str, ...]) -> None:
        from riskcockpit.tui.modals.command_line import CommandLine  # noqa: PLC0415 - if open

        mine = self.typed or []
        self.typed = [*(one for one in typed if one not in mine), *mine]
        if isinstance(self.screen, CommandLine):
            self.screen.remember(self.typed)

    def _do(self, text: str) -> None:
        typed = [] if self.typed is None else self.typed
        if text in typed:
            typed.remove(text)
        typed.append(text)
        self.typed = typed
        self.place_screen.ask(
            "remember", lambda: self.gateway.remember_command(text), lambda _: None
        )
        self.run_command(text)

    def run_command(self, text: str) -> None:
        """Do what a command line says."""
        raise NotImplementedError

    @property
    def desk(self) -> DecidingScreen:
        """The screen that asks and previews; every screen can."""
        return cast("DecidingScreen", self.place_screen)

    def save_view(self, name: str, query: str = "") -> None:
        """Keep a query under a name; empty: the filter of the findings that are seen."""
        query = query or self.place_screen.query_seen()
        if not query:
            self.tell("findings with a filter are needed: f, then / sets one", severity="warning")
            return
        self._change_views(
            lambda: self.gateway.save_view(name, query), f"view {name} is kept: {query}"
        )

    def forget_view(self, name: str) -> None:
        """Forget a saved view."""
        self._change_views(lambda: self.gateway.forget_view(name), f"view {name} is forgotten")

    def _change_views(self, change: Callable[[], None], done: str) -> None:
        def tell(_: None) -> None:
            self.tell(done)
            self.ask_names()

        self.place_screen.ask("save-view", change, tell)

    def tell(
        self,
        message: str,
        *,
        severity: Severity = "information",
        title: str = "",
        seconds: float | None = None,
    ) -> None:
        """Show a passing note, as it is; for the usual time or for `seconds`."""
        self.notify(message, severity=severity, title=title, timeout=seconds)
