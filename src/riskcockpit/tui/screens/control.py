"""One control: why it exists, what it reads, its SQL, and the rows behind its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.widgets.evidence_text import control_full
from riskcockpit.views.governance import ControlDetail


class ControlScreen(DetailScreen[ControlDetail]):
    """All that is known of one control."""

    BINDINGS = bind("decide.undo")
    topic = "the control"

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return the frameworks it is evidence for, its pillar, and the deployments it judges."""
        if self.detail is None:
            return ()
        view = self.detail.summary
        frameworks = [("framework", Place("compliance", name)) for name in view.frameworks]
        traced = [("deployments", Place("deployments"))] if "deployment" in view.id else []
        return [*frameworks, ("pillar", Place("pillar", view.pillar)), *traced]

    def question(self, key: str) -> ControlDetail:
        """Ask for the control."""
        return self.host.gateway.control(key)

    def text_of(self, detail: ControlDetail, width: int) -> list[Content]:
        """Return it in words."""
        return control_full(detail, self.host.frame(), width)
