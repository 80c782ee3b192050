"""What came of decisions and syncs while the cockpit is open: whole, for the action log to show.

A person goes on working while a decision is signed and sent: what comes of it is a passing note,
and nothing that takes the keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Union

from riskcockpit.domain.ids import short
from riskcockpit.errors import RefusedError, RiskcockpitError

if TYPE_CHECKING:  # records and dialogs come with the first decision
    from riskcockpit.views.governance import ActionRow, DecisionResult

Severity = Literal["information", "warning", "error"]
"""How loud a passing note is."""
Whole = Union["DecisionResult", tuple[Exception, str]]
"""A result, or a failure with what was being done."""
LASTS_SECONDS = 8.0
FAILURE_LASTS_SECONDS = 20.0
"""How long a note stays; the action log keeps it."""
_MOST = 200
_WHOLE = ":actions has all of it"
_LONGEST = 240
"""Characters of one text that a note shows."""
_LOUDNESS: dict[str, Severity] = {"refused": "error", "unknown": "warning"}


@dataclass(frozen=True, slots=True)
class Said:
    """What came of something, in the words of a passing note."""

    title: str
    text: str
    severity: Severity
    seconds: float


class Outcomes:
    """The newest outcomes, each with a row of the action log and its whole text."""

    def __init__(self) -> None:
        self._kept: deque[tuple[ActionRow, Whole]] = deque(maxlen=_MOST)
        self._count = 0

    def keep(self, result: DecisionResult) -> Said:
        """Keep what came of a decision; return what to say of it now."""
        from riskcockpit.present.decided import outcome  # noqa: PLC0415 - as above

        decision, word = result.decision, outcome(result)
        message = result.message or decision.summary
        self._put(result, decision.type.value, word, message, (decision.actor, decision.at))
        needs = "; ".join(decision.needs)
        signed = f"signed {short(decision.id)}; " if decision.id else ""
        missing = f"still needs {needs}" if needs else ""
        rows = (_brief(message), _brief(missing), f"{signed}{_WHOLE}")
        state = result.actions[-1].state if result.actions else ""
        severity = _LOUDNESS.get(state, "information")
        seconds = FAILURE_LASTS_SECONDS if state in _LOUDNESS else LASTS_SECONDS
        return Said(word.capitalize(), "\n".join(filter(None, rows)), severity, seconds)

    def keep_failure(self, error: Exception, doing: str, who: str, now: datetime) -> Said:
        """Keep why something did not come about; return what to say of it now."""
        text, hint = f"{type(error).__name__}: {error}", ""
        if isinstance(error, RiskcockpitError):
            text, hint = error.message, error.hint or ""
        rule = f"rule {error.rule}" if isinstance(error, RefusedError) else ""
        state = "refused" if rule else "failed"
        self._put((error, doing), doing.rstrip("."), state, text, (who, now))
        rows = (_brief(text), _brief(hint), rule, _WHOLE)
        return Said("It failed", "\n".join(filter(None, rows)), "error", FAILURE_LASTS_SECONDS)

    def _put(
        self,
        whole: Whole,
        kind: str,
        state: str,
        message: str,
        by: tuple[str, datetime],
    ) -> None:
        from riskcockpit.views.governance import ActionRow  # noqa: PLC0415 - as above

        who, at = by
        self._count += 1
        name = f"outcome-{self._count}"
        row = ActionRow(name, kind, "", "", state, message, who, at, at, {})
        self._kept.append((row, whole))

    def beside(self, rows: Sequence[ActionRow]) -> tuple[ActionRow, ...]:
        """Return the rows of the action log with these among them, the newest first.

        What has rows there already gets none of its own.
        """
        known = {row.id for row in rows}
        mine: Iterator[ActionRow] = (
            row for row, whole in self._kept if known.isdisjoint(_actions(whole))
        )
        return tuple(sorted((*mine, *rows), key=lambda row: row.updated_at, reverse=True))

    def whole(self, row: ActionRow) -> Whole | None:
        """Return all that is known of an outcome, by its row or by one of an action as it was left.

        None: it is none, or the action has gone on since.
        """
        for own, whole in self._kept:
            if own.id == row.id or _actions(whole).get(row.id) == row.state:
                return whole
        return None


def _actions(whole: Whole) -> dict[str, str]:
    """Return id and state of each action of an outcome."""
    return {} if isinstance(whole, tuple) else {each.id: each.state for each in whole.actions}


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} ..."
