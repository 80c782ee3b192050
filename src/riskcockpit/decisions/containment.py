"""Rollbacks that took a version at fault out of service, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.decisions.roles import ENFORCED
from riskcockpit.domain.action import MODEL_KINDS, ActionKind, ActionState


@dataclass(frozen=True, slots=True)
class Containment:
    """A confirmed rollback: from then on the version at fault no longer serves."""

    model: str
    version: int
    """The version that was taken out."""
    at: datetime
    action: str = ""
    is_automatic: bool = False
    """Automation decided it."""
    until: datetime | None = None
    """When that version was confirmed to serve again; None while it does not."""


def containments(actions: Sequence[ProjectedAction]) -> Iterator[Containment]:
    """Yield every confirmed rollback, in the order of the asking."""
    moves = [
        each
        for each in actions
        if each.action.kind in MODEL_KINDS and each.state is ActionState.DONE
    ]
    for each in moves:
        version = each.action.params.get("from", "")
        if each.action.kind is not ActionKind.MODEL_ROLLBACK or not version.isdecimal():
            continue
        rule = each.standing.rule
        back = [
            later.updated_at
            for later in moves
            if later.action.target == each.action.target
            and later.action.params.get("to") == version
            and later.updated_at > each.updated_at
        ]
        yield Containment(
            model=each.model,
            version=int(version),
            at=each.updated_at,
            action=each.action.id,
            is_automatic=rule is not None and rule.id == ENFORCED.id,
            until=min(back, default=None),
        )
