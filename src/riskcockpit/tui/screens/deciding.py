"""How every decision is taken: subject → form → preview → yes → signed → what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from riskcockpit.errors import RiskcockpitError
from riskcockpit.present.text import count
from riskcockpit.tui.api import (
    MARK_LIMIT,
    Acknowledge,
    Approve,
    Intent,
    Note,
    Reject,
    RollBack,
    Undo,
    Waive,
)
from riskcockpit.tui.bindings import changing_actions
from riskcockpit.tui.conditions import is_forbidden
from riskcockpit.tui.screens.place import PlaceScreen
from riskcockpit.tui.widgets.row_table import RowTable

if TYPE_CHECKING:  # records cost 10 ms a module; the first frame needs none
    from riskcockpit.views.governance import DecisionPreview, DecisionResult

SETTLE_SECONDS = 0.8
"""How long a key waits after the row under the cursor went and another came under it."""
_CHANGING = changing_actions()
_BY_HAND = (
    "plan", "decide", "ids", "context", "save-view", "copy", "browser", "upstream", "edit", "sync",
)  # fmt: skip
"""Questions a person asked for; their failure is a dialog, not a state of the screen."""


class DecidingScreen(PlaceScreen):
    """A screen on which decisions can be taken about what the cursor is on."""

    def model_subject(self) -> str:
        """Return the model a rollback would be about; empty when there is none."""
        return ""

    def request_subject(self) -> str:
        """Return the request an approval would be about; empty when there is none."""
        return ""

    def incident_subject(self) -> str:
        """Return the incident that can be acknowledged; empty when there is none."""
        return ""

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the findings a waiver would be about."""
        return ()

    def note_subject(self) -> str:
        """Return what a note would be about; empty when there is nothing."""
        return ""

    def after_decision(self) -> None:
        """End what was only for this decision, as marks."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what is locked, grey out what has no subject here."""
        if action not in _CHANGING:
            return True
        if self.host.is_locked:
            return False
        subjects = {
            "roll_back": self.model_subject,
            "approve": self.request_subject,
            "reject": self.request_subject,
            "acknowledge": self.incident_subject,
            "waive": self.finding_subjects,
            "note": self.note_subject,
        }
        subject = subjects.get(action)
        if subject is None:
            return True
        return bool(subject()) if self.is_mounted else None

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
        if self.has_slipped():
            return
        self.consider(RollBack(self.model_subject()))

    def action_approve(self) -> None:
        """Preview the approval of the request."""
        if self.has_slipped():
            return
        self.consider(Approve(self.request_subject()))

    def action_acknowledge(self) -> None:
        """Preview the acknowledgement of the incident."""
        if self.has_slipped():
            return
        self.consider(Acknowledge(self.incident_subject()))

    def action_undo(self) -> None:
        """Preview taking back the last decision."""
        self.consider(Undo(""))

    def action_reject(self) -> None:
        """Ask why, then preview the rejection."""
        if self.has_slipped():
            return
        request = self.request_subject()
        self._ask_line(
            f"reject:{request}", "Reject the request", "Why: it is signed and its asker reads it",
            lambda comment: Reject(request, comment),
        )  # fmt: skip

    def action_note(self) -> None:
        """Ask for the note, then preview it."""
        if self.has_slipped():
            return
        subject = self.note_subject()
        self._ask_line(
            f"note:{subject}", "Note", "It is signed and stays in the ledger",
            lambda text: Note(subject, text),
        )  # fmt: skip

    def _ask_line(self, form: str, title: str, label: str, make: Callable[[str], Intent]) -> None:
        from riskcockpit.tui.modals.forms import LineForm  # noqa: PLC0415 - only decisions need it

        def open_form(draft: Mapping[str, str]) -> None:
            def go_on(text: str | None) -> None:
                if text:
                    self.consider(make(text), form)

            self.app.push_screen(LineForm(title, label, draft, self._keeper(form)), go_on)

        self._with_draft(form, open_form)

    def action_waive(self) -> None:
        """Ask for reason and expiry, then preview the waiver."""
        if self.has_slipped():
            return
        self.waive(self.finding_subjects())

    def waive(self, findings: tuple[str, ...]) -> None:
        """Ask for reason and expiry of a waiver of these findings, then preview it."""
        from riskcockpit.tui.modals.forms import WaiveForm  # noqa: PLC0415 - only decisions need it

        if len(findings) > MARK_LIMIT:
            self.host.tell(f"at most {count(MARK_LIMIT)} findings at once", severity="warning")
            return
        form = f"waive:{findings[0]}" if len(findings) == 1 else "waive:several"

        def open_form(draft: Mapping[str, str]) -> None:
            def go_on(intent: Waive | None) -> None:
                if intent is not None:
                    self.consider(intent, form)

            self.app.push_screen(WaiveForm(findings, draft, self._keeper(form)), go_on)

        self._with_draft(form, open_form)

    def _with_draft(self, form: str, then: Callable[[Mapping[str, str]], None]) -> None:
        """Read the draft of a form and go on; what is typed until it is there is dropped."""
        gateway = self.host.gateway

        def read() -> Mapping[str, str]:
            try:
                return gateway.draft(form)
            except (RiskcockpitError, OSError):
                return {}

        def give_up() -> None:
            self.forget("form")
            self.host.release_keys()

        def show(draft: Mapping[str, str]) -> None:
            self.host.release_keys()
            then(draft)

        self.host.hold_keys(give_up)
        self.ask("form", read, show)

    def _keeper(self, form: str) -> Callable[[Mapping[str, str]], None]:
        def keep(fields: Mapping[str, str]) -> None:
            gateway = self.host.gateway
            self.ask(f"draft:{form}", lambda: gateway.keep_draft(form, fields), lambda _: None)

        return keep

    def consider(self, intent: Intent, form: str = "") -> None:
        """Preview a decision; it is taken only after a yes, and then the draft of `form` goes.

        What is typed until the preview is there was meant for it or for nothing, and is dropped.
        """
        gateway = self.host.gateway

        def give_up() -> None:
            self.forget("plan")
            self.host.release_keys()

        def show(preview: DecisionPreview) -> None:
            self.host.release_keys()
            from riskcockpit.tui.modals.confirm import ConfirmDialog  # noqa: PLC0415 - as above

            def decided(is_yes: bool | None) -> None:  # noqa: FBT001 - the callback's shape
                if is_yes:
                    self._decide(intent, form)

            self.app.push_screen(ConfirmDialog(preview), decided)

        self.host.hold_keys(give_up)
        self.ask("plan", lambda: gateway.plan(intent), show)

    def _decide(self, intent: Intent, form: str) -> None:
        gateway = self.host.gateway

        def show(result: DecisionResult) -> None:
            from riskcockpit.tui.modals.says import ResultDialog  # noqa: PLC0415 - as above

            self.app.push_screen(ResultDialog(result))
            if form:
                self._keeper(form)({})
            self.refresh_data()

        self.after_decision()
        self.ask("decide", lambda: gateway.decide(intent), show)

    def fail(self, topic: str, error: Exception) -> None:
        """Say in a dialog why a decision was not taken."""
        if topic in ("plan", "form"):
            self.host.release_keys()
        is_ours = isinstance(error, RiskcockpitError) or is_forbidden(error)
        if topic not in _BY_HAND and is_ours:
            super().fail(topic, error)
            return
        from riskcockpit.tui.modals.says import ErrorDialog  # noqa: PLC0415 - as above

        doing = {
            "plan": "Previewing the decision; nothing was decided.",
            "decide": "Taking the decision.",
            "save-view": "Changing the saved views.",
            "copy": "Copying; nothing was sent.",
            "browser": "Opening the address.",
            "upstream": "Reading the addresses of the finding.",
            "edit": "Looking for the file.",
            "sync": "Pulling the sources.",
            "context": "Going to another context; this one stays open.",
        }
        self.app.push_screen(ErrorDialog(error, doing.get(topic, f"Reading {self.topic}.")))
        if topic not in _BY_HAND:
            super().fail(topic, error)
