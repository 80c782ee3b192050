"""Waivers: how each stands and why, what it covers, when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import plural
from riskcockpit.present.waivers import WAIVERS
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_waiver
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.tui.widgets.waiver_text import waiver_brief
from riskcockpit.views.waivers import WaiverRow, WaiverStanding

_WANTS = (
    WaiverStanding.REQUESTED, WaiverStanding.IN_REVIEW, WaiverStanding.SUSPENDED,
    WaiverStanding.IN_DOUBT,
)  # fmt: skip


class WaiversScreen(PanedScreen[WaiverRow]):
    """Every waiver ever asked for, what wants somebody first."""

    BINDINGS = bind(
        "decide.approve", "decide.reject", "decide.renew", "decide.revoke", "decide.undo",
        "decide.note",
    )  # fmt: skip
    topic = "waivers"
    empty_words = (
        "No waiver was ever asked for.",
        "w on a finding asks for one, or riskcockpit waive --edit",
    )
    list_name = "waivers"
    columns = WAIVERS
    opens = "waiver"

    def identify(self, row: WaiverRow) -> str:
        """Return the id of a waiver."""
        return row.id

    def question(self) -> Sequence[WaiverRow]:
        """Ask for the waivers."""
        return self.host.gateway.waivers()

    def take_ledger(self) -> None:
        """Show what was decided."""
        super().take_ledger()
        self.refresh_data()

    def brief(self, row: WaiverRow, frame: Frame, width: int) -> Sequence[Content]:
        """Return a waiver in words."""
        return waiver_brief(row, frame, width)

    def sum_up(self, rows: Sequence[WaiverRow]) -> Content:
        """Return how many stand how, and how many end soon."""
        found = Counter(row.standing for row in rows)
        parts: list[Part] = [
            (f" {plural(found[WaiverStanding.ACTIVE], 'waiver')} active", "strong")
        ]
        parts += [
            (f"   {found[standing]} {standing.value.replace('_', ' ')}", "warn")
            for standing in _WANTS
            if found[standing]
        ]
        ending = sum(row.is_ending for row in rows)
        parts.append((f"   {ending} end soon" if ending else "", "warn"))
        return styled(parts)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what belongs to the waiver under the cursor."""
        return () if self.table.row is None else of_waiver(self.table.row)

    def waiver_subject(self) -> str:
        """Return the waiver under the cursor."""
        return self.table.row_id

    def note_subject(self) -> str:
        """Return the waiver under the cursor."""
        return self.table.row_id

    def request_subject(self) -> str:
        """Return the waiver under the cursor while it waits for a key."""
        row = self.table.row
        return row.id if row is not None and row.standing is WaiverStanding.REQUESTED else ""
