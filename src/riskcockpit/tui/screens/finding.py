"""One finding: what, where, why it matters, what it breaks, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_finding
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.screens.reaching import ReachingScreen
from riskcockpit.tui.widgets.finding_text import finding_full
from riskcockpit.views.findings import FindingDetail, FindingRow

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.governance import ControlView


class FindingScreen(DetailScreen[FindingDetail], ReachingScreen):
    """All that is known of one finding."""

    BINDINGS = bind("finding", "decide.waive", "decide.undo", "decide.note")
    topic = "the finding"

    def __init__(self) -> None:
        super().__init__()
        self._controls: Mapping[str, ControlView] = {}

    def question(self, key: str) -> FindingDetail:
        """Ask for the finding."""
        return self.host.gateway.finding(key)

    def text_of(self, detail: FindingDetail, width: int) -> list[Content]:
        """Return it in words."""
        return finding_full(detail, self.host.frame(), width, self._controls)

    def _take(self, detail: FindingDetail) -> None:
        super()._take(detail)
        if detail.controls:
            self.ask("controls", self.host.gateway.controls, self._take_controls)

    def _take_controls(self, controls: Sequence[ControlView]) -> None:
        self._controls = {each.id: each for each in controls}
        self.redraw()

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return its controls, its model, and the findings of its asset, rule and vulnerability."""
        if self.detail is None:
            return ()
        row = self.detail.row
        return [
            *of_finding(row),
            *(("control", Place("control", id_)) for id_ in self.detail.controls),
        ]

    def finding_seen(self) -> FindingRow | None:
        """Return this finding."""
        return None if self.detail is None else self.detail.row

    def finding_subjects(self) -> tuple[str, ...]:
        """Return this finding."""
        return (self.subject,) if self.detail is not None else ()

    def note_subject(self) -> str:
        """Return this finding."""
        return self.subject
