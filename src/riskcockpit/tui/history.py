"""Where somebody has been: back, forward, and the view before this one. Pure."""

from __future__ import annotations

from riskcockpit.tui.messages import Place

_KEPT = 50


class History:
    """A list of places and where in it we are; never empty."""

    def __init__(self, start: Place) -> None:
        self._places = [start]
        self._at = 0
        self._before: Place | None = None

    @property
    def here(self) -> Place:
        """The place that is shown."""
        return self._places[self._at]

    def go(self, place: Place) -> Place:
        """Go to a new place; what lay ahead is forgotten."""
        if place != self.here:
            self._before = self.here
            self._places = [*self._places[: self._at + 1], place][-_KEPT:]
            self._at = len(self._places) - 1
        return place

    def step(self, by: int) -> Place:
        """Go back (-1) or forward (1); stays at either end."""
        to = max(0, min(self._at + by, len(self._places) - 1))
        if to != self._at:
            self._before = self.here
            self._at = to
        return self.here

    def last(self) -> Place:
        """Go to the view before this one; again comes back."""
        return self.here if self._before is None else self.go(self._before)

    def up(self) -> Place:
        """Go one level back: to the parent, else to the overview."""
        here = self.here
        if here.kind == "overview":
            return here
        return self.go(here.parent or Place("overview"))
