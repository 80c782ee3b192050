"""What a screen may ask of the app it lives in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import Glyphs
from riskcockpit.tui.api import GatewayApi, Names
from riskcockpit.tui.conditions import Condition
from riskcockpit.tui.messages import Place
from riskcockpit.tui.outcomes import Outcomes, Severity

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.config.settings import ListSettings
    from riskcockpit.views.posture import PostureView
    from riskcockpit.views.syncing import SourceProgress


class Host(Protocol):
    """The app, as screens see it."""

    gateway: GatewayApi
    """The one way to the floors below; its methods are called from thread workers only."""
    glyphs: Glyphs
    """The signs the terminal's font has."""
    is_locked: bool
    """No decisions until unlocked, here or by a command on this computer."""
    keymap: Mapping[str, str]
    """Binding id → keys, as the settings have moved them."""
    lists: Mapping[str, ListSettings]
    """How lists are shown, by the settings: name → columns and order."""
    command_run: str
    """The command whose questions are asked at this moment; empty: none."""
    names: Names
    """The names that existed when somebody last asked for them."""
    progress: Sequence[SourceProgress]
    """How far a sync has come that runs now; empty when none does."""
    outcomes: Outcomes
    """What came of decisions since the cockpit was opened."""
    posture: PostureView | None
    """The newest posture anybody has read; feeds the header of every screen."""

    @property
    def place(self) -> Place:
        """Where we are."""
        ...

    def frame(self) -> Frame:
        """Return the present and the font's signs, to draw against."""
        ...

    def go_to(self, place: Place) -> None:
        """Show a place and remember it in the history."""
        ...

    def press(self, action: str) -> None:
        """Do what the key bound to `action` does on the screen that is seen."""
        ...

    def hold_keys(self, give_up: Callable[[], None], *, keeps_typed: bool = False) -> None:
        """Let keys and clicks do nothing until `release_keys`; `esc` calls `give_up` instead.

        With `keeps_typed` keys act when they are released.
        """
        ...

    def show_doing(self, word: str) -> None:
        """Show in the header what is being done, until an empty word says that it is over."""
        ...

    def forget_typed(self) -> None:
        """Let the keys that wait never act."""
        ...

    def is_typing_on(self) -> bool:
        """Return whether keys of somebody who types a text came within the last second."""
        ...

    def release_keys(self) -> None:
        """Let keys act again; may be repeated."""
        ...

    def hold_notes(self) -> None:
        """Let no passing note lie over what is asked, until `release_notes`."""
        ...

    def release_notes(self) -> None:
        """Show the notes that waited."""
        ...

    def leave(self) -> None:
        """Go one level back."""
        ...

    def header(self, width: int) -> Content:
        """Return the line at the top of every screen."""
        ...

    def run_command(self, text: str) -> None:
        """Do what a command line says."""
        ...

    def conditions(self) -> Sequence[Condition]:
        """Return what is wrong with the data or the settings, the gravest first."""
        ...

    @property
    def theme_name(self) -> str:
        """The theme in force."""
        ...

    def set_theme(self, name: str) -> None:
        """Draw in another theme, one of `THEMES`."""
        ...

    def switch_context(self, name: str) -> None:
        """Leave this home for another one, one of the contexts that are known."""
        ...

    def ask_names(self) -> None:
        """Read the names that exist now; who completes words gets them when they are here."""
        ...

    def ask_values(self) -> None:
        """Read the values of findings, once for each generation; as `ask_names`."""
        ...

    def mend_command(self, text: str, why: str) -> None:
        """Let a command that could not be done be mended in its line."""
        ...

    def open_command_line(self, text: str = "") -> None:
        """Show the line where commands are typed, with `text` in it."""
        ...

    def set_lock(self, *, is_locked: bool) -> None:
        """Lock or unlock decisions."""
        ...

    def notice(self, posture: PostureView) -> None:
        """Remember a posture for the headers."""
        ...

    def open_address(self, address: str) -> None:
        """Open a checked address in a browser; where there is none, copy it and say so."""
        ...

    def edit_file(self, file: Path, line: int | None) -> None:
        """Give the screen to an editor until it ends."""
        ...

    def tell(
        self,
        message: str,
        *,
        severity: Severity = "information",
        title: str = "",
        seconds: float | None = None,
    ) -> None:
        """Show a passing note, as it is; for the usual time or for `seconds`."""
        ...
