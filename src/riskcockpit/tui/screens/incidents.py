"""Incidents: what goes on, its clocks, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.incidents import INCIDENTS, means
from riskcockpit.present.text import plural
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.widgets.incident_text import incident_text
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.incidents import IncidentView


class IncidentsScreen(PanedScreen[IncidentView]):
    """The list of incidents with the one under the cursor beside it."""

    BINDINGS = bind("decide.acknowledge", "decide.roll-back", "decide.undo")
    topic = "incidents"
    empty_words = (
        "No incident has been opened.",
        "alarms open one by the rules in incidents.yaml: riskcockpit incident list --all",
    )
    list_name = "incidents"
    columns = INCIDENTS
    opens = "incident"

    def identify(self, row: IncidentView) -> str:
        """Return the id of an incident."""
        return row.incident.id

    def question(self) -> Sequence[IncidentView]:
        """Ask for the incidents."""
        return self.host.gateway.incidents()

    def brief(self, row: IncidentView, frame: Frame, width: int) -> Sequence[Content]:
        """Return an incident in words."""
        return incident_text(row, frame, width)

    def sum_up(self, rows: Sequence[IncidentView]) -> Content:
        """Return how many go on, and the mean times of all."""
        found = [row.incident for row in rows]
        running = sum(not each.state.is_over for each in found)
        return styled(
            [
                (f" {plural(running, 'incident')} going on", "strong"),
                (f"  {means(found)}", "muted"),
            ]
        )

    def incident_subject(self) -> str:
        """Return the incident under the cursor when nobody has acknowledged it."""
        row = self.table.row
        return unanswered(row) if row is not None else ""

    def model_subject(self) -> str:
        """Return the model the incident under the cursor is about."""
        row = self.table.row
        return model_of(row) if row is not None else ""


def unanswered(view: IncidentView) -> str:
    """Return the id of an incident that can be acknowledged; empty when it cannot."""
    each = view.incident
    return "" if each.acknowledged_at is not None or each.state.is_over else each.id


def model_of(view: IncidentView) -> str:
    """Return the model an incident is about while it is not contained; empty when it is none."""
    each = view.incident
    is_model = any(step.deed == "rollback" for step in view.steps)
    return each.subject if is_model and each.contained_at is None else ""
