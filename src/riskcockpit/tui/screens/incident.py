"""One incident: clocks, runbook, timeline."""

from __future__ import annotations

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.screens.incidents import model_of, unanswered
from riskcockpit.tui.widgets.incident_text import incident_text
from riskcockpit.views.incidents import IncidentView


class IncidentScreen(DetailScreen[IncidentView]):
    """All that is known of one incident."""

    BINDINGS = bind("decide.acknowledge", "decide.roll-back", "decide.undo")
    topic = "the incident"

    def question(self, key: str) -> IncidentView:
        """Ask for the incident."""
        return self.host.gateway.incident(key)

    def text_of(self, detail: IncidentView, width: int) -> list[Content]:
        """Return it in words."""
        return incident_text(detail, self.host.frame(), width)

    def incident_subject(self) -> str:
        """Return this incident while nobody has acknowledged it."""
        return "" if self.detail is None else unanswered(self.detail)

    def model_subject(self) -> str:
        """Return the model this incident is about."""
        return "" if self.detail is None else model_of(self.detail)
