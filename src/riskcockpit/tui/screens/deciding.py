"""What the deciding keys do: each opens a form or a preview about what the cursor is on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from riskcockpit.errors import InputError
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
_ID = re.compile(r"[0-9a-f]{4,64}")
"""An id of a finding, or the beginning of one; anything else is a query."""


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

    def ask_line(
        self,
        form: str,
        title: str,
        label: str,
        make: Callable[[str], Intent],
        *,
        is_trial: bool = False,
    ) -> None:
        """Ask for a line of text, then preview what `make` makes of it."""
        from riskcockpit.tui.modals.forms import LineForm  # noqa: PLC0415 - only decisions need it

        self.open_form(
            form,
            lambda draft, keep, _: LineForm(title, label, draft, keep),
            lambda text: self.consider(make(text), form, is_trial=is_trial),
            lambda: None,
        )

    def action_renew(self) -> None:
        """Ask until when and why, then preview the renewal."""
        if not self.has_slipped():
            self.renew(self.waiver_subject())

    def renew(self, waiver: str) -> None:
        """Ask until when and why a waiver is renewed, then preview it."""
        from riskcockpit.tui.modals.forms import RenewForm  # noqa: PLC0415 - only decisions need it

        form = f"renew:{waiver}"

        def go_on(intent: Renew) -> None:
            self.consider(intent, form)

        self.open_form(
            form,
            lambda draft, keep, scope: RenewForm(waiver, scope, draft, keep),
            go_on,
            lambda: self.host.gateway.renewal_scope(waiver),
        )

    def action_waive(self) -> None:
        """Ask for reason and expiry, then preview the waiver."""
        if not self.has_slipped():
            self.waive(self.finding_subjects())

    def waive_named(self, named: str, terms: Mapping[str, str], *, is_trial: bool = False) -> None:
        """Ask for what is missing in a waiver of the findings with these ids, or of a query."""
        gateway, words = self.host.gateway, named.split()

        def find() -> tuple[str, ...]:
            if all(_ID.fullmatch(word) for word in words):
                return tuple(gateway.finding(word).row.id for word in words)
            found = gateway.ids(named)
            if not found:
                raise InputError(f"no finding matches {named}", hint="nothing is there to waive")
            return found

        self.prepare(find, lambda found: self.waive(found, terms, is_trial=is_trial))

    def waive(
        self,
        findings: tuple[str, ...],
        terms: Mapping[str, str] | None = None,
        *,
        is_trial: bool = False,
    ) -> None:
        """Ask for reason and expiry of a waiver of these findings, then preview it.

        `terms` are texts for fields of the form, before what its draft says.
        """
        from riskcockpit.tui.modals.forms import WaiveForm  # noqa: PLC0415 - only decisions need it

        if len(findings) > MARK_LIMIT:
            self.host.forget_typed()
            self.host.release_keys()
            self.host.tell(f"at most {count(MARK_LIMIT)} findings at once", severity="warning")
            return
        form = f"waive:{findings[0]}" if len(findings) == 1 else "waive:several"

        def go_on(intent: Waive) -> None:
            if intent.reason == _COMPENSATES:
                self._compensate(intent, form, is_trial=is_trial)
            else:
                self.consider(intent, form, is_trial=is_trial)

        self.open_form(
            form,
            lambda draft, keep, scope: WaiveForm(findings, scope, {**draft, **(terms or {})}, keep),
            go_on,
            lambda: self.host.gateway.waiver_scope(findings),
        )

    def _compensate(self, intent: Waive, before: str, *, is_trial: bool) -> None:
        """Ask what compensates, too: which controls, how, and how anybody knows."""
        from riskcockpit.tui.modals.compensation import CompensationForm  # noqa: PLC0415 - rare

        form = f"{before}:compensation"

        def go_on(details: Mapping[str, Any]) -> None:
            self.consider(replace(intent, details=details), before, form, is_trial=is_trial)

        self.open_form(
            form,
            lambda draft, keep, controls: CompensationForm(controls, draft, keep),
            go_on,
            self.host.gateway.controls,
        )
