"""Dialogs that only say something: what failed, and what came of a decision."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from textual.content import Content

from riskcockpit.domain.ids import short
from riskcockpit.errors import RefusedError, RiskcockpitError
from riskcockpit.present.decided import outcome
from riskcockpit.tui.modals.dialog import TextDialog
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.governance import DecisionResult

_LAST_FRAMES = 4


class ErrorDialog(TextDialog):
    """Says what failed and what to do about it."""

    def __init__(self, error: Exception, doing: str) -> None:
        super().__init__("It failed")
        self.error = error
        self._doing = doing

    def text(self) -> list[Content]:
        """Return message, hint and detail."""
        error, width = self.error, self.room
        out = [*paragraph(self._doing, width, "muted"), Content("")]
        if not isinstance(error, RiskcockpitError):
            out += paragraph(f"{type(error).__name__}: {error}", width, "alarm")
            out += section("This is a bug; where it happened", self._frames(width))
            return out
        out += paragraph(error.message, width, "alarm")
        if error.hint:
            out += [Content(""), *paragraph(error.hint, width)]
        if isinstance(error, RefusedError):
            out += [Content(""), *fact("rule", error.rule, width)]
        if error.detail:
            out += section("Detail", paragraph(error.detail, width, "muted"))
        return out

    def _frames(self, width: int) -> list[Content]:
        frames = traceback.extract_tb(self.error.__traceback__)[-_LAST_FRAMES:]
        return [
            line
            for frame in frames
            for line in paragraph(
                f"{frame.filename}:{frame.lineno} in {frame.name}", width, "muted"
            )
        ]


class ResultDialog(TextDialog):
    """Says what came of a decision: signed by which rule, and what was read back upstream."""

    def __init__(self, result: DecisionResult) -> None:
        super().__init__(outcome(result).capitalize())
        self.result = result

    def text(self) -> list[Content]:
        """Return decision and receipts."""
        decision, width = self.result.decision, self.room
        out = paragraph(self.result.message or decision.summary, width, "strong")
        out += [Content("")]
        out += fact(
            "signed", f"{short(decision.id)} by {decision.actor}" if decision.id else "", width
        )
        out += fact("rule", decision.rule, width)
        out += fact("still needs", "; ".join(decision.needs), width)
        for action in self.result.actions:
            tokens = {"done": "ok", "refused": "alarm"}
            state = action.state.replace("_", " ")
            out += [
                Content(""),
                styled(
                    [(state, tokens.get(action.state, "warn")), f"  {action.kind} {action.target}"]
                ),
            ]
            if action.message != self.result.message:
                out += paragraph(action.message, width)
        return out


class RowDialog(TextDialog):
    """Says everything about one row of a list."""

    def __init__(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._facts = tuple(facts)

    def text(self) -> list[Content]:
        """Return the facts."""
        return [line for label, text in self._facts for line in fact(label, text, self.room)]
