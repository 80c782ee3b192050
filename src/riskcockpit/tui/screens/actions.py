"""The action log: every change that was sent upstream, and its receipt.

Also what came of the decisions of this sitting, whole: they are passing notes elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from riskcockpit.present.columns import ACTIONS
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.views.governance import ActionRow


class ActionsScreen(ListScreen[ActionRow]):
    """The outbox and the receipts."""

    BINDINGS = bind("decide.undo")
    topic = "the action log"
    empty_words = (
        "Nothing was changed upstream yet.",
        "decisions that change something appear here",
    )
    list_name = "actions"
    columns = ACTIONS

    def identify(self, row: ActionRow) -> str:
        """Return the action's id."""
        return row.id

    def question(self) -> Sequence[ActionRow]:
        """Ask for the actions."""
        return self.host.gateway.actions()

    def take_rows(self, rows: Sequence[ActionRow]) -> None:
        """Draw the actions, and what came of decisions since the cockpit was opened."""
        super().take_rows(self.host.outcomes.beside(rows))

    @on(RowChosen)
    def open_action(self, event: RowChosen) -> None:
        """Show the whole action."""
        from riskcockpit.tui.modals import says  # noqa: PLC0415 - rarely needed

        row: ActionRow = event.row
        whole = self.host.outcomes.whole(row)
        if whole is not None:
            self.app.push_screen(
                says.ErrorDialog(*whole) if isinstance(whole, tuple) else says.ResultDialog(whole)
            )
            return
        facts = [
            ("action", row.kind),
            ("target", row.target),
            ("source", row.source),
            ("state", row.state),
            ("message", row.message),
            ("decided by", row.decided_by),
            ("params", "  ".join(f"{key}={value}" for key, value in row.params.items())),
            ("id", row.id),
        ]
        self.app.push_screen(says.RowDialog("Action", facts))
