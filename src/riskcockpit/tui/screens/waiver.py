"""One waiver: its record, scope, controls with their verdicts, review triggers, history."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_waiver
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.widgets.waiver_text import waiver_full
from riskcockpit.views.waivers import WaiverDetail, WaiverStanding


class WaiverScreen(DetailScreen[WaiverDetail]):
    """All that is known of one waiver."""

    BINDINGS = bind(
        "decide.approve", "decide.reject", "decide.renew", "decide.revoke", "decide.undo",
        "decide.note",
    )  # fmt: skip
    topic = "the waiver"

    def question(self, key: str) -> WaiverDetail:
        """Ask for the waiver."""
        return self.host.gateway.waiver(key)

    def take_ledger(self) -> None:
        """Show what was decided."""
        super().take_ledger()
        self.refresh_data()

    def text_of(self, detail: WaiverDetail, width: int) -> list[Content]:
        """Return it in words."""
        return waiver_full(detail, self.host.frame(), width)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return the controls that compensate, its findings, what it renews or is renewed by."""
        return (
            () if self.detail is None else of_waiver(self.detail.row, tuple(self.detail.controls))
        )

    def waiver_subject(self) -> str:
        """Return this waiver."""
        return "" if self.detail is None else self.detail.row.id

    def note_subject(self) -> str:
        """Return this waiver."""
        return self.waiver_subject()

    def request_subject(self) -> str:
        """Return this waiver while it waits for a key."""
        if self.detail is None or self.detail.row.standing is not WaiverStanding.REQUESTED:
            return ""
        return self.detail.row.id
