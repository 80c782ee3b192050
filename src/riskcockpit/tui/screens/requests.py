"""The requests queue: what waits for whose key, since when; who can sign, and who disagrees."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import plural
from riskcockpit.present.waivers import REQUESTS, who_can
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.tui.widgets.request_text import request_text
from riskcockpit.views.waivers import RequestRow

_WAIVER = "waiver"


class RequestsScreen(PanedScreen[RequestRow]):
    """What waits for a key or for a word on a disagreement, the oldest first."""

    BINDINGS = bind("decide.approve", "decide.reject", "decide.undo", "decide.note")
    topic = "requests"
    empty_words = (
        "Nothing waits for anybody's key.",
        "what needs a second person appears here: riskcockpit requests list",
    )
    list_name = "requests"
    columns = REQUESTS

    def identify(self, row: RequestRow) -> str:
        """Return the hash of a request."""
        return row.id

    def question(self) -> Sequence[RequestRow]:
        """Ask for the requests."""
        return self.host.gateway.requests()

    def take_ledger(self) -> None:
        """Show what was asked and answered."""
        super().take_ledger()
        self.refresh_data()

    def brief(self, row: RequestRow, frame: Frame, width: int) -> Sequence[Content]:
        """Return a request in words."""
        return request_text(row, frame, width)

    def sum_up(self, rows: Sequence[RequestRow]) -> Content:
        """Return how many wait, and how many of them for this person."""
        mine = sum(row.may_approve for row in rows)
        waiting = plural(len(rows), "request")
        return styled([(f" {waiting}", "strong"), (f"   {mine} for you to sign", "muted")])

    @on(RowChosen)
    def open_request(self, event: RowChosen) -> None:
        """Open the waiver, or the entry of what is asked."""
        row: RequestRow = event.row
        kind = "waiver" if row.kind == _WAIVER else "ledger"
        self.host.go_to(Place(kind, row.id, self.host.place))

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return the waiver, and the entry of the request under the cursor."""
        row = self.table.row
        if row is None:
            return ()
        waiver = [("waiver", Place("waiver", row.id))] if row.kind == _WAIVER else []
        return [*waiver, ("ledger", Place("ledger", row.id))]

    def request_subject(self) -> str:
        """Return the request under the cursor."""
        return self.table.row_id

    def note_subject(self) -> str:
        """Return the request under the cursor."""
        return self.table.row_id

    def refusal(self, action: str) -> str:
        """Say at once why a request is not for this person to sign, and who can."""
        row = self.table.row
        if action == "approve" and row is not None and not row.may_approve:
            return "; ".join(filter(None, (row.why_not, who_can(row))))
        return super().refusal(action)
