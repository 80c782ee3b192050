"""Alerts: what is there now, what becomes of each, who was told and who takes care of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.content import Content

from riskcockpit.present.alert_columns import ALERTS
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import plural
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.intents import AcknowledgeAlert
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_alert
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.widgets.alert_text import alert_brief
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.alerts import AlertRow

KEYS = bind("decide.acknowledge", "decide.undo", "decide.note")


class AlertsScreen(PanedScreen[AlertRow]):
    """What alerting sees now, the worst first."""

    BINDINGS = KEYS
    topic = "alerts"
    empty_words = (
        "Nothing needs to be told to anybody.",
        "channels and routes stand in alerts.yaml: riskcockpit alerts list --all",
    )
    list_name = "alerts"
    columns = ALERTS
    opens = "alert"

    def identify(self, row: AlertRow) -> str:
        """Return the id of an alert."""
        return row.id

    def question(self) -> Sequence[AlertRow]:
        """Ask for the alerts."""
        return self.host.gateway.alerts()

    def brief(self, row: AlertRow, frame: Frame, width: int) -> Sequence[Content]:
        """Return an alert in words."""
        return alert_brief(row, frame, width)

    def sum_up(self, rows: Sequence[AlertRow]) -> Content:
        """Return how many there are, and what becomes of them."""
        fates = Counter(row.fate.replace("_", " ") for row in rows)
        said = "   ".join(f"{number} {fate}" for fate, number in fates.most_common())
        return styled([(f" {plural(len(rows), 'alert')}", "strong"), (f"   {said}", "muted")])

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what the alert under the cursor is about."""
        return () if self.table.row is None else of_alert(self.table.row)

    def incident_subject(self) -> str:
        """Return the alert under the cursor while nobody takes care of it."""
        return "" if self.table.row is None else unanswered(self.table.row)

    def note_subject(self) -> str:
        """Return what the alert under the cursor is about."""
        return "" if self.table.row is None else self.table.row.subject

    def action_acknowledge(self) -> None:
        """Ask what is done about it, then preview the acknowledgement."""
        acknowledge(self, self.incident_subject())


def unanswered(row: AlertRow) -> str:
    """Return the id of an alert that can be acknowledged; empty when it cannot."""
    return "" if row.acked_at is not None or row.ended_at is not None else row.id


def acknowledge(screen: DecidingScreen, alert: str) -> None:
    """Ask what is done about an alert, then preview that one takes care of it."""
    if not screen.has_slipped():
        screen.ask_line(
            f"alert:{alert}", "Acknowledge the alert", "What you do about it: it is signed",
            lambda text: AcknowledgeAlert(alert, text),
        )  # fmt: skip
