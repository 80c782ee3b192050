"""Moving between places: screens made once, the history, and the keys that lead anywhere."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from riskcockpit.domain.pillar import Pillar
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.history import History
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.place import PlaceScreen
from riskcockpit.tui.screens.registry import make_screen
from riskcockpit.tui.typing_ahead import TypingAhead


class Navigator(TypingAhead):
    """An app of places: the overview lies at the bottom, one other screen over it."""

    BINDINGS = bind("places", "everywhere")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-short"),
        (28, "-tall"),
        (34, "-high"),
        (36, "-full"),
        (64, "-vast"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.history = History(Place("overview"))
        self._places: dict[str, PlaceScreen] = {}

    @property
    def place(self) -> Place:
        """Where we are."""
        return self.history.here

    @property
    def place_screen(self) -> PlaceScreen:
        """The screen of the place we are at, also when a dialog lies over it."""
        return self.screen_of(self.place.kind)

    def get_default_screen(self) -> Screen[None]:
        """Return the overview: the first thing seen."""
        return self.screen_of("overview")

    def go_to(self, place: Place) -> None:
        """Show a place and remember it in the history."""
        self._show(self.history.go(place))

    def leave(self) -> None:
        """Go one level back."""
        self._show(self.history.up())

    def press(self, action: str) -> None:
        """Do what the key bound to `action` does on the screen that is seen."""
        screen, name = self.place_screen, action.partition("(")[0]
        if why := screen.why_not(name):
            self.notify(why, severity="warning")
            return
        nodes: list[DOMNode] = [] if screen.focused is None else screen.focused.ancestors_with_self
        target = next((node for node in (*nodes, screen) if hasattr(node, f"action_{name}")), self)
        self.call_later(self.run_action, action, target)

    def screen_of(self, kind: str) -> PlaceScreen:
        """Return the screen for places of a kind, made when first asked for."""
        if kind not in self._places:
            screen = make_screen(kind)
            self._places[kind] = screen
            self.install_screen(screen, name=kind)
        return self._places[kind]

    def _show(self, place: Place) -> None:
        screen = self.screen_of(place.kind)
        screen.show_place(place)
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        if self.screen is not screen:
            if len(self.screen_stack) > 1:
                self.pop_screen()
            if place.kind != "overview":
                self.push_screen(screen)
        screen.arrive()

    # keys

    def action_go(self, kind: str) -> None:
        """Go to a top-level place."""
        self.go_to(Place(kind))

    def action_pillar(self, number: int) -> None:
        """Go to a pillar."""
        self.go_to(Place("pillar", list(Pillar)[number - 1].value))

    async def action_back(self) -> None:
        """Go one level back: first inside the view, then out of it."""
        if not self.place_screen.step_back():
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

    def action_redraw(self) -> None:
        """Draw every cell anew."""
        self.screen.refresh(layout=True)
