"""One deployment: the chain from commit over scans to approval, and where it has gaps."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_deployment
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.widgets.trace_text import trace_text
from riskcockpit.views.trace import TraceView


class DeploymentScreen(DetailScreen[TraceView]):
    """The chain behind one deployment."""

    BINDINGS = bind("decide.undo")
    topic = "the deployment"
    widest = 130

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return the model it serves, and the findings of its asset."""
        return () if self.detail is None else of_deployment(self.detail)

    def question(self, key: str) -> TraceView:
        """Ask for the chain."""
        return self.host.gateway.deployment(key)

    def text_of(self, detail: TraceView, width: int) -> list[Content]:
        """Return it as a tree."""
        return trace_text(detail, self.host.frame(), width)
