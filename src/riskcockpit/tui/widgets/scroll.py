"""Text that scrolls with the keys of lists."""

from __future__ import annotations

from textual.containers import VerticalScroll

from riskcockpit.tui.bindings import bind


class TextScroll(VerticalScroll, can_focus=True):
    """A column of text; `j`, `k`, `g`, `G` and half pages move it."""

    BINDINGS = bind(
        "list.down", "list.up", "list.first", "list.last", "list.half-down", "list.half-up",
        "list.page-down", "list.page-up",
    )  # fmt: skip

    def action_down(self) -> None:
        """Go a line down."""
        self._by(1)

    def action_up(self) -> None:
        """Go a line up."""
        self._by(-1)

    def action_first(self) -> None:
        """Go to the top."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False)

    def action_half(self, direction: int) -> None:
        """Go half a page."""
        self._by(direction * max(1, self.size.height // 2))

    def action_page(self, direction: int) -> None:
        """Go a page."""
        self._by(direction * max(1, self.size.height - 1))

    def _by(self, rows: int) -> None:
        self.scroll_relative(y=rows, animate=False)
