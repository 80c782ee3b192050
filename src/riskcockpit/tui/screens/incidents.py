"""Incidents: what goes on, its clocks, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.containers import Container
from textual.widget import Widget

from riskcockpit.present.incidents import INCIDENTS, means
from riskcockpit.present.text import plural
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.incident_text import incident_text
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.plain import Plain, styled
from riskcockpit.views.incidents import IncidentView


class IncidentsScreen(ListScreen[IncidentView]):
    """The list of incidents with the one under the cursor beside it."""

    BINDINGS = bind("decide.acknowledge", "decide.roll-back", "decide.undo")
    topic = "incidents"
    empty_words = (
        "No incident has been opened.",
        "alarms open one by the rules in incidents.yaml: riskcockpit incident list --all",
    )

    list_name = "incidents"
    columns = INCIDENTS
    table_id = "incidents"

    def identify(self, row: IncidentView) -> str:
        """Return the incident's id."""
        return row.incident.id

    def question(self) -> Sequence[IncidentView]:
        """Ask for the incidents."""
        return self.host.gateway.incidents()

    def compose_body(self) -> Iterable[Widget]:
        """Yield means, table and the one under the cursor."""
        yield Plain(id="means", classes="line")
        with Container(id="split"):
            yield from super().compose_body()
            yield LinePane(id="incident")

    def take_rows(self, rows: Sequence[IncidentView]) -> None:
        """Draw the means, and the incidents."""
        found = [row.incident for row in rows]
        running = sum(not each.state.is_over for each in found)
        self.query_one("#means", Plain).show(
            styled([(f" {plural(running, 'incident')} going on", "strong"),
                    (f"  {means(found)}", "muted")])
        )  # fmt: skip
        super().take_rows(rows)

    @on(RowPointed)
    def follow(self) -> None:
        """Draw the incident under the cursor."""
        row = self.table.row
        if row is not None:
            frame = self.host.frame()
            pane = self.query_one("#incident", LinePane)
            pane.show(lambda width: incident_text(row, frame, width))
        self.refresh_bindings()

    def redraw(self) -> None:
        """Let clocks move on."""
        super().redraw()
        if self.load in (Load.LOADED, Load.STALE):
            self.follow()

    @on(RowChosen)
    def open_incident(self, event: RowChosen) -> None:
        """Open the incident."""
        self.host.go_to(Place("incident", event.row.incident.id, self.host.place))

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
