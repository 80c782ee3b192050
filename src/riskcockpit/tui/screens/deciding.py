"""What the deciding keys do: each opens a form or a preview about what the cursor is on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from riskcockpit.present.text import count
from riskcockpit.tui.api import MARK_LIMIT
from riskcockpit.tui.intents import (
    Acknowledge,
    Approve,
    Intent,
    Note,
    Reject,
    Renew,
    Revoke,
    Undo,
    Waive,
)
from riskcockpit.tui.screens.forming import FormingScreen
from riskcockpit.tui.widgets.row_table import RowTable

SETTLE_SECONDS = 0.8
"""How long a key waits after the row under the cursor went and another came under it."""
_COMPENSATES = "compensating_control"


class DecidingScreen(FormingScreen):
    """A screen on which decisions can be taken about what the cursor is on."""

    def has_slipped(self) -> bool:
        """Say that another row has just come under the cursor, when it has."""
        tables = self.query(RowTable)
        lost = max((table.lost_at for table in tables if table.lost_at is not None), default=None)
        if lost is None or time.monotonic() - lost >= SETTLE_SECONDS:
            return False
        self.host.tell("the row that was here has just gone; press again", severity="warning")
        return True

    def action_roll_back(self) -> None:
        """Preview the rollback of the model."""
        if not self.has_slipped():
            self.roll_back(self.model_subject())

    def action_approve(self) -> None:
        """Preview the approval of the request."""
        if not self.has_slipped():
            self.consider(Approve(self.request_subject()))

    def action_acknowledge(self) -> None:
        """Preview the acknowledgement of the incident."""
        if not self.has_slipped():
            self.consider(Acknowledge(self.incident_subject()))

    def action_undo(self) -> None:
        """Preview taking back the last decision."""
        self.consider(Undo(""))

    def action_reject(self) -> None:
        """Ask why, then preview the rejection."""
        if self.has_slipped():
            return
        request = self.request_subject()
        self.ask_line(
            f"reject:{request}", "Reject the request", "Why: it is signed and its asker reads it",
            lambda comment: Reject(request, comment),
        )  # fmt: skip

    def action_revoke(self) -> None:
        """Ask why, then preview taking the waiver back."""
        if self.has_slipped():
            return
        waiver = self.waiver_subject()
        self.ask_line(
            f"revoke:{waiver}", "Revoke the waiver", "Why: it is signed and its asker reads it",
            lambda comment: Revoke(waiver, comment),
        )  # fmt: skip

    def action_note(self) -> None:
        """Ask for the note, then preview it."""
        if self.has_slipped():
            return
        subject = self.note_subject()
        self.ask_line(
            f"note:{subject}", "Note", "It is signed and stays in the ledger",
            lambda text: Note(subject, text),
        )  # fmt: skip

    def ask_line(self, form: str, title: str, label: str, make: Callable[[str], Intent]) -> None:
        """Ask for a line of text, then preview what `make` makes of it."""
        from riskcockpit.tui.modals.forms import LineForm  # noqa: PLC0415 - only decisions need it

        self.open_form(
            form,
            lambda draft, keep, _: LineForm(title, label, draft, keep),
            lambda text: self.consider(make(text), form),
            lambda: None,
        )

    def action_renew(self) -> None:
        """Ask until when and why, then preview the renewal."""
        from riskcockpit.tui.modals.forms import RenewForm  # noqa: PLC0415 - only decisions need it

        if self.has_slipped():
            return
        waiver = self.waiver_subject()
        form = f"renew:{waiver}"

        def go_on(intent: Renew) -> None:
            self.consider(intent, form)

        self.open_form(
            form, lambda draft, keep, _: RenewForm(waiver, draft, keep), go_on, lambda: None
        )

    def action_waive(self) -> None:
        """Ask for reason and expiry, then preview the waiver."""
        if not self.has_slipped():
            self.waive(self.finding_subjects())

    def waive(self, findings: tuple[str, ...]) -> None:
        """Ask for reason and expiry of a waiver of these findings, then preview it."""
        from riskcockpit.tui.modals.forms import WaiveForm  # noqa: PLC0415 - only decisions need it

        if len(findings) > MARK_LIMIT:
            self.host.tell(f"at most {count(MARK_LIMIT)} findings at once", severity="warning")
            return
        form = f"waive:{findings[0]}" if len(findings) == 1 else "waive:several"

        def go_on(intent: Waive) -> None:
            if intent.reason == _COMPENSATES:
                self._compensate(intent, form)
            else:
                self.consider(intent, form)

        self.open_form(
            form, lambda draft, keep, _: WaiveForm(findings, draft, keep), go_on, lambda: None
        )

    def _compensate(self, intent: Waive, before: str) -> None:
        """Ask what compensates, too: which controls, how, and how anybody knows."""
        from riskcockpit.tui.modals.compensation import CompensationForm  # noqa: PLC0415 - rare

        form = f"{before}:compensation"

        def go_on(details: Mapping[str, Any]) -> None:
            self.consider(replace(intent, details=details), before, form)

        self.open_form(
            form,
            lambda draft, keep, controls: CompensationForm(controls, draft, keep),
            go_on,
            self.host.gateway.controls,
        )
