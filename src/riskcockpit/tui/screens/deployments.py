"""Deployments to production, and whether each can be traced from commit to approval."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from riskcockpit.present.deployments import DEPLOYMENTS
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.views.trace import TraceRow


class DeploymentsScreen(ListScreen[TraceRow]):
    """The deployments of the last ninety days, the newest first."""

    BINDINGS = bind("decide.undo")
    topic = "deployments"
    list_name = "deployments"
    columns = DEPLOYMENTS
    empty_words = (
        "No deployment to production is known.",
        "sources as github, gitlab and argocd tell of them: riskcockpit sources add",
    )

    def identify(self, row: TraceRow) -> str:
        """Return the id of a deployment."""
        return row.id

    def question(self) -> Sequence[TraceRow]:
        """Ask for the deployments."""
        return self.host.gateway.deployments()

    @on(RowChosen)
    def open_deployment(self, event: RowChosen) -> None:
        """Open the chain of the deployment."""
        self.host.go_to(Place("deployment", event.row.id, self.host.place))
