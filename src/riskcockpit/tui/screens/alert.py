"""One alert: what becomes of it, what held it back, and the messages that told it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_alert
from riskcockpit.tui.screens.alerts import KEYS, acknowledge, unanswered
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.widgets.alert_text import alert_full
from riskcockpit.views.alerts import AlertDetail


class AlertScreen(DetailScreen[AlertDetail]):
    """All that is known of one alert."""

    BINDINGS = KEYS
    topic = "the alert"

    def question(self, key: str) -> AlertDetail:
        """Ask for the alert."""
        return self.host.gateway.alert(key)

    def text_of(self, detail: AlertDetail, width: int) -> list[Content]:
        """Return it in words."""
        return alert_full(detail, self.host.frame(), width)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what it is about."""
        return () if self.detail is None else of_alert(self.detail.row)

    def incident_subject(self) -> str:
        """Return this alert while nobody takes care of it."""
        return "" if self.detail is None else unanswered(self.detail.row)

    def note_subject(self) -> str:
        """Return what it is about."""
        return "" if self.detail is None else self.detail.row.subject

    def action_acknowledge(self) -> None:
        """Ask what is done about it, then preview the acknowledgement."""
        acknowledge(self, self.incident_subject())
